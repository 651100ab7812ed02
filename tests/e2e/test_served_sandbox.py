"""boto3 reads the sandbox through its own parsers: it sees what the estate file says and what a scan reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from conftest import Program, Run, ServedEstate
from operations import OPERATIONS, Operation, Subject, pages, put_together
from served_sandbox import protocols

ASKED = [(operation, protocol) for operation in OPERATIONS for protocol in protocols(operation.service)]


@pytest.mark.parametrize("operation, protocol", ASKED, ids=lambda part: getattr(part, "id", part))
def test_boto3_reads_what_the_estate_file_says(estates: list[ServedEstate], operation: Operation,
                                               protocol: str | None) -> None:
    asked = [(served.aws, subject) for served in estates for subject in served.subjects_of(operation)]
    assert asked, f"no estate has anything to ask {operation.id} about"
    for aws, subject in asked:
        answer = put_together(pages(aws.get(operation.service, subject.region, protocol), operation, subject))
        assert operation.read(answer, subject) == operation.said(subject), subject.label


@pytest.mark.parametrize("operation, protocol", [asked for asked in ASKED if asked[0].page_size],
                         ids=lambda part: getattr(part, "id", part))
def test_no_page_is_longer_than_was_asked_for_and_some_list_needs_several(
        estates: list[ServedEstate], operation: Operation, protocol: str | None) -> None:
    most = 0
    for served in estates:
        for subject in served.subjects_of(operation):
            answered = pages(served.aws.get(operation.service, subject.region, protocol), operation, subject)
            assert all(_length(page, operation) <= operation.page_size for page in answered), subject.label
            most = max(most, len(answered))
    assert most > 1, "a list that fits on one page shows nothing: ask for smaller pages"


def _length(page: dict, operation: Operation) -> int:
    if operation.name == "GetMetricData":
        return sum(len(result["Values"]) for result in page["MetricDataResults"])
    return max(len(value) for value in page.values() if isinstance(value, list))


# ---- what a scan makes of it ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scan(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return program.run("scan", "--sandbox", "--api-share", "off", "--out", tmp_path_factory.mktemp("served") / "out",
                       endpoint=None, access_key=None, region=None)


def _ask(served: ServedEstate, name: str, subject: Subject) -> dict:
    operation = next(operation for operation in OPERATIONS if operation.name == name)
    client = served.aws.get(operation.service, subject.region, protocols(operation.service)[0])
    return put_together(pages(client, operation, subject))


def test_boto3_lists_as_many_keys_as_the_scan_counts(saas_tenants: ServedEstate, scan: Run) -> None:
    for subject in saas_tenants.subjects["region"]:
        row = scan.inventory(subject.region)
        keys = _ask(saas_tenants, "ListKeys", subject)["Keys"]
        assert len(keys) == row["customer_managed"] + row["aws_managed"]


def test_quotas_have_the_value_and_the_metric_that_the_scan_reports(saas_tenants: ServedEstate, scan: Run) -> None:
    for subject in saas_tenants.subjects["region"]:
        quotas = _ask(saas_tenants, "ListServiceQuotas", subject)["Quotas"]
        symmetric = next(quota for quota in quotas if quota["QuotaCode"] == "L-6E3AF000")
        assert symmetric["Value"] == scan.quota(subject.region, "L-6E3AF000")["limit_rps"]
        assert symmetric["Period"] == {"PeriodValue": 1, "PeriodUnit": "SECOND"}
        assert symmetric["UsageMetric"]["MetricStatisticRecommendation"] == "Sum"
        assert symmetric["UsageMetric"]["MetricDimensions"] == {
            "Class": "None", "Resource": "CryptographicOperationsSymmetric", "Service": "KMS", "Type": "API"}


def test_the_busiest_minute_is_the_one_the_scan_found(saas_tenants: ServedEstate, scan: Run) -> None:
    home = saas_tenants.estate.home
    row = scan.quota(home, "L-6E3AF000")
    at = datetime.fromisoformat(row["peak_at"])
    window = (at - timedelta(hours=1), at + timedelta(hours=1))
    answer = _ask(saas_tenants, "GetMetricData", Subject("peak", home, resource=row["pool"], window=window))
    sums = {minute: value for result in answer["MetricDataResults"]
            for minute, value in zip(result["Timestamps"], result["Values"], strict=True)}
    assert sums[at.astimezone(UTC)] == max(sums.values()) == row["peak_rps"] * 60


def test_buckets_without_a_bucket_key_are_those_the_scan_flags(saas_tenants: ServedEstate, scan: Run) -> None:
    buckets = _ask(saas_tenants, "ListBuckets", saas_tenants.subjects["account"][0])["Buckets"]
    assert len(buckets) == scan.report["summary"]["buckets"]
    flagged = set()
    for bucket in buckets:
        answer = _ask(saas_tenants, "GetBucketEncryption",
                      Subject("bucket", bucket["BucketRegion"], bucket=bucket["Name"]))
        (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
        if rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms" and not rule["BucketKeyEnabled"]:
            flagged.add(bucket["Name"])
    assert flagged == {finding["resource"]["name"] for finding in scan.findings("bucket-key-disabled")}


def test_a_scan_through_the_served_door_inventories_the_same_account(saas_tenants: ServedEstate, scan: Run,
                                                                     program: Program, tmp_path) -> None:
    served = program.run("scan", "--api-share", "off", "--region", "us-east-1", "--out", tmp_path / "out",
                         endpoint=saas_tenants.aws.endpoint)
    assert served.inventory("us-east-1") == scan.inventory("us-east-1")
    assert served.report["scan"]["caller_arn"] == scan.report["scan"]["caller_arn"]
