//! AWS Config in an estate: what is recorded, and who collects it.

use super::checked::{account_id, known_region, past, unknown_region};
use super::file::{AggregatorFile, RecorderFile, RecordingFrequency, SourceStatus};
use super::{AccountSet, Problem};
use crate::sandbox::pattern::glob_matches;
use jiff::Timestamp;
use std::collections::HashSet;

/// The aggregators of the account of the credentials, by name.
#[derive(Debug)]
pub(in crate::sandbox) struct Aggregator {
    pub name: String,
    pub region: String,
    /// `None` for all.
    pub source_regions: Option<Vec<String>>,
    /// `None` for all.
    pub source_accounts: Option<Vec<String>>,
    pub troubles: Vec<Trouble>,
}

/// What keeps an aggregator from collecting.
#[derive(Debug)]
pub(in crate::sandbox) struct Trouble {
    account: String,
    region: String,
    pub status: SourceStatus,
    pub since: Timestamp,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}

/// What AWS Config records in a Region.
#[derive(Debug)]
pub(in crate::sandbox) struct Recorder {
    pub recording: bool,
    pub only: Option<Vec<String>>,
    pub excluded: Vec<String>,
    pub frequency: RecordingFrequency,
    /// It knows nothing of what was created later.
    pub until: Option<Timestamp>,
}

impl Aggregator {
    pub fn collects_from(&self, account: &str, region: &str) -> bool {
        let is_in = |list: &Option<Vec<String>>, name: &str| {
            list.as_ref()
                .is_none_or(|list| list.iter().any(|listed| listed == name))
        };
        is_in(&self.source_accounts, account) && is_in(&self.source_regions, region)
    }

    /// What keeps it from collecting there.
    pub fn trouble(&self, account: &str, region: &str) -> Option<&Trouble> {
        let mut troubles = self.troubles.iter();
        troubles.find(|trouble| glob_matches(&trouble.account, account) && glob_matches(&trouble.region, region))
    }
}

impl Recorder {
    pub fn records(&self, kind: &str) -> bool {
        let only = self.only.as_ref();
        self.recording
            && only.is_none_or(|only| only.iter().any(|listed| listed == kind))
            && !self.excluded.iter().any(|excluded| excluded == kind)
    }

    /// Whether it knows what was created at that moment, in epoch milliseconds.
    pub fn has_seen(&self, created: i64) -> bool {
        self.until.is_none_or(|until| created <= until.as_millisecond())
    }
}

pub(super) fn recorder(file: Option<&RecorderFile>, as_of: Timestamp) -> Result<Recorder, Problem> {
    let Some(file) = file else {
        return Ok(Recorder {
            recording: true,
            only: None,
            excluded: Vec::new(),
            frequency: RecordingFrequency::default(),
            until: None,
        });
    };
    let until = file.until.as_ref();
    Ok(Recorder {
        recording: file.recording,
        only: file.resource_types.clone(),
        excluded: file.excluded_types.clone(),
        frequency: file.frequency,
        until: until.map(|until| past(until.0, as_of, until.span())).transpose()?,
    })
}

pub(super) fn aggregators(
    files: &[AggregatorFile],
    accounts: &[AccountSet],
    as_of: Timestamp,
) -> Result<Vec<Aggregator>, Problem> {
    let mut names = HashSet::new();
    let mut aggregators = Vec::with_capacity(files.len());
    for file in files {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=256).contains(&file.name.len()) || !file.name.bytes().all(allowed) {
            let what = format!(
                "`{}` is no name of an aggregator; use letters, digits, - and _",
                *file.name
            );
            return Err(Problem::new(file.name.span(), what));
        }
        if !names.insert((file.name.as_str(), file.region.as_str())) {
            let what = format!("aggregator `{}` is there twice; give each its own name", *file.name);
            return Err(Problem::new(file.name.span(), what));
        }
        aggregators.push(aggregator(file, accounts, as_of)?);
    }
    aggregators.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(aggregators)
}

fn aggregator(file: &AggregatorFile, accounts: &[AccountSet], as_of: Timestamp) -> Result<Aggregator, Problem> {
    let home = accounts.first().map(|home| home.regions.as_slice()).unwrap_or_default();
    let region = known_region(&file.region, home)?;
    let all = || accounts.iter().flat_map(|account| &account.regions);
    let source_regions = file.source_regions.as_ref().map(|names| {
        let name = |name: &super::file::At<String>| match all().any(|region| region.name == **name) {
            true => Ok(name.to_string()),
            false => Err(unknown_region(name, all())),
        };
        names.iter().map(name).collect::<Result<_, _>>()
    });
    let source_accounts = file.source_accounts.as_ref().map(|ids| {
        let id = |id: &super::file::At<String>| {
            let known = accounts.iter().any(|set| set.with_id(id).is_some());
            let what = || format!("account {} is not in this estate; use the id of one that is", **id);
            account_id(id, id)
                .and_then(|known_id| known.then_some(known_id).ok_or_else(|| Problem::new(id.span(), what())))
        };
        ids.iter().map(id).collect::<Result<_, _>>()
    });
    let troubles = file.trouble.iter().map(|trouble| {
        Ok(Trouble {
            account: trouble.account.clone(),
            region: trouble.region.clone(),
            status: trouble.status,
            since: match &trouble.since {
                None => as_of,
                Some(since) => past(since.0, as_of, since.span())?,
            },
            error_code: trouble.error_code.clone(),
            error_message: trouble.error_message.clone(),
        })
    });
    Ok(Aggregator {
        name: file.name.to_string(),
        region: region.name.clone(),
        source_regions: source_regions.transpose()?,
        source_accounts: source_accounts.transpose()?,
        troubles: troubles.collect::<Result<_, Problem>>()?,
    })
}
