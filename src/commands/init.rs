//! `init`: writes a configuration with every setting, its default, and what it means. The settings and their meaning
//! come from the types of the configuration and from the table of checks.

use std::fmt::{self, Write};
use std::io;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use super::Exit;
use crate::aws::ApiShare;
use crate::checks::{CHECKS, Check};
use crate::cli::InitArgs;
use crate::config::Config;
use crate::facts::TagSource;
use crate::private_files;
use crate::scan::LastUsageBudget;

/// How wide the explanations are.
const WIDTH: usize = 100;

const HEAD: &str = "\
The configuration of kms-audit, with every setting and its default. A line that begins with # and a blank explains; to \
change a setting, take away the # before it, and before the [heading] above it. Flags beat environment variables, and both beat this file.";

const CHECKS_HEAD: &str = "\
How each check judges. Each can be switched off, and each takes `severity = \"...\"` (info, low, medium, high, critical) \
in place of those that it gives its findings itself; its own usual one stands here. `kms-audit checks show ID` prints the \
page of a check.";

/// An exception as it may stand in the file. It holds for nothing that there is, so it is an explanation.
const EXCEPTION: &str = "\
[[exception]]
check = \"unjustified-key\"
resource = \"alias/legacy-*\"
account = \"111122223333\"
reason = \"moves to the new platform in autumn\"
expires = 2026-09-30
";

pub(super) fn run(args: &InitArgs) -> anyhow::Result<Exit> {
    let text = text()?;
    if args.out == Path::new("-") {
        super::print(&text)?;
        return Ok(Exit::Done);
    }
    let file = args.out.display();
    let written = private_files::write_new(&args.out, |out| io::Write::write_all(out, text.as_bytes()));
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            anyhow::bail!("{file} exists and is left as it is; name another file with --out, or - for stdout")
        }
        written => written.with_context(|| format!("cannot write {file}; name another file with --out"))?,
    }
    super::print(&format!("Wrote {file}: every setting with its default.\n"))?;
    Ok(Exit::Done)
}

/// The defaults, with those that are none in the types as what they come to.
fn defaults() -> Config {
    let mut config = Config::default();
    config.scan.api_share = Some(ApiShare::DEFAULT.to_string());
    config.scan.last_usage_budget = Some(LastUsageBudget::default().to_string());
    config.scan.tags_from = Some(TagSource::default());
    config.report.formats = vec!["default".to_owned()];
    config
}

fn text() -> anyhow::Result<String> {
    let schema = schemars::schema_for!(Config).to_value();
    let defaults = toml::Table::try_from(defaults())?;
    let mut out = String::new();
    explain(&mut out, HEAD)?;
    // The many lines of the checks come behind what is read first.
    let mut sections = properties(&schema, &schema);
    sections.sort_by_key(|(name, _)| matches!(*name, "checks" | "exception"));
    for (section, property) in sections {
        writeln!(out)?;
        match section {
            "checks" => {
                explain(&mut out, CHECKS_HEAD)?;
                CHECKS.iter().try_for_each(|check| write_check(&mut out, check))?;
            }
            "exception" => write_exceptions(&mut out, &schema, property)?,
            _ => {
                explain(&mut out, description(property))?;
                writeln!(out, "[{section}]")?;
                let values = defaults.get(section).and_then(toml::Value::as_table);
                for (name, setting) in properties(&schema, property) {
                    let value = values.and_then(|values| values.get(name));
                    let value = value.with_context(|| format!("[{section}] {name} has no default"))?;
                    explain(&mut out, description(setting))?;
                    writeln!(out, "#{name} = {value}")?;
                }
            }
        }
    }
    Ok(out)
}

fn write_check(out: &mut String, check: &Check) -> fmt::Result {
    writeln!(out)?;
    explain(out, &format!("{} ({}).", check.title, check.severity.as_str()))?;
    writeln!(out, "#[checks.{}]\n#enabled = true", check.id)?;
    for setting in check.settings {
        explain(out, setting.meaning)?;
        writeln!(out, "#{} = {}", setting.name, setting.default)?;
    }
    Ok(())
}

