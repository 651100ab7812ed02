//! Flags in the environment: each has a variable, `KMS_AUDIT_` and its name. Where a flag means something else in
//! another command, the name of the command stands between.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};

/// The command line with its environment variables read as they are meant, and shown as they are named.
pub(super) fn prepared(command: Command) -> Command {
    each_argument(command, &|arg| without_empty(said(arg)))
}

/// Changes the arguments of a command and of those within it.
fn each_argument(command: Command, change: &impl Fn(Arg) -> Arg) -> Command {
    command
        .mut_args(change)
        .mut_subcommands(|command| each_argument(command, change))
}

/// Takes an empty variable as not set: templates of CI systems leave them so.
fn without_empty(arg: Arg) -> Arg {
    const NOT_SET: &str = "KMS_AUDIT_NOT_SET";
    let value = arg.get_env().and_then(std::env::var_os);
    if value.is_some_and(|value| value.is_empty()) {
        arg.env(NOT_SET)
    } else {
        arg
    }
}

/// Says the variable in the long help alone, and not what it holds: that may be a secret, and would make the help differ
/// from place to place.
fn said(arg: Arg) -> Arg {
    let (Some(variable), Some(help)) = (arg.get_env(), arg.get_long_help().or_else(|| arg.get_help())) else {
        return arg;
    };
    let help = format!("{help}\n\n[env: {}]", variable.to_string_lossy());
    arg.long_help(help).hide_env(true)
}

/// An error of the command line that names the variables which the flags in it come from: who reads it has not typed
/// them.
pub(super) fn explained(mut error: Error, command: &Command, typed: &[OsString]) -> Error {
    let command = typed.iter().fold(command, |command, word| {
        command.find_subcommand(word).unwrap_or(command)
    });
    let flags = [ContextKind::InvalidArg, ContextKind::PriorArg].map(|kind| names(error.get(kind)));
    let set: Vec<_> = flags
        .concat()
        .iter()
        .filter_map(|flag| set_by_variable(command, flag, typed))
        .collect();
    if !set.is_empty() {
        let told = set.into_iter().map(Into::into).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(told));
    }
    error
}

/// The flags in a part of an error, as in `--threshold <PERCENT>`.
fn names(part: Option<&ContextValue>) -> Vec<String> {
    match part {
        Some(ContextValue::String(name)) => vec![name.clone()],
        Some(ContextValue::Strings(names)) => names.clone(),
        _ => Vec::new(),
    }
}

/// Which variable sets this flag, in a sentence, where nobody has typed it.
fn set_by_variable(command: &Command, flag: &str, typed: &[OsString]) -> Option<String> {
    let long = flag.split(' ').next()?.trim_end_matches("...").strip_prefix("--")?;
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long))?;
    let is_typed = typed.iter().filter_map(|word| word.to_str()).any(|word| {
        let short = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        let name = word
            .strip_prefix("--")
            .map(|word| word.split('=').next().unwrap_or(word));
        name == Some(long)
            || short
                .zip(arg.get_short())
                .is_some_and(|(letters, own)| letters.contains(own))
    });
    let variable = arg
        .get_env()
        .filter(|variable| !is_typed && std::env::var_os(variable).is_some())?;
    Some(format!(
        "--{long} is set by the variable {}",
        variable.to_string_lossy()
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    /// Flags without a variable, and why.
    const WITHOUT: &[(&str, &str)] = &[(
        "sandbox",
        "a variable that was left over would make a report about an AWS that does not exist",
    )];

    /// Every flag with the names of its command, outermost first.
    fn flags(command: &Command, above: &[String]) -> Vec<(Vec<String>, Arg)> {
        let named = command
            .get_arguments()
            .filter(|arg| arg.get_long().is_some_and(|long| !["help", "version"].contains(&long)));
        let own = named.map(|arg| (above.to_vec(), arg.clone()));
        let below = command.get_subcommands().flat_map(|command| {
            let names = [above, &[command.get_name().to_owned()]].concat();
            flags(command, &names)
        });
        own.chain(below).collect()
    }

    fn variable(words: &[&str]) -> String {
        format!("KMS_AUDIT_{}", words.join("_").replace('-', "_").to_uppercase())
    }

    #[test]
    fn every_flag_has_a_variable_named_after_it() {
        for (command, flag) in flags(&Cli::command(), &[]) {
            let long = flag.get_long().unwrap();
            let name = flag.get_env().map(|name| name.to_str().unwrap().to_owned());
            if WITHOUT.iter().any(|(without, _)| *without == long) {
                assert_eq!(name, None, "{command:?} --{long}");
                continue;
            }
            let allowed = [variable(&[long]), variable(&[command.last().unwrap(), long])];
            assert!(
                name.as_ref().is_some_and(|name| allowed.contains(name)),
                "{command:?} --{long} has {name:?} and not one of {allowed:?}"
            );
        }
    }

    #[test]
    fn a_variable_means_the_same_in_every_command_that_reads_it() {
        let mut seen = BTreeMap::new();
        for (command, flag) in flags(&Cli::command(), &[]) {
            let Some(name) = flag.get_env() else { continue };
            let values: Vec<_> = flag
                .get_possible_values()
                .iter()
                .map(|value| value.get_name().to_owned())
                .collect();
            let meaning = (
                flag.get_value_names().map(|names| format!("{names:?}")),
                values,
                format!("{:?}", flag.get_action()),
            );
            let first = seen.entry(name.to_owned()).or_insert_with(|| meaning.clone());
            assert_eq!(*first, meaning, "{command:?} {name:?}");
        }
    }

    #[test]
    fn help_names_the_variable_and_hides_its_value() {
        let mut command = prepared(Cli::command());
        let scan = command.find_subcommand_mut("scan").unwrap();
        let long = scan.render_long_help().to_string();
        assert!(long.contains("[env: KMS_AUDIT_EXTERNAL_ID]"), "{long}");
        let short = scan.render_help().to_string();
        assert!(!short.contains("[env"), "{short}");
    }
}
