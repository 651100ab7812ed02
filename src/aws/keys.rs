//! Which keys does a Region hold, and what do they say of themselves?

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::types::{KeyMetadata as SdkKeyMetadata, MultiRegionKeyType};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::clients::RegionSession;
use super::error::CallError;
use super::key_metrics::{KeyMetricsRead, list_key_metrics};
use super::moment::timestamp;
use super::operations::{KMS_DESCRIBE_KEY, KMS_LIST_ALIASES, KMS_LIST_KEYS};
use super::paging::Pages;
use super::refusals::Refusals;
use super::session::Session;
use super::tags::{TagReader, TaggedKeys, may_be_asked, saves_calls};
use crate::facts::{
    Arn, ConfigRecord, Fact, Fallback, Key, KeyDetails, KeyManager, KeyMetadata, MultiRegionRole, Region, TagSource,
};
use crate::progress::Counter;

/// The largest pages KMS allows.
const KEYS_A_PAGE: i32 = 1_000;
const ALIASES_A_PAGE: i32 = 100;

/// How many keys of a Region are asked about at once.
const KEYS_AT_ONCE: usize = 64;

/// What was read of the keys of a Region.
#[derive(Debug)]
pub struct KeysRead {
    /// Whether the list of keys was read to its end.
    pub key_listing: Fact<()>,
    /// Whether the list of aliases was read to its end.
    pub alias_listing: Fact<()>,
    /// The ids of the AWS managed keys seen, in their order.
    pub aws_managed: Vec<String>,
    /// The others, in the order of their ARNs.
    pub keys: Vec<Key>,
    /// Where their tags were read.
    pub tag_source: Option<TagSource>,
    /// What was done where the tags of many keys could not be read at once.
    pub fallback: Option<Fallback>,
    /// The metrics of their use.
    pub metrics: KeyMetricsRead,
    /// How old what AWS Config knows is, where all this comes from there.
    pub record: Option<ConfigRecord>,
}

/// Reads every key of a Region. Keys behind an alias `alias/aws/…` are AWS managed and are counted without a call of
/// their own: calls about them that AWS refuses set off alarms for unauthorized calls. What else is asked of a key once its
/// tags are known, `look_closer` asks, while others are still described; not of keys whose tags come from elsewhere.
///
/// # Errors
/// Only when the very first call says that the Region does not accept the credentials.
pub async fn read_keys(
    account: &Session,
    session: &RegionSession,
    (tags_from, as_of): (TagSource, Timestamp),
    progress: &Counter,
    look_closer: impl AsyncFn(&mut Key),
) -> Result<KeysRead, CallError> {
    let (listed, key_listing) = list_keys(session).await;
    if let Err(error) = &key_listing
        && listed.is_empty()
        && error.says_not_enabled()
    {
        return Err(error.clone());
    }
    let (mut aliases, alias_listing) = if listed.is_empty() {
        (Aliases::default(), Fact::NotCollected)
    } else {
        list_aliases(session).await
    };
    let (by_alias, others): (Vec<_>, Vec<_>) =
        listed.into_iter().partition(|(id, _)| aliases.aws_managed.contains(id));
    progress.find(others.len());
    let describing = &Refusals::default();
    let look_closer = &look_closer;
    let tags = &TagReader::new(session);
    let at_once = tags_from == TagSource::ResourceGroups && saves_calls(others.len());
    let aliases_listed = alias_listing.known().is_some();
    let metrics = async {
        match others.len() {
            0 => KeyMetricsRead::default(),
            _ => list_key_metrics(session).await,
        }
    };
    let asked = stream::iter(others.iter())
        .map(|(id, arn)| {
            let names = aliases.by_key.remove(id).unwrap_or_default();
            let (id, arn) = (id.clone(), arn.clone());
            async move {
                let mut key = read_key(session, describing, (id, arn), names).await;
                let asked = key
                    .as_mut()
                    .ok()
                    .filter(|key| !at_once && may_be_asked(key, aliases_listed));
                let Some(asked) = asked else {
                    progress.finish_one();
                    return key;
                };
                asked.tags = tags.tags(&asked.key_id).await;
                progress.finish_one();
                look_closer(asked).await;
                key
            }
        })
        .buffer_unordered(KEYS_AT_ONCE)
        .collect();
    let tagged = async {
        match at_once {
            true => Some(TaggedKeys::list(account, session).await),
            false => None,
        }
    };
    let (asked, metrics, tagged): (Vec<Result<Key, String>>, _, _) = tokio::join!(asked, metrics, tagged);
    let mut aws_managed: Vec<String> = by_alias.into_iter().map(|(id, _)| id).collect();
    let mut keys = Vec::with_capacity(asked.len());
    for key in asked {
        match key {
            Ok(key) => keys.push(key),
            Err(id) => aws_managed.push(id),
        }
    }
    aws_managed.sort();
    keys.sort_by(|a, b| a.arn.cmp(&b.arn));
    metrics.note_operations(&mut keys);
    let (tag_source, fallback) = match tagged {
        Some(tagged) => {
            let (source, fallback) = tagged.give(&mut keys, tags, aliases_listed, as_of).await;
            (Some(source), fallback)
        }
        None => (Some(TagSource::Kms).filter(|_| !keys.is_empty()), None),
    };
    Ok(KeysRead {
        key_listing: key_listing.into(),
        alias_listing,
        aws_managed,
        keys,
        tag_source,
        fallback,
        metrics,
        record: None,
    })
}

