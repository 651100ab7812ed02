//! The aliases of keys, of which an account has each but once in a Region.

use super::Problem;
use super::file::{At, KeyFile, RegionFile};
use super::taken::Taken;
use crate::sandbox::keys::template::KeyTemplate;
use crate::sandbox::pattern::Pattern;
use std::ops::Range;

/// The aliases of the keys of a section.
pub(super) fn aliases(file: &KeyFile, count: u32) -> Result<Vec<Pattern>, Problem> {
    let Some(names) = &file.alias else {
        return Ok(Vec::new());
    };
    let mut patterns = Vec::new();
    for name in names.as_slice() {
        let pattern = Pattern::new(name);
        let problem = if !name.starts_with("alias/") {
            "an alias begins with alias/"
        } else if name.starts_with("alias/aws/") != file.aws_managed {
            "aliases that begin with alias/aws/ belong to AWS managed keys, and only to them: add \
             or remove aws_managed = true"
        } else if count > 1 && !pattern.has_number() {
            "several keys need several aliases: put {n} into the alias"
        } else {
            patterns.push(pattern);
            continue;
        };
        return Err(Problem::new(names.span(), format!("`{name}`: {problem}")));
    }
    Ok(patterns)
}

/// The aliases that AWS keeps for keys that do not exist yet.
pub(super) fn reserved_aliases(region: &RegionFile) -> Result<Vec<String>, Problem> {
    let reserved = region.reserved_aliases.iter().map(|alias| {
        if alias.starts_with("alias/aws/") {
            return Ok(alias.to_string());
        }
        Err(Problem::new(
            alias.span(),
            "AWS reserves only aliases that begin with alias/aws/",
        ))
    });
    reserved.collect()
}

/// Refuses an alias that two keys of a Region would have, also where neither template spells it.
pub(super) fn check_unique(file: &RegionFile, templates: &[KeyTemplate], region: &str) -> Result<(), Problem> {
    let twice = |alias: String, first: Range<usize>, second: Range<usize>| {
        let what = format!("alias `{alias}` is there twice in {region}; each belongs to one key");
        Err(Problem::new(second, what).beside(first))
    };
    let mut taken = Taken::default();
    for (key, template) in file.keys.iter().zip(templates) {
        let at = key.alias.as_ref().map_or(key.span(), At::span);
        for pattern in &template.aliases {
            if let Some((alias, first)) = taken.add(pattern.clone(), template.count, at.clone()) {
                return twice(alias, first, at);
            }
        }
    }
    for reserved in &file.reserved_aliases {
        // AWS writes no numbers into the names that it reserves.
        if let Some((alias, first)) = taken.add_text(reserved, reserved.span()) {
            return twice(alias, first, reserved.span());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::Sandbox;

    /// What is said of a Region with these lines, the first of which is line 5.
    fn read(lines: &str) -> Result<Sandbox, String> {
        let head =
            "as_of = 2026-06-15T06:00:00Z\naccount = { id = \"111122223333\" }\n[[region]]\nname = \"eu-west-3\"\n";
        Sandbox::from_toml("estate.toml", &format!("{head}{lines}")).map_err(|error| error.to_string())
    }

    #[test]
    fn an_alias_that_two_keys_would_have_is_named_with_both_places() {
        for (lines, alias, second, first) in [
            (
                "key = [\n{ alias = \"alias/a\" },\n{ alias = \"alias/a\" },\n]",
                "alias/a",
                "line 7, column 11",
                "line 6, column 11",
            ),
            (
                "key = [\n{ count = 9, alias = \"alias/t-{n}\" },\n{ alias = \"alias/t-7\" },\n]",
                "alias/t-7",
                "line 7, column 11",
                "line 6, column 22",
            ),
            (
                "key = [\n{ alias = \"alias/t-7\" },\n{ count = 9, alias = \"alias/t-{n}\" },\n]",
                "alias/t-7",
                "line 7, column 22",
                "line 6, column 11",
            ),
            (
                "key = [\n{ count = 1_000_000, alias = \"alias/t-{n}\" },\n{ count = 1_000_000, alias = [\"alias/o-{n}\", \"alias/t-1{n:05}\"] },\n]",
                "alias/t-100001",
                "line 7, column 30",
                "line 6, column 30",
            ),
            (
                "key = [{ count = 20, alias = [\"alias/{n}1\", \"alias/1{n}\"] }]",
                "alias/11",
                "line 5, column 30",
                "line 5, column 30",
            ),
            (
                "reserved_aliases = [\"alias/aws/s3\"]\nkey = [{ alias = \"alias/aws/s3\", aws_managed = true }]",
                "alias/aws/s3",
                "line 5, column 21",
                "line 6, column 18",
            ),
            (
                "reserved_aliases = [\"alias/aws/s3\", \"alias/aws/s3\"]",
                "alias/aws/s3",
                "line 5, column 37",
                "line 5, column 21",
            ),
        ] {
            let message = read(lines).unwrap_err();
            assert!(
                message.starts_with(&format!("estate.toml, {second}: ")),
                "{lines}\n{message}"
            );
            assert!(
                message.contains(&format!("`{alias}` is there twice in eu-west-3")),
                "{message}"
            );
            assert!(message.ends_with(&format!("the other is in {first}")), "{message}");
        }
    }

    #[test]
    fn templates_whose_aliases_only_look_alike_are_taken() {
        let large = "key = [\n{ count = 1_000_000, alias = \"alias/t-{n}\" },\n\
                     { count = 1_000_000, alias = \"alias/t-{n}-old\" },\n{ count = 999, alias = \"alias/t-{n:04}\" },\n\
                     { alias = \"alias/t-1000001\" },\n]\n[[region]]\nname = \"eu-west-1\"\nkey = [{ alias = \"alias/t-1\" }]";
        let started = std::time::Instant::now();
        assert!(read(large).is_ok());
        assert!(started.elapsed().as_millis() < 500, "{:?}", started.elapsed());
    }
}
