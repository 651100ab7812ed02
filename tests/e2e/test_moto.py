"""A whole scan of moto: another AWS server, which lacks CloudWatch's protocol, Service Quotas and the Account API."""

from __future__ import annotations

import time

import boto3
import pytest
from seed import REGIONS, Clients


@pytest.fixture(scope="module")
def scan(program, seeded_moto, both_regions, tmp_path_factory):
    out = tmp_path_factory.mktemp("moto-scan") / "report"
    return program.run("scan", *both_regions, "--last-usage-budget", "0s", "--out", out, endpoint=seeded_moto.endpoint,
                       access_key=seeded_moto.access_key, timeout=120)


def test_gaps_alone_do_not_change_the_exit_code(scan):
    assert scan.code == 0, scan.explain()


def test_the_report_has_the_published_shape(scan, validate):
    validate(scan.report)


@pytest.mark.parametrize("region", REGIONS)
def test_all_keys_are_counted_although_they_come_in_one_page(scan, seeded_moto, region):
    expected = seeded_moto.estate.key_counts(region)
    row = scan.inventory(region)
    assert row["account_id"] == seeded_moto.estate.account_id
    assert {name: row[name] for name in expected.verdicts()} == expected.verdicts()
    assert row["by_state"] == expected.by_state
    assert row["by_spec"] == expected.by_spec


def test_the_summary_adds_up_the_regions(scan, seeded_moto):
    rows = [seeded_moto.estate.key_counts(region) for region in REGIONS]
    summary = scan.report["summary"]
    assert summary["customer_managed_keys"] == sum(row.customer_managed for row in rows) == 1_210
    for verdict in ("justified", "unjustified", "unrecognized", "pending_deletion"):
        assert summary[verdict] == sum(getattr(row, verdict) for row in rows), verdict
    assert summary["not_assessed"] == 0
    assert summary["buckets"] == 30


@pytest.mark.parametrize("check, verdict", [
    ("unjustified-key", "unjustified"), ("unrecognized-justification", "unrecognized")])
def test_the_tags_are_judged_as_elsewhere(scan, seeded_moto, check, verdict):
    found = [finding["resource"]["arn"] for finding in scan.findings(check)]
    assert sorted(found) == sorted(seeded_moto.estate.arns(verdict))


def test_buckets_are_judged_although_their_list_names_no_region(scan, seeded_moto):
    found = {finding["resource"]["arn"] for finding in scan.findings("bucket-key-disabled")}
    assert found == {f"arn:aws:s3:::{name}" for name in seeded_moto.estate.flagged_buckets()}


def test_a_bucket_that_was_never_given_an_encryption_is_neither_a_finding_nor_a_gap(scan):
    untouched = "untouched"
    assert scan.gaps("s3:GetBucketEncryption") == scan.gaps("s3:ListBuckets") == []
    assert not any(untouched in finding["resource"]["arn"] for finding in scan.report["findings"])


def test_the_objects_of_a_bucket_where_its_metrics_configurations_belong_are_a_gap(scan, seeded_moto):
    """moto does not know the operation and lists the objects."""
    (gap,) = scan.gaps("s3:ListBucketMetricsConfigurations")
    assert gap["error_code"] == "MalformedResponse"
    assert sorted(gap["resources"]) == sorted(seeded_moto.estate.flagged_buckets())


