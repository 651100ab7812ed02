//! For random small estates, the inventory in the report is the estate.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kms_audit::assessment::{Assessor, Document, InventoryRow, KeyRow, KeyStanding};
use kms_audit::aws::{ApiShare, Credentials, RegionChoice, Session, SessionSettings, Stop, UsageWindow};
use kms_audit::config::Config;
use kms_audit::diff::walk;
use kms_audit::evidence::{Origin, write_manifest};
use kms_audit::facts::{Fact, LimitSource, ScanFacts, TagSource};
use kms_audit::progress::Progress;
use kms_audit::report::{Report, write_json};
use kms_audit::results::Results;
use kms_audit::runs::Run;
use kms_audit::sandbox::Sandbox;
use kms_audit::scan::{Inventory, LastUsagePlan, ScanPlan, scan_account};
use kms_audit::snapshot::{SnapshotReader, SnapshotWriter};
use proptest::prelude::*;

use super::random_estate::{Applied, Estate, KeyTemplate, Reason, Region, Tags, estates};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        max_shrink_iters: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_inventory_in_the_report_is_the_estate_and_a_run_has_not_changed_from_itself(estate in estates()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let report = runtime.block_on(report(&estate.toml())).unwrap();
        prop_assert!(report.coverage.complete && report.coverage.gaps.is_empty(), "{:?}", report.coverage);
        prop_assert_eq!(regions_of(&report), regions_in(&estate));
        prop_assert_eq!(keys_of(&report), keys_in(&estate));
        prop_assert_eq!(counts_of(&report), counts_in(&estate));
        prop_assert_eq!(quotas_of(&report, &estate), quotas_in(&estate));
        prop_assert_eq!(buckets_of(&report), buckets_in(&estate));
        prop_assert_eq!(calls_of(&report), calls_in(&estate));
    }
}

