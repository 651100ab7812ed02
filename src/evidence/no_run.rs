//! What is said of a path where a run was expected, whichever command expected it.

use std::io::ErrorKind;
use std::path::Path;

use super::files::MANIFEST_FILE;
use crate::run_record::RUN_FILE;

/// How many runs are named that lie in a folder which is none.
const NAMED: usize = 3;

/// A path that is no run, or not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}\n  {advice}")]
pub struct NoRun {
    /// What is there instead, in one line.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl NoRun {
    /// Looks at what is there instead of the folder of a run with `needs` in it.
    pub fn at(path: &Path, needs: &str) -> Self {
        NoRun::among(path, needs, |folder| folder.join(MANIFEST_FILE).is_file())
    }

    /// The same where not any run will do: advises those folders alone that `will_do`.
    pub fn among(path: &Path, needs: &str, will_do: impl Fn(&Path) -> bool) -> Self {
        let place = path.display();
        let what = match path.metadata() {
            Ok(found) if found.is_dir() && has_no_end(path) => {
                format!("{place} has no {needs} of a finished scan in it")
            }
            Ok(found) if found.is_dir() => {
                format!("{place} has no {needs} in it: expected the folder that a scan has written")
            }
            Ok(_) => format!("{place} is a file: expected the folder that a scan has written, with {needs} in it"),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                format!("there is no {place}: expected the folder that a scan has written, with {needs} in it")
            }
            Err(error) => format!("cannot look into {place}: {error}"),
        };
        NoRun {
            what,
            advice: advice(path, will_do),
        }
    }
}

fn advice(path: &Path, will_do: impl Fn(&Path) -> bool) -> String {
    if has_no_end(path) {
        return format!(
            "The scan in it did not come to its end, or its {MANIFEST_FILE} was taken away. To go on with it, run \
             `kms-audit scan --resume {}`.",
            path.display()
        );
    }
    let runs = runs_in(path, will_do);
    if runs.is_empty() {
        return "Check the path. A scan says in its last lines where it wrote: the folder of --out, or a new one that is \
                called kms-audit-<time>."
            .to_owned();
    }
    let named = runs[..runs.len().min(NAMED)].join(", ");
    let more = match runs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Name a run that is in it: {named}{more}.")
}

/// Whether a scan was begun in a folder, and its last file is not there.
fn has_no_end(folder: &Path) -> bool {
    folder.join(RUN_FILE).is_file() && !folder.join(MANIFEST_FILE).is_file()
}

/// The runs that lie in a folder and will do. One that cannot be listed has none to name.
fn runs_in(folder: &Path, will_do: impl Fn(&Path) -> bool) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let mut runs: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| will_do(path))
        .map(|path| path.display().to_string())
        .collect();
    runs.sort();
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_instead_of_a_run_is_said_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str| {
            let said = NoRun::at(&folder.path().join(name), "snapshot/").to_string();
            said.replace(folder.path().to_str().unwrap(), "HERE")
        };
        assert!(
            said("no").starts_with(
                "there is no HERE/no: expected the folder that a scan has written, with snapshot/ in it\n  Check the path."
            ),
            "{}",
            said("no")
        );
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(said("file").starts_with("HERE/file is a file: expected"));
        for number in 1..=5 {
            let run = folder.path().join(format!("runs/run-{number}"));
            std::fs::create_dir_all(&run).unwrap();
            std::fs::write(run.join(MANIFEST_FILE), "{}").unwrap();
        }
        assert_eq!(
            said("runs"),
            "HERE/runs has no snapshot/ in it: expected the folder that a scan has written\n  Name a run that is in it: \
             HERE/runs/run-1, HERE/runs/run-2, HERE/runs/run-3 and 2 more."
        );
        std::fs::create_dir(folder.path().join("begun")).unwrap();
        std::fs::write(folder.path().join("begun").join(RUN_FILE), "{}").unwrap();
        assert!(said("begun").contains("run `kms-audit scan --resume HERE/begun`."));
    }
}
