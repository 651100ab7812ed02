"""boto3 and the AWS CLI read what the sandbox answers beyond the inventory, and agree with the estate files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from conftest import REPOSITORY, Program
from operations import put_together
from other_operations import INCIDENT, ORGANIZATION, QUESTIONS, REGULATED, ROLE, Question, region_of
from served_sandbox import Clients, protocols, serve
from test_aws_cli import AwsCli, aws_cli  # noqa: F401: a fixture
from wire_shapes import captured, flaws

ASKED = [(question, protocol) for question in QUESTIONS for protocol in protocols(question.service)]
each_question = pytest.mark.parametrize("question, protocol", ASKED, ids=str)


@pytest.fixture(scope="module")
def served(program: Program) -> Iterator[dict[str, Clients]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(serve(program, REPOSITORY / "fixtures" / "estates" / f"{name}.toml"))
               for name in (REGULATED, INCIDENT, ORGANIZATION)}


def arguments(aws: Clients, question: Question) -> dict:
    """What to ask, with the ids that only the server knows."""
    given, region = dict(question.arguments), region_of(question.estate)
    if question.key:
        pages = aws.get("kms", region).get_paginator("list_aliases").paginate()
        given["KeyId"] = next(alias["TargetKeyId"] for page in pages for alias in page["Aliases"]
                              if alias["AliasName"] == question.key)
    if given.get("ParentId") == "root":
        given["ParentId"] = aws.get("organizations", region).list_roots()["Roots"][0]["Id"]
    return given


@each_question
def test_boto3_reads_what_the_estate_file_says(served: dict[str, Clients], question: Question,
                                               protocol: str | None) -> None:
    aws = served[question.estate]
    client = aws.get(question.service, region_of(question.estate), protocol)
    method, given = xform_name(question.operation), arguments(aws, question)
    if client.can_paginate(method) and "Limit" not in given:
        answer = put_together(list(client.get_paginator(method).paginate(**given)))
    else:
        answer = getattr(client, method)(**given)
    assert question.read(answer) == question.said


@each_question
def test_every_answer_has_the_shape_of_the_model(served: dict[str, Clients], question: Question,
                                                 protocol: str | None) -> None:
    aws = served[question.estate]
    client = aws.get(question.service, region_of(question.estate), protocol)
    assert flaws(*captured(client, question.operation, arguments(aws, question))) == []


def test_the_aws_cli_reads_what_the_estate_file_says(served: dict[str, Clients], aws_cli: AwsCli) -> None:  # noqa: F811
    started = []
    for question in QUESTIONS:
        aws, region = served[question.estate], region_of(question.estate)
        given = arguments(aws, question)
        started.append((question, aws_cli.start(aws, question.service, question.operation, region, given)))
    for question, printed in started:
        assert question.read(printed.result().answer) == question.said, str(question)


def test_the_credentials_of_a_role_open_its_account_and_no_other(served: dict[str, Clients]) -> None:
    aws = served[ORGANIZATION]
    region = region_of(ORGANIZATION)
    sts = aws.get("sts", region)
    assumed = sts.assume_role(RoleArn=ROLE, RoleSessionName="weekly")["Credentials"]
    own = aws.get("kms", "eu-west-3").list_keys(Limit=1000)["Keys"]
    kms = aws.with_credentials(assumed).get("kms", "eu-west-3")
    keys = kms.list_keys(Limit=1000)["Keys"]
    assert (len(own), len(keys)) == (1, 42)
    assert all(":333300000007:" in key["KeyArn"] for key in keys)
    with pytest.raises(ClientError) as refused:
        kms.describe_key(KeyId=own[0]["KeyArn"])
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("account", ["666600000001", "666600000006", "999900000001"])
def test_an_account_that_is_suspended_closed_or_not_there_cannot_be_entered(served: dict[str, Clients],
                                                                            account: str) -> None:
    sts = served[ORGANIZATION].get("sts", region_of(ORGANIZATION))
    with pytest.raises(ClientError) as refused:
        sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/KmsAuditReadOnly", RoleSessionName="weekly")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
