"""Every way in which the served sandbox refuses, provoked, and held against the models and the protocols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from conftest import ServedEstate
from served_sandbox import protocols
from wire_errors import error_flaws
from wire_shapes import Response, captured

NOW = datetime(2026, 6, 15, 6, tzinfo=UTC)
KEY = "00000000-0000-4000-8000-00000000dead"


def _targeted(request: dict) -> None:
    request["headers"]["X-Amz-Target"] = request["headers"]["X-Amz-Target"].split(".")[0] + ".Invent"


def _addressed(request: dict) -> None:
    """RPC v2 names the operation in the path, JSON in a header."""
    if "X-Amz-Target" in request["headers"]:
        _targeted(request)
    else:
        request["url"] = request["url"].rsplit("/", 1)[0] + "/Invent"


def _acting(request: dict) -> None:
    request["body"]["Action"] = "Invent"


def _asking_for_acceleration(request: dict) -> None:
    request["url"] = request["url"].replace("?encryption", "?accelerate")


def _garbled(request: dict) -> None:
    request["body"] = b"<html>"


@dataclass(frozen=True)
class Provoked:
    """A call and how it is refused. Without a Region it goes to the first of the estate."""

    what: str
    service: str
    operation: str
    arguments: dict
    code: str
    status: int = 400
    region: str | None = None
    change: Callable[[dict], None] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.service}:{self.operation} {self.what}"


def _kms(what: str, operation: str, arguments: dict, code: str, **rest) -> Provoked:
    return Provoked(what, "kms", operation, arguments, code, **rest)


_KEYED = ("DescribeKey", "ListResourceTags")
_LISTS = (("ListKeys", {}, 1_000), ("ListAliases", {}, 100))

_OF_KMS = (
    *(_kms("missing key", operation, {"KeyId": KEY}, "NotFoundException") for operation in _KEYED),
    *(_kms("no key id", operation, {"KeyId": "x"}, "NotFoundException") for operation in _KEYED),
    *(_kms("key of another Region", operation, {"KeyId": f"arn:aws:kms:us-west-2:111122223333:key/{KEY}"},
           "NotFoundException") for operation in _KEYED),
    *(_kms("key of another account", operation, {"KeyId": f"arn:aws:kms:eu-west-1:444455556666:key/{KEY}"},
           "AccessDeniedException") for operation in _KEYED),
    *(_kms("nothing named", operation, {}, "ValidationException") for operation in _KEYED),
    _kms("missing alias", "DescribeKey", {"KeyId": "alias/nothing"}, "NotFoundException"),
    _kms("missing key", "ListAliases", {"KeyId": KEY}, "NotFoundException"),
    *(_kms("foreign marker", operation, arguments | {"Marker": "nonsense"}, "InvalidMarkerException")
      for operation, arguments, _ in _LISTS),
    *(_kms(f"page of {size}", operation, arguments | {"Limit": size}, "ValidationException")
      for operation, arguments, most in _LISTS for size in (-1, 0, most + 1)),
    _kms("Region not enabled", "ListKeys", {}, "UnrecognizedClientException", region="ap-east-1"),
    _kms("unknown operation", "ListKeys", {}, "UnknownOperationException", change=_targeted),
    _kms("no JSON", "ListKeys", {}, "SerializationException", change=_garbled),
)

_QUOTAS = ("ListServiceQuotas", "ListAWSDefaultServiceQuotas")


def _quotas(what: str, operation: str, arguments: dict, code: str, **rest) -> Provoked:
    return Provoked(what, "service-quotas", operation, arguments, code, **rest)


_OF_SERVICE_QUOTAS = (
    *(_quotas("missing service", operation, {"ServiceCode": "nothing"}, "NoSuchResourceException")
      for operation in _QUOTAS),
    *(_quotas("nothing named", operation, {}, "ValidationException") for operation in _QUOTAS),
    *(_quotas("foreign token", operation, {"ServiceCode": "kms", "NextToken": "nonsense"},
              "InvalidPaginationTokenException") for operation in _QUOTAS),
    *(_quotas(f"page of {size}", operation, {"ServiceCode": "kms", "MaxResults": size}, "ValidationException")
      for operation in _QUOTAS for size in (0, 101)),
    _quotas("Region not enabled", "ListServiceQuotas", {"ServiceCode": "kms"}, "UnrecognizedClientException",
            region="ap-east-1"),
    _quotas("unknown operation", "ListServiceQuotas", {"ServiceCode": "kms"}, "UnknownOperationException",
            change=_targeted),
)


def _query(n: int = 0, **changed) -> dict:
    metric = {"Namespace": "AWS/Usage", "MetricName": "CallCount", "Dimensions": []}
    return {"Id": f"m{n}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"} | changed}


def _data(what: str, code: str = "ValidationError", **arguments) -> Provoked:
    window = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW, "MetricDataQueries": [_query()]}
    return Provoked(what, "cloudwatch", "GetMetricData", window | arguments, code)


_OF_CLOUDWATCH = (
    Provoked("foreign token", "cloudwatch", "ListMetrics", {"NextToken": "nonsense"}, "InvalidParameterValue"),
    Provoked("other activity", "cloudwatch", "ListMetrics", {"RecentlyActive": "PT4H"}, "InvalidParameterValue"),
    Provoked("Region not enabled", "cloudwatch", "ListMetrics", {}, "UnrecognizedClientException",
             region="ap-east-1"),
    Provoked("unknown operation", "cloudwatch", "ListMetrics", {}, "UnknownOperationException", 404,
             change=_addressed),
    _data("end before start", StartTime=NOW, EndTime=NOW - timedelta(hours=1)),
    _data("no query", MetricDataQueries=[]),
    _data("501 queries", MetricDataQueries=[_query(n) for n in range(501)]),
    _data("too many datapoints", MaxDatapoints=100_801),
    _data("odd period", MetricDataQueries=[_query(Period=90)]),
    _data("unknown statistic", MetricDataQueries=[_query(Stat="Nonsense")]),
    _data("foreign token", "InvalidNextToken", NextToken="nonsense"),
)


def _s3(what: str, operation: str, arguments: dict, code: str, status: int = 400, **rest) -> Provoked:
    return Provoked(what, "s3", operation, arguments, code, status, **rest)


_OF_S3 = (
    _s3("missing bucket", "GetBucketEncryption", {"Bucket": "no-such-bucket-here"}, "NoSuchBucket", 404),
    _s3("other Region", "GetBucketEncryption", {"Bucket": "every-kind-alias"}, "PermanentRedirect", 301,
        headers={"x-amz-bucket-region": "us-east-1"}),
    _s3("no configuration", "GetBucketEncryption", {"Bucket": "every-kind-unencrypted"},
        "ServerSideEncryptionConfigurationNotFoundError", 404),
    _s3("page of 0", "ListBuckets", {"MaxBuckets": 0}, "InvalidArgument"),
    _s3("page of 10,001", "ListBuckets", {"MaxBuckets": 10_001}, "InvalidArgument"),
    _s3("foreign token", "ListBuckets", {"ContinuationToken": "nonsense"}, "InvalidArgument"),
    _s3("other Region", "ListBuckets", {"BucketRegion": "us-east-1"}, "InvalidArgument"),
    _s3("unknown operation", "GetBucketEncryption", {"Bucket": "every-kind-arn"}, "NotImplemented", 501,
        change=_asking_for_acceleration),
)

_OTHERS = (
    Provoked("Region not enabled", "sts", "GetCallerIdentity", {}, "InvalidClientTokenId", 403, "ap-east-1"),
    Provoked("unknown operation", "sts", "GetCallerIdentity", {}, "InvalidAction", change=_acting),
    Provoked("page of 0", "account", "ListRegions", {"MaxResults": 0}, "ValidationException"),
    Provoked("page of 51", "account", "ListRegions", {"MaxResults": 51}, "ValidationException"),
    Provoked("foreign token", "account", "ListRegions", {"NextToken": "nonsense"}, "ValidationException"),
    Provoked("unknown operation", "account", "ListRegions", {}, "UnknownOperationException", change=_addressed),
)

PROVOKED = (*_OF_KMS, *_OF_SERVICE_QUOTAS, *_OF_CLOUDWATCH, *_OF_S3, *_OTHERS)


def ask(served: ServedEstate, provoked: Provoked, protocol: str | None):
    client = served.aws.get(provoked.service, provoked.region or served.estate.home, protocol,
                            parameter_validation=False)
    return captured(client, provoked.operation, provoked.arguments, provoked.change)


@pytest.mark.parametrize("provoked, protocol", [
    (provoked, protocol) for provoked in PROVOKED for protocol in protocols(provoked.service)],
    ids=lambda part: getattr(part, "id", part))
def test_a_refusal_has_the_shape_of_the_model_and_the_protocol(every_kind: ServedEstate, provoked: Provoked,
                                                               protocol: str | None) -> None:
    model, response = ask(every_kind, provoked, protocol)
    assert not error_flaws(model, response, provoked.status, provoked.code), response
    for name, value in provoked.headers.items():
        assert response.headers.get(name) == value


@pytest.mark.parametrize("provoked", [
    next(provoked for provoked in PROVOKED if provoked.service == service)
    for service in ("kms", "service-quotas", "cloudwatch", "s3", "sts", "account")], ids=lambda part: part.id)
def test_a_refusal_that_is_wrong_is_caught(every_kind: ServedEstate, provoked: Provoked) -> None:
    model, response = ask(every_kind, provoked, protocols(provoked.service)[0])
    right = (provoked.status, provoked.code)
    assert error_flaws(model, response, *right) == []
    assert error_flaws(model, response, 418, provoked.code)
    assert error_flaws(model, response, provoked.status, "Invented")
    body = response.body
    for worse in (body[:-1], b"{}", b"<Error/>", b"\xa0", body.replace(b"essage", b"assage")):
        assert error_flaws(model, Response(response.status, response.headers, worse), *right), worse
    for name in response.headers:
        if name.startswith("x-amz"):
            headers = {other: value for other, value in response.headers.items() if other != name}
            assert error_flaws(model, Response(response.status, headers, body), *right), name
