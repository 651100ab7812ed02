"""The table of operations: everything the sandbox answers, how to ask it, and what the estate file says of the answer.

The tests that read the sandbox through boto3, through the AWS CLI and on the wire, and those that compare it with
other servers, are all driven by it. An operation that the sandbox answers and the table lacks fails a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from botocore import xform_name
from estate_file import EstateFile, requests_by_minute
from served_sandbox import Clients


@dataclass(frozen=True)
class Subject:
    """What a call is about: the names that the server knows it by, and what the estate file says of it."""

    label: str
    region: str
    estate: EstateFile | None = None
    in_file: object = None
    key_id: str = ""
    bucket: str = ""
    resource: str = ""
    window: tuple[datetime, datetime] | None = None


def _whatever(*_) -> dict:
    return {}


@dataclass(frozen=True)
class Operation:
    """One operation: what it is asked about, how, and what to compare.

    `page_size` is small enough that some list of the estates needs several pages; `read` takes an answer, all pages of
    it, as boto3 or the AWS CLI gives it; `said` is what `read` must return.
    """

    service: str
    name: str
    about: str  # a key of what `subjects` returns
    arguments: Callable[[Subject], dict] = _whatever
    page_size: int | None = None
    read: Callable[[dict, Subject], object] = _whatever
    said: Callable[[Subject], object] = _whatever

    @property
    def id(self) -> str:
        return f"{self.service}:{self.name}"


# ---- what calls are about ------------------------------------------------------------------------------------------


def subjects(estate: EstateFile, aws: Clients) -> dict[str, list[Subject]]:
    """Of each kind, what there is in an estate; of keys and buckets the first and the last of each template."""
    keys, ids = [], {}
    for region in estate.enabled:
        pages = aws.get("kms", region).get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 100})
        ids |= {(region, alias["AliasName"]): alias["TargetKeyId"]
                for page in pages for alias in page["Aliases"] if "TargetKeyId" in alias}
        keys += [Subject(key.aliases[0], region, estate, key, key_id=ids[region, key.aliases[0]])
                 for key in estate.first_and_last_keys(region) if key.aliases]
    encrypted = [bucket for bucket in estate.buckets() if bucket.algorithm]
    return {
        "account": [Subject("account", estate.home, estate)],
        "region": [Subject(region, region, estate) for region in estate.enabled],
        "key": keys,
        "bucket": [Subject(bucket.name, bucket.region, estate, bucket, bucket=bucket.name,
                           key_id=ids.get((bucket.region, bucket.template.get("kms_key")), ""))
                   for bucket in encrypted if bucket.n in (1, bucket.template.get("count", 1))],
        "usage": [Subject(usage["resource"], region, estate, usage, resource=usage["resource"],
                          window=estate.weekend_window())
                  for region in estate.enabled for usage in estate.usage(region)],
    }


def moment(value: datetime | str) -> datetime:
    """boto3 has moments where the AWS CLI has text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


# ---- AWS KMS -------------------------------------------------------------------------------------------------------


def _key_arn(subject: Subject, resource: str) -> str:
    account = subject.estate.account
    return f"arn:{account.get('partition', 'aws')}:kms:{subject.region}:{account['id']}:{resource}"


def _listed_keys(answer: dict, _: Subject) -> object:
    keys = answer["Keys"]
    return len(keys), len({key["KeyId"] for key in keys}), {key["KeyArn"].removesuffix(key["KeyId"]) for key in keys}


def _keys_in_file(subject: Subject) -> object:
    count = sum(1 for _ in subject.estate.keys(subject.region))
    return count, count, {_key_arn(subject, "key/")} if count else set()


def _listed_aliases(answer: dict, _: Subject) -> object:
    return {alias["AliasName"]: (alias["AliasArn"], "TargetKeyId" in alias,
                                 moment(alias["CreationDate"]) if "CreationDate" in alias else None)
            for alias in answer["Aliases"]}


