"""boto3 meets the faults of a served estate: each is, to a client that nobody here wrote, what AWS does."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, ReadTimeoutError
from conftest import Program

ESTATE = """
as_of = 2026-06-15T06:00:00Z
account = { id = "111122223333" }

[organization]
id = "o-example1234"

[[region]]
name = "us-east-1"
key = [{ count = 30, alias = "alias/app-{n:02}" }]

[[member]]
id = "200000000001"
role = [{ name = "Audit" }]
region = [{ name = "us-east-1", key = [{ count = 2 }] }]

[[bucket]]
name = "invoices"
region = "us-east-1"
encryption = "SSE-KMS"

[[fault]]
"""

Client = Callable[..., object]


@pytest.fixture
def aws(program: Program, tmp_path) -> Iterator[Callable[[str], Client]]:
    """Serves the estate with a fault, and makes clients that try once unless told otherwise."""
    started = []

    def serve(fault: str) -> Client:
        estate = tmp_path / f"estate-{len(started)}.toml"
        estate.write_text(ESTATE + fault, encoding="utf-8")
        process = program.start("sandbox", "serve", estate, endpoint=None, access_key=None, region=None)
        started.append(process)
        endpoint = process.stdout.readline().strip().removeprefix("AWS_ENDPOINT_URL=")
        session = botocore.session.get_session()
        # Of the protocols CloudWatch speaks, the sandbox has the one the AWS SDK for Rust uses.
        model = session.get_component("data_loader").load_service_model("cloudwatch", "service-2")
        model["metadata"] |= {"protocol": "smithy-rpc-v2-cbor", "protocols": ["smithy-rpc-v2-cbor"]}
        made = boto3.Session(botocore_session=session)

        def client(service: str, credentials: dict | None = None, attempts: int = 1, **config):
            credentials = credentials or {"AccessKeyId": "any", "SecretAccessKey": "any", "SessionToken": None}
            return made.client(service, endpoint_url=endpoint, region_name="us-east-1",
                               aws_access_key_id=credentials["AccessKeyId"],
                               aws_secret_access_key=credentials["SecretAccessKey"],
                               aws_session_token=credentials["SessionToken"],
                               config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, **config))

        client.address = endpoint.removeprefix("http://")
        return client

    yield serve
    for process in started:
        process.terminate()
        assert process.wait(timeout=10) == 128 + 15


def refusal(call: Callable, **arguments) -> tuple[int, str, str]:
    """The status, the code and the message of a call that is refused."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


CALLS = [
    ("kms", "list_keys", {}),
    ("service-quotas", "list_service_quotas", {"ServiceCode": "kms"}),
    ("cloudwatch", "list_metrics", {}),
    ("s3", "list_buckets", {}),
    ("sts", "get_caller_identity", {}),
    ("account", "list_regions", {}),
    ("organizations", "list_roots", {}),
]


def test_every_service_throttles_with_a_code_that_botocore_retries(aws) -> None:
    client = aws('kind = "throttle"\nrps = 0.001')
    said = {}
    for service, operation, arguments in CALLS:
        call = getattr(client(service), operation)
        call(**arguments)
        said[service] = refusal(call, **arguments)[:2]
    assert said == {
        "kms": (400, "ThrottlingException"),
        "service-quotas": (400, "TooManyRequestsException"),
        "cloudwatch": (400, "Throttling"),
        "s3": (503, "SlowDown"),
        "sts": (400, "Throttling"),
        "account": (429, "TooManyRequestsException"),
        "organizations": (400, "TooManyRequestsException"),
    }
    from botocore.retries.standard import ThrottledRetryableChecker

    assert {code for _, code in said.values()} <= set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)


