//! `man`: the manual, a page for each command.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::Exit;
use crate::cli::{self, ManArgs};

pub(super) fn run(args: &ManArgs) -> anyhow::Result<Exit> {
    let mut command = cli::command().disable_help_subcommand(true);
    // Only then do commands within it know their whole name.
    command.build();
    match &args.out {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
            write_pages(&command, folder)?;
        }
        None => super::print(&String::from_utf8(page(&command)?)?)?,
    }
    Ok(Exit::Done)
}

/// Writes the page of a command, and those of the commands within it. Everyone may read them.
fn write_pages(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(Man::new(command.clone()).get_filename());
    fs::write(&path, page(command)?).with_context(|| format!("cannot write {}", path.display()))?;
    command
        .get_subcommands()
        .try_for_each(|command| write_pages(command, folder))
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone())
        .source(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")))
        // An empty date would be left out, and what stands behind it move up.
        .date(" ")
        .manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(after) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        write_sections(&after.to_string(), &mut page)?;
    }
    Ok(page)
}

/// Writes the paragraphs behind the flags as sections, each under its first line and with its lines as they are.
fn write_sections(text: &str, page: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::default();
    for paragraph in text.split("\n\n") {
        let (title, lines) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        roff.control("SH", [title.trim_end_matches(':').to_uppercase().as_str()]);
        roff.control("nf", []);
        roff.text(lines.lines().map(|line| roman(format!("{line}\n"))).collect::<Vec<_>>());
        roff.control("fi", []);
    }
    roff.to_writer(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> (tempfile::TempDir, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let out = Some(folder.path().join("man1"));
        run(&ManArgs { out }).unwrap();
        let entries = fs::read_dir(folder.path().join("man1")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        (folder, names)
    }

    #[test]
    fn every_command_has_a_page_and_the_main_page_names_them() {
        let (folder, names) = pages();
        let read = |name: &str| fs::read_to_string(folder.path().join("man1").join(name)).unwrap();
        let main = read("kms-audit.1");
        for command in cli::command().get_subcommands() {
            let name = format!("kms-audit-{}", command.get_name());
            assert!(names.contains(&format!("{name}.1")), "{name} in {names:?}");
            assert!(main.contains(&name.replace('-', "\\-")), "{name} in {main}");
        }
        assert!(names.contains(&"kms-audit-checks-list.1".to_owned()), "{names:?}");
        for name in &names {
            let title = format!(".TH {} 1 ", name.trim_end_matches(".1"));
            assert!(read(name).contains(&title), "{name}");
        }
        assert!(read("kms-audit-scan.1").contains(".SH \"EXIT CODES\""));
    }

    #[test]
    fn groff_has_nothing_to_say() {
        let (folder, names) = pages();
        for name in &names {
            let page = folder.path().join("man1").join(name);
            let output = std::process::Command::new("groff")
                .args(["-man", "-ww", "-z"])
                .arg(page)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{name}");
        }
    }
}
