//! What changed, in facts made for it: two runs are written, and read back.

mod coverage;

use serde_json::{Value, json};

use super::*;
use crate::assessment::Assessor;
use crate::config::Config;
use crate::evidence::{Origin, write_manifest};
use crate::facts::examples::{account, bucket, denied, key, quota, region, scan};
use crate::facts::*;
use crate::results::Results;
use crate::runs::{Run, RunError};
use crate::severity::Severity;
use crate::snapshot::SnapshotWriter;

/// A run: an account as it was, and what it was judged by.
struct Made {
    facts: Vec<AccountFacts>,
    config: Config,
}

impl Made {
    fn of(facts: AccountFacts) -> Self {
        Made {
            facts: vec![facts],
            config: Config::default(),
        }
    }

    fn judged_by(self, config: &str) -> Self {
        Made {
            config: toml::from_str(config).unwrap(),
            ..self
        }
    }

    /// Writes the run down, and opens it.
    fn open(&self) -> (tempfile::TempDir, Run) {
        let folder = tempfile::tempdir().unwrap();
        let scan = ScanFacts {
            accounts: self.facts.iter().map(|facts| facts.account_id.clone()).collect(),
            parameters: [("checks".to_owned(), json!(self.config.checks))].into(),
            ..scan()
        };
        let writer = SnapshotWriter::create(&folder.path().join("snapshot")).unwrap();
        let results = Results::in_folder(folder.path());
        let mut assessor = Assessor::new(&self.config, scan.clone());
        for facts in &self.facts {
            writer.write_account(facts).unwrap();
            let judged = assessor.judge(facts);
            results.write(&judged).unwrap();
            assessor.add(judged);
        }
        writer.finish(&scan).unwrap();
        let assessment = assessor.finish();
        results
            .write_about_configuration(&assessment.about_configuration)
            .unwrap();
        write_manifest(folder.path(), &assessment.document, Origin::Collected).unwrap();
        let run = Run::open(folder.path()).unwrap();
        (folder, run)
    }
}

/// What changed, and what could not be compared.
struct Said {
    changes: Vec<Change>,
    totals: Totals,
}

impl Said {
    fn kinds(&self) -> Vec<ChangeKind> {
        self.changes.iter().map(|change| change.change).collect()
    }

    /// The one change there is.
    fn only(&self) -> &Change {
        let [change] = self.changes.as_slice() else {
            panic!("{:?}", self.changes)
        };
        change
    }

    /// What could not be compared, in which run, and of how many resources.
    fn not_comparable(&self) -> Vec<(&str, Side, u64)> {
        let rows = self.totals.not_comparable.iter();
        rows.map(|row| (row.what.as_str(), row.run, row.count)).collect()
    }
}

fn compare(old: &Made, new: &Made) -> Said {
    let ((_old, old), (_new, new)) = (old.open(), new.open());
    let mut said = Said {
        changes: Vec::new(),
        totals: Totals::default(),
    };
    walk(&old, &new, |account| -> Result<(), RunError> {
        said.changes.extend(account.changes.iter().cloned());
        said.totals.add(account);
        Ok(())
    })
    .unwrap();
    said
}

/// What changed after something was done to an account.
fn after(facts: &AccountFacts, change: impl FnOnce(&mut AccountFacts)) -> Said {
    let mut changed = facts.clone();
    change(&mut changed);
    compare(&Made::of(facts.clone()), &Made::of(changed))
}

/// Two keys, one of them justified, a quota with a peak, and a bucket.
fn facts() -> AccountFacts {
    let mut here = region([key(&[("requirement", "policy")]), key(&[("team", "billing")])]);
    here.keys[0].aliases = vec!["alias/a".into()];
    here.keys[1].aliases = vec!["alias/b".into()];
    here.quotas = vec![quota(10_000.0, Some(60_000.0))];
    let mut facts = account(here);
    facts.buckets = vec![bucket(SseAlgorithm::SseKms, true)];
    facts
}

