//! Whether the configuration speaks of checks and thresholds that there are.

use super::{CHECKS, Check};
use crate::config::{CheckSettings, Config};

/// What is wrong with the settings and exceptions of checks, if anything is.
///
/// # Errors
/// The first name that does not exist, with the nearest one, or value that cannot be meant.
pub fn check_config(config: &Config) -> Result<(), String> {
    for (id, settings) in &config.checks {
        let place = format!("[checks.{id}]");
        check_settings(find(&place, id)?, settings).map_err(|fault| format!("{place} {fault}"))?;
    }
    for (number, exception) in (1..).zip(&config.exceptions) {
        find(&format!("[[exception]] {number}"), &exception.check)?;
    }
    Ok(())
}

/// The check of that id.
fn find(place: &str, id: &str) -> Result<&'static Check, String> {
    CHECKS.iter().copied().find(|check| check.id == id).ok_or_else(|| {
        let ids = CHECKS.iter().map(|check| check.id);
        format!(
            "{place}: there is no check `{id}`{}; `kms-audit checks list` lists them",
            nearest(id, ids)
        )
    })
}

fn check_settings(check: &Check, settings: &CheckSettings) -> Result<(), String> {
    for (name, value) in &settings.thresholds {
        let Some(setting) = check.settings.iter().find(|setting| setting.name == name) else {
            let names = ["enabled", "severity"].into_iter();
            let names = names.chain(check.settings.iter().map(|setting| setting.name));
            return Err(format!("has no setting `{name}`{}", nearest(name, names)));
        };
        if !(setting.least..=setting.most).contains(value) {
            return Err(format!("{name} must be from {} to {}", setting.least, setting.most));
        }
    }
    Ok(())
}

fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> String {
    names
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3))
        .min()
        .map_or_else(String::new, |(_, name)| format!(", but `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        check_config(&toml::from_str(text).unwrap()).unwrap_err()
    }

    #[test]
    fn a_check_that_does_not_exist_is_refused_and_the_nearest_offered() {
        assert_eq!(
            fault("[checks.unjustfied-key]\nenabled = false"),
            "[checks.unjustfied-key]: there is no check `unjustfied-key`, but `unjustified-key`; `kms-audit checks \
             list` lists them"
        );
        let exception = "[[exception]]\ncheck = 'x'\nresource = '*'\nreason = 'r'\nexpires = 2026-12-31";
        assert!(fault(exception).starts_with("[[exception]] 1: there is no check `x`;"));
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused_and_the_nearest_offered() {
        assert_eq!(
            fault("[checks.unjustified-key]\nseverty = 7"),
            "[checks.unjustified-key] has no setting `severty`, but `severity`"
        );
    }

    #[test]
    fn what_can_be_meant_is_accepted() {
        let config = toml::from_str("[checks.unjustified-key]\nseverity = 'low'\nenabled = true").unwrap();
        assert_eq!(check_config(&config), Ok(()));
    }
}
