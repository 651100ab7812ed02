//! Values that more than one part of an estate is built from, checked in one place.

use super::file::{At, Instant, KeyFile};
use super::{Problem, Region, one_of};
use crate::sandbox::keys::lifecycle::Creation;
use crate::sandbox::keys::spec::{KEY_SPECS, KeySpec, SYMMETRIC_DEFAULT, Usage};
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

/// When the keys of a section were created.
pub(super) fn creation(file: &KeyFile, as_of: Timestamp) -> Result<Creation, Problem> {
    let instant = |given: &Option<At<Instant>>, otherwise: Timestamp| match given {
        Some(given) => past(given.0, as_of, given.span()),
        None => Ok(otherwise),
    };
    let first = instant(&file.created, as_of)?;
    Ok(Creation {
        first,
        last: instant(&file.created_until, first)?,
        count: check_count(file.count.as_ref(), "key")?,
    })
}

/// The spec and the usage of the keys of a section.
pub(super) fn spec_and_usage(file: &KeyFile) -> Result<(&'static KeySpec, &'static Usage), Problem> {
    let spec = match &file.spec {
        None => SYMMETRIC_DEFAULT,
        Some(name) => KeySpec::named(name).ok_or_else(|| {
            let known = one_of(KEY_SPECS.iter().map(|spec| spec.name));
            let what = format!("`{}` is no key spec; use {known}", **name);
            Problem::new(name.span(), what)
        })?,
    };
    let usage = match &file.usage {
        None => &spec.usages[0],
        Some(name) => spec.usage(name).ok_or_else(|| {
            let known = one_of(spec.usages.iter().map(|usage| usage.name));
            let what = format!("keys of {} cannot have the usage `{}`; use {known}", spec.name, **name);
            Problem::new(name.span(), what)
        })?,
    };
    Ok((spec, usage))
}
