//! docs/cli.md: what `--help` says of every command.

use std::fmt::Write;
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
    writeln!(page, "\n## {name}\n\n```text\n{}\n```", lines.join("\n").trim_end()).unwrap();
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