fn metadata(key: &mut Key) -> &mut KeyMetadata {
    match &mut key.metadata {
        Fact::Known(metadata) => metadata,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_has_not_changed_from_itself() {
    let mut facts = facts();
    facts.regions[0].keys[1].tags = denied("kms:ListResourceTags");
    facts.bucket_listing = denied("s3:ListBuckets");
    let said = after(&facts, |_| {});
    assert_eq!(said.changes, []);
    assert!(said.totals.summary.is_empty());
    assert_eq!(said.totals.summary.keys_in_both, 2);
    assert!(said.totals.summary.findings_first_seen.is_empty());
    assert!(said.totals.not_comparable.iter().all(|row| row.run == Side::Both));
}

#[test]
fn a_key_comes_and_goes_with_its_cost_and_its_finding() {
    let said = after(&facts(), |facts| facts.regions[0].keys.push(key(&[])));
    assert_eq!(
        said.kinds(),
        [ChangeKind::KeyCreated, ChangeKind::CostChanged, ChangeKind::FindingNew]
    );
    assert_eq!((&said.changes[1].from, &said.changes[1].to), (&json!(2.0), &json!(3.0)));
    assert_eq!(said.totals.summary.findings_new[&Severity::Medium], 1);
    let said = after(&facts(), |facts| drop(facts.regions[0].keys.pop()));
    assert_eq!(
        said.kinds(),
        [ChangeKind::KeyDeleted, ChangeKind::CostChanged, ChangeKind::FindingGone]
    );
    assert_eq!(said.changes[0].from, json!("Enabled"));
}

#[test]
fn every_part_of_a_key_that_changes_is_named() {
    let mut facts = facts();
    let details = &mut facts.regions[0].keys[0].details;
    details.policy = Fact::Known(r#"{"Statement": [{"Action": ["kms:A", "kms:B"]}, {"Sid": "x"}]}"#.into());
    details.automatic_rotation = Fact::Known(AutomaticRotation {
        enabled: true,
        period_days: Some(365),
        next_rotation: Some(scan().as_of),
    });
    let only = |change: fn(&mut Key)| {
        let said = after(&facts, |facts| change(&mut facts.regions[0].keys[0]));
        assert_eq!(said.not_comparable(), []);
        let change = said.only().clone();
        (change.change, change.from, change.to)
    };
    assert_eq!(
        only(|key| metadata(key).description = "x".into()),
        (ChangeKind::KeyDescriptionChanged, json!(""), json!("x"))
    );
    assert_eq!(
        only(|key| metadata(key).state = KeyState::Updating),
        (ChangeKind::KeyStateChanged, json!("Enabled"), json!("Updating"))
    );
    assert_eq!(
        only(|key| key.aliases = vec!["alias/c".into()]),
        (ChangeKind::KeyAliasesChanged, json!(["alias/a"]), json!(["alias/c"]))
    );
    assert_eq!(
        only(|key| key.details.policy = Fact::Known("{}".into())).0,
        ChangeKind::KeyPolicyChanged
    );
    assert_eq!(
        only(|key| {
            key.details.automatic_rotation = Fact::Known(AutomaticRotation {
                enabled: false,
                period_days: None,
                next_rotation: None,
            });
        })
        .0,
        ChangeKind::KeyRotationChanged
    );
    let (kind, from, to) = only(|key| {
        let tags = [("requirement", "policy"), ("team", "payments")];
        key.tags = Fact::Known(tags.map(|(tag, value)| (tag.to_owned(), value.to_owned())).into());
    });
    assert_eq!(
        (kind, from, to),
        (ChangeKind::KeyTagsChanged, json!({}), json!({"team": "payments"}))
    );
}

#[test]
fn what_moves_by_itself_or_means_the_same_is_no_change() {
    let mut facts = facts();
    let details = &mut facts.regions[0].keys[0].details;
    details.policy = Fact::Known(r#"{"Statement": [{"Action": ["kms:A", "kms:B"]}, {"Sid": "x"}]}"#.into());
    let rotation = AutomaticRotation {
        enabled: true,
        period_days: Some(365),
        next_rotation: Some(scan().as_of),
    };
    details.automatic_rotation = Fact::Known(rotation.clone());
    let said = after(&facts, |facts| {
        let key = &mut facts.regions[0].keys[0];
        key.details.policy = Fact::Known(r#"{"Statement":[{"Sid":"x"},{"Action":["kms:B","kms:A"]}]}"#.into());
        key.details.automatic_rotation = Fact::Known(AutomaticRotation {
            next_rotation: None,
            ..rotation
        });
    });
    assert_eq!((said.changes.len(), said.not_comparable()), (0, vec![]));
}

#[test]
fn a_key_that_waits_for_its_deletion_is_scheduled_and_costs_nothing() {
    let said = after(&facts(), |facts| {
        let metadata = metadata(&mut facts.regions[0].keys[0]);
        metadata.state = KeyState::PendingDeletion;
        metadata.deletion_date = Some(scan().as_of);
    });
    assert_eq!(
        said.kinds(),
        [ChangeKind::KeyScheduledForDeletion, ChangeKind::CostChanged]
    );
    assert_eq!(said.changes[0].to, json!(scan().as_of));
}

#[test]
fn justifications_are_won_and_lost() {
    let said = after(&facts(), |facts| {
        let [first, second] = &mut facts.regions[0].keys[..] else {
            panic!()
        };
        std::mem::swap(&mut first.tags, &mut second.tags);
    });
    let found = |kind| said.changes.iter().find(|change| change.change == kind).unwrap();
    let lost = found(ChangeKind::JustificationLost);
    assert_eq!(
        (lost.name.as_str(), &lost.from, &lost.to),
        ("alias/a", &json!("policy"), &json!("unjustified"))
    );
    let won = found(ChangeKind::JustificationWon);
    assert_eq!(
        (won.name.as_str(), &won.from, &won.to),
        ("alias/b", &json!("unjustified"), &json!("policy"))
    );
    assert_eq!(found(ChangeKind::FindingGone).name, "alias/b");
    assert_eq!(found(ChangeKind::FindingNew).name, "alias/a");
    assert_eq!(said.changes.len(), 6, "{:?}", said.kinds());
}

#[test]
fn excepted_findings_are_counted_apart() {
    let facts = facts();
    let except = "[[exception]]\ncheck = 'unjustified-key'\nresource = '*'\nreason = 'moves'\nexpires = 2026-12-31";
    let (open, excepted) = (Made::of(facts.clone()), Made::of(facts).judged_by(except));
    let said = compare(&open, &excepted);
    assert_eq!(said.only().change, ChangeKind::FindingExcepted);
    assert_eq!(said.only().to["reason"], "moves");
    let said = compare(&excepted, &open);
    assert_eq!(said.only().change, ChangeKind::FindingReopened);
    assert_eq!(said.totals.summary.findings_not_seen_before(Severity::Medium), 1);
    let said = compare(&excepted, &excepted);
    assert_eq!((said.changes.len(), said.totals.summary.findings_excepted), (0, 1));
}

#[test]
fn buckets_come_go_and_change() {
    let kinds = |change: fn(&mut Vec<Bucket>)| after(&facts(), |facts| change(&mut facts.buckets)).kinds();
    assert_eq!(kinds(|buckets| drop(buckets.pop())), [ChangeKind::BucketDeleted]);
    assert_eq!(
        kinds(|buckets| {
            let mut new = buckets[0].clone();
            new.name = "a-new-one".into();
            buckets.insert(0, new);
        }),
        [ChangeKind::BucketCreated]
    );
    assert_eq!(
        kinds(|buckets| buckets[0] = bucket(SseAlgorithm::SseS3, true)),
        [ChangeKind::BucketEncryptionChanged]
    );
    let said = after(&facts(), |facts| facts.buckets[0] = bucket(SseAlgorithm::SseKms, false));
    assert_eq!(said.kinds(), [ChangeKind::BucketKeyChanged, ChangeKind::FindingNew]);
    assert_eq!(
        (&said.changes[0].from, &said.changes[0].to),
        (&json!(true), &json!(false))
    );
}

#[test]
fn a_bucket_that_was_not_listed_is_not_deleted() {
    let mut facts = facts();
    facts.buckets = vec![bucket(SseAlgorithm::SseKms, false)];
    let said = after(&facts, |facts| {
        facts.buckets.clear();
        facts.bucket_listing = denied("s3:ListBuckets");
    });
    assert_eq!(said.changes, []);
    let whats: Vec<_> = said.not_comparable().into_iter().map(|(what, _, _)| what).collect();
    assert_eq!(whats, ["list of buckets", "buckets", "findings of bucket-key-disabled"]);
    // Of named Regions, the buckets of others are left out.
    let said = after(&facts, |facts| {
        facts.buckets[0].name = "other".into();
        facts.buckets[0].region = Some(Region::new("us-east-1"));
    });
    assert!(!said.kinds().contains(&ChangeKind::BucketCreated), "{:?}", said.kinds());
}

#[test]
fn a_busier_minute_is_shown_with_both_peaks() {
    let said = after(&facts(), |facts| {
        facts.regions[0].quotas = vec![quota(10_000.0, Some(300_000.0))]
    });
    let change = said.only();
    assert_eq!(change.change, ChangeKind::UtilizationUp);
    assert_eq!(
        (&change.from["peak_rps"], &change.to["peak_rps"]),
        (&json!(1_000.0), &json!(5_000.0))
    );
    assert_eq!(change.to["utilization"], json!(0.5));
    let said = after(&facts(), |facts| facts.regions[0].quotas = vec![quota(10_000.0, None)]);
    assert_eq!(
        (said.only().change, &said.only().to),
        (ChangeKind::UtilizationDown, &Value::Null)
    );
    let said = after(&facts(), |facts| {
        facts.regions[0].quotas[0].usage = denied("cloudwatch:GetMetricData")
    });
    assert_eq!((said.changes.len(), said.not_comparable().len()), (0, 1));
}

#[test]
fn another_limit_is_a_change_and_one_that_stands_in_for_it_is_none() {
    let kinds = |change: fn(&mut RegionFacts)| after(&facts(), |facts| change(&mut facts.regions[0])).kinds();
    assert_eq!(
        kinds(|region| region.quotas = vec![quota(20_000.0, Some(120_000.0))]),
        [ChangeKind::QuotaChanged]
    );
    assert_eq!(
        kinds(|region| {
            region.applied_quotas = denied("servicequotas:ListServiceQuotas");
            region.quotas = vec![quota(20_000.0, Some(120_000.0))];
            region.quotas[0].limit_source = LimitSource::Default;
        }),
        []
    );
}
