"""The sandbox behind its loopback door, and boto3 clients that are pointed at it or at another AWS server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

CBOR = "smithy-rpc-v2-cbor"

# The protocols in which the sandbox speaks a service that has several. botocore and the AWS CLI choose by themselves
# where a service is not listed.
PROTOCOLS = {"cloudwatch": ("json", CBOR)}


def protocols(service: str) -> tuple[str | None, ...]:
    """What to ask a service in; None where there is no choice."""
    return PROTOCOLS.get(service, (None,))


@dataclass
class Clients:
    """boto3 clients for one AWS server, made once per service, Region and protocol."""

    endpoint: str
    access_key: str = "any"
    session_token: str | None = None
    _sessions: dict[str | None, boto3.Session] = field(default_factory=dict)
    _made: dict[tuple, object] = field(default_factory=dict)

    def get(self, service: str, region: str, protocol: str | None = None, **settings):
        """Settings are botocore's, such as `parameter_validation`."""
        wanted = (service, region, protocol, *sorted(settings.items()))
        if wanted not in self._made:
            self._made[wanted] = self._session(service, protocol).client(
                service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=self.access_key,
                aws_secret_access_key="not-a-secret",
                aws_session_token=self.session_token,
                config=Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"},
                              **settings))
        return self._made[wanted]

    def with_credentials(self, assumed: dict) -> Clients:
        """Clients that sign with what AssumeRole gave."""
        return Clients(self.endpoint, assumed["AccessKeyId"], assumed["SessionToken"])

    def _session(self, service: str, protocol: str | None) -> boto3.Session:
        if protocol not in self._sessions:
            session = botocore.session.get_session()
            if protocol:
                model = session.get_component("data_loader").load_service_model(service, "service-2")
                model["metadata"] |= {"protocol": protocol, "protocols": [protocol]}
            self._sessions[protocol] = boto3.Session(botocore_session=session)
        return self._sessions[protocol]


@contextmanager
def serve(program, estate: Path | None = None) -> Iterator[Clients]:
    """Clients of an estate, the built-in one without a path, which the program itself serves."""
    arguments = ["sandbox", "serve", *([estate] if estate else [])]
    process = program.start(*arguments, endpoint=None, access_key=None, region=None)
    try:
        endpoint = process.stdout.readline().strip().removeprefix("AWS_ENDPOINT_URL=")
        assert endpoint.startswith("http://127.0.0.1:"), process.stderr.read()
        yield Clients(endpoint)
    finally:
        process.terminate()
        _, stderr = process.communicate(timeout=10)
        assert process.returncode == 128 + 15 and "panicked" not in stderr, stderr
