"""A tiny server on 127.0.0.1 that answers as badly as a test wants it to.

`FakeAws` answers the calls of a scan of a nearly empty account; a test overrides single operations. It keeps a list
of what it was asked. It is for faults only: that the program understands AWS is tested against servers written by
others.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "111122223333"

HTML = (b"<!doctype html><html lang=en><title>It works!</title><h1>It works!</h1>"
        b"<p>This is the default page of a proxy.</p></html>")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Request:
    """One request: `operation` as `kms:ListKeys`, and its parameters where they are JSON."""

    operation: str
    region: str
    parameters: dict


def awsjson(body: dict, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode(), "application/x-amz-json-1.1")


def denied(what: str) -> Answer:
    return awsjson({"__type": "AccessDeniedException", "Message": f"User is not authorized to perform: {what}"}, 400)


def sts_error(status: int, code: str, message: str) -> Answer:
    return Answer(status, (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>").encode(), "text/xml")


def html(status: int = 200) -> Answer:
    return Answer(status, HTML, "text/html; charset=utf-8")


def _caller_identity() -> Answer:
    return Answer(200, (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>arn:aws:iam::{ACCOUNT}:user/auditor</Arn><UserId>AIDAEXAMPLE</UserId><Account>{ACCOUNT}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>").encode(), "text/xml")


def _no_buckets() -> Answer:
    return Answer(200, (b'<?xml version="1.0" encoding="UTF-8"?>'
                        b'<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                        b"<Owner><ID>1</ID></Owner><Buckets></Buckets></ListAllMyBucketsResult>"), "application/xml")


def _cbor_of_an_empty_list(member: str) -> Answer:
    name = member.encode()
    assert len(name) < 24
    body = bytes([0xA1, 0x60 + len(name)]) + name + b"\x80"
    return Answer(200, body, "application/cbor", (("smithy-protocol", "rpc-v2-cbor"),))


def key_id(n: int) -> str:
    return f"{n:08x}-0000-4000-8000-000000000000"


def key_arn(n: int, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_id(n)}"


def key_page(numbers, marker: str | None = None) -> Answer:
    page = {"Keys": [{"KeyId": key_id(n), "KeyArn": key_arn(n)} for n in numbers], "Truncated": marker is not None}
    return awsjson(page | ({"NextMarker": marker} if marker else {}))


def _describe_key(request: Request) -> Answer:
    name = request.parameters["KeyId"].rsplit("/", 1)[-1]
    return awsjson({"KeyMetadata": {
        "AWSAccountId": ACCOUNT, "KeyId": name, "Arn": f"arn:aws:kms:{request.region}:{ACCOUNT}:key/{name}",
        "CreationDate": 1_700_000_000, "Enabled": True, "Description": "", "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False}})


DEFAULTS: dict[str, Callable[[Request], Answer]] = {
    "sts:GetCallerIdentity": lambda _: _caller_identity(),
    "kms:ListKeys": lambda _: key_page([]),
    "kms:ListAliases": lambda _: awsjson({"Aliases": [], "Truncated": False}),
    "kms:DescribeKey": _describe_key,
    "kms:ListResourceTags": lambda _: awsjson(
        {"Tags": [{"TagKey": "requirement", "TagValue": "policy"}], "Truncated": False}),
    "servicequotas:ListServiceQuotas": lambda _: awsjson({"Quotas": []}),
    "servicequotas:ListAWSDefaultServiceQuotas": lambda _: awsjson({"Quotas": []}),
    "cloudwatch:DescribeAlarms": lambda _: _cbor_of_an_empty_list("MetricAlarms"),
    "cloudwatch:ListMetrics": lambda _: _cbor_of_an_empty_list("Metrics"),
    "cloudwatch:GetMetricData": lambda _: _cbor_of_an_empty_list("MetricDataResults"),
    "s3:ListBuckets": lambda _: _no_buckets(),
}


class FakeAws:
    """`with FakeAws({"kms:ListKeys": answer}) as server: … server.endpoint …`"""

    def __init__(self, overrides: dict[str, Callable[[Request], Answer]] | None = None,
                 everything: Callable[[Request], Answer] | None = None,
                 tls: ssl.SSLContext | None = None) -> None:
        self._answers = DEFAULTS | (overrides or {})
        self._everything = everything
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = fake._answer(_request(self.command, self.path, self.headers, body))
                self.send_response(answer.status)
                self.send_header("content-type", answer.content_type)
                self.send_header("content-length", str(len(answer.body)))
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _answer

            def log_message(self, *_) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeAws:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def asked(self, operation: str) -> list[Request]:
        with self._lock:
            return [request for request in self.requests if request.operation == operation]

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
        if self._everything:
            return self._everything(request)
        answer = self._answers.get(request.operation)
        return answer(request) if answer else html(404)


def _request(method: str, path: str, headers, body: bytes) -> Request:
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("authorization") or "")
    region, signed_for = scope.groups() if scope else ("", "")
    parameters: dict = {}
    if target := headers.get("x-amz-target"):
        operation = target.split(".")[-1]
        parameters = json.loads(body or b"{}")
    elif "/operation/" in path:
        operation = path.rsplit("/", 1)[-1]
    elif signed_for == "s3":
        operation = "ListBuckets" if urlsplit(path).path == "/" and method == "GET" else f"{method} {path}"
    elif b"Action=" in body:
        operation = parse_qs(body.decode())["Action"][0]
    else:
        operation = f"{method} {path}"
    service = {"monitoring": "cloudwatch"}.get(signed_for, signed_for)
    return Request(f"{service}:{operation}", region, parameters)
