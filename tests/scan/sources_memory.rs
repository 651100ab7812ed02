//! How much memory a scan takes whose inventory comes from AWS Config. The sandbox is in a process of its own.

use std::path::Path;
use std::process::Stdio;

use super::doors::Server;
use super::memory;
use super::run::command;

/// More than a scan of any size needs.
const MOST: u64 = 300 << 20;

/// An aggregator of so many accounts, of which each has 300 keys with an alias.
fn estate(accounts: u32, role: &str) -> String {
    format!(
        r#"
as_of = 2026-06-15T06:00:00Z
[account]
id = "111122223333"
[organization]

[[region]]
name = "eu-west-3"

[[config_aggregator]]
name = "all"
region = "eu-west-3"

[[member]]
count = {accounts}
id = "2{{n:011}}"
role = [{{ name = "{role}" }}]

[[member.region]]
name = "eu-west-3"
key = [{{ count = 300, alias = "alias/tenant-{{n}}", tags = {{ requirement = "contract", tenant = "{{n}}" }} }}]
"#
    )
}

/// The peak memory of a scan of so many accounts, in bytes, and how many keys are in its snapshot.
fn scan(accounts: u32, role: &str) -> (u64, usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, estate(accounts, role)).unwrap();
    let server = Server::start(&file);
    let mut scan = command(folder.path(), &server.url)
        .args([
            "--organization",
            "--region",
            "eu-west-3",
            "--source",
            "config-aggregator",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (status, memory) = memory::peak(&mut scan);
    assert_eq!(status.code(), Some(0));
    let keys = keys_in(&folder.path().join("out/snapshot/keys"));
    println!("{accounts} accounts, {keys} keys scanned: {} MiB", memory >> 20);
    (memory, keys)
}

fn keys_in(table: &Path) -> usize {
    let files = super::run::walk(table).into_iter();
    let rows = files.map(|file| zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap());
    rows.map(|rows| rows.iter().filter(|byte| **byte == b'\n').count())
        .sum()
}

#[test]
fn what_an_aggregator_says_of_many_keys_is_not_held_in_memory() {
    // Accounts that nobody can enter: all their items are read, and nothing else.
    let (few, _) = scan(10, "Another");
    let (many, keys) = scan(100, "Another");
    assert_eq!(keys, 0);
    // 27,000 keys and as many aliases more, which are more than a kilobyte each.
    assert!(many < few + (12 << 20), "{} MiB and {} MiB", few >> 20, many >> 20);
}

#[test]
fn of_the_items_only_those_of_the_accounts_under_way_are_in_memory() {
    let (memory, keys) = scan(60, "KmsAuditReadOnly");
    assert_eq!(keys, 18_000);
    assert!(memory < MOST, "{} MiB", memory >> 20);
}
