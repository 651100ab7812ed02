"""A whole scan of ministack: keys, tags, request rates and buckets, and a key list that stops without saying where."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

import pytest
from conftest import one
from seed import BUCKETS, HOSTILE_TEXTS, REGIONS, USAGE, Clients, list_key_ids

SEVERITIES = ["info", "low", "medium", "high", "critical"]


@pytest.fixture(scope="module")
def listed(seeded_ministack) -> dict[str, list[str]]:
    """The key ids the server is willing to list, by Region."""
    return {region: list_key_ids(seeded_ministack.endpoint, seeded_ministack.access_key, region)
            for region in REGIONS}


@pytest.fixture(scope="module")
def listed_everywhere(listed) -> list[str]:
    return [key for ids in listed.values() for key in ids]


@pytest.fixture(scope="module")
def scan(program, seeded_ministack, both_regions, tmp_path_factory):
    out = tmp_path_factory.mktemp("ministack-scan") / "report"
    # Time enough for twenty refusals, one a second.
    return program.run("scan", *both_regions, "--last-usage-budget", "60s", "--out", out,
                       endpoint=seeded_ministack.endpoint, access_key=seeded_ministack.access_key)


def resources(findings) -> list[str]:
    return [finding["resource"]["arn"] for finding in findings]


def test_the_estate_is_larger_than_one_page_of_keys(seeded_ministack, listed):
    assert len(seeded_ministack.estate.keys) == 1_210
    assert len(seeded_ministack.estate.buckets) == 30
    assert {region: len(ids) for region, ids in listed.items()} == {"us-east-1": 1_000, "eu-west-1": 110}


def test_findings_alone_do_not_change_the_exit_code(scan):
    assert scan.code == 0, scan.explain()


def test_the_report_has_the_published_shape(scan, validate):
    validate(scan.report)


def test_the_report_says_whose_account_was_scanned_and_where(scan, seeded_ministack):
    about = scan.report["scan"]
    assert about["accounts"] == [seeded_ministack.estate.account_id] == ["111122223333"]
    assert sorted(about["regions"]) == sorted(REGIONS)
    assert about["partition"] == "aws"
    assert about["started_at"] <= about["finished_at"]


@pytest.mark.parametrize("region", REGIONS)
def test_keys_are_counted_by_region_state_and_spec(scan, seeded_ministack, listed, region):
    expected = seeded_ministack.estate.key_counts(region, listed[region])
    row = scan.inventory(region)
    assert {name: row[name] for name in expected.verdicts()} == expected.verdicts()
    assert row["aws_managed"] == 0
    assert row["by_state"] == expected.by_state
    assert row["by_spec"] == expected.by_spec
    assert row["by_justification"] == seeded_ministack.estate.justifications(region, listed[region])
    assert row["by_origin"] == {"AWS_KMS": expected.customer_managed}


def test_the_summary_adds_up_the_regions(scan, seeded_ministack, listed):
    rows = [seeded_ministack.estate.key_counts(region, listed[region]) for region in REGIONS]
    summary = scan.report["summary"]
    assert summary["customer_managed_keys"] == sum(row.customer_managed for row in rows) == 1_110
    for verdict in ("justified", "unjustified", "unrecognized", "pending_deletion"):
        assert summary[verdict] == sum(getattr(row, verdict) for row in rows), verdict
    assert summary["not_assessed"] == 0
    assert summary["buckets"] == 30
    assert summary["sse_kms_buckets_without_bucket_key"] == 10


def test_every_key_without_a_reason_is_a_finding_and_no_other(scan, seeded_ministack, listed_everywhere):
    found = resources(scan.findings("unjustified-key"))
    assert len(found) == len(set(found))
    assert set(found) == seeded_ministack.estate.arns("unjustified", listed_everywhere)


def test_every_misspelt_empty_or_hostile_reason_is_unrecognized(scan, seeded_ministack, listed_everywhere):
    found = resources(scan.findings("unrecognized-justification"))
    assert len(found) == len(set(found))
    assert set(found) == seeded_ministack.estate.arns("unrecognized", listed_everywhere)


def test_a_misspelt_reason_is_answered_with_the_nearest_word(scan, seeded_ministack):
    misspelt = {key.arn for key in seeded_ministack.estate.keys if key.kind.name == "misspelt-value"}
    details = [finding["detail"] for finding in scan.findings("unrecognized-justification")
               if finding["resource"]["arn"] in misspelt]
    assert len(details) == len(misspelt) == 11
    assert all("polcy" in detail and "policy" in detail for detail in details), details


def test_a_tag_key_that_is_nearly_right_is_named_and_not_accepted(scan, seeded_ministack):
    near = {key.arn: key.kind.tags[0][0] for key in seeded_ministack.estate.keys
            if key.kind.name.startswith("near-miss")}
    details = {finding["resource"]["arn"]: finding["detail"] for finding in scan.findings("unjustified-key")}
    assert len(near) == 13
    for arn, tag in near.items():
        assert tag in details[arn]


def test_a_key_pending_deletion_is_inventory_and_not_a_finding(scan, seeded_ministack):
    leaving = {key.arn for key in seeded_ministack.estate.keys if key.kind.state == "PendingDeletion"}
    assert len(leaving) == 9
    assert leaving.isdisjoint(resources(scan.report["findings"]))


def test_exactly_the_sse_kms_buckets_without_a_bucket_key_are_findings(scan, seeded_ministack):
    found = resources(scan.findings("bucket-key-disabled"))
    assert sorted(found) == sorted(f"arn:aws:s3:::{name}" for name in seeded_ministack.estate.flagged_buckets())
    by_region = Counter(finding["resource"]["region"] for finding in scan.findings("bucket-key-disabled"))
    assert by_region == {region: sum(kind.count[region] for kind in BUCKETS if kind.flagged) for region in REGIONS}


@pytest.mark.parametrize("curve", USAGE, ids=lambda curve: f"{curve.region}-{curve.resource}")
def test_the_peak_is_the_busiest_minute_by_its_sum(scan, seeded_ministack, curve):
    row = scan.quota(curve.region, curve.quota_code)
    assert row["pool"] == curve.resource
    assert row["limit_rps"] == curve.builtin_limit
    assert row["limit_source"] == "builtin"
    assert row["resolution_seconds"] == 60
    assert row["peak_rps"] == pytest.approx(curve.peak_rps, rel=1e-12)
    assert datetime.fromisoformat(row["peak_at"]) == seeded_ministack.estate.peak_at[curve]
    assert row["utilization"] == pytest.approx(curve.utilization, rel=1e-12)


def test_a_pool_without_datapoints_has_no_peak_rather_than_a_peak_of_zero(scan):
    row = scan.quota("eu-west-1", "L-2AC98190")
    assert row["peak_rps"] is None
    assert row["peak_at"] is None
    assert row["utilization"] is None


def test_a_quota_is_near_from_seventy_percent_and_graver_from_ninety_and_a_hundred(scan):
    found = {(finding["resource"]["region"], finding["observed"]["utilization"]): finding["severity"]
             for finding in scan.findings("near-request-quota")}
    assert sorted(found) == [
        ("eu-west-1", pytest.approx(1.05)), ("us-east-1", pytest.approx(0.75)), ("us-east-1", pytest.approx(0.95))]
    by_utilization = [severity for (_, _), severity in sorted(found.items(), key=lambda row: row[0][1])]
    ranks = [SEVERITIES.index(severity) for severity in by_utilization]
    assert ranks == sorted(set(ranks)), by_utilization
    assert by_utilization[-1] == "critical"


def test_the_highest_utilization_of_the_summary_is_the_highest_of_all(scan):
    highest = scan.report["summary"]["highest_utilization"]
    assert (highest["region"], highest["pool"]) == ("eu-west-1", "DescribeKey")
    assert highest["utilization"] == pytest.approx(1.05)


def test_a_higher_threshold_leaves_fewer_quotas_near(program, seeded_ministack, tmp_path):
    strict = program.run("scan", "--region", "eu-west-1", "--threshold", "90", "--last-usage-budget", "0s", "--out", tmp_path / "out",
                         endpoint=seeded_ministack.endpoint, access_key=seeded_ministack.access_key)
    assert strict.code == 0, strict.explain()
    assert len(strict.findings("near-request-quota")) == 1
    lenient = program.run("scan", "--region", "eu-west-1", "--threshold", "5", "--last-usage-budget", "0s", "--out", tmp_path / "lenient",
                          endpoint=seeded_ministack.endpoint, access_key=seeded_ministack.access_key)
    assert len(lenient.findings("near-request-quota")) == 2


def test_the_tallies_of_the_checks_agree_with_the_findings(scan):
    found = Counter(finding["check"] for finding in scan.report["findings"])
    assert {tally["check"]: tally["failed"] for tally in scan.report["assessments"] if tally["failed"]} == found
    by_severity = Counter(finding["severity"] for finding in scan.report["findings"])
    assert {name: count for name, count in scan.report["summary"]["findings"].items() if count} == by_severity


def test_fingerprints_are_unique(scan):
    fingerprints = Counter(finding["fingerprint"] for finding in scan.report["findings"])
    assert [fingerprint for fingerprint, count in fingerprints.items() if count > 1] == []


def test_a_key_list_that_stops_without_a_marker_is_a_gap(scan):
    gap = one(scan.gaps("kms:ListKeys"))
    assert gap["account_id"] == "111122223333"
    assert gap["region"] == "us-east-1"
    assert gap["error_code"] == "MissingMarker"
    assert scan.report["coverage"]["complete"] is False
    assert scan.report["summary"]["key_inventory_complete"] is False
    assert {row["region"]: row["complete"] for row in scan.report["inventory"]} == {
        "us-east-1": False, "eu-west-1": True}


def test_missing_service_quotas_are_a_gap_in_each_region(scan):
    gaps = scan.gaps("servicequotas:ListServiceQuotas")
    assert sorted(gap["region"] for gap in gaps) == sorted(REGIONS)
    assert all(gap["error_code"] and gap["message"] for gap in gaps)


def test_the_objects_of_a_bucket_where_its_metrics_configurations_belong_are_a_gap(scan):
    """ministack does not know the operation and lists the objects."""
    gaps = scan.gaps("s3:ListBucketMetricsConfigurations")
    assert sorted(gap["region"] for gap in gaps) == sorted(REGIONS)
    assert {gap["error_code"] for gap in gaps} == {"MalformedResponse"}
    flagged = [finding["resource"]["arn"] for finding in scan.findings("bucket-key-disabled")]
    concerned = [f"arn:aws:s3:::{name}" for gap in gaps for name in gap["resources"]]
    assert sorted(concerned) == sorted(flagged)


def test_nothing_else_is_a_gap(scan):
    assert {gap["operation"] for gap in scan.report["coverage"]["gaps"]} <= {
        "kms:ListKeys", "s3:ListBucketMetricsConfigurations", "servicequotas:ListServiceQuotas",
        "servicequotas:ListAWSDefaultServiceQuotas"}
def test_what_the_server_does_not_know_is_a_gap_for_the_keys_that_needed_it(scan, seeded_ministack, listed):
    for region in REGIONS:
        keys = [key for key in seeded_ministack.estate.keys if key.region == region and key.id in listed[region]]
        rotating = {key.arn for key in keys if key.kind.reason == "audit+rotation"}
        staying = {key.arn for key in keys if key.kind.state != "PendingDeletion"}
        for operation, expected in (("kms:ListKeyRotations", rotating), ("kms:GetKeyLastUsage", staying)):
            gap = one(gap for gap in scan.gaps(operation) if gap["region"] == region)
            assert gap["error_code"] == "InvalidAction"
            assert set(gap["resources"]) == expected and len(gap["resources"]) == len(expected) > 0


def test_nothing_else_is_a_gap(scan):
    operations = Counter(gap["operation"] for gap in scan.report["coverage"]["gaps"])
    assert operations == {"kms:ListKeys": 1, "kms:GetKeyLastUsage": 2, "kms:ListKeyRotations": 2,
                          "s3:ListBucketMetricsConfigurations": 2, "servicequotas:ListServiceQuotas": 2, "servicequotas:ListAWSDefaultServiceQuotas": 2}


def test_claims_are_read_where_the_server_tells_of_them(scan):
    calls = {row["operation"]: row["calls"] for row in scan.report["api_calls"]}
    for operation in ("GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeyPolicies"):
        assert calls[operation] > 0, operation


def test_the_last_line_says_that_the_scan_is_not_complete(scan):
    line = scan.last_line.lower()
    assert "coverage" in line
    assert "gap" in line or "incomplete" in line or "not complete" in line


def test_the_terminal_summary_has_the_numbers(scan):
    text = scan.stdout.replace(",", "").replace("\u202f", "")
    for number in ("1110", "30", "10", "75000", "100000"):
        assert number in text, f"{number} is missing\n{scan.stdout}"
    assert "75 %" in text or "75%" in text or "75.0" in text
    assert "us-east-1" in text and "eu-west-1" in text


def test_the_report_for_people_says_what_the_numbers_mean(scan):
    text = (scan.out / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "us-east-1" in text and "eu-west-1" in text
    assert "MissingMarker" in text
    assert "lower bound" in text.lower()


def test_hostile_tags_reach_neither_the_terminal_nor_the_report_for_people_as_they_are(scan):
    report = (scan.out / "report.md").read_text(encoding="utf-8")
    for place, text in (("stdout", scan.stdout), ("stderr", scan.stderr), ("report.md", report)):
        assert "\x1b" not in text, place
        assert "\u202e" not in text, place
    assert "<script>" not in report
    assert "\n=HYPERLINK" not in report


def test_hostile_tags_are_kept_as_they_are_in_the_data(scan):
    observed = str([finding["observed"] for finding in scan.findings("unrecognized-justification")])
    for text in HOSTILE_TEXTS[:3]:
        assert repr(text)[1:-1] in observed, text


def test_only_the_gaps_make_a_scan_fail_that_was_told_to_fail_on_gaps(program, seeded_ministack, tmp_path):
    run = program.run("scan", "--region", "eu-west-1", "--fail-on-gaps", "--last-usage-budget", "0s", "--out", tmp_path / "out",
                      endpoint=seeded_ministack.endpoint, access_key=seeded_ministack.access_key)
    assert run.code == 4, run.explain()
    assert run.report["coverage"]["complete"] is False
    assert run.gaps("kms:ListKeys") == []


def test_a_scan_without_regions_takes_those_the_account_has_enabled(program, ministack, tmp_path):
    """Of an account that has nothing at all."""
    run = program.run("scan", "--out", tmp_path / "out", endpoint=ministack.endpoint, access_key="444455556666")
    assert run.code == 0, run.explain()
    assert set(REGIONS) < set(run.report["scan"]["regions"])
    assert run.report["summary"]["customer_managed_keys"] == 0
    assert run.report["summary"]["buckets"] == 0
    assert run.report["findings"] == []
    assert run.gaps("account:ListRegions") == []


def test_alarms_and_the_metric_filters_that_feed_them_are_read(program, ministack, tmp_path):
    account = "666677778888"
    clients = Clients(ministack.endpoint, account, 4)
    clients.get("kms", "eu-west-1").create_key(Tags=[{"TagKey": "requirement", "TagValue": "policy"}])
    clients.get("cloudwatch", "eu-west-1").put_metric_alarm(
        AlarmName="kms-throttled", Namespace="Security", MetricName="KmsThrottled", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold")
    logs = clients.get("logs", "eu-west-1")
    logs.create_log_group(logGroupName="trail")
    logs.put_metric_filter(
        logGroupName="trail", filterName="throttled", filterPattern='{ $.errorCode = "ThrottlingException" }',
        metricTransformations=[
            {"metricNamespace": "Security", "metricName": "KmsThrottled", "metricValue": "1"}])
    # A scan begins at a whole second and asks nothing of keys that are younger.
    time.sleep(2)
    run = program.run("scan", "--region", "eu-west-1", "--out", tmp_path / "out",
                      endpoint=ministack.endpoint, access_key=account)
    # The trails are asked for because a metric filter feeds the alarm.
    operations = ("DescribeAlarms", "DescribeMetricFilters", "DescribeTrails")
    assert [run.calls(operation) for operation in operations] == [1, 1, 1]
    assert {gap["operation"] for gap in run.report["coverage"]["gaps"]} == {
        "kms:GetKeyLastUsage", "servicequotas:ListServiceQuotas", "servicequotas:ListAWSDefaultServiceQuotas"}
