//! Values that more than one part of an estate is built from, checked in one place.

use super::file::KeyFile;
use super::{Problem, Region, one_of};
use jiff::Timestamp;
use toml::Spanned;

/// The Region that a name in the file refers to.
pub(super) fn known_region<'a>(name: &Spanned<String>, regions: &'a [Region]) -> Result<&'a Region, Problem> {
    regions
        .iter()
        .find(|region| region.name == *name.get_ref())
        .ok_or_else(|| {
            let known = one_of(regions.iter().map(|region| region.name.as_str()));
            Problem::new(
                name.span(),
                format!(
                    "Region `{}` is not in this estate; use {known}, or add a [[region]] section",
                    name.get_ref()
                ),
            )
        })
}

/// An instant that the account has already seen.
pub(super) fn past(instant: Timestamp, as_of: Timestamp, at: std::ops::Range<usize>) -> Result<Timestamp, Problem> {
    if instant > as_of {
        return Err(Problem::new(
            at,
            format!("{instant} is after as_of, {as_of}; use an earlier instant"),
        ));
    }
    Ok(instant)
}

/// How many keys a section describes.
pub(super) fn key_count(key: &Spanned<KeyFile>) -> Result<u32, Problem> {
    match &key.get_ref().count {
        None => Ok(1),
        Some(count) if *count.get_ref() == 0 => Err(Problem::new(
            key.span(),
            "a count of 0 describes no key; remove the section or count from 1",
        )),
        Some(count) => Ok(*count.get_ref()),
    }
}
