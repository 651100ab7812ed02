//! The reports of a small account with something of everything, and of one whose owner is hostile.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::assessment::{Assessment, Assessor};
use crate::config::Config;
use crate::facts::examples::{account, bucket, denied, key, quota, region, scan};
use crate::facts::{AccountFacts, ApiCalls, Arn, Fallback, LimitSource, Region, SseAlgorithm};

const PLAIN: Palette = Palette {
    width: 100,
    colours: false,
};

fn assess(facts: &AccountFacts) -> Assessment {
    let config = Config::default();
    let mut assessor = Assessor::new(&config, scan());
    assessor.add(facts);
    assessor.finish()
}

/// An account with a finding of each kind, a gap of each kind, and a fallback.
fn everything() -> AccountFacts {
    let mut unread = key(&[]);
    unread.tags = denied("kms:ListResourceTags");
    let mut keys = [
        key(&[("requirement", "rotation+audit")]),
        key(&[("DataClass", "confidential")]),
        key(&[("Requirement", "policy"), ("tenant", "acme")]),
        key(&[("requirement", "polcy")]),
        unread,
    ];
    for (n, key) in keys.iter_mut().enumerate() {
        key.arn = Arn::new(format!("arn:aws:kms:eu-west-3:111122223333:key/{n}"));
        key.aliases = vec![format!("alias/key-{n}")];
    }
    let mut here = region(keys);
    here.quotas = vec![
        quota(10_000.0, Some(840_000.0)),
        quota(1_000.0, None),
        quota(1_000.0, None),
    ];
    here.quotas[1].pool = "CryptographicOperationsRsa".into();
    here.quotas[1].code = "L-2AC98190".into();
    here.quotas[2].pool = "CryptographicOperationsEcc".into();
    here.quotas[2].code = "L-DC14942D".into();
    here.quotas[2].limit_source = LimitSource::Default;
    here.quotas[2].usage = denied("cloudwatch:GetMetricData");
    let mut there = region([]);
    there.region = Region::new("us-east-1");
    there.key_listing = denied("kms:ListKeys");
    let mut facts = account(here);
    facts.regions.push(there);
    facts.buckets = vec![bucket(SseAlgorithm::SseKms, false), bucket(SseAlgorithm::SseKms, true)];
    facts.fallbacks = vec![Fallback {
        region: None,
        operation: "account:ListRegions".into(),
        error_code: "AccessDeniedException".into(),
        message: "not authorized".into(),
        instead: "each Region was asked".into(),
    }];
    facts.api_calls = vec![ApiCalls {
        service: "kms".into(),
        operation: "DescribeKey".into(),
        calls: 5,
        throttled: 0,
        retried: 1,
    }];
    facts
}

#[test]
fn the_terminal_shows_the_answer_in_one_screen() {
    let shown = render_terminal(&assess(&everything()), PLAIN, Path::new("out")).unwrap();
    assert!(shown.lines().count() <= 50 && shown.lines().all(|line| line.chars().count() <= 100));
    insta::assert_snapshot!(shown);
}

#[test]
fn the_page_says_everything_the_terminal_does_and_why() {
    insta::assert_snapshot!(render_markdown(&assess(&everything())).unwrap());
}

#[test]
fn every_customer_managed_key_is_counted_once() {
    let summary = assess(&everything()).document.summary;
    let parts = [
        summary.justified,
        summary.unjustified,
        summary.unrecognized,
        summary.pending_deletion,
        summary.not_assessed,
    ];
    assert_eq!(parts, [2, 1, 1, 0, 1]);
    assert_eq!(parts.iter().sum::<u64>(), summary.customer_managed_keys);
    assert!(
        !summary.key_inventory_complete,
        "a denied ListKeys is not an empty Region"
    );
}

/// Strings as an attacker would choose them.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = [
        "<script>alert(1)</script>",
        "\u{1b}[2J",
        "\u{202e}",
        "|",
        "\n",
        "\r\n# ",
        "`",
        "[x](http://evil)",
        "=cmd()",
        "@team",
        "\\",
        "\u{9b}",
        "a",
        "\u{2028}",
        "\t",
        "&lt;",
        "**",
    ];
    let piece = prop_oneof![
        proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        ".{0,4}"
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_a_customer_types_moves_the_cursor_or_breaks_a_table(
        alias in hostile(), tag in hostile(), value in hostile(), name in hostile(), message in hostile(),
    ) {
        let mut facts = everything();
        facts.regions[0].keys[2].aliases = vec![alias];
        facts.regions[0].keys[2].tags = crate::facts::Fact::Known([(tag, value.clone())].into());
        facts.regions[0].keys[3].tags = crate::facts::Fact::Known([("requirement".to_owned(), value)].into());
        facts.regions[0].quotas[0].pool = format!("CryptographicOperations{name}");
        facts.buckets[0].name = name;
        if let crate::facts::Fact::Unavailable(reason) = &mut facts.regions[1].key_listing {
            reason.message = message.clone();
            reason.code = message;
        }
        let assessment = assess(&facts);
        let harmless = |text: &str| !text.chars().any(|c| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));

        let shown = render_terminal(&assessment, PLAIN, Path::new("out")).unwrap();
        prop_assert!(harmless(&shown), "{shown:?}");
        prop_assert!(shown.lines().last().is_some_and(|line| line.starts_with("Coverage: INCOMPLETE")));

        let page = render_markdown(&assessment).unwrap();
        prop_assert!(harmless(&page), "{page:?}");
        prop_assert!(!page.contains('<'), "{page}");
        prop_assert!(page.match_indices("](").all(|(at, _)| page[..at].ends_with('\\')), "{page}");
        let table_of_gaps = page.lines().filter(|line| line.starts_with("| kms:ListKeys")).collect::<Vec<_>>();
        prop_assert_eq!(table_of_gaps.len(), 1);
        prop_assert_eq!(table_of_gaps[0].replace("\\|", "").matches('|').count(), 6);

        let mut json = Vec::new();
        write_json(&assessment, &mut json).unwrap();
        let read: crate::assessment::Document = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(read, assessment.document);
    }
}
