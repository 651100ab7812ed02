//! `checks`: what is checked, why, and what to do about it.

use std::fmt::Write;

use anyhow::Context;

use super::Exit;
use crate::checks::{CHECKS, Check, check_config};
use crate::cli::ChecksListArgs;
use crate::config::{self, Config};

/// Lists the checks, and how the configuration changes them.
pub(super) fn list(args: &ChecksListArgs) -> anyhow::Result<Exit> {
    let (config, file) = Config::load(args.config.as_deref())?;
    check_config(&config).map_err(|fault| config::invalid(fault, file.as_deref()))?;
    super::print(&listed(&config)?)?;
    Ok(Exit::Done)
}

/// Prints the page of a check.
pub(super) fn show(id: &str) -> anyhow::Result<Exit> {
    let check = CHECKS.iter().find(|check| check.id == id);
    super::print(check.with_context(|| format!("there is no check `{id}`"))?.page)?;
    Ok(Exit::Done)
}

fn listed(config: &Config) -> Result<String, std::fmt::Error> {
    let width = CHECKS.iter().map(|check| check.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in CHECKS {
        writeln!(
            text,
            "{:width$}  {:8}  {}",
            check.id,
            severity(check, config),
            check.title
        )?;
    }
    Ok(text)
}

/// The severity of a check's findings, where nothing about them decides otherwise.
fn severity(check: &Check, config: &Config) -> &'static str {
    match config.checks.get(check.id) {
        Some(settings) if !settings.enabled => "off",
        Some(settings) => settings.severity.unwrap_or(check.severity).as_str(),
        None => check.severity.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_shows_what_the_configuration_changes() {
        let text = "[checks.unjustified-key]\nseverity = 'info'\n[checks.near-request-quota]\nenabled = false";
        let listed = listed(&toml::from_str(text).unwrap()).unwrap();
        let line = |id: &str| listed.lines().find(|line| line.starts_with(id)).unwrap();
        assert!(line("unjustified-key ").contains("  info "), "{listed}");
        assert!(line("near-request-quota ").contains("  off "), "{listed}");
        assert!(line("bucket-key-disabled ").contains("  medium "), "{listed}");
        assert_eq!(listed.lines().count(), CHECKS.len());
    }
}