/// Asks whether a Region accepts the credentials, as [`read_keys`] finds out on its way.
pub(super) async fn accepts_credentials(session: &RegionSession) -> Result<(), CallError> {
    let request = || session.kms.list_keys().limit(1).send();
    session.caller.call(KMS_LIST_KEYS, request).await.map(|_| ())
}

/// The ids and ARNs of all keys of the Region that could be listed, and how the list ended.
async fn list_keys(session: &RegionSession) -> (BTreeMap<String, String>, Result<(), CallError>) {
    let mut keys = BTreeMap::new();
    let mut pages = Pages::default();
    let mut marker = None;
    let operation = KMS_LIST_KEYS;
    loop {
        let request = || {
            session
                .kms
                .list_keys()
                .limit(KEYS_A_PAGE)
                .set_marker(marker.clone())
                .send()
        };
        let page = match session.caller.call(operation, request).await {
            Ok(page) => page,
            Err(error) => return (keys, Err(error)),
        };
        let Some(listed) = page.keys else {
            return (
                keys,
                Err(CallError::malformed(operation, "the answer has no list of keys")),
            );
        };
        let before = keys.len();
        for key in listed {
            let (Some(id), Some(arn)) = (key.key_id, key.key_arn) else {
                return (
                    keys,
                    Err(CallError::malformed(operation, "a key in the list has no id or ARN")),
                );
            };
            keys.insert(id, arn);
        }
        match pages.next(
            operation,
            Some(page.truncated),
            page.next_marker.as_deref(),
            keys.len() - before,
        ) {
            Ok(Some(next)) => marker = Some(next),
            Ok(None) => return (keys, Ok(())),
            Err(error) => return (keys, Err(error)),
        }
    }
}

/// The aliases of a Region.
#[derive(Debug, Default)]
struct Aliases {
    by_key: BTreeMap<String, Vec<String>>,
    /// The ids of the keys behind an alias that is reserved for AWS.
    aws_managed: BTreeSet<String>,
    seen: usize,
}

impl Aliases {
    fn add(&mut self, name: String, key_id: String) {
        self.seen += 1;
        if name.starts_with("alias/aws/") {
            self.aws_managed.insert(key_id.clone());
        }
        self.by_key.entry(key_id).or_default().push(name);
    }
}

