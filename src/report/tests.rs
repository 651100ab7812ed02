//! The reports of a small account with something of everything, and of one whose owner is hostile.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

mod formats;
mod sheets;

use super::*;
use crate::assessment::{AccountAssessment, Assessment, Assessor, Coverage, Document};
use crate::config::Config;
use crate::facts::examples::{account, bucket, denied, key, quota, region, scan};
use crate::facts::{AccountFacts, AccountId, ApiCalls, Arn, Fallback, LimitSource, Region, SseAlgorithm};

const PLAIN: Palette = Palette {
    width: 100,
    colours: false,
};

/// An assessment with its results on disk.
struct Judged {
    accounts: Vec<AccountAssessment>,
    assessment: Assessment,
    results: Results,
    folder: tempfile::TempDir,
}

impl Judged {
    fn report(&self) -> Report<'_> {
        Report::new(&self.assessment, &self.results)
    }

    /// The whole document, as it was judged.
    fn document(&self) -> Document {
        let overview = self.assessment.document.clone();
        let accounts = || self.accounts.iter();
        Document {
            schema_version: overview.schema_version,
            tool: overview.tool,
            scan: overview.scan,
            summary: overview.summary,
            inventory: overview.inventory,
            keys: accounts().flat_map(|account| account.keys.clone()).collect(),
            quota: overview.quota,
            findings: accounts().flat_map(|account| account.findings.clone()).collect(),
            assessments: overview.assessments,
            coverage: Coverage {
                complete: overview.coverage.complete,
                gaps: accounts().flat_map(|account| account.gaps.clone()).collect(),
                fallbacks: overview.coverage.fallbacks,
                config_record: overview.coverage.config_record,
            },
            api_calls: overview.api_calls,
        }
    }

    fn json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        write_json(&self.report(), &mut json).unwrap();
        json
    }

    fn html(&self) -> String {
        let mut page = Vec::new();
        write_html(&self.report(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    /// Where the rows of an account lie.
    fn partition(&self, table: &str, account: &str) -> PathBuf {
        let partition = format!("{table}/account_id={account}/part.jsonl.zst");
        self.folder.path().join(partition)
    }
}

fn assess(accounts: &[AccountFacts]) -> Judged {
    assess_by(&Config::default(), accounts)
}

fn assess_by(config: &Config, accounts: &[AccountFacts]) -> Judged {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::in_folder(folder.path());
    let mut scan = scan();
    scan.accounts = accounts.iter().map(|facts| facts.account_id.clone()).collect();
    let mut assessor = Assessor::new(config, scan);
    let accounts: Vec<_> = accounts.iter().map(|facts| assessor.judge(facts)).collect();
    for account in &accounts {
        results.write(account).unwrap();
        assessor.add(account.clone());
    }
    Judged {
        accounts,
        assessment: assessor.finish(),
        results,
        folder,
    }
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
        waited_ms: 1_500,
    }];
    facts
}

#[test]
fn the_terminal_shows_the_answer_in_one_screen() {
    let shown = render_terminal(&assess(&[everything()]).report(), PLAIN, Path::new("out/report.md")).unwrap();
    let fitting = super::fitted(&shown, PLAIN.width);
    assert!(fitting.lines().count() <= 50 && fitting.lines().all(|line| line.chars().count() <= 100));
    insta::assert_snapshot!(shown);
}

#[test]
fn the_page_says_everything_the_terminal_does_and_why() {
    insta::assert_snapshot!(render_markdown(&assess(&[everything()]).report()).unwrap());
}