def test_botocore_outlasts_a_throttle(aws) -> None:
    kms = aws('kind = "throttle"\nservice = "kms"\nrps = 4\nburst = 1')("kms", attempts=9)
    retries = [kms.list_keys()["ResponseMetadata"]["RetryAttempts"] for _ in range(3)]
    assert retries[0] == 0 and sum(retries) > 0


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_every_service_refuses_signatures_by_its_own_clock(aws, seconds: int) -> None:
    client = aws(f'kind = "clock-skew"\nseconds = {seconds}')
    said = {service: refusal(getattr(client(service), operation), **arguments)
            for service, operation, arguments in CALLS}
    assert {service: answer[:2] for service, answer in said.items()} == {
        "kms": (400, "InvalidSignatureException"),
        "service-quotas": (400, "InvalidSignatureException"),
        "cloudwatch": (403, "SignatureDoesNotMatch"),
        "s3": (403, "RequestTimeTooSkewed"),
        "sts": (403, "SignatureDoesNotMatch"),
        "account": (403, "InvalidSignatureException"),
        "organizations": (400, "InvalidSignatureException"),
    }
    words = "Signature expired: " if seconds > 0 else "Signature not yet current: "
    assert all(message.startswith(words) for service, (_, _, message) in said.items() if service != "s3")
    with pytest.raises(ClientError) as refused:
        client("s3").list_buckets()
    error = refused.value.response["Error"]
    assert error["MaxAllowedSkewMilliseconds"] == "900000"
    ahead = datetime.fromisoformat(error["ServerTime"]) - datetime.now(timezone.utc)
    assert abs(ahead - timedelta(seconds=seconds)) < timedelta(seconds=10)
    date = refused.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]
    ahead = parsedate_to_datetime(date) - datetime.now(timezone.utc)
    assert abs(ahead - timedelta(seconds=seconds)) < timedelta(seconds=10)


def test_a_session_expires_in_use_and_a_new_one_begins_afresh(aws) -> None:
    client = aws('kind = "expired-credentials"\naccount = "200000000001"\nafter = 3')
    sts = client("sts")
    for _ in range(2):
        assumed = sts.assume_role(RoleArn="arn:aws:iam::200000000001:role/Audit", RoleSessionName="weekly")
        kms, s3 = client("kms", assumed["Credentials"]), client("s3", assumed["Credentials"])
        assert [len(kms.list_keys()["Keys"]) for _ in range(3)] == [2, 2, 2]
        assert refusal(kms.list_keys)[:2] == (400, "ExpiredTokenException")
        assert refusal(s3.list_buckets)[:2] == (400, "ExpiredToken")
    assert len(client("kms").list_keys()["Keys"]) == 30


def test_a_service_control_policy_denies_members_and_says_so(aws) -> None:
    client = aws('kind = "denied-by-scp"\nservice = "kms"')
    assumed = client("sts").assume_role(RoleArn="arn:aws:iam::200000000001:role/Audit", RoleSessionName="weekly")
    status, code, message = refusal(client("kms", assumed["Credentials"]).list_keys)
    assert (status, code) == (400, "AccessDeniedException")
    assert message.startswith("User: arn:aws:sts::200000000001:assumed-role/Audit/weekly is not authorized to perform: "
                              "kms:ListKeys on resource: * with an explicit deny in a service control policy: arn:aws:"
                              "organizations::111122223333:policy/o-example1234/service_control_policy/p-")
    assert len(client("kms").list_keys()["Keys"]) == 30


def test_random_errors_are_the_same_for_every_server_and_order(aws) -> None:
    fault = 'kind = "error"\nservice = "kms"\ncode = "KMSInternalException"\nrate = 0.3\nseed = 7'

    def failures(order: range) -> dict[int, int]:
        kms = aws(fault)("kms")
        failed = dict.fromkeys(range(1, 31), 0)
        for n in order:
            while True:
                try:
                    kms.describe_key(KeyId=f"alias/app-{n:02}")
                    break
                except kms.exceptions.KMSInternalException as error:
                    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
                    failed[n] += 1
        return failed

    forth = failures(range(1, 31))
    assert forth == failures(range(30, 0, -1))
    assert 0 < sum(forth.values()) < 30


def test_a_stalled_answer_has_a_beginning_and_no_end(aws) -> None:
    client = aws('kind = "stall"\nservice = "kms"')
    with pytest.raises(ReadTimeoutError):
        client("kms", read_timeout=1).list_keys()
    connection = http.client.HTTPConnection(client.address, timeout=1)
    connection.request("POST", "/", body="{}", headers={
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260615/us-east-1/kms/aws4_request",
        "X-Amz-Target": "TrentService.ListKeys",
    })
    answer = connection.getresponse()
    assert answer.status == 200
    beginning = b""
    with pytest.raises(TimeoutError):
        while byte := answer.read(1):
            beginning += byte
    assert beginning.startswith(b'{"Keys":') and len(beginning) > 100
    connection.close()
    # The others are answered in the meantime.
    assert client("sts").get_caller_identity()["Account"] == "111122223333"


def test_broken_connections_are_broken_connections(aws) -> None:
    with pytest.raises(ConnectionClosedError):
        aws('kind = "reset"\nservice = "kms"')("kms").list_keys()
    with pytest.raises(HTTPClientError):
        aws('kind = "truncated-body"\nservice = "kms"')("kms").list_keys()
