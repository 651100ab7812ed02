use super::super::canned::{self, Answer, IDENTITY};
use super::super::keys::{KeysRead, read_keys};
use super::super::session::Session;
use super::super::{clients, sandboxed};
use super::*;
use crate::facts::{Arn, Region};
use crate::progress::Counter;

/// A moment 25 hours before the time of the estate is old enough, one 23 hours before it is not.
const KEYS: &str = r#"
    key = [
        { count = 120, alias = "alias/tagged-{n}", tags = { requirement = "audit", n = "{n}" }, created = 2025-01-01T00:00:00Z },
        { count = 5, alias = "alias/never-{n}", created = 2026-06-14T05:00:00Z },
        { count = 3, alias = "alias/new-{n}", created = 2026-06-14T07:00:00Z },
        { alias = "alias/new-and-tagged", tags = { requirement = "byok" }, created = 2026-06-15T05:00:00Z },
    ]
"#;

const AS_OF: &str = "2026-06-15T06:00:00Z";

async fn read(session: &Session, clients: &clients::RegionSession, from: TagSource) -> KeysRead {
    let as_of = AS_OF.parse().unwrap();
    read_keys(
        session,
        clients,
        (from, as_of),
        &Counter::default(),
        async |_: &mut _| (),
    )
    .await
    .unwrap()
}

async fn both_ways(lines: &str) -> (KeysRead, KeysRead, [u64; 2]) {
    let (session, clients) = sandboxed::region(lines).await;
    let one_by_one = read(&session, &clients, TagSource::Kms).await;
    let before = sandboxed::calls(&session, "ListResourceTags");
    let at_once = read(&session, &clients, TagSource::ResourceGroups).await;
    let calls = [
        sandboxed::calls(&session, "GetResources"),
        sandboxed::calls(&session, "ListResourceTags") - before,
    ];
    (one_by_one, at_once, calls)
}

#[tokio::test]
async fn both_sources_tell_the_same_tags_and_keys_that_are_new_are_asked_about() {
    let (one_by_one, at_once, calls) = both_ways(KEYS).await;
    assert_eq!(one_by_one.keys, at_once.keys);
    assert!(at_once.keys.iter().all(|key| key.tags.known().is_some()));
    assert_eq!(calls, [2, 3], "two pages, and the new keys that are on none");
    assert_eq!(
        [one_by_one.tag_source, at_once.tag_source],
        [Some(TagSource::Kms), Some(TagSource::ResourceGroups)]
    );
    assert_eq!(at_once.fallback, None);
}

#[tokio::test]
async fn a_single_key_is_asked_about_itself() {
    let (one_by_one, at_once, calls) = both_ways("key = [{ tags = { requirement = 'audit' } }]").await;
    assert_eq!((one_by_one.keys, calls), (at_once.keys, [0, 1]));
    assert_eq!(at_once.tag_source, Some(TagSource::Kms));
    assert_eq!([0, 1, 2, 100, 101].map(saves_calls), [false, false, true, true, true]);
}

#[tokio::test]
async fn keys_of_a_list_that_ends_early_are_asked_about_one_by_one() {
    for (fault, code, calls_expected) in [
        ("kind = 'error'", "AccessDeniedException", [1, 129]),
        // The hundred keys of the first page need no call of their own.
        ("kind = 'error'\nafter = 1", "AccessDeniedException", [2, 29]),
        ("kind = 'endless-marker'", "RepeatedMarker", [2, 29]),
    ] {
        let lines = format!("{KEYS}\n[[fault]]\n{fault}\nservice = 'tag'");
        let (one_by_one, at_once, calls) = both_ways(&lines).await;
        assert_eq!(one_by_one.keys, at_once.keys, "{fault}");
        assert_eq!(calls, calls_expected, "{fault}");
        let fallback = at_once.fallback.unwrap();
        assert_eq!(
            (fallback.operation.as_str(), fallback.error_code.as_str()),
            ("tag:GetResources", code)
        );
        let source = if calls == [1, 129] {
            TagSource::Kms
        } else {
            TagSource::ResourceGroups
        };
        assert_eq!(at_once.tag_source, Some(source), "{fault}");
    }
}

#[tokio::test]
async fn keys_without_a_description_are_never_taken_as_never_tagged() {
    let denied = "[[fault]]\nkind = 'error'\nservice = 'kms'\noperation = 'DescribeKey'";
    let (one_by_one, at_once, calls) = both_ways(&format!("{KEYS}\n{denied}")).await;
    assert_eq!(one_by_one.keys, at_once.keys);
    assert_eq!(calls, [2, 8]);
}

/// An AWS that lists a key that is gone, and a key that has lost its tags on a page of its own behind an empty one.
fn server(request: &aws_smithy_runtime_api::client::orchestrator::HttpRequest) -> Answer {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let page = |token: &str, resources: &str| {
        let body = format!(r#"{{"PaginationToken":"{token}","ResourceTagMappingList":[{resources}]}}"#);
        Answer(200, &[], body)
    };
    if request.uri().contains("sts.") {
        Answer(200, &[], IDENTITY.to_owned())
    } else if body.contains("second") {
        page("third", "")
    } else if body.contains("third") {
        page(
            "",
            r#"{"ResourceARN":"arn:aws:kms:eu-west-3:111122223333:key/lost","Tags":[]}"#,
        )
    } else {
        page(
            "second",
            r#"{"ResourceARN":"arn:aws:kms:eu-west-3:111122223333:key/gone","Tags":[{"Key":"a","Value":"b"}]}"#,
        )
    }
}

#[tokio::test]
async fn a_key_that_lost_its_tags_has_none_and_one_that_is_gone_stays_away() {
    let session = canned::session(server).await.unwrap();
    let clients = session.region(&Region::new("eu-west-3"));
    let listed = TaggedKeys::list(&session, &clients).await;
    assert_eq!((listed.tags.len(), &listed.cut_short), (2, &None));
    let mut keys = [crate::facts::examples::key(&[])];
    keys[0].arn = Arn::new("arn:aws:kms:eu-west-3:111122223333:key/lost");
    keys[0].tags = Fact::NotCollected;
    let reader = TagReader::new(&clients);
    listed.give(&mut keys, &reader, true, AS_OF.parse().unwrap()).await;
    assert_eq!(keys[0].tags, Fact::Known(Tags::new()));
    assert_eq!(sandboxed::calls(&session, "ListResourceTags"), 0);
}
