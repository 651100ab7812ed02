//! A uniform estate: accounts with their keys in four Regions, the keys alike but for what makes each the one it is: a
//! random id, a name with a number, a tenant, the moment it was created.

use kms_audit::facts::*;

const REGIONS: [&str; 4] = ["ap-south-1", "eu-west-1", "eu-west-3", "us-east-1"];

pub fn account_id(number: u64) -> AccountId {
    AccountId::new(format!("{:012}", 100_000_000_000 + number))
}

pub fn moment() -> jiff::Timestamp {
    "2026-06-15T06:00:00Z".parse().unwrap()
}

/// The scan of so many weeks later.
pub fn scan(accounts: &[AccountId], week: u64) -> ScanFacts {
    let at = later(moment(), week * 7 * 86_400);
    ScanFacts {
        as_of: at,
        started_at: at,
        finished_at: at,
        interrupted: false,
        sandbox: None,
        caller_arn: Arn::new("arn:aws:sts::100000000000:assumed-role/audit/weekly"),
        partition: "aws".into(),
        accounts: accounts.to_vec(),
        accounts_listed: accounts.len() as u64,
        accounts_skipped: Vec::new(),
        accounts_not_entered: Vec::new(),
        shard: None,
        accounts_in_other_shards: Vec::new(),
        account_listing: Fact::NotCollected,
        parameters: Default::default(),
        api_calls: Vec::new(),
    }
}

/// An account as it is so many weeks later: each week one key in a hundred has another tag.
pub fn account(number: u64, keys: u64, week: u64) -> AccountFacts {
    let id = account_id(number);
    let of_region = keys / REGIONS.len() as u64;
    let regions = (0_u64..).zip(REGIONS).map(|(position, name)| {
        let first = number * keys + position * of_region;
        region(&id, name, first..first + of_region, week)
    });
    AccountFacts {
        account_id: id.clone(),
        partition: "aws".into(),
        region_source: RegionSource::Listed,
        regions: regions.collect(),
        bucket_listing: Fact::Known(()),
        buckets: Vec::new(),
        trails: Vec::new(),
        fallbacks: Vec::new(),
        api_calls: Vec::new(),
    }
}

fn region(id: &AccountId, name: &str, keys: std::ops::Range<u64>, week: u64) -> RegionFacts {
    let mut facts = RegionFacts::new(Region::new(name), RegionState::Scanned);
    facts.key_listing = Fact::Known(());
    facts.alias_listing = Fact::Known(());
    facts.applied_quotas = Fact::Known(());
    facts.default_quotas = Fact::Known(());
    facts.keys = keys.map(|n| key(id, name, n, week)).collect();
    facts.keys.sort_by(|a, b| a.arn.cmp(&b.arn));
    facts
}

fn key(account: &AccountId, region: &str, n: u64, week: u64) -> Key {
    let (high, low) = (random(2 * n), random(2 * n + 1));
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        0x8000 | low >> 48 & 0x3fff,
        low & 0xffff_ffff_ffff
    );
    let team = if week > 0 && n.is_multiple_of(100) {
        "payments"
    } else {
        "billing"
    };
    let tags = [
        ("tenant", format!("tenant-{n:07}")),
        ("environment", "production".to_owned()),
        ("team", team.to_owned()),
    ];
    Key {
        arn: Arn::new(format!("arn:aws:kms:{region}:{account}:key/{id}")),
        key_id: id,
        aliases: vec![format!("alias/tenant-{n:07}-data")],
        metadata: Fact::Known(KeyMetadata {
            manager: KeyManager::Customer,
            state: KeyState::Enabled,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: KeyOrigin::AwsKms,
            multi_region: None,
            creation_date: Some(later("2024-01-01T00:00:00Z".parse().unwrap(), n * 67)),
            deletion_date: None,
            valid_to: None,
            custom_key_store_id: None,
            description: "Data of one tenant".into(),
        }),
        tags: Fact::Known(tags.map(|(tag, value)| (tag.to_owned(), value)).into()),
        details: KeyDetails::default(),
        captured_at: None,
    }
}

fn later(moment: jiff::Timestamp, seconds: u64) -> jiff::Timestamp {
    moment + jiff::SignedDuration::from_secs(seconds.cast_signed())
}

/// A number without a pattern that a compressor could find: splitmix64.
fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
