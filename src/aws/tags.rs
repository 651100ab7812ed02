//! What are keys tagged with?

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::call::Caller;
use super::clients::RegionSession;
use super::error::CallError;
use super::operations::{KMS_LIST_RESOURCE_TAGS as LIST, TAG_GET_RESOURCES as GET};
use super::paging::Pages;
use super::refusals::Refusals;
use super::session::Session;
use crate::facts::{Fact, Fallback, Key, TagSource};

/// The largest pages.
const TAGS_A_PAGE: i32 = 50;
const RESOURCES_A_PAGE: usize = 100;

/// How many keys of a Region are asked about at once.
const KEYS_AT_ONCE: usize = 64;

/// For so long after its creation a key may have tags that `tag:GetResources` does not know: it becomes consistent only
/// after a while, and AWS does not say how long that takes.
const SETTLING: SignedDuration = SignedDuration::from_hours(24);

/// The tags of a key.
pub(super) type Tags = BTreeMap<String, String>;

/// Asks KMS for the tags of keys, one by one.
#[derive(Debug)]
pub(super) struct TagReader<'a> {
    session: &'a RegionSession,
    refusals: Refusals,
}

impl<'a> TagReader<'a> {
    pub(super) fn new(session: &'a RegionSession) -> Self {
        TagReader {
            session,
            refusals: Refusals::default(),
        }
    }

    /// The tags of the key with this id.
    pub(super) async fn tags(&self, id: &str) -> Fact<Tags> {
        self.refusals.ask(|| self.list(id)).await.into()
    }

    async fn list(&self, id: &str) -> Result<Tags, CallError> {
        let mut tags = BTreeMap::new();
        let mut pages = Pages::default();
        let mut marker = None;
        loop {
            let request = || {
                let request = self.session.kms.list_resource_tags().key_id(id).limit(TAGS_A_PAGE);
                request.set_marker(marker.clone()).send()
            };
            let page = self.session.caller.call(LIST, request).await?;
            let Some(listed) = page.tags else {
                return Err(CallError::malformed(LIST, "the answer has no list of tags"));
            };
            let before = tags.len();
            tags.extend(listed.into_iter().map(|tag| (tag.tag_key, tag.tag_value)));
            let brought = tags.len() - before;
            match pages.next(LIST, Some(page.truncated), page.next_marker.as_deref(), brought)? {
                Some(next) => marker = Some(next),
                None => return Ok(tags),
            }
        }
    }
}

/// Whether it takes fewer calls to list the tagged keys of a Region than to ask about each of so many.
pub(super) fn saves_calls(keys: usize) -> bool {
    keys > keys.div_ceil(RESOURCES_A_PAGE)
}

/// The keys of a Region that have tags or once had some, as `tag:GetResources` lists them. Keys that are gone can be
/// among them: <https://github.com/aws/aws-sdk/issues/676>.
#[derive(Debug)]
pub(super) struct TaggedKeys {
    /// By key ARN.
    tags: BTreeMap<String, Tags>,
    /// Why the list ends early, if it does.
    cut_short: Option<CallError>,
}

impl TaggedKeys {
    /// Lists them, as far as that is possible.
    pub(super) async fn list(session: &Session, clients: &RegionSession) -> TaggedKeys {
        let (caller, client) = session.tagging(&clients.region);
        let mut listed = TaggedKeys {
            tags: BTreeMap::new(),
            cut_short: None,
        };
        listed.cut_short = listed.read(&caller, &client).await.err();
        listed
    }

    async fn read(
        &mut self,
        caller: &Caller,
        client: &aws_sdk_resourcegroupstagging::Client,
    ) -> Result<(), CallError> {
        let mut pages = Pages::default();
        let mut token = None;
        loop {
            let request = || {
                let request = client.get_resources().resource_type_filters("kms:key");
                let request = request.resources_per_page(RESOURCES_A_PAGE as i32);
                request.set_pagination_token(token.clone()).send()
            };
            let page = caller.call(GET, request).await?;
            let Some(listed) = page.resource_tag_mapping_list else {
                return Err(CallError::malformed(GET, "the answer has no list of resources"));
            };
            let before = self.tags.len();
            for resource in listed {
                let Some(arn) = resource.resource_arn else {
                    return Err(CallError::malformed(GET, "a resource in the list has no ARN"));
                };
                let tags = resource.tags.unwrap_or_default().into_iter();
                let of_key = self.tags.entry(arn).or_default();
                of_key.extend(tags.map(|tag| (tag.key, tag.value)));
            }
            let brought = self.tags.len() - before;
            match pages.next(GET, None, page.pagination_token.as_deref(), brought)? {
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Gives keys their tags, and asks KMS about those of which the list cannot tell.
    pub(super) async fn give(
        mut self,
        keys: &mut [Key],
        reader: &TagReader<'_>,
        aliases_listed: bool,
        as_of: Timestamp,
    ) -> (TagSource, Option<Fallback>) {
        let is_whole = self.cut_short.is_none();
        let mut to_ask = Vec::new();
        let mut source = if is_whole {
            TagSource::ResourceGroups
        } else {
            TagSource::Kms
        };
        for (place, key) in keys.iter_mut().enumerate() {
            if let Some(tags) = self.tags.remove(key.arn.as_str()) {
                key.tags = Fact::Known(tags);
                source = TagSource::ResourceGroups;
            } else if is_whole && has_settled(key, as_of) {
                // What has never been tagged is not in the list.
                key.tags = Fact::Known(Tags::new());
            } else if may_be_asked(key, aliases_listed) {
                to_ask.push((place, key.key_id.clone()));
            }
        }
        let read: Vec<(usize, Fact<Tags>)> = stream::iter(to_ask)
            .map(|(place, id)| async move { (place, reader.tags(&id).await) })
            .buffer_unordered(KEYS_AT_ONCE)
            .collect()
            .await;
        for (place, tags) in read {
            if let Some(key) = keys.get_mut(place) {
                key.tags = tags;
            }
        }
        let instead = "the tags of each key that was not listed were asked of KMS";
        let fallback = |error: CallError| error.fallback(Some(&reader.session.region), instead);
        (source, self.cut_short.map(fallback))
    }
}

/// Whether a key is old enough that `tag:GetResources` would know its tags.
fn has_settled(key: &Key, as_of: Timestamp) -> bool {
    let created = key.metadata.known().and_then(|metadata| metadata.creation_date);
    created.is_some_and(|created| as_of.duration_since(created) >= SETTLING)
}

/// Whether to ask about the tags of a key. One that may be AWS managed is left in peace; of the others, whoever may not
/// describe one can often still list its tags, and these justify it.
pub(super) fn may_be_asked(key: &Key, aliases_listed: bool) -> bool {
    key.metadata.known().is_some() || aliases_listed
}

#[cfg(test)]
mod tests;
