//! The formats for programs, read back by parsers.

use super::*;
use crate::visible::visible;

pub(super) fn written(format: &str, judged: &Judged) -> String {
    let format = FORMATS.iter().find(|known| known.name == format).unwrap();
    let mut out = Vec::new();
    (format.write)(&judged.report(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// [`everything`], with one of its findings excepted.
pub(super) fn with_exception() -> Judged {
    let exception = "[[exception]]\ncheck = 'unrecognized-justification'\nresource = '*'\nreason = 'until the move'\n\
                     expires = 2026-07-01";
    assess_by(&toml::from_str(exception).unwrap(), &[everything()])
}

/// The series of the metrics, by their names and labels, read as the format's description has it.
fn series(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.map(|line| line.rsplit_once(' ').unwrap());
    let series: Vec<_> = pairs
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect();
    let number = series.len();
    let series: BTreeMap<_, _> = series.into_iter().collect();
    assert_eq!(series.len(), number, "each series once");
    series
}

#[test]
fn what_is_not_known_has_no_series() {
    let judged = assess(&[everything()]);
    let series = series(&written("prometheus", &judged));
    let here = "account_id=\"111122223333\",region=\"eu-west-3\"";
    let there = "account_id=\"111122223333\",region=\"us-east-1\"";
    let of = |name: &str, labels: &str| series.get(&format!("kms_audit_{name}{{{labels}}}")).copied();
    assert_eq!(
        of("customer_managed_keys", &format!("{here},standing=\"unjustified\"")),
        Some(1.0)
    );
    assert_eq!(of("key_inventory_complete", there), Some(0.0));
    assert!(
        !series
            .keys()
            .any(|name| name.contains("managed_keys") && name.contains("us-east-1"))
    );
    let pool = |name: &str| format!("{here},pool=\"CryptographicOperations{name}\"");
    let measured = format!("{},quota_code=\"L-6E3AF000\"", pool("Symmetric"));
    assert_eq!(of("request_quota_utilization_ratio", &measured), Some(1.4));
    assert_eq!(of("request_quota_peak", &measured), Some(14_000.0));
    let peaks = series
        .keys()
        .filter(|name| name.starts_with("kms_audit_request_quota_peak{"))
        .count();
    let limits = series
        .keys()
        .filter(|name| name.starts_with("kms_audit_request_quota_limit{"))
        .count();
    assert_eq!((peaks, limits), (1, 3), "no datapoint and an unread metric are no zero");
    assert_eq!(series["kms_audit_coverage_complete"], 0.0);
    assert_eq!(
        series["kms_audit_scan_timestamp_seconds"],
        judged.document().scan.as_of.as_second() as f64
    );
    assert_eq!(series["kms_audit_gaps"], judged.document().coverage.gaps.len() as f64);
}

#[test]
fn sarif_has_a_result_for_each_finding_and_a_notification_for_what_is_missing() {
    let judged = with_exception();
    let (document, text) = (judged.document(), written("sarif", &judged));
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), document.findings.len());
    for (finding, result) in document.findings.iter().zip(results) {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(
            (&rule["id"], &result["ruleId"]),
            (&result["ruleId"], &serde_json::json!(finding.check))
        );
        assert_eq!(
            result["partialFingerprints"]["primaryLocationLineHash"],
            finding.fingerprint
        );
        assert_eq!(result["suppressions"].is_array(), finding.exception.is_some());
        assert_eq!(
            result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            finding.resource.arn.as_str()
        );
    }
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = invocation["toolExecutionNotifications"].as_array().unwrap();
    let of = |id: &str| told.iter().filter(|told| told["descriptor"]["id"] == id).count();
    assert_eq!(of("gap"), document.coverage.gaps.len());
    let reasons = document.assessments.iter().map(|row| row.not_assessed_because.len());
    assert_eq!(of("not-assessed"), reasons.sum::<usize>());
    let complete = written("sarif", &assess(&[account(region([]))]));
    assert!(
        complete.contains("\"executionSuccessful\":true") && complete.contains("\"results\":[]"),
        "{complete}"
    );
}

#[test]
fn every_format_says_that_a_scan_was_stopped() {
    let mut judged = assess(&[account(region([]))]);
    judged.assessment.document.scan.interrupted = true;
    judged.assessment.document.coverage.complete = false;
    for (format, words) in [
        ("json", "\"interrupted\": true"),
        ("markdown", "stopped before its end"),
        ("findings-csv", "stopped before its end"),
        ("prometheus", "kms_audit_scan_interrupted 1\n"),
        ("sarif", "stopped before its end"),
        ("junit", "stopped before its end"),
        ("ocsf", "stopped before its end"),
        ("asff", "stopped before its end"),
    ] {
        assert!(written(format, &judged).contains(words), "{format}");
    }
}

#[test]
fn results_that_cannot_be_read_are_an_error_in_every_format_that_walks_them() {
    for format in FORMATS.iter().filter(|format| format.name != "prometheus") {
        let judged = assess(&three());
        let table = if matches!(format.name, "markdown" | "inventory-csv") {
            "inventory"
        } else {
            "findings"
        };
        fs::remove_file(judged.partition(table, "333333333333")).unwrap();
        let error = (format.write)(&judged.report(), &mut std::io::sink()).unwrap_err();
        assert!(matches!(error, ReportError::Results(_)), "{format:?}: {error}");
    }
}

/// A test case of JUnit: its class, its name, its outcome, and the outcome's message and text.
type Case = (String, String, String, String, String);

/// The suites of a JUnit document with their numbers, and their cases.
fn suites(text: &str) -> Vec<(BTreeMap<String, String>, Vec<Case>)> {
    use quick_xml::events::Event;
    let attributes = |start: &quick_xml::events::BytesStart<'_>| -> BTreeMap<String, String> {
        let attributes = start.attributes().map(Result::unwrap);
        attributes
            .map(|attribute| (attribute.key.as_ref().to_owned(), unescaped(&attribute.value)))
            .collect()
    };
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut suites, mut cases, mut suite): (Vec<_>, Vec<Case>, _) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut outcome = false;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => match start.name().as_ref() {
                "testsuites" => {}
                "testsuite" => suite = attributes(&start),
                "testcase" => {
                    let of = attributes(&start);
                    let empty = String::new;
                    cases.push((of["classname"].clone(), of["name"].clone(), empty(), empty(), empty()));
                }
                other => {
                    let case = cases.last_mut().unwrap();
                    case.2 = other.to_owned();
                    case.3 = attributes(&start).remove("message").unwrap_or_default();
                    outcome = true;
                }
            },
            Event::Text(text) if outcome => cases.last_mut().unwrap().4 += &text,
            Event::GeneralRef(entity) if outcome => {
                let entity = format!("&{};", &*entity);
                cases.last_mut().unwrap().4 += &unescaped(&entity);
            }
            Event::End(end) if end.name().as_ref() == "testsuite" => {
                suites.push((std::mem::take(&mut suite), std::mem::take(&mut cases)));
            }
            Event::End(end) if end.name().as_ref() != "testcase" => outcome = false,
            Event::Eof => return suites,
            _ => {}
        }
    }
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).unwrap().into_owned()
}

