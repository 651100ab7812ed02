//! The profiles of the AWS configuration files, for whoever named one that gives no credentials.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Where the files are, if no variable says so.
const FILES: [(&str, &str); 2] = [
    ("AWS_CONFIG_FILE", "~/.aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];
/// How many profiles are named.
const NAMED: usize = 8;

/// What the files hold.
#[derive(Debug)]
pub(super) struct Profiles {
    /// The files, and whether they are there, as people read it.
    files: String,
    /// The names, or why the files cannot be read.
    names: Result<BTreeSet<String>, String>,
}

impl Profiles {
    /// Reads the files as the SDK does.
    pub(super) async fn load() -> Self {
        // The defaults: this file system, this environment, the usual files.
        let (fs, env, files) = (Default::default(), Default::default(), Default::default());
        let loaded = aws_config::profile::load(&fs, &env, &files, None).await;
        let places: Vec<String> = FILES.iter().map(|(variable, usual)| place(variable, usual)).collect();
        Profiles {
            files: places.join(" and "),
            names: match loaded {
                Ok(profiles) => Ok(profiles.profiles().map(str::to_owned).collect()),
                Err(error) => Err(in_a_line(&error)),
            },
        }
    }

    /// Why a profile gives no credentials, and what to do. `reason` is what the SDK says, where it says more than that.
    pub(super) fn fault(&self, profile: &str, reason: Option<&str>) -> (String, String) {
        let files = &self.files;
        let names = match &self.names {
            Ok(names) => names,
            Err(error) => {
                return (
                    format!("the profile `{profile}` cannot be looked up in {files}: {error}"),
                    "Correct the file.".to_owned(),
                );
            }
        };
        if names.contains(profile) {
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            let what = format!("the profile `{profile}` gives no credentials{reason}. Looked in: {files}");
            let advice = format!(
                "Check that the profile is complete; for single sign-on, run `aws sso login --profile {profile}`."
            );
            return (what, advice);
        }
        let what = format!("there is no profile `{profile}`. Looked in: {files}");
        let advice = format!(
            "{}`aws configure --profile {profile}` makes one, for single sign-on `aws configure sso`. AWS_CONFIG_FILE and \
             AWS_SHARED_CREDENTIALS_FILE say where other files are.",
            meant(profile, names)
        );
        (what, advice)
    }
}

/// An error and its causes.
fn in_a_line(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    // Within one, there can be line breaks.
    let said: Vec<String> = causes
        .map(|cause| cause.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    said.join(": ")
}

/// A file, and whether it is there.
fn place(variable: &str, usual: &str) -> String {
    let path = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let in_home = path.strip_prefix("~/");
    let found = match (in_home, etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(&path),
    };
    if found.is_file() {
        path
    } else {
        format!("{path} (not there)")
    }
}

/// The profile that may be meant, and which there are.
fn meant(profile: &str, names: &BTreeSet<String>) -> String {
    let near = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(profile, name), name))
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3))
        .min();
    if let Some((_, name)) = near {
        return format!("Did you mean `{name}`? ");
    }
    let named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match (names.len(), names.len().saturating_sub(NAMED)) {
        (0, _) => String::new(),
        (_, 0) => format!("The profiles are {}. ", named.join(", ")),
        (_, more) => format!("The profiles are {} and {more} more. ", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(names: &[&str]) -> Profiles {
        Profiles {
            files: "~/.aws/config and ~/.aws/credentials (not there)".to_owned(),
            names: Ok(names.iter().map(|name| name.to_string()).collect()),
        }
    }

    #[test]
    fn a_profile_that_is_not_there_is_said_to_be_missing_and_the_nearest_or_the_others_are_named() {
        let (what, advice) = profiles(&["default", "prod"]).fault("prd", None);
        assert_eq!(
            what,
            "there is no profile `prd`. Looked in: ~/.aws/config and ~/.aws/credentials (not there)"
        );
        assert!(
            advice.starts_with("Did you mean `prod`? `aws configure --profile prd` makes one"),
            "{advice}"
        );
        let (_, advice) = profiles(&["default", "prod"]).fault("nothing-like-it", None);
        assert!(advice.starts_with("The profiles are default, prod. `aws"), "{advice}");
        let many: Vec<String> = (0..20).map(|number| format!("account-{number:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (_, advice) = profiles(&many).fault("x", None);
        assert!(advice.contains("account-07 and 12 more. "), "{advice}");
        let (_, advice) = profiles(&[]).fault("x", None);
        assert!(advice.starts_with("`aws configure --profile x`"), "{advice}");
    }

    #[test]
    fn a_profile_without_credentials_is_not_said_to_be_missing() {
        let (what, advice) = profiles(&["prod"]).fault("prod", Some("`sso_region` was missing"));
        assert!(
            what.starts_with("the profile `prod` gives no credentials: `sso_region` was missing. Looked in: "),
            "{what}"
        );
        assert!(advice.contains("`aws sso login --profile prod`"), "{advice}");
    }
}
