//! What `--format` takes.

use std::path::PathBuf;
use std::str::FromStr;

use crate::report::{FORMATS, Format};

/// What a run writes when nobody says otherwise.
const DEFAULT: &str = "default";

/// Every format there is.
const ALL: &str = "all";

/// A format and where it goes, or one of the words for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatArg {
    /// Those that a run writes unless told otherwise.
    Default,
    /// Every one.
    All,
    /// One.
    One(&'static Format, Destination),
}

/// Where a format goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into the folder of the run, under its own name.
    Folder,
    /// To stdout.
    Stdout,
    /// Into a file elsewhere.
    File(PathBuf),
}

impl FromStr for FormatArg {
    type Err = String;

    /// Reads a name, or a name, `=` and a path, of which `-` is stdout.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, destination) = match text.split_once('=') {
            None => (text, Destination::Folder),
            Some((_, "")) => return Err(format!("`{text}` names no file behind the =")),
            Some((name, "-")) => (name, Destination::Stdout),
            Some((name, path)) => (name, Destination::File(path.into())),
        };
        match (name, &destination) {
            (DEFAULT, Destination::Folder) => return Ok(FormatArg::Default),
            (ALL, Destination::Folder) => return Ok(FormatArg::All),
            (DEFAULT | ALL, _) => return Err(format!("`{name}` is several files, which cannot all go to one")),
            _ => {}
        }
        match FORMATS.iter().find(|format| format.name == name) {
            Some(format) => Ok(FormatArg::One(format, destination)),
            None => Err(format!(
                "there is no format `{name}`{}; the formats are {}, and the words {DEFAULT} and {ALL}",
                nearest(name),
                names().join(", ")
            )),
        }
    }
}

/// What `--help` says of `--format`.
pub(super) fn help() -> String {
    let by_default = FORMATS.iter().filter(|format| format.by_default);
    let by_default: Vec<&str> = by_default.map(|format| format.name).collect();
    format!(
        "Write these formats, separated by commas [default: {DEFAULT}]\n\nNAME goes into the folder of the run, NAME=FILE into a \
         file elsewhere, NAME=- to stdout. The names are {}; `{DEFAULT}` stands for {}, and `{ALL}` for every one. {} is \
         always written.",
        names().join(", "),
        by_default.join(", "),
        FORMATS[0].file,
    )
}

fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

/// The format that is meant, if it is one that is named otherwise, or by its file.
fn nearest(name: &str) -> String {
    let close = FORMATS.iter().map(|format| {
        let distance = strsim::damerau_levenshtein(name, format.name);
        let is_meant = format.file.contains(name) || format.name.contains(name);
        (if is_meant && name.len() > 1 { 0 } else { distance }, format.name)
    });
    close
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3))
        .min()
        .map_or_else(String::new, |(_, name)| format!(", but `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (&'static str, Destination) {
        match text.parse() {
            Ok(FormatArg::One(format, destination)) => (format.name, destination),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_format_goes_into_the_folder_to_stdout_or_into_a_file() {
        assert_eq!(one("json"), ("json", Destination::Folder));
        assert_eq!(one("findings-csv=-"), ("findings-csv", Destination::Stdout));
        assert_eq!(one("markdown=a=b.md"), ("markdown", Destination::File("a=b.md".into())));
        assert_eq!("default".parse(), Ok(FormatArg::Default));
        assert_eq!("all".parse(), Ok(FormatArg::All));
    }

    #[test]
    fn what_is_no_format_is_named_with_the_nearest() {
        let fault = |text: &str| text.parse::<FormatArg>().unwrap_err();
        assert!(fault("markdwon").contains("no format `markdwon`, but `markdown`"));
        assert!(fault("csv").contains(", but `findings-csv`"), "{}", fault("csv"));
        assert!(
            fault("").contains("no format ``; the formats are json,"),
            "{}",
            fault("")
        );
        assert!(fault("default=-").contains("several files"));
        assert!(fault("json=").contains("no file"));
    }
}