@pytest.mark.parametrize("operation", [
    "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "servicequotas:ListServiceQuotas"])
def test_html_where_an_answer_belongs_is_a_gap_in_each_region(scan, operation):
    gaps = scan.gaps(operation)
    assert {gap["region"] for gap in gaps} == set(REGIONS)
    assert all(gap["error_code"] and gap["message"] for gap in gaps)
    assert all("\n" not in gap["message"] and len(gap["message"]) < 500 for gap in gaps), gaps
    assert scan.report["coverage"]["complete"] is False


def test_nothing_else_is_a_gap(scan):
    assert {gap["operation"] for gap in scan.report["coverage"]["gaps"]} == {
        "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics",
        "s3:ListBucketMetricsConfigurations", "servicequotas:ListServiceQuotas",
        "servicequotas:ListAWSDefaultServiceQuotas"}


def test_trails_are_asked_for_where_a_key_claims_an_audit(scan):
    assert scan.calls("DescribeTrails") == len(REGIONS)


def test_a_missing_list_of_metrics_is_not_passed_over_in_silence(scan):
    coverage = scan.report["coverage"]
    told = {(row["operation"], row["region"]) for row in coverage["gaps"] + coverage["fallbacks"]}
    assert {("cloudwatch:ListMetrics", region) for region in REGIONS} <= told


def test_a_peak_that_could_not_be_read_is_not_a_peak_of_zero(scan):
    for region in REGIONS:
        row = scan.quota(region, "L-6E3AF000")
        assert row["peak_rps"] is None
        assert row["utilization"] is None
        assert row["limit_rps"] == 100_000
        assert row["limit_source"] in ("builtin", "default")
    assert scan.findings("near-request-quota") == []
    tally = next(row for row in scan.report["assessments"] if row["check"] == "near-request-quota")
    assert tally["passed"] == 0
    assert tally["not_assessed"]


def test_nothing_that_keys_are_asked_is_a_gap(scan):
    """Policies, rotation and grants included; their last usage, which moto does not know, was not asked for."""
    assert [gap for gap in scan.report["coverage"]["gaps"] if gap["operation"].startswith("kms:")] == []
    calls = {row["operation"]: row["calls"] for row in scan.report["api_calls"]}
    for operation in ("GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeyPolicies", "ListKeyRotations"):
        assert calls[operation] > 0, operation
    assert "GetKeyLastUsage" not in calls


def test_the_last_line_says_that_the_scan_is_not_complete(scan):
    line = scan.last_line.lower()
    assert "coverage" in line
    assert "gap" in line or "incomplete" in line or "not complete" in line


@pytest.fixture(scope="module")
def few_keys(small_moto) -> dict[str, int]:
    clients = Clients(small_moto.endpoint, "testing", 4)
    counts = {"us-east-1": 2, "eu-west-1": 1, "ap-southeast-2": 1}
    for region, count in counts.items():
        for _ in range(count):
            clients.get("kms", region).create_key(Tags=[{"TagKey": "requirement", "TagValue": "audit"}])
    # A scan begins at a whole second and asks nothing of keys that are younger.
    time.sleep(2)
    return counts


def test_a_scan_that_was_told_to_fail_on_gaps_fails(program, small_moto, few_keys, tmp_path):
    # Time for every try of every key, at the usual pace of one a second.
    run = program.run("scan", "--region", "us-east-1", "--fail-on-gaps", "--last-usage-budget", "5m", "--out", tmp_path / "out",
                      endpoint=small_moto.endpoint)
    assert run.code == 4, run.explain()
    assert run.report["summary"]["customer_managed_keys"] == few_keys["us-east-1"]
    gaps = [(gap["error_code"], len(gap["resources"])) for gap in run.gaps("kms:GetKeyLastUsage")]
    assert gaps == [("HTTP500", few_keys["us-east-1"])]


def test_without_a_list_of_regions_every_region_of_the_partition_is_asked(program, small_moto, few_keys, tmp_path):
    run = program.run("scan", "--out", tmp_path / "out", endpoint=small_moto.endpoint, timeout=120)
    assert run.code == 0, run.explain()
    regions = run.report["scan"]["regions"]
    # Every Region that botocore knows to answer for KMS in this partition, and not only those with keys.
    known = set(boto3.Session().get_available_regions("kms", partition_name="aws"))
    assert len(set(regions) & known) >= 25, regions
    found = {row["region"]: row["customer_managed"] for row in run.report["inventory"] if row["customer_managed"]}
    assert found == few_keys
    assert [row["operation"] for row in run.report["coverage"]["fallbacks"]].count("account:ListRegions") == 1


def test_a_trail_is_asked_whether_and_what_it_records(program, small_moto, few_keys, tmp_path):
    clients = Clients(small_moto.endpoint, "testing", 4)
    clients.get("s3", "us-east-1").create_bucket(Bucket="trail")
    cloudtrail = clients.get("cloudtrail", "us-east-1")
    cloudtrail.create_trail(Name="security", S3BucketName="trail", IsMultiRegionTrail=True)
    cloudtrail.put_event_selectors(TrailName="security", EventSelectors=[
        {"ReadWriteType": "All", "IncludeManagementEvents": True,
         "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])
    cloudtrail.start_logging(Name="security")
    run = program.run("scan", "--region", "us-east-1", "--region", "eu-west-1", "--out", tmp_path / "out",
                      endpoint=small_moto.endpoint)
    operations = ("DescribeTrails", "GetTrailStatus", "GetEventSelectors")
    assert [run.calls(operation) for operation in operations] == [2, 1, 1]
    assert [gap for gap in run.report["coverage"]["gaps"] if gap["operation"].startswith("cloudtrail:")] == []
