//! The trails of an estate.

use super::checked::{known_region, log_group_name, past};
use super::file::{AdvancedSelectorFile, At, EventSelectorFile, FieldSelector, Instant, ReadWrite, TrailFile};
use super::{Problem, Region, one_of};
use jiff::Timestamp;
use std::collections::HashSet;

/// A trail of an account, or of several that are alike. In texts, `{account}` stands for the account's id.
#[derive(Debug)]
pub(in crate::sandbox) struct Trail {
    pub name: String,
    pub home_region: String,
    pub multi_region: bool,
    pub organization: bool,
    pub bucket: String,
    /// A name, or an ARN.
    pub log_group: Option<String>,
    pub log_group_error: Option<String>,
    pub logging: bool,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    /// `None` when nobody has said which events it records.
    pub selectors: Option<Selectors>,
}

/// Which events a trail records.
#[derive(Debug)]
pub(in crate::sandbox) enum Selectors {
    Basic(Vec<EventSelector>),
    Advanced(Vec<AdvancedEventSelector>),
}

#[derive(Debug)]
pub(in crate::sandbox) struct EventSelector {
    pub read_write: ReadWrite,
    pub management: bool,
    pub exclude: Vec<String>,
    /// A type of resource, and ARNs or what they begin with.
    pub data: Vec<(String, Vec<String>)>,
}

#[derive(Debug)]
pub(in crate::sandbox) struct AdvancedEventSelector {
    pub name: Option<String>,
    pub fields: Vec<FieldSelector>,
}

/// The event sources that an event selector can exclude, and the resources it can record the data events of:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html>
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];
const DATA_TYPES: [&str; 3] = ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"];

/// The trails of accounts with these Regions.
pub(super) fn trails(
    files: &[At<TrailFile>],
    regions: &[Region],
    is_management_account: bool,
    as_of: Timestamp,
) -> Result<Vec<Trail>, Problem> {
    let mut names = HashSet::new();
    let mut trails = Vec::with_capacity(files.len());
    for file in files {
        if !names.insert((file.home_region.as_str(), file.name.as_str())) {
            let what = format!("trail `{}` is there twice in {}", *file.name, *file.home_region);
            return Err(Problem::new(file.name.span(), what));
        }
        if let Some(organization) = file.organization.as_ref().filter(|organization| ***organization)
            && !is_management_account
        {
            let what = "only the management account has organization trails, and all other accounts see them; move \
                        the trail there";
            return Err(Problem::new(organization.span(), what));
        }
        trails.push(trail(file, regions, as_of)?);
    }
    Ok(trails)
}

fn trail(file: &TrailFile, regions: &[Region], as_of: Timestamp) -> Result<Trail, Problem> {
    if let Some(problem) = name_problem(&file.name) {
        let what = format!("`{}` is no trail name: {problem}", *file.name);
        return Err(Problem::new(file.name.span(), what));
    }
    let log_group = match &file.log_group {
        Some(arn) if arn.starts_with("arn:") => Some(arn.to_string()),
        Some(name) => Some(log_group_name(name)?),
        None => None,
    };
    let (started, stopped) = recording(file, as_of)?;
    Ok(Trail {
        name: file.name.to_string(),
        home_region: known_region(&file.home_region, regions)?.name.clone(),
        multi_region: file.multi_region,
        organization: file.organization.as_deref().copied().unwrap_or_default(),
        bucket: file.bucket.clone(),
        log_group,
        log_group_error: file.log_group_error.clone(),
        logging: file.logging,
        started,
        stopped,
        selectors: selectors(file)?,
    })
}

/// When recording began, and when it ended.
fn recording(file: &TrailFile, as_of: Timestamp) -> Result<(Timestamp, Option<Timestamp>), Problem> {
    let instant = |given: &At<Instant>| past(given.0, as_of, given.span());
    let stopped = match &file.stopped {
        Some(stopped) if file.logging => {
            let what = "this trail is still recording; add logging = false, or remove stopped";
            return Err(Problem::new(stopped.span(), what));
        }
        Some(stopped) => Some(instant(stopped)?),
        None => (!file.logging).then_some(as_of),
    };
    let latest = stopped.unwrap_or(as_of);
    match &file.started {
        None => Ok((latest, stopped)),
        Some(started) if instant(started)? > latest => {
            let what = format!("recording ended at {latest}, before it began; use an earlier instant");
            Err(Problem::new(started.span(), what))
        }
        Some(started) => Ok((started.0, stopped)),
    }
}