#[test]
fn a_test_of_junit_passes_only_where_something_was_seen_to_be_in_order() {
    let judged = with_exception();
    let document = judged.document();
    let suites = suites(&written("junit", &judged));
    let names: Vec<_> = suites.iter().map(|(suite, _)| suite["name"].as_str()).collect();
    assert_eq!(names, ["coverage", "checks", "account 111122223333"]);
    for (suite, cases) in &suites {
        let of = |outcome: &str| cases.iter().filter(|case| case.2 == outcome).count().to_string();
        assert_eq!(suite["tests"], cases.len().to_string());
        for (attribute, outcome) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
            assert_eq!(suite[attribute], of(outcome), "{}: {attribute}", suite["name"]);
        }
    }
    let (coverage, checks, findings) = (&suites[0].1, &suites[1].1, &suites[2].1);
    assert!(coverage.iter().all(|case| case.2 == "error"));
    assert_eq!(coverage.len(), document.coverage.gaps.len());
    for row in &document.assessments {
        let class = format!("kms-audit.{}", row.check);
        let passes = checks
            .iter()
            .filter(|case| case.0 == class && case.2 == "system-out")
            .count();
        let skips = checks
            .iter()
            .filter(|case| case.0 == class && case.2 == "skipped")
            .count();
        assert_eq!(
            (passes, skips),
            (usize::from(row.passed > 0), row.not_assessed_because.len()),
            "{class}"
        );
    }
    for (finding, case) in document.findings.iter().zip(findings) {
        assert!(case.1.contains(&finding.fingerprint));
        assert_eq!(case.2 == "skipped", finding.exception.is_some());
        assert!(
            finding.exception.is_some() || case.4.contains(&finding.detail),
            "{case:?}"
        );
    }
    let complete = written("junit", &assess(&[account(region([]))]));
    assert!(
        complete.contains("everything was read") && complete.contains("errors=\"0\""),
        "{complete}"
    );
}

#[test]
fn ocsf_and_asff_have_every_finding_and_what_is_not_known_is_no_pass() {
    let judged = with_exception();
    let document = judged.document();
    let unknown = document.coverage.gaps.len()
        + document
            .assessments
            .iter()
            .map(|row| row.not_assessed_because.len())
            .sum::<usize>();
    let text = written("ocsf", &judged);
    let events: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), document.findings.len() + unknown);
    for (finding, event) in document.findings.iter().zip(&events) {
        assert_eq!(event["finding_info"]["uid"], finding.fingerprint);
        assert_eq!(event["compliance"]["status_id"], 3);
        assert_eq!(event["status_id"], if finding.exception.is_some() { 3 } else { 1 });
    }
    assert!(
        events[document.findings.len()..]
            .iter()
            .all(|event| event["compliance"]["status_id"] == 0)
    );

    let text = written("asff", &judged);
    let requests: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let findings: Vec<_> = requests
        .iter()
        .flat_map(|request| request["Findings"].as_array().unwrap())
        .collect();
    assert_eq!(findings.len(), document.findings.len() + unknown);
    let of = |status: &str| {
        findings
            .iter()
            .filter(|finding| finding["Compliance"]["Status"] == status)
            .count()
    };
    assert_eq!((of("FAILED"), of("NOT_AVAILABLE")), (document.findings.len(), unknown));
    let suppressed = findings
        .iter()
        .filter(|finding| finding["Workflow"]["Status"] == "SUPPRESSED")
        .count();
    assert_eq!(suppressed as u64, document.summary.excepted);
}

