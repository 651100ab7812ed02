"""The AWS CLI reads the sandbox: what it prints is what the estate file says.

It brings its own botocore, with its own parsers and paging. Each start of it takes most of a second, so they go side by
side, and there is one for each operation; boto3 asks about the rest of the estate.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from awscli.botocore.loaders import Loader
from botocore import xform_name
from conftest import ServedEstate
from operations import OPERATIONS, Operation, Subject
from served_sandbox import PROTOCOLS, Clients, protocols

CLI = Path(sys.executable).parent / "aws"
ASKED = [(operation, protocol) for operation in OPERATIONS for protocol in protocols(operation.service)]
# A service's refusal, and everything else that stops it.
# https://docs.aws.amazon.com/cli/v1/userguide/cli-usage-returncodes.html
FAILED = 255


@dataclass(frozen=True)
class Printed:
    code: int
    stdout: str
    stderr: str

    @property
    def answer(self) -> dict:
        assert self.code == 0, self.stderr
        return json.loads(self.stdout)


@dataclass
class AwsCli:
    """The AWS CLI in an empty home of its own."""

    home: Path
    pool: ThreadPoolExecutor

    def start(self, aws: Clients, service: str, operation: str, region: str, arguments: dict, *options: str,
              protocol: str | None = None) -> Future[Printed]:
        command = [str(CLI), {"s3": "s3api", "config": "configservice"}.get(service, service), xform_name(operation, "-"),
                   "--endpoint-url", aws.endpoint, "--region", region, "--output", "json", *options]
        if arguments:
            command += ["--cli-input-json", json.dumps(arguments, default=datetime.isoformat)]
        return self.pool.submit(self._run, command, self._environment(protocol))

    def _environment(self, protocol: str | None) -> dict[str, str]:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.home), "LANG": "C.UTF-8",
                       "AWS_CONFIG_FILE": str(self.home / "config"), "AWS_EC2_METADATA_DISABLED": "true",
                       "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "",
                       "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
        return environment | ({"AWS_DATA_PATH": str(self.home / protocol)} if protocol else {})

    def _run(self, command: list[str], environment: dict[str, str]) -> Printed:
        run = subprocess.run(command, cwd=self.home, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, encoding="utf-8", timeout=60, check=False)
        return Printed(run.returncode, run.stdout, run.stderr)


def _models_of_one_protocol(home: Path) -> None:
    """For each protocol to choose, a folder with the models of the services that shall speak no other."""
    for service, choice in PROTOCOLS.items():
        for protocol in choice:
            model = Loader().load_service_model(service, "service-2")
            model["metadata"] |= {"protocol": protocol, "protocols": [protocol]}
            folder = home / protocol / service / model["metadata"]["apiVersion"]
            folder.mkdir(parents=True)
            (folder / "service-2.json").write_text(json.dumps(model), encoding="utf-8")


@pytest.fixture(scope="module")
def aws_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsCli]:
    home = tmp_path_factory.mktemp("aws-cli")
    (home / "config").write_text("[default]\ncli_timestamp_format = iso8601\n")
    _models_of_one_protocol(home)
    with ThreadPoolExecutor(3) as pool:
        yield AwsCli(home, pool)


@pytest.fixture(scope="module")
def started(aws_cli: AwsCli, estates: list[ServedEstate],
            ) -> dict[tuple[Operation, str | None], tuple[Subject, Future[Printed]]]:
    """Each operation, asked about one thing, and each about another."""
    running = {}
    for n, (operation, protocol) in enumerate(ASKED):
        asked = [(served.aws, subject) for served in estates for subject in served.subjects_of(operation)]
        aws, subject = asked[5 * n % len(asked)]
        paging = ("--page-size", str(operation.page_size)) if operation.page_size else ()
        running[operation, protocol] = subject, aws_cli.start(
            aws, operation.service, operation.name, subject.region, operation.arguments(subject), *paging,
            protocol=protocol)
    return running


@pytest.mark.parametrize("operation, protocol", ASKED, ids=lambda part: getattr(part, "id", part))
def test_the_aws_cli_prints_what_the_estate_file_says(started, operation: Operation, protocol: str | None) -> None:
    subject, printed = started[operation, protocol]
    assert operation.read(printed.result().answer, subject) == operation.said(subject), subject.label


def test_a_list_can_be_taken_up_where_the_aws_cli_left_off(aws_cli: AwsCli, saas_tenants: ServedEstate) -> None:
    aws, home = saas_tenants.aws, saas_tenants.estate.home
    names = sorted(bucket.name for bucket in saas_tenants.estate.buckets())
    some = ("--page-size", "2", "--max-items", "5")
    first = aws_cli.start(aws, "s3", "ListBuckets", home, {}, *some).result().answer
    rest = aws_cli.start(aws, "s3", "ListBuckets", home, {}, "--page-size", "7",
                         "--starting-token", first["NextToken"]).result().answer
    assert [bucket["Name"] for bucket in first["Buckets"] + rest["Buckets"]] == names
    assert len(first["Buckets"]) == 5


# Of each protocol one, and a Region that has not been enabled.
REFUSALS = {
    ("kms", "DescribeKey", "eu-west-3"): ({"KeyId": "00000000-0000-4000-8000-00000000dead"}, "NotFoundException"),
    ("kms", "ListKeys", "ap-east-1"): ({}, "UnrecognizedClientException"),
    ("s3", "GetBucketEncryption", "eu-west-3"): ({"Bucket": "no-such-bucket-here"}, "NoSuchBucket"),
    ("cloudwatch", "ListMetrics", "eu-west-3"): ({"NextToken": "nonsense"}, "InvalidParameterValue"),
    ("account", "ListRegions", "eu-west-3"): ({"NextToken": "nonsense"}, "ValidationException"),
    ("sts", "GetSessionToken", "eu-west-3"): ({}, "InvalidAction"),
}


@pytest.fixture(scope="module")
def refused(aws_cli: AwsCli, saas_tenants: ServedEstate) -> dict[tuple[str, ...], Future[Printed]]:
    return {call: aws_cli.start(saas_tenants.aws, *call, arguments, "--no-paginate", protocol=protocols(call[0])[0])
            for call, (arguments, _) in REFUSALS.items()}


@pytest.mark.parametrize("call", REFUSALS, ids=":".join)
def test_the_aws_cli_ends_with_the_code_of_the_refusal(refused, call: tuple[str, ...]) -> None:
    printed = refused[call].result()
    assert printed.code == FAILED, printed
    assert printed.stdout == ""
    assert f"An error occurred ({REFUSALS[call][1]}) when calling the {call[1]} operation" in printed.stderr
