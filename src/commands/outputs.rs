//! Which formats a run writes, and where to.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::UsageError;
use super::output::{OutputFolder, is_within};
use crate::cli::{Destination, FormatArg};
use crate::config::Config;
use crate::private_files;
use crate::report::{FORMATS, Format, Report};

/// The formats that were chosen, each with its place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outputs {
    in_folder: Vec<&'static Format>,
    in_files: Vec<(&'static Format, PathBuf)>,
    on_stdout: Option<&'static Format>,
}

impl Outputs {
    /// What the flags choose, else the configuration, else the usual ones.
    pub(super) fn choose(flags: &[FormatArg], config: &Config) -> anyhow::Result<Outputs> {
        let configured = config.report.formats.iter().map(|text| text.parse());
        let configured: Vec<FormatArg> = configured
            .collect::<Result<_, String>>()
            .map_err(|what| anyhow::anyhow!("[report] formats in the configuration: {what}"))?;
        let chosen = match (flags, configured.as_slice()) {
            ([], []) => &[FormatArg::Default],
            ([], configured) => configured,
            (flags, _) => flags,
        };
        let outputs = Outputs::of(chosen).map_err(UsageError)?;
        outputs.check_files()?;
        Ok(outputs)
    }

    fn of(chosen: &[FormatArg]) -> Result<Outputs, String> {
        let mut outputs = Outputs::default();
        let mut wanted = vec![false; FORMATS.len()];
        // The canonical report is what other commands read.
        wanted[0] = true;
        for arg in chosen {
            let (format, destination) = match arg {
                FormatArg::One(format, destination) => (*format, destination),
                several => {
                    for (wanted, format) in wanted.iter_mut().zip(FORMATS) {
                        *wanted |= *several == FormatArg::All || format.by_default;
                    }
                    continue;
                }
            };
            match destination {
                Destination::Folder => {
                    for (wanted, known) in wanted.iter_mut().zip(FORMATS) {
                        *wanted |= known == format;
                    }
                }
                Destination::Stdout => {
                    if let Some(other) = outputs.on_stdout.replace(format).filter(|other| *other != format) {
                        return Err(format!(
                            "only one format can go to stdout, and there are two: {} and {}",
                            other.name, format.name
                        ));
                    }
                }
                Destination::File(path) => {
                    let taken = outputs.in_files.iter().find(|(_, other)| other == path);
                    match taken {
                        Some((other, _)) if *other != format => {
                            return Err(format!(
                                "two formats cannot go into {}: {} and {}",
                                path.display(),
                                other.name,
                                format.name
                            ));
                        }
                        Some(_) => {}
                        None => outputs.in_files.push((format, path.clone())),
                    }
                }
            }
        }
        let wanted = FORMATS.iter().zip(wanted).filter(|(_, wanted)| *wanted);
        outputs.in_folder = wanted.map(|(format, _)| format).collect();
        Ok(outputs)
    }

    /// A scan can take long: what it could not write in the end is refused before it begins.
    fn check_files(&self) -> anyhow::Result<()> {
        for (format, path) in &self.in_files {
            let folder = private_files::folder_of(path);
            let what = if path.is_dir() {
                "is a folder"
            } else if !folder.is_dir() {
                "lies in a folder that does not exist"
            } else {
                continue;
            };
            let what = format!("cannot write {0} to {1}: {1} {what}", format.name, path.display());
            return Err(UsageError(what).into());
        }
        Ok(())
    }

    /// Refuses a file within the folder of a run, which would not be what its manifest says any more.
    pub(super) fn check_apart(&self, run: &Path) -> anyhow::Result<()> {
        match self.in_files.iter().find(|(_, path)| is_within(path, run)) {
            None => Ok(()),
            Some((format, path)) => {
                let what = format!(
                    "{} lies in the folder of a run, {}: leave =FILE away to have {} there under its own name, or name a \
                     file elsewhere",
                    path.display(),
                    run.display(),
                    format.name
                );
                Err(UsageError(what).into())
            }
        }
    }

    /// Whether stdout is taken.
    pub(super) fn use_stdout(&self) -> bool {
        self.on_stdout.is_some()
    }