#[test]
fn every_customer_managed_key_is_counted_once() {
    let summary = assess(&[everything()]).assessment.document.summary;
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

/// Three accounts with something of everything, the middle one without anything.
fn three() -> [AccountFacts; 3] {
    let of = |id: &str, mut facts: AccountFacts| {
        facts.account_id = AccountId::new(id);
        facts
    };
    let mut empty = account(region([]));
    empty.regions.clear();
    [
        of("333333333333", everything()),
        of("111111111111", empty),
        of("222222222222", everything()),
    ]
}

#[test]
fn what_is_streamed_is_the_document_that_was_judged_to_the_byte() {
    for accounts in [&[][..], &three()[1..2], &three()] {
        let judged = assess(accounts);
        let document = judged.document();
        let json = judged.json();
        assert_eq!(serde_json::from_slice::<Document>(&json).unwrap(), document);
        let whole = serde_json::to_string_pretty(&document).unwrap() + "\n";
        assert!(
            String::from_utf8(json).unwrap() == whole,
            "the fields in the order of the type"
        );
    }
}

#[test]
fn the_lists_go_through_the_accounts_in_their_order_and_findings_by_severity() {
    let document = assess(&three()).document();
    let accounts: Vec<_> = document.keys.iter().map(|key| key.account_id.as_str()).collect();
    assert_eq!(accounts, [["333333333333"; 5], ["222222222222"; 5]].concat());
    let findings: Vec<_> = document
        .findings
        .iter()
        .map(|finding| (finding.resource.account_id.as_ref().unwrap().as_str(), finding.severity))
        .collect();
    let (first, second) = findings.split_at(findings.len() / 2);
    assert!(first.iter().all(|finding| finding.0 == "333333333333"));
    assert!(second.iter().all(|finding| finding.0 == "222222222222"));
    assert!(first.is_sorted_by_key(|finding| std::cmp::Reverse(finding.1)) && !first.is_empty());
}

#[test]
fn results_that_cannot_be_read_to_their_end_are_an_error_that_names_them() {
    for table in ["findings", "inventory", "gaps"] {
        let judged = assess(&three());
        let path = judged.partition(table, "222222222222");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let broken = write_json(&judged.report(), &mut Vec::new()).unwrap_err();
        fs::remove_file(&path).unwrap();
        let missing = write_json(&judged.report(), &mut Vec::new()).unwrap_err();
        for error in [broken, missing] {
            let ReportError::Results(error) = error else {
                panic!("{table}: {error}")
            };
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
}

#[test]
fn the_page_shows_a_hundred_justified_keys_and_how_many_there_are_besides() {
    let mut facts = everything();
    facts.regions[0].keys = (0..120).map(|_| key(&[("requirement", "policy")])).collect();
    let judged = assess(&[facts]);
    let page = render_markdown(&judged.report()).unwrap();
    let shown = page.lines().filter(|line| line.contains("| policy | Enabled |"));
    assert_eq!(shown.count(), 100);
    assert!(page.contains("and 20 more"), "{page}");
    fs::remove_file(judged.partition("inventory", "111122223333")).unwrap();
    assert!(render_markdown(&judged.report()).is_err());
}

/// What is between two marks of a text.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn the_page_allows_its_own_script_and_style_and_nothing_else() {
    use base64::Engine;
    use sha2::Digest;
    let page = assess(&[everything()]).html();
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">").replace("&#39;", "'");
    for (start, end) in [("<script>", "</script>"), ("<style>", "</style>")] {
        let hash = sha2::Sha256::digest(between(&page, start, end));
        let hash = base64::engine::general_purpose::STANDARD
            .encode(hash)
            .replace('+', "&#43;");
        let policy = policy.replace('+', "&#43;");
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for way_out in ["http://", "https://", "src=", "@import", "url(", " style=", " onclick="] {
        let found = page.replace("http://www.w3.org/2000/svg", "").contains(way_out);
        assert!(!found, "{way_out}");
    }
}

#[test]
fn the_page_answers_in_its_first_screen_and_has_the_groups_without_its_script() {
    let page = assess(&[everything()]).html();
    let answers = between(&page, "<section class=\"answers\"", "</section>");
    for answer in [
        "<strong>≥ 5</strong>",
        "<strong>140 %</strong>",
        "Keys nobody can justify",
        "invoices",
        "gaps",
    ] {
        assert!(answers.contains(answer), "{answer}: {answers}");
    }
    let groups = page.matches("<details class=\"group\"").count();
    assert_eq!(groups, assess(&[everything()]).assessment.groups.len());
    assert!(page.contains("alias/key-3"));
}

#[test]
fn a_page_without_findings_is_whole_and_one_that_cannot_be_read_is_none() {
    let page = assess(&[account(region([]))]).html();
    assert!(page.contains("No findings in what was looked at."), "{page}");
    assert!(page.ends_with("</html>\n"), "{page}");
    let judged = assess(&three());
    fs::remove_file(judged.partition("findings", "222222222222")).unwrap();
    assert!(write_html(&judged.report(), &mut Vec::new()).is_err());
}

/// How much markup the page has where nobody is hostile.
static USUAL: std::sync::OnceLock<usize> = std::sync::OnceLock::new();

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

/// [`everything`], with an alias, a tag and its value, a name and the message of an error that are such strings.
fn hostile_account(texts: &[String]) -> AccountFacts {
    let [alias, tag, value, name, message, ..] = texts else {
        panic!("five texts")
    };
    let mut facts = everything();
    facts.regions[0].keys[2].aliases = vec![alias.clone()];
    facts.regions[0].keys[2].tags = crate::facts::Fact::Known([(tag.clone(), value.clone())].into());
    facts.regions[0].keys[3].tags = crate::facts::Fact::Known([("requirement".to_owned(), value.clone())].into());
    facts.regions[0].quotas[0].pool = format!("CryptographicOperations{name}");
    facts.buckets[0].name = name.clone();
    if let crate::facts::Fact::Unavailable(reason) = &mut facts.regions[1].key_listing {
        reason.message = message.clone();
        reason.code = message.clone();
    }
    facts
}

proptest! {
    #[test]
    fn nothing_a_customer_types_moves_the_cursor_or_breaks_a_table(
        alias in hostile(), tag in hostile(), value in hostile(), name in hostile(), message in hostile(),
    ) {
        let judged = assess(&[hostile_account(&[alias, tag, value, name, message])]);
        let harmless = |text: &str| !text.chars().any(|c| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));

        let shown = render_terminal(&judged.report(), PLAIN, Path::new("out/report.md")).unwrap();
        prop_assert!(harmless(&shown), "{shown:?}");
        prop_assert!(shown.lines().last().is_some_and(|line| line.starts_with("Coverage: INCOMPLETE")));

        let page = render_markdown(&judged.report()).unwrap();
        prop_assert!(harmless(&page), "{page:?}");
        prop_assert!(!page.contains('<'), "{page}");
        prop_assert!(page.match_indices("](").all(|(at, _)| page[..at].ends_with('\\')), "{page}");
        let table_of_gaps = page.lines().filter(|line| line.starts_with("| kms:ListKeys")).collect::<Vec<_>>();
        prop_assert_eq!(table_of_gaps.len(), 1);
        prop_assert_eq!(table_of_gaps[0].replace("\\|", "").matches('|').count(), 6);

        let page = judged.html();
        prop_assert!(harmless(&page), "{page:?}");
        // What may be broken in a line depends on names, and nothing else of the markup does.
        let markup = |page: &str| page.replace("<wbr>", "").matches('<').count();
        prop_assert_eq!(markup(&page), *USUAL.get_or_init(|| markup(&assess(&[everything()]).html())));

        let read: Document = serde_json::from_slice(&judged.json()).unwrap();
        prop_assert_eq!(read, judged.document());
    }
}