def _aliases_in_file(subject: Subject) -> object:
    aliases = {alias: (_key_arn(subject, alias), True, key.created)
               for key in subject.estate.keys(subject.region) for alias in key.aliases}
    return aliases | {alias: (_key_arn(subject, alias), False, None)
                      for alias in subject.estate.reserved_aliases(subject.region)}


def _described_key(answer: dict, subject: Subject) -> object:
    metadata = answer["KeyMetadata"]
    assert metadata["Arn"] == _key_arn(subject, f"key/{metadata['KeyId']}")
    read = {}
    for path, value in subject.in_file.metadata().items():
        found = metadata
        for name in path.split("."):
            found = (found or {}).get(name)
        read[path] = moment(found) if found and isinstance(value, datetime) else found
    return read


def _tags(answer: dict, _: Subject) -> object:
    assert all(set(tag) == {"TagKey", "TagValue"} for tag in answer["Tags"])
    return {tag["TagKey"]: tag["TagValue"] for tag in answer["Tags"]}


_KMS = (
    Operation("kms", "ListKeys", "region", page_size=1_000, read=_listed_keys, said=_keys_in_file),
    Operation("kms", "ListAliases", "region", page_size=100, read=_listed_aliases, said=_aliases_in_file),
    Operation("kms", "DescribeKey", "key", lambda subject: {"KeyId": subject.key_id},
              read=_described_key, said=lambda subject: subject.in_file.metadata()),
    Operation("kms", "ListResourceTags", "key", lambda subject: {"KeyId": subject.key_id}, page_size=1,
              read=_tags, said=lambda subject: subject.in_file.tags),
)


# ---- Service Quotas ------------------------------------------------------------------------------------------------


def _applied(answer: dict, subject: Subject) -> object:
    values = {quota["QuotaCode"]: quota["Value"] for quota in answer["Quotas"]}
    assert len(values) == len(answer["Quotas"])
    return {code: values.get(code) for code in subject.estate.applied_quotas(subject.region)}


def _defaults(answer: dict, subject: Subject) -> object:
    values = {quota["QuotaCode"]: quota["Value"] for quota in answer["Quotas"]}
    return {code: values.get(code) for code in subject.estate.default_quotas(subject.region)}


_QUOTAS = (
    Operation("service-quotas", "ListServiceQuotas", "region", lambda _: {"ServiceCode": "kms"}, page_size=20,
              read=_applied, said=lambda subject: subject.estate.applied_quotas(subject.region)),
    Operation("service-quotas", "ListAWSDefaultServiceQuotas", "region", lambda _: {"ServiceCode": "kms"},
              page_size=20, read=_defaults, said=lambda subject: subject.estate.default_quotas(subject.region)),
)


# ---- CloudWatch ----------------------------------------------------------------------------------------------------


def _listed_metrics(answer: dict, _: Subject) -> object:
    listed = [(metric["MetricName"], tuple(sorted((one["Name"], one["Value"]) for one in metric["Dimensions"])))
              for metric in answer["Metrics"] if metric["Namespace"] == "AWS/Usage"]
    return Counter(listed)


def _metrics_in_file(subject: Subject) -> object:
    def metric(name: str, kind: str, resource: str) -> tuple:
        return name, (("Class", "None"), ("Resource", resource), ("Service", "KMS"), ("Type", kind))

    metrics = [metric("CallCount", "API", usage["resource"]) for usage in subject.estate.usage(subject.region)]
    if any(not key.template.get("aws_managed") for key in subject.estate.keys(subject.region)):
        metrics.append(metric("ResourceCount", "Resource", "KeysPerAccount"))
    return Counter(metrics)