#[test]
fn a_request_of_asff_has_at_most_a_hundred_findings_of_one_account_and_region() {
    let mut accounts = three();
    for account in &mut accounts {
        for region in &mut account.regions {
            region.keys = (0..130)
                .map(|n| {
                    let mut key = key(&[]);
                    key.arn = Arn::new(format!("arn:aws:kms:{}:{}:key/{n}", region.region, account.account_id));
                    key
                })
                .collect();
        }
    }
    let judged = assess(&accounts);
    let text = written("asff", &judged);
    let (mut ids, mut sizes) = (std::collections::BTreeSet::new(), Vec::new());
    for line in text.lines() {
        let request: serde_json::Value = serde_json::from_str(line).unwrap();
        let findings = request["Findings"].as_array().unwrap();
        sizes.push(findings.len());
        for finding in findings {
            let (account, region) = (
                finding["AwsAccountId"].as_str().unwrap(),
                finding["Region"].as_str().unwrap(),
            );
            let product = format!("arn:aws:securityhub:{region}:{account}:product/{account}/default");
            assert_eq!(finding["ProductArn"], product);
            assert_eq!(finding["ProductArn"], findings[0]["ProductArn"]);
            assert!(ids.insert(finding["Id"].as_str().unwrap().to_owned()));
        }
    }
    assert!(
        sizes.iter().all(|size| (1..=100).contains(size)) && sizes.contains(&100),
        "{sizes:?}"
    );
    let unjustified = judged.document().findings.len();
    assert!(ids.len() > unjustified && unjustified > 400, "{unjustified}");
}

/// Every text in a JSON value.
fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_a_customer_types_forges_nothing_in_the_formats_for_programs(
        texts_typed in proptest::collection::vec(hostile(), 5)
    ) {
        let judged = assess(&[hostile_account(&texts_typed)]);
        let document = judged.document();
        let harmless = |text: &str| !text.chars().any(|c| c != '\n' && crate::visible::is_treacherous(c));
        for format in ["prometheus", "sarif", "junit", "ocsf", "asff"] {
            prop_assert!(harmless(&written(format, &judged)), "{}", format);
        }

        let metrics = written("prometheus", &judged);
        let plain = written("prometheus", &assess(&[everything()]));
        let shape = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.split(['{', ' ']).take(3).next().unwrap_or_default().to_owned()).collect()
        };
        prop_assert_eq!(shape(&metrics), shape(&plain));

        let suites = suites(&written("junit", &judged));
        let findings = &suites[2].1;
        prop_assert_eq!(findings.len(), document.findings.len());
        for (finding, case) in document.findings.iter().zip(findings) {
            let name = format!("{} ({})", finding.resource.arn, finding.fingerprint);
            prop_assert_eq!(&case.1, &*visible(&name));
            prop_assert!(case.4.starts_with(&*visible(&finding.detail)), "{:?}", case.4);
        }

        let sarif: serde_json::Value = serde_json::from_str(&written("sarif", &judged)).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        for (finding, result) in document.findings.iter().zip(results) {
            let message = result["message"]["text"].as_str().unwrap();
            let plain = message.replace("{{", "{").replace("}}", "}");
            let plain = plain.replace("\\[", "[").replace("\\]", "]").replace("\\\\", "\\");
            prop_assert_eq!(plain.len(), visible(&finding.detail).len(), "{}", message);
            let links = message.replace("\\\\", "").replace("\\[", "").replace("\\]", "");
            prop_assert!(!links.contains(['[', ']']), "{}", message);
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%/".contains(c);
            let goes_up = uri.split('/').any(|part| part == "..");
            prop_assert!(!uri.starts_with('/') && !goes_up && uri.chars().all(is_plain), "{}", uri);
        }

        for line in written("asff", &judged).lines().chain(written("ocsf", &judged).lines()) {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let mut found = Vec::new();
            let shown = |value: &serde_json::Value| {
                let mut value = value.clone();
                if let Some(unmapped) = value.get_mut("unmapped") {
                    unmapped.take();
                }
                if let Some(resources) = value.get_mut("resources") {
                    resources.take();
                }
                value
            };
            texts(&shown(&value), &mut found);
            prop_assert!(found.iter().all(|text| harmless(text)), "{:?}", found);
        }
    }
}