/// What CloudTrail has against a trail name:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html>
pub(in crate::sandbox) fn name_problem(name: &str) -> Option<&'static str> {
    let is_mark = |byte: u8| b"._-".contains(&byte);
    let bytes = name.as_bytes();
    let ends = [bytes.first(), bytes.last()].into_iter().flatten();
    if !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || is_mark(*byte)) {
        Some("it has letters, digits, periods, underscores and dashes only")
    } else if !(3..=128).contains(&bytes.len()) {
        Some("it has 3 to 128 characters")
    } else if ends.into_iter().any(|byte| is_mark(*byte)) {
        Some("it begins and ends with a letter or a digit")
    } else if bytes.windows(2).any(|pair| pair.iter().all(|byte| is_mark(*byte))) {
        Some("no two periods, underscores or dashes stand beside each other")
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        Some("it is not an IP address")
    } else {
        None
    }
}

fn selectors(file: &TrailFile) -> Result<Option<Selectors>, Problem> {
    match (&file.event_selectors, &file.advanced_event_selectors) {
        (None, None) => Ok(None),
        (Some(basic), None) if !(1..=5).contains(&basic.len()) => {
            Err(Problem::new(basic.span(), "a trail has 1 to 5 event selectors"))
        }
        (Some(basic), None) => {
            let basic = basic.iter().map(|file| event_selector(file));
            Ok(Some(Selectors::Basic(basic.collect::<Result<_, _>>()?)))
        }
        (None, Some(advanced)) => {
            let advanced = advanced.iter().map(advanced_event_selector);
            Ok(Some(Selectors::Advanced(advanced.collect::<Result<_, _>>()?)))
        }
        (Some(_), Some(advanced)) => Err(Problem::new(
            advanced.span(),
            "a trail has event selectors or advanced event selectors; remove one of the two",
        )),
    }
}

fn event_selector(file: &EventSelectorFile) -> Result<EventSelector, Problem> {
    check_words(file.exclude.iter(), &EXCLUDABLE, "cannot be excluded")?;
    let types = file.data.iter().map(|resource| &resource.kind);
    check_words(types, &DATA_TYPES, "needs an advanced event selector")?;
    let data = file.data.iter();
    Ok(EventSelector {
        read_write: file.read_write,
        management: file.management,
        exclude: file.exclude.iter().map(|source| source.to_string()).collect(),
        data: data
            .map(|resource| (resource.kind.to_string(), resource.values.clone()))
            .collect(),
    })
}

fn check_words<'a>(
    mut words: impl Iterator<Item = &'a At<String>>,
    known: &[&'static str],
    problem: &str,
) -> Result<(), Problem> {
    match words.find(|word| !known.contains(&word.as_str())) {
        None => Ok(()),
        Some(word) => Err(Problem::new(
            word.span(),
            format!("`{}` {problem}; use {}", **word, one_of(known.iter().copied())),
        )),
    }
}

fn advanced_event_selector(written: &At<AdvancedSelectorFile>) -> Result<AdvancedEventSelector, Problem> {
    let file: &AdvancedSelectorFile = written;
    let conditions = |field: &FieldSelector| {
        [
            &field.equals,
            &field.starts_with,
            &field.ends_with,
            &field.not_equals,
            &field.not_starts_with,
            &field.not_ends_with,
        ]
        .iter()
        .any(|values| !values.is_empty())
    };
    if let Some(field) = file.fields.iter().find(|field| !conditions(field)) {
        let what = "a condition on a field needs values, such as equals = [\"Management\"]";
        return Err(Problem::new(field.span(), what));
    }
    let of_category = |field: &&At<FieldSelector>| field.field == "eventCategory" && !field.equals.is_empty();
    if !file.fields.iter().any(|field| of_category(&field)) {
        let what = "an advanced event selector needs a category: add \
                    { field = \"eventCategory\", equals = [\"Management\"] }";
        return Err(Problem::new(written.span(), what));
    }
    Ok(AdvancedEventSelector {
        name: file.name.clone(),
        fields: file.fields.iter().map(|field| (**field).clone()).collect(),
    })
}
