"""boto3 reads the sandbox through its own parsers: what it sees is what the estate file says and what a scan reports."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import REPOSITORY, Program, Run

ESTATE = tomllib.loads((REPOSITORY / "fixtures" / "estates" / "saas-tenants.toml").read_text(encoding="utf-8"))
HOME = ESTATE["region"][0]


@pytest.fixture(scope="module")
def aws(program: Program) -> Iterator[object]:
    """Makes boto3 clients of the built-in estate, which the program itself serves."""
    process = program.start("sandbox", "serve", endpoint=None, access_key=None, region=None)
    try:
        endpoint = process.stdout.readline().strip().removeprefix("AWS_ENDPOINT_URL=")
        assert endpoint.startswith("http://127.0.0.1:"), endpoint

        def client(service: str, region: str = HOME["name"], session: boto3.Session | None = None):
            made = session or boto3.Session()
            return made.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id="any",
                               aws_secret_access_key="any", config=Config(retries={"total_max_attempts": 1}))

        client.endpoint = endpoint
        yield client
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 128 + 15


@pytest.fixture(scope="module")
def scan(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return program.run("scan", "--sandbox", "--api-share", "off", "--out", tmp_path_factory.mktemp("served") / "out",
                       endpoint=None, access_key=None, region=None)


def paged(client, operation: str, field: str, **arguments) -> list:
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[field]]


def test_every_key_of_the_estate_is_listed_described_and_tagged(aws, scan: Run) -> None:
    kms = aws("kms")
    keys = paged(kms, "list_keys", "Keys")
    assert len(keys) == len({key["KeyArn"] for key in keys}) == sum(key.get("count", 1) for key in HOME["key"])
    aliases = {alias["TargetKeyId"]: alias["AliasName"] for alias in paged(kms, "list_aliases", "Aliases")
               if "TargetKeyId" in alias}
    inventory = scan.inventory(HOME["name"])
    states: dict[str, int] = {}
    for key in keys[:40] + keys[-40:]:
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        assert metadata["Arn"] == key["KeyArn"]
        assert isinstance(metadata["CreationDate"], datetime)
        states[metadata["KeyState"]] = states.get(metadata["KeyState"], 0) + 1
        tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        managed = aliases.get(key["KeyId"], "").startswith("alias/aws/")
        assert metadata["KeyManager"] == ("AWS" if managed else "CUSTOMER")
        assert all(set(tag) == {"TagKey", "TagValue"} for tag in tags)
    assert set(states) <= set(inventory["by_state"])
    assert inventory["customer_managed"] + inventory["aws_managed"] == len(keys)


def test_quotas_have_the_shape_of_service_quotas(aws, scan: Run) -> None:
    quotas = paged(aws("service-quotas"), "list_service_quotas", "Quotas", ServiceCode="kms")
    symmetric = next(quota for quota in quotas if quota["QuotaCode"] == "L-6E3AF000")
    assert symmetric["Value"] == scan.quota(HOME["name"], "L-6E3AF000")["limit_rps"]
    assert symmetric["Period"] == {"PeriodValue": 1, "PeriodUnit": "SECOND"}
    assert symmetric["UsageMetric"]["MetricStatisticRecommendation"] == "Sum"
    assert symmetric["UsageMetric"]["MetricDimensions"] == {
        "Class": "None", "Resource": "CryptographicOperationsSymmetric", "Service": "KMS", "Type": "API"}


def test_the_busiest_minute_is_the_one_the_scan_found(aws, scan: Run) -> None:
    row = scan.quota(HOME["name"], "L-6E3AF000")
    at = datetime.fromisoformat(row["peak_at"])
    dimensions = [{"Name": name, "Value": value} for name, value in
                  {"Service": "KMS", "Type": "API", "Resource": row["pool"], "Class": "None"}.items()]
    metric = {"Namespace": "AWS/Usage", "MetricName": "CallCount", "Dimensions": dimensions}
    cloudwatch = aws("cloudwatch")
    listed = paged(cloudwatch, "list_metrics", "Metrics", Namespace="AWS/Usage")
    assert any(found["Dimensions"] == dimensions or
               sorted(map(str, found["Dimensions"])) == sorted(map(str, dimensions)) for found in listed)
    (result,) = cloudwatch.get_metric_data(
        StartTime=at - timedelta(hours=1), EndTime=at + timedelta(hours=1),
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
    )["MetricDataResults"]
    assert result["StatusCode"] == "Complete"
    sums = dict(zip(result["Timestamps"], result["Values"], strict=True))
    assert sums[at.astimezone(timezone.utc)] == max(sums.values()) == row["peak_rps"] * 60


def test_cloudwatch_says_the_same_in_both_of_its_protocols(aws) -> None:
    session = botocore.session.get_session()
    model = session.get_component("data_loader").load_service_model("cloudwatch", "service-2")
    model["metadata"] |= {"protocol": "smithy-rpc-v2-cbor", "protocols": ["smithy-rpc-v2-cbor"]}
    in_json, in_cbor = aws("cloudwatch"), aws("cloudwatch", session=boto3.Session(botocore_session=session))
    assert in_json.meta.service_model.resolved_protocol == "json"
    assert in_cbor.meta.service_model.resolved_protocol == "smithy-rpc-v2-cbor"

    metric = paged(in_json, "list_metrics", "Metrics")[0]
    assert paged(in_cbor, "list_metrics", "Metrics") == paged(in_json, "list_metrics", "Metrics")

    def two_weeks(client, period: int) -> dict:
        return client.get_metric_data(
            StartTime=ESTATE["as_of"] - timedelta(days=14), EndTime=ESTATE["as_of"], MaxDatapoints=50,
            MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}}])

    answers = [two_weeks(client, 60) for client in (in_json, in_cbor)]
    for answer in answers:
        assert answer.pop("ResponseMetadata")["RequestId"]
        assert len(answer["MetricDataResults"][0]["Timestamps"]) == 50
        assert answer["NextToken"]
    assert answers[0] == answers[1]
    for client in (in_json, in_cbor):
        with pytest.raises(ClientError) as refused:
            two_weeks(client, 90)
        error = refused.value.response["Error"]
        assert (error["Code"], error["QueryErrorCode"]) == ("ValidationError", "ValidationException")
        assert "multiple of 60" in error["Message"]


def test_buckets_are_listed_in_pages_and_answer_in_their_region(aws, scan: Run) -> None:
    s3 = aws("s3")
    buckets = paged(s3, "list_buckets", "Buckets", PaginationConfig={"PageSize": 7})
    assert len(buckets) == scan.report["summary"]["buckets"]
    flagged = set()
    for bucket in buckets:
        home = aws("s3", bucket["BucketRegion"])
        rule = home.get_bucket_encryption(Bucket=bucket["Name"])["ServerSideEncryptionConfiguration"]["Rules"][0]
        if rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms" and not rule["BucketKeyEnabled"]:
            flagged.add(bucket["Name"])
    assert flagged == {finding["resource"]["name"] for finding in scan.findings("bucket-key-disabled")}


def test_errors_have_the_code_that_boto3_expects(aws) -> None:
    with pytest.raises(ClientError) as refused:
        aws("kms").describe_key(KeyId="00000000-0000-4000-8000-00000000dead")
    assert refused.value.response["Error"]["Code"] == "NotFoundException"
    with pytest.raises(ClientError) as refused:
        aws("kms", "ap-east-1").list_keys()
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
    with pytest.raises(ClientError) as refused:
        aws("s3").get_bucket_encryption(Bucket="no-such-bucket-here")
    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"


def test_the_caller_and_the_regions_are_those_of_the_estate(aws) -> None:
    assert aws("sts").get_caller_identity()["Account"] == ESTATE["account"]["id"]
    regions = paged(aws("account"), "list_regions", "Regions")
    enabled = {region["RegionName"] for region in regions if region["RegionOptStatus"].startswith("ENABLED")}
    assert enabled == {region["name"] for region in ESTATE["region"] if region.get("enabled", True)}


def test_a_scan_through_the_served_door_inventories_the_same_account(aws, scan: Run, program: Program,
                                                                     tmp_path) -> None:
    served = program.run("scan", "--api-share", "off", "--region", "us-east-1", "--out", tmp_path / "out",
                         endpoint=aws.endpoint)
    assert served.inventory("us-east-1") == scan.inventory("us-east-1")
    assert served.report["scan"]["caller_arn"] == scan.report["scan"]["caller_arn"]
