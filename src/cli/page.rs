//! docs/cli.md: what `--help` says of every command.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Command;

use super::command;

const HEAD: &str = "\
# The command line

What `--help` says of every command; `-h` says it shorter. `kms-audit man` prints the same as a manual page,
`kms-audit completions SHELL` what a shell needs to complete it.

Every flag but `--sandbox` can be given in the environment, by the variable that stands in brackets. A flag beats its
variable, an empty variable counts as not set, and both beat [`kms-audit.toml`](configuration.md). Flags that are switches
take `true` or `false` there, and those that can be repeated take commas. `KMS_AUDIT_LOG` takes a filter for the log, such
as `kms_audit::aws=trace`, and `NO_COLOR` switches colours off.
";

fn page() -> String {
    let mut command = command().disable_help_subcommand(true);
    command.build();
    let mut page = HEAD.to_owned();
    write_command(&mut page, &command);
    page
}

fn write_command(page: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let help = command.clone().term_width(100).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let help = lines.join("\n");
    page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end()));
    command
        .get_subcommands()
        .for_each(|command| write_command(page, command));
}

#[test]
fn the_page_in_the_documentation_is_what_the_program_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == page, "docs/cli.md is not current: run `make docs`");
}

#[test]
fn the_short_help_has_a_line_for_each_flag() {
    fn look(command: &Command, long: &mut Vec<String>) {
        let help = command.clone().term_width(0).render_help().to_string();
        for line in help.lines().filter(|line| line.trim_start().starts_with('-')) {
            if line.chars().count() > 100 {
                long.push(format!("{}: {line}", command.get_name()));
            }
        }
        command.get_subcommands().for_each(|command| look(command, long));
    }
    let mut long = Vec::new();
    look(&command(), &mut long);
    assert_eq!(long, [""; 0]);
}

/// Every flag and every variable that there is.
fn known(command: &Command, found: &mut BTreeSet<String>) {
    for arg in command.get_arguments() {
        let flags = arg.get_long_and_visible_aliases().unwrap_or_default();
        found.extend(flags.iter().map(|flag| format!("--{flag}")));
        found.extend(arg.get_env().map(|name| name.to_string_lossy().into_owned()));
    }
    command.get_subcommands().for_each(|command| known(command, found));
}

/// The words of a text that begin so.
fn words<'t>(text: &'t str, beginning: &str) -> Vec<&'t str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words = text
        .split(|c: char| !is_part(c))
        .map(|word| word.trim_end_matches(['-', '_']));
    words
        .filter(|word| word.len() > beginning.len() && word.starts_with(beginning))
        .collect()
}

#[test]
fn the_readme_names_flags_and_variables_that_there_are() {
    let mut found = BTreeSet::from(["KMS_AUDIT_LOG".to_owned()]);
    let mut command = command();
    command.build();
    known(&command, &mut found);
    let read = |name: &str| std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let readme = read("README.md");
    // Of cargo.
    let flags = words(&readme, "--")
        .into_iter()
        .filter(|flag| !["--release", "--locked", "--path"].contains(flag));
    let pages = [
        "docs/configuration.md",
        "docs/recipes.md",
        "docs/scale.md",
        "docs/formats.md",
        "docs/permissions.md",
    ];
    let pages: Vec<String> = pages.iter().map(|page| read(page)).collect();
    let variables = pages.iter().flat_map(|page| words(page, "KMS_AUDIT_"));
    let mut looked_at = 0;
    for name in flags.chain(variables) {
        looked_at += 1;
        assert!(found.contains(name), "{name} is in the documentation and nowhere else");
    }
    assert!(looked_at > 20, "{looked_at}");
}