fn write_exceptions(out: &mut String, schema: &Value, property: &Value) -> fmt::Result {
    explain(out, description(property))?;
    for line in EXCEPTION.lines() {
        writeln!(out, "#   {line}")?;
    }
    for (name, field) in properties(schema, property.get("items").unwrap_or(&Value::Null)) {
        explain(out, &format!("`{name}`: {}", description(field)))?;
    }
    Ok(())
}

/// The properties of an object by their names, each by what it refers to, where it does, with its own description.
fn properties<'s>(schema: &'s Value, object: &'s Value) -> Vec<(&'s str, &'s Value)> {
    let object = referred(schema, object);
    let properties = object.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), property))
        .collect()
}

/// What a schema refers to, or itself.
fn referred<'s>(schema: &'s Value, part: &'s Value) -> &'s Value {
    let reference = part.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|reference| schema.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(part)
}

fn description(part: &Value) -> &str {
    part.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// Writes a text as lines that explain.
fn explain(out: &mut String, text: &str) -> fmt::Result {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() > 1 && line.len() + 1 + word.len() > WIDTH {
            writeln!(out, "{line}")?;
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    if line.len() > 1 {
        writeln!(out, "{line}")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::checks::check_config;
    use crate::config::CheckSettings;

    fn uncommented(is_meant: impl Fn(&str) -> Option<&str>) -> String {
        let text = text().unwrap();
        let lines: Vec<&str> = text.lines().map(|line| is_meant(line).unwrap_or(line)).collect();
        lines.join("\n")
    }

    fn setting(line: &str) -> Option<&str> {
        line.strip_prefix('#')
            .filter(|rest| !rest.starts_with(' ') && !rest.is_empty())
    }

    #[test]
    fn what_is_written_changes_nothing() {
        assert_eq!(toml::from_str::<Config>(&text().unwrap()).unwrap(), Config::default());
    }

    #[test]
    fn every_setting_has_its_default_and_its_meaning() {
        let mut config: Config = toml::from_str(&uncommented(setting)).unwrap();
        check_config(&config).unwrap();
        for check in CHECKS {
            let defaults = check
                .settings
                .iter()
                .map(|setting| (setting.name.to_owned(), setting.default));
            let expected = CheckSettings {
                enabled: true,
                severity: None,
                thresholds: defaults.collect::<BTreeMap<_, _>>(),
            };
            assert_eq!(config.checks.remove(check.id), Some(expected), "{}", check.id);
        }
        assert_eq!(config, defaults());
        let text = text().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (before, line) in lines.iter().zip(&lines[1..]) {
            let is_switch = line.starts_with("#enabled");
            if setting(line).is_some() && !is_switch {
                assert!(before.starts_with("# "), "{before}\n{line}");
            }
        }
    }

    #[test]
    fn every_property_of_the_configuration_is_in_it() {
        let text = text().unwrap();
        let schema = schemars::schema_for!(Config).to_value();
        let mut seen = 0;
        let items = |part: &Value| part.get("items").cloned().unwrap_or_default();
        for (section, property) in properties(&schema, &schema) {
            let exception = items(property);
            let named = properties(&schema, property)
                .into_iter()
                .chain(properties(&schema, &exception));
            for (name, _) in named {
                seen += 1;
                assert!(text.contains(&format!("{name} = ")), "[{section}] {name}");
            }
        }
        assert!(seen > 12, "{seen}");
        assert!(
            CHECKS
                .iter()
                .all(|check| text.contains(&format!("\n#[checks.{}]\n", check.id)))
        );
    }

    #[test]
    fn the_exception_that_is_shown_is_one() {
        let shown = uncommented(|line| line.strip_prefix("#   "));
        let config: Config = toml::from_str(&shown).unwrap();
        check_config(&config).unwrap();
        assert_eq!(config.exceptions.len(), 1);
    }
}
