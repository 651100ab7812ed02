//! `completions`: what a shell needs to complete the command line.

use clap_complete::Shell;

use super::Exit;
use crate::cli::{self, CompletionsArgs};

const PROGRAM: &str = env!("CARGO_PKG_NAME");

pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    super::print(&script(args.shell)?)?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), PROGRAM, &mut script);
    let script = String::from_utf8(script)?;
    Ok(match shell {
        // The script for bash writes the hyphen of the program's name in two ways, and then finds none of its commands.
        Shell::Bash => script.replace(&PROGRAM.replace('-', "__subcmd__"), &PROGRAM.replace('-', "__")),
        _ => script,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;
    use clap::ValueEnum;

    /// What a shell prints for a script. `make rust-test` installs those that are missing.
    fn said(shell: &str, args: &[&str], text: &str) -> String {
        let mut program = Command::new(shell)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{shell} cannot be started: {error}; `make rust-test` installs it"));
        program.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = program.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && errors.is_empty(), "{shell}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn every_shell_gets_a_script_with_every_command() {
        for shell in Shell::value_variants() {
            let script = script(*shell).unwrap();
            for command in cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
            assert!(script.contains("organizational-unit"), "{shell}");
        }
    }

    #[test]
    fn each_shell_accepts_its_script() {
        for (shell, name) in [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")] {
            let text = script(shell).unwrap();
            said(name, &["-n"], &text);
        }
    }

    #[test]
    fn bash_completes_commands_flags_and_values() {
        let script = script(Shell::Bash).unwrap();
        for (words, expected) in [
            ("kms-audit sca", "scan"),
            ("kms-audit scan --organizational-", "--organizational-unit"),
            ("kms-audit checks show near-req", "near-request-quota"),
            ("kms-audit completions pow", "powershell"),
        ] {
            let all: Vec<&str> = words.split(' ').collect();
            let (last, before) = (all[all.len() - 1], all[all.len() - 2]);
            let text = format!(
                "{script}\nCOMP_WORDS=({words}); COMP_CWORD={}\n_kms__audit kms-audit '{last}' '{before}'\n\
                 echo \"${{COMPREPLY[@]}}\"",
                all.len() - 1
            );
            assert_eq!(said("bash", &[], &text).trim(), expected, "{words}");
        }
    }
}
