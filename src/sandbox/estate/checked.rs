//! Values that more than one part of an estate is built from, checked in one place.

use super::file::At;
use super::{Problem, Region, one_of};
use jiff::Timestamp;

/// The Region that a name in the file refers to.
pub(super) fn known_region<'a>(name: &At<String>, regions: &'a [Region]) -> Result<&'a Region, Problem> {
    regions
        .iter()
        .find(|region| region.name == **name)
        .ok_or_else(|| unknown_region(name, regions.iter()))
}

/// What to say of a name that is no Region's.
pub(super) fn unknown_region<'a>(name: &At<String>, regions: impl Iterator<Item = &'a Region>) -> Problem {
    let known: std::collections::BTreeSet<&str> = regions.map(|region| region.name.as_str()).collect();
    Problem::new(
        name.span(),
        format!(
            "Region `{}` is not in this estate; use {}, or add a [[region]] section",
            **name,
            one_of(known)
        ),
    )
}

/// An instant that the estate has already seen.
pub(super) fn past(instant: Timestamp, as_of: Timestamp, at: std::ops::Range<usize>) -> Result<Timestamp, Problem> {
    if instant > as_of {
        return Err(Problem::new(
            at,
            format!("{instant} is after as_of, {as_of}; use an earlier instant"),
        ));
    }
    Ok(instant)
}

/// How many things a section describes: one, unless it says so.
pub(super) fn check_count(count: Option<&At<u32>>, thing: &str) -> Result<u32, Problem> {
    match count {
        None => Ok(1),
        Some(count) if **count == 0 => Err(Problem::new(
            count.span(),
            format!("a count of 0 describes no {thing}; remove the section or count from 1"),
        )),
        Some(count) => Ok(**count),
    }
}

/// An account id; `written` is where it comes from.
pub(super) fn account_id(id: &str, written: &At<String>) -> Result<String, Problem> {
    if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(id.to_owned());
    }
    Err(Problem::new(
        written.span(),
        format!("`{id}` is no account id; use 12 digits"),
    ))
}

/// A name that goes into ARNs and headers as it is: a partition's or a Region's.
pub(super) fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(plain)
}

/// Where a field stands, if it is there.
pub(super) fn place<T>(value: &Option<At<T>>) -> Option<std::ops::Range<usize>> {
    value.as_ref().map(At::span)
}

/// The name of a log group.
pub(super) fn log_group_name(name: &At<String>) -> Result<String, Problem> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
    if (1..=512).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name.to_string());
    }
    Err(Problem::new(
        name.span(),
        format!(
            "`{}` is no name of a log group; use 1 to 512 letters, digits and .-_/#",
            **name
        ),
    ))
}
