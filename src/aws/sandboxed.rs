//! Sessions for tests that the sandbox answers.

use super::canned;
use super::clients::RegionSession;
use super::keys::{KeysRead, read_keys};
use super::session::Session;
use crate::facts::{Region, TagSource};
use crate::progress::Counter;
use crate::sandbox::Sandbox;

/// The account of an estate.
pub(super) async fn session(estate: &str) -> Session {
    let sandbox = Sandbox::from_toml("test.toml", estate).unwrap();
    let home = sandbox.description().home_region;
    canned::open(sandbox.http_client(), home).await.unwrap()
}

/// The account of an estate of one Region, eu-west-3, with these lines in it; the time is 2026-06-15T06:00:00Z.
pub(super) async fn region(lines: &str) -> (Session, RegionSession) {
    let session = session(&format!(
        "as_of = 2026-06-15T06:00:00Z\naccount = {{ id = \"111122223333\" }}\n[[region]]\nname = \"eu-west-3\"\n{lines}"
    ))
    .await;
    let region = session.region(&Region::new("eu-west-3"));
    (session, region)
}

/// How often an operation was called.
pub(super) fn calls(session: &Session, operation: &str) -> u64 {
    let calls = session.api_calls();
    let row = calls.iter().find(|row| row.operation == operation);
    row.map_or(0, |row| row.calls)
}

/// The keys of a Region, as KMS tells of them.
pub(super) async fn keys(account: &Session, clients: &RegionSession) -> KeysRead {
    let as_of = "2026-06-15T06:00:00Z".parse().unwrap();
    let progress = Counter::default();
    let read = read_keys(
        account,
        clients,
        (TagSource::Kms, as_of),
        &progress,
        async |_: &mut _| (),
    );
    read.await.unwrap()
}