    /// The file of the run that people read, the more comfortable first.
    pub(super) fn page(&self) -> &'static str {
        let written = |name: &&str| self.in_folder.iter().find(|format| format.name == *name);
        let page = ["html", "markdown"].iter().find_map(written);
        page.map_or(FORMATS[0].file, |format| format.file)
    }

    /// Writes the files of the run.
    pub(super) fn write_folder(&self, report: &Report<'_>, output: &mut OutputFolder) -> anyhow::Result<()> {
        for format in &self.in_folder {
            output.write(format.file, |out| (format.write)(report, out))?;
        }
        Ok(())
    }

    /// Writes what goes elsewhere, which is in no manifest.
    pub(super) fn write_elsewhere(&self, report: &Report<'_>) -> anyhow::Result<()> {
        for (format, path) in &self.in_files {
            super::write(Some(path), |out| (format.write)(report, out))?;
        }
        match self.on_stdout {
            None => Ok(()),
            Some(format) => super::write_file_to_stdout(|out| (format.write)(report, out))
                .with_context(|| format!("cannot write {} to stdout", format.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Outputs, String> {
        let chosen: Vec<FormatArg> = words.iter().map(|word| word.parse().unwrap()).collect();
        Outputs::of(&chosen)
    }

    fn in_folder(words: &[&str]) -> Vec<&'static str> {
        let outputs = of(words).unwrap();
        outputs.in_folder.iter().map(|format| format.name).collect()
    }

    #[test]
    fn the_canonical_report_is_always_written_and_nothing_twice() {
        assert_eq!(in_folder(&["markdown", "markdown"]), ["json", "markdown"]);
        assert_eq!(in_folder(&["findings-csv=-"]), ["json"]);
        assert_eq!(in_folder(&["all", "default"]).len(), FORMATS.len());
        let usual: Vec<_> = FORMATS
            .iter()
            .filter(|format| format.by_default)
            .map(|format| format.name)
            .collect();
        assert_eq!(in_folder(&["default"]), usual);
    }

    #[test]
    fn the_page_that_is_named_is_one_that_is_written() {
        let page = |words: &[&str]| of(words).unwrap().page();
        assert_eq!(page(&["default"]), "report.html");
        assert_eq!(page(&["markdown", "sarif"]), "report.md");
        assert_eq!(page(&["html=elsewhere.html"]), "report.json");
    }

    #[test]
    fn one_format_goes_to_stdout_and_one_into_a_file() {
        assert!(of(&["json=-", "json=-"]).unwrap().use_stdout());
        let two = of(&["json=-", "markdown=-"]).unwrap_err();
        assert!(two.contains("only one format"), "{two}");
        let two = of(&["json=x", "markdown=x"]).unwrap_err();
        assert!(two.contains("two formats"), "{two}");
        assert_eq!(of(&["json=x", "json=x", "json=y"]).unwrap().in_files.len(), 2);
    }

    #[test]
    fn flags_go_before_the_configuration() {
        let config: Config = toml::from_str("[report]\nformats = ['markdown']").unwrap();
        let names = |outputs: Outputs| outputs.in_folder.iter().map(|format| format.name).collect::<Vec<_>>();
        assert_eq!(names(Outputs::choose(&[], &config).unwrap()), ["json", "markdown"]);
        let flag = "findings-csv".parse().unwrap();
        assert_eq!(
            names(Outputs::choose(&[flag], &config).unwrap()),
            ["json", "findings-csv"]
        );
        let config: Config = toml::from_str("[report]\nformats = ['pdf']").unwrap();
        let error = Outputs::choose(&[], &config).unwrap_err().to_string();
        assert!(error.contains("[report] formats") && error.contains("`pdf`"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_written_or_lies_in_the_run_is_refused_before_the_scan() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = |path: &Path| {
            let flag = format!("json={}", path.display()).parse().unwrap();
            let outputs = Outputs::choose(&[flag], &Config::default())?;
            outputs.check_apart(folder.path())
        };
        for (path, words) in [
            (folder.path().to_owned(), "is a folder"),
            (folder.path().join("no/x"), "does not exist"),
            (folder.path().join("x"), "under its own name"),
        ] {
            let error = refusal(&path).unwrap_err();
            assert!(
                error.downcast_ref::<UsageError>().is_some() && error.to_string().contains(words),
                "{error}"
            );
        }
        let elsewhere = tempfile::tempdir().unwrap();
        refusal(&elsewhere.path().join("x")).unwrap();
    }
}