def _metric_data_query(subject: Subject) -> dict:
    dimensions = {"Service": "KMS", "Type": "API", "Resource": subject.resource, "Class": "None"}
    metric = {"Namespace": "AWS/Usage", "MetricName": "CallCount",
              "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()]}
    start, end = subject.window
    return {"StartTime": start, "EndTime": end,
            "MetricDataQueries": [{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}]}


def _datapoints(answer: dict, _: Subject) -> object:
    results = answer["MetricDataResults"]
    assert {result["Id"] for result in results} == {"m"} and results[-1]["StatusCode"] == "Complete"
    points = [(moment(at), value) for result in results
              for at, value in zip(result["Timestamps"], result["Values"], strict=True)]
    assert points == sorted(points, reverse=True), "the newest comes first, unless asked otherwise"
    return dict(points)


_CLOUDWATCH = (
    Operation("cloudwatch", "ListMetrics", "region", lambda _: {"Namespace": "AWS/Usage"},
              read=_listed_metrics, said=_metrics_in_file),
    Operation("cloudwatch", "GetMetricData", "usage", _metric_data_query, page_size=50, read=_datapoints,
              said=lambda subject: requests_by_minute(subject.in_file, *subject.window)),
)


# ---- Amazon S3, AWS STS, Account Management ------------------------------------------------------------------------


def _listed_buckets(answer: dict, _: Subject) -> object:
    return {bucket["Name"]: (bucket["BucketRegion"], moment(bucket["CreationDate"])) for bucket in answer["Buckets"]}


def _encryption(answer: dict, _: Subject) -> object:
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    return default["SSEAlgorithm"], default.get("KMSMasterKeyID"), rule["BucketKeyEnabled"]


def _encryption_in_file(subject: Subject) -> object:
    bucket = subject.in_file
    named = bucket.template.get("kms_key")
    if named and named.startswith("alias/"):
        named = {"arn": _key_arn(subject, f"key/{subject.key_id}"), "id": subject.key_id, "alias": named,
                 "alias-arn": _key_arn(subject, named)}[bucket.template.get("kms_key_form", "arn")]
    return bucket.algorithm, named, bucket.template.get("bucket_key", False)


def _caller_in_file(subject: Subject) -> object:
    account = subject.estate.account
    role = f"arn:{account.get('partition', 'aws')}:sts::{account['id']}:assumed-role/security-audit/kms-audit"
    return account["id"], account.get("caller_arn", role)


_OTHERS = (
    Operation("s3", "ListBuckets", "account", page_size=7, read=_listed_buckets,
              said=lambda subject: {bucket.name: (bucket.region, bucket.created)
                                    for bucket in subject.estate.buckets()}),
    Operation("s3", "GetBucketEncryption", "bucket", lambda subject: {"Bucket": subject.bucket},
              read=_encryption, said=_encryption_in_file),
    Operation("sts", "GetCallerIdentity", "account", read=lambda answer, _: (answer["Account"], answer["Arn"]),
              said=_caller_in_file),
    Operation("account", "ListRegions", "account", page_size=2,
              read=lambda answer, _: {region["RegionName"]: region["RegionOptStatus"].startswith("ENABLED")
                                      for region in answer["Regions"]},
              said=lambda subject: {name: name in subject.estate.enabled for name in subject.estate.regions}),
)

OPERATIONS: tuple[Operation, ...] = (*_KMS, *_QUOTAS, *_CLOUDWATCH, *_OTHERS)


def pages(client, operation: Operation, subject: Subject) -> list[dict]:
    """The answer of an operation, each page as boto3 gives it."""
    method, arguments = xform_name(operation.name), operation.arguments(subject)
    if not client.can_paginate(method):
        return [getattr(client, method)(**arguments)]
    paging = {"PageSize": operation.page_size} if operation.page_size else {}
    return list(client.get_paginator(method).paginate(**arguments, PaginationConfig=paging))


def put_together(pages: list[dict]) -> dict:
    """One answer of several pages, their lists joined."""
    whole: dict = {}
    for page in pages:
        for name, value in page.items():
            whole[name] = whole[name] + value if isinstance(value, list) and name in whole else value
    return whole