async fn list_aliases(session: &RegionSession) -> (Aliases, Fact<()>) {
    let mut aliases = Aliases::default();
    let mut pages = Pages::default();
    let mut marker = None;
    let operation = KMS_LIST_ALIASES;
    let end = loop {
        let request = || {
            session
                .kms
                .list_aliases()
                .limit(ALIASES_A_PAGE)
                .set_marker(marker.clone())
                .send()
        };
        let page = match session.caller.call(operation, request).await {
            Ok(page) => page,
            Err(error) => break Err(error),
        };
        let Some(listed) = page.aliases else {
            break Err(CallError::malformed(operation, "the answer has no list of aliases"));
        };
        let brought = listed.len();
        for alias in listed {
            // An alias without a target is reserved by AWS for a key that does not exist yet.
            if let (Some(name), Some(key_id)) = (alias.alias_name, alias.target_key_id) {
                aliases.add(name, key_id);
            }
        }
        match pages.next(operation, Some(page.truncated), page.next_marker.as_deref(), brought) {
            Ok(Some(next)) => marker = Some(next),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    aliases.by_key.values_mut().for_each(|names| names.sort());
    (aliases, end.into())
}

/// Reads what KMS says of one key, without its tags; its id alone if it turns out to be AWS managed.
async fn read_key(
    session: &RegionSession,
    describing: &Refusals,
    (id, arn): (String, String),
    aliases: Vec<String>,
) -> Result<Key, String> {
    let described = describing.ask(|| describe(session, &id)).await;
    if matches!(&described, Ok(metadata) if metadata.manager == KeyManager::Aws) {
        return Err(id);
    }
    Ok(Key {
        arn: Arn::new(arn),
        key_id: id,
        aliases,
        metadata: described.into(),
        tags: Fact::NotCollected,
        details: KeyDetails::default(),
        captured_at: None,
    })
}

/// Describes a key by its id, never by alias: describing an alias `alias/aws/…` can create the key it stands for.
async fn describe(session: &RegionSession, id: &str) -> Result<KeyMetadata, CallError> {
    let operation = KMS_DESCRIBE_KEY;
    let answer = session
        .caller
        .call(operation, || session.kms.describe_key().key_id(id).send())
        .await?;
    let metadata = answer.key_metadata;
    metadata
        .map(key_metadata)
        .ok_or_else(|| CallError::malformed(operation, "the answer has no key metadata"))
}

fn key_metadata(sdk: SdkKeyMetadata) -> KeyMetadata {
    let text = |value: Option<&str>| value.unwrap_or("not stated").to_owned();
    let multi_region = sdk.multi_region.unwrap_or(false).then(|| multi_region_role(&sdk));
    KeyMetadata {
        manager: text(sdk.key_manager.as_ref().map(|value| value.as_str())).into(),
        state: text(sdk.key_state.as_ref().map(|value| value.as_str())).into(),
        spec: text(sdk.key_spec.as_ref().map(|value| value.as_str())).into(),
        usage: text(sdk.key_usage.as_ref().map(|value| value.as_str())).into(),
        origin: text(sdk.origin.as_ref().map(|value| value.as_str())).into(),
        multi_region,
        creation_date: sdk.creation_date.as_ref().and_then(timestamp),
        deletion_date: sdk.deletion_date.as_ref().and_then(timestamp),
        valid_to: sdk.valid_to.as_ref().and_then(timestamp),
        custom_key_store_id: sdk.custom_key_store_id,
        description: sdk.description.unwrap_or_default(),
    }
}

fn multi_region_role(sdk: &SdkKeyMetadata) -> MultiRegionRole {
    let Some(configuration) = &sdk.multi_region_configuration else {
        return MultiRegionRole::Unstated;
    };
    match configuration.multi_region_key_type() {
        Some(MultiRegionKeyType::Primary) => MultiRegionRole::Primary {
            replica_regions: configuration
                .replica_keys()
                .iter()
                .filter_map(|replica| replica.region())
                .map(Region::new)
                .collect(),
        },
        Some(MultiRegionKeyType::Replica) => MultiRegionRole::Replica {
            primary: configuration
                .primary_key()
                .and_then(|primary| primary.arn())
                .map(Arn::new),
        },
        _ => MultiRegionRole::Unstated,
    }
}