/// The report of an estate, by way of the snapshot and the results, as the program makes it.
async fn report(toml: &str) -> anyhow::Result<Document> {
    let sandbox = Sandbox::from_toml("random.toml", toml)?;
    let description = sandbox.description();
    let settings = SessionSettings {
        credentials: Credentials::Invented,
        fallback_region: Some(description.home_region),
        endpoint: None,
        http: sandbox.http_client(),
        api_share: ApiShare::Off,
        stop: Stop::default(),
    };
    let session = Session::open(settings).await?;
    let as_of = description.as_of;
    let config = Config::default();
    let plan = ScanPlan {
        as_of,
        regions: RegionChoice::Enabled,
        window: UsageWindow::before(as_of, 1),
        inventory: Inventory::default(),
        tags_from: TagSource::Kms,
        justification: config.justification.clone(),
        threshold_percent: 70.0,
        last_usage: LastUsagePlan {
            budget: Duration::from_secs(600).into(),
            ..LastUsagePlan::default()
        },
    };
    let account = scan_account(&session, &plan, &Progress::default()).await?;
    let scan = ScanFacts {
        as_of,
        started_at: as_of,
        finished_at: as_of,
        interrupted: false,
        sandbox: Some(description.name),
        caller_arn: session.caller_arn.clone(),
        partition: session.partition.clone(),
        accounts: vec![account.account_id.clone()],
        accounts_listed: 1,
        accounts_skipped: Vec::new(),
        accounts_not_entered: Vec::new(),
        shard: None,
        accounts_in_other_shards: Vec::new(),
        account_listing: Fact::NotCollected,
        parameters: BTreeMap::new(),
        api_calls: Vec::new(),
    };
    let folder = tempfile::tempdir()?;
    let snapshot = folder.path().join("snapshot");
    let writer = SnapshotWriter::create(&snapshot)?;
    writer.write_account(&account)?;
    writer.finish(&scan)?;
    let reader = SnapshotReader::open(&snapshot)?;
    let results = Results::in_folder(folder.path());
    let mut assessor = Assessor::new(&config, reader.scan.clone());
    let judged = assessor.judge(&reader.account(&account.account_id)?);
    results.write(&judged)?;
    assessor.add(judged);
    let assessment = assessor.finish();
    results.write_about_configuration(&assessment.about_configuration)?;
    write_manifest(folder.path(), &assessment.document, Origin::Collected)?;
    let (run, again) = (Run::open(folder.path())?, Run::open(folder.path())?);
    walk(&run, &again, |account| {
        anyhow::ensure!(account.changes.is_empty(), "changed from itself: {:?}", account.changes);
        anyhow::ensure!(account.not_comparable.is_empty(), "{:?}", account.not_comparable);
        Ok(())
    })?;
    let mut json = Vec::new();
    write_json(&Report::new(&assessment, &results), &mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

/// The names of the Regions that were looked at, and of those that are not enabled.
fn regions_of(report: &Document) -> (Vec<String>, Vec<String>) {
    let names = |regions: &[kms_audit::facts::Region]| regions.iter().map(ToString::to_string).collect();
    (names(&report.scan.regions), names(&report.scan.regions_not_enabled))
}

fn regions_in(estate: &Estate) -> (Vec<String>, Vec<String>) {
    let mut regions: Vec<_> = estate.regions.iter().collect();
    regions.sort_by_key(|region| region.name);
    let (enabled, others): (Vec<_>, Vec<_>) = regions.into_iter().partition(|region| region.enabled);
    let names = |regions: Vec<&Region>| regions.iter().map(|region| region.name.to_owned()).collect();
    (names(enabled), names(others))
}

/// One customer managed key, as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    region: String,
    aliases: Vec<String>,
    tags: Tags,
    standing: &'static str,
    justification: Option<String>,
    state: String,
    spec: String,
    usage: String,
    origin: String,
    role: String,
    /// The Regions that have a key with the same id, its own among them.
    same_id: Vec<String>,
}

/// Every customer managed key. Keys without an alias can be alike, so they are a sorted list.
fn keys_of(report: &Document) -> Vec<Key> {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unread".to_owned());
    let id = |key: &KeyRow| key.arn.to_string().rsplit('/').next().unwrap().to_owned();
    let mut regions_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in &report.keys {
        regions_of.entry(id(key)).or_default().push(key.region.to_string());
    }
    let keys = report.keys.iter().map(|key| Key {
        region: key.region.to_string(),
        aliases: key.aliases.clone(),
        tags: key.tags.clone().unwrap_or_default(),
        standing: match key.standing {
            KeyStanding::Justified => "justified",
            KeyStanding::Unrecognized => "unrecognized",
            KeyStanding::Unjustified => "unjustified",
            KeyStanding::PendingDeletion => "pending deletion",
            KeyStanding::NotAssessed => "not assessed",
        },
        justification: key.justification.clone(),
        state: known(&key.state),
        spec: known(&key.spec),
        usage: known(&key.usage),
        origin: known(&key.origin),
        role: known(&key.multi_region_role),
        same_id: sorted(regions_of[&id(key)].clone()),
    });
    sorted(keys)
}

fn keys_in(estate: &Estate) -> Vec<Key> {
    let regions = enabled(estate).into_iter();
    let templates = regions.flat_map(|region| region.keys.iter().map(move |template| (region, template)));
    let templates = templates.filter(|(_, template)| !template.aws_managed);
    let seen = |name: &&str| enabled(estate).iter().any(|region| region.name == *name);
    sorted(templates.flat_map(|(region, template)| {
        let mut same_id: Vec<&str> = template.set_regions.iter().copied().filter(seen).collect();
        if template.multi_region.is_none() {
            same_id.push(region.name);
        }
        let same_id = sorted(same_id.into_iter().map(str::to_owned));
        (1..=template.count).map(move |n| Key {
            same_id: same_id.clone(),
            ..key_in(region, template, n)
        })
    }))
}

/// The key with this number of its template.
fn key_in(region: &Region, template: &KeyTemplate, n: u32) -> Key {
    let text = |pattern: &String| {
        let padded = pattern.replace("{n:02}", &format!("{n:02}"));
        padded.replace("{n}", &n.to_string())
    };
    let (standing, justification) = match &template.reason {
        _ if template.kind.state.ends_with("Deletion") => ("pending deletion", None),
        Reason::Given(label) => ("justified", Some(label.clone())),
        Reason::Unrecognized => ("unrecognized", None),
        Reason::None => ("unjustified", None),
    };
    Key {
        region: region.name.to_owned(),
        aliases: sorted(template.aliases.iter().map(text)),
        tags: template
            .tags
            .iter()
            .map(|(tag, value)| (text(tag), text(value)))
            .collect(),
        standing,
        justification,
        state: template.kind.state.to_owned(),
        spec: template.kind.spec.to_owned(),
        usage: template.kind.usage.to_owned(),
        origin: template.kind.origin.to_owned(),
        role: template.multi_region.unwrap_or("single-Region").to_owned(),
        same_id: Vec::new(),
    }
}

/// How many there are, by what is counted: `us-east-1 state Enabled`.
type Counts = BTreeMap<String, u64>;

fn counts_of(report: &Document) -> Counts {
    report.inventory.iter().flat_map(counts_of_region).collect()
}

fn counts_of_region(row: &InventoryRow) -> Counts {
    let mut counts = Counts::from([
        ("customer managed".to_owned(), row.customer_managed),
        ("AWS managed".to_owned(), row.aws_managed),
        ("unknown manager".to_owned(), row.unknown_manager),
        ("standing justified".to_owned(), row.justified),
        ("standing unrecognized".to_owned(), row.unrecognized),
        ("standing unjustified".to_owned(), row.unjustified),
        ("standing pending deletion".to_owned(), row.pending_deletion),
        ("standing not assessed".to_owned(), row.not_assessed),
    ]);
    for (what, by) in [
        ("state", &row.by_state),
        ("spec", &row.by_spec),
        ("origin", &row.by_origin),
        ("justification", &row.by_justification),
        ("role", &row.by_multi_region_role),
    ] {
        counts.extend(by.iter().map(|(value, count)| (format!("{what} {value}"), *count)));
    }
    counts.retain(|_, count| *count > 0);
    let region = &row.region;
    counts
        .into_iter()
        .map(|(what, count)| (format!("{region} {what}"), count))
        .collect()
}

fn counts_in(estate: &Estate) -> Counts {
    let mut counts = Counts::new();
    let mut count = |region: &str, what: String| *counts.entry(format!("{region} {what}")).or_default() += 1;
    for key in keys_in(estate) {
        count(&key.region, "customer managed".to_owned());
        count(&key.region, format!("role {}", key.role));
        count(&key.region, format!("standing {}", key.standing));
        count(&key.region, format!("state {}", key.state));
        count(&key.region, format!("spec {}", key.spec));
        count(&key.region, format!("origin {}", key.origin));
        if let Some(justification) = key.justification {
            count(&key.region, format!("justification {justification}"));
        }
    }
    for region in enabled(estate) {
        for _ in region.keys.iter().filter(|template| template.aws_managed) {
            count(region.name, "AWS managed".to_owned());
        }
    }
    counts
}

/// The limits of the quotas that the estate speaks of, by Region and code, with their sources.
type Quotas = BTreeMap<(String, String), (f64, LimitSource)>;

fn quotas_of(report: &Document, estate: &Estate) -> Quotas {
    let rows = report.quota.iter().map(|row| {
        let place = (row.region.to_string(), row.quota_code.clone());
        (place, (row.limit_rps.0, row.limit_source))
    });
    let spoken_of = quotas_in(estate);
    rows.filter(|(place, _)| spoken_of.contains_key(place)).collect()
}

fn quotas_in(estate: &Estate) -> Quotas {
    let mut quotas = Quotas::new();
    for region in enabled(estate) {
        for quota in &region.quotas {
            let limit = match quota.applied {
                Applied::Value(applied) => (applied, LimitSource::Applied),
                Applied::Word(_) => (quota.default, LimitSource::Default),
            };
            quotas.insert((region.name.to_owned(), quota.code.to_owned()), limit);
        }
    }
    quotas
}

/// What a report says of buckets.
#[derive(Debug, PartialEq)]
struct Buckets {
    all: u64,
    sse_kms: u64,
    without_bucket_key: u64,
    /// Region and name of those with a finding.
    flagged: BTreeSet<(String, String)>,
}

fn buckets_of(report: &Document) -> Buckets {
    let findings = report.findings.iter();
    let flagged = findings
        .filter(|finding| finding.check == "bucket-key-disabled")
        .map(|finding| &finding.resource)
        .map(|bucket| {
            let region = bucket.region.as_ref().map_or("nowhere", |region| region.as_str());
            (region.to_owned(), bucket.name.clone())
        });
    Buckets {
        all: report.summary.buckets,
        sse_kms: report.summary.sse_kms_buckets,
        without_bucket_key: report.summary.sse_kms_buckets_without_bucket_key,
        flagged: flagged.collect(),
    }
}

fn buckets_in(estate: &Estate) -> Buckets {
    let sse_kms = estate.buckets.iter().filter(|bucket| bucket.encryption == "SSE-KMS");
    let flagged: BTreeSet<_> = sse_kms
        .clone()
        .filter(|bucket| !bucket.bucket_key)
        .map(|bucket| (bucket.region.to_owned(), bucket.name.clone()))
        .collect();
    Buckets {
        all: estate.buckets.len() as u64,
        sse_kms: sse_kms.count() as u64,
        without_bucket_key: flagged.len() as u64,
        flagged,
    }
}

/// How often each operation was called, and how often in vain.
fn calls_of(report: &Document) -> Counts {
    let mut counts = Counts::new();
    for row in &report.api_calls {
        counts.insert(row.operation.clone(), row.calls);
        counts.insert(format!("{} again", row.operation), row.throttled + row.retried);
    }
    counts.retain(|_, count| *count > 0);
    counts
}

/// What so small an estate takes: one page of everything, nothing for AWS managed keys that an alias gives away, and
/// alarms and trails only where something depends on them.
fn calls_in(estate: &Estate) -> Counts {
    let regions = enabled(estate);
    let keys = keys_in(estate);
    let of_keys = |wanted: &dyn Fn(&Key) -> bool| keys.iter().filter(|key| wanted(key)).count();
    let claims = |key: &Key, control: &str| {
        let claimed = key.justification.iter().flat_map(|label| label.split('+'));
        claimed.into_iter().any(|claimed| claimed == control)
    };
    // None of them has automatic rotation, and a replica has that of its primary.
    let rotates = |key: &Key| {
        let is_told = !["Creating", "PendingImport", "Unavailable"].contains(&key.state.as_str());
        claims(key, "rotation") && key.spec == "SYMMETRIC_DEFAULT" && is_told && key.role != "replica"
    };
    let nameless = |template: &&KeyTemplate| template.aws_managed && template.aliases.is_empty();
    let templates = regions.iter().flat_map(|region| &region.keys);
    let keys_of = |region: &&&Region| -> Vec<Key> {
        let keys = keys_in(estate).into_iter().filter(|key| key.region == region.name);
        keys.collect()
    };
    let has_keys = |region: &&&Region| !keys_of(region).is_empty();
    let is_audited = |key: Key| {
        key.justification
            .is_some_and(|label| label.split('+').any(|word| word == "audit"))
    };
    let has_audits = |region: &&&Region| keys_of(region).into_iter().any(is_audited);
    let in_custom_key_store = |template: &KeyTemplate| template.kind.custom_key_store.is_some();
    let with_keys = |is_one: &dyn Fn(&KeyTemplate) -> bool| {
        let has_one = |region: &&&Region| region.keys.iter().any(|key| !key.aws_managed && is_one(key));
        regions.iter().filter(has_one).count()
    };
    let mut counts = Counts::from(
        [
            ("GetCallerIdentity", 1),
            ("ListRegions", 1),
            ("ListBuckets", 1),
            ("GetBucketEncryption", estate.buckets.len()),
            ("ListKeys", regions.len()),
            (
                "ListAliases",
                regions.iter().filter(|region| !region.keys.is_empty()).count(),
            ),
            ("DescribeKey", keys.len() + templates.filter(nameless).count()),
            ("ListResourceTags", keys.len()),
            ("GetKeyPolicy", of_keys(&|key| claims(key, "policy"))),
            ("ListGrants", of_keys(&|key| claims(key, "grant"))),
            (
                "GetKeyRotationStatus",
                of_keys(&|key| rotates(key) && key.origin == "AWS_KMS"),
            ),
            (
                "ListKeyRotations",
                of_keys(&|key| rotates(key) && ["AWS_KMS", "EXTERNAL"].contains(&key.origin.as_str())),
            ),
            (
                "GetKeyLastUsage",
                of_keys(&|key| {
                    let stays = !["PendingDeletion", "PendingReplicaDeletion"].contains(&key.state.as_str());
                    stays && key.usage != "ENCAPSULATE_DECAPSULATE"
                }),
            ),
            ("ListServiceQuotas", regions.len()),
            ("ListAWSDefaultServiceQuotas", regions.len()),
            // The use of quotas, the use of keys, and what was throttled in each kind of custom key store.
            (
                "ListMetrics",
                regions.len() + with_keys(&|_| true) + 2 * with_keys(&in_custom_key_store),
            ),
            ("DescribeCustomKeyStores", with_keys(&in_custom_key_store)),
            ("ListBucketMetricsConfigurations", buckets_in(estate).flagged.len()),
            ("GetMetricData", regions.len()),
            ("DescribeAlarms", regions.iter().filter(has_keys).count()),
            ("DescribeTrails", regions.iter().filter(has_audits).count()),
        ]
        .map(|(operation, calls)| (operation.to_owned(), calls as u64)),
    );
    counts.retain(|_, count| *count > 0);
    counts
}

fn enabled(estate: &Estate) -> Vec<&Region> {
    estate.regions.iter().filter(|region| region.enabled).collect()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}
