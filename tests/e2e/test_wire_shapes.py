"""What the served sandbox sends is what the public API models say, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import cbor2
import pytest
from botocore import xform_name
from botocore.model import OperationModel, Shape
from conftest import ServedEstate
from operations import OPERATIONS, Operation
from other_operations import ANSWERED_IN_OTHER_TESTS, QUESTIONS
from served_sandbox import protocols
from wire_shapes import NOT_YET_IN_THE_MODEL, Response, captured, decoded, encoded, flaws

ASKED = [(operation, protocol) for operation in OPERATIONS for protocol in protocols(operation.service)]
Answer = tuple[str, OperationModel, Response]
Answers = Callable[[Operation, str | None], list[Answer]]
each_operation = pytest.mark.parametrize("operation, protocol", ASKED, ids=lambda part: getattr(part, "id", part))


def responses(served: ServedEstate, operation: Operation, protocol: str | None) -> Iterator[Answer]:
    """To each subject, the first page as it came: of the size in the table, and of the usual one."""
    for subject in served.subjects_of(operation):
        client = served.aws.get(operation.service, subject.region, protocol)
        arguments = operation.arguments(subject)
        yield subject.label, *captured(client, operation.name, arguments)
        if operation.page_size:
            limit = client.get_paginator(xform_name(operation.name))._limit_key
            yield subject.label, *captured(client, operation.name, arguments | {limit: operation.page_size})


@pytest.fixture(scope="module")
def answers(estates: list[ServedEstate]) -> Answers:
    """Asks each question once."""
    @cache
    def ask(operation: Operation, protocol: str | None) -> list[Answer]:
        return [answer for served in estates for answer in responses(served, operation, protocol)]

    return ask


@each_operation
def test_every_answer_has_the_shape_of_the_model(answers: Answers, operation: Operation,
                                                 protocol: str | None) -> None:
    answered = answers(operation, protocol)
    assert answered
    assert not {label: wrong for label, model, response in answered if (wrong := flaws(model, response))}


def longest(answered: list[Answer], having: bytes = b"") -> tuple[OperationModel, Response]:
    """It has the most that can go wrong."""
    _, model, response = max((answer for answer in answered if having in answer[2].body),
                             key=lambda answer: len(answer[2].body))
    assert not flaws(model, response)
    return model, response


def test_the_estate_of_every_kind_has_every_kind_of_key(every_kind: ServedEstate) -> None:
    keys = [subject.in_file.metadata() for subject in every_kind.subjects["key"]]
    model = every_kind.aws.get("kms", every_kind.estate.home).meta.service_model
    for member, shape in model.shape_for("KeyMetadata").members.items():
        if member in ("KeySpec", "KeyUsage", "KeyState", "Origin", "KeyManager"):
            assert {key[member] for key in keys} == set(shape.enum), member


def test_what_the_model_lacks_it_lacks_still(every_kind: ServedEstate) -> None:
    model = every_kind.aws.get("kms", every_kind.estate.home).meta.service_model
    for name, values in NOT_YET_IN_THE_MODEL.items():
        assert values.isdisjoint(model.shape_for(name).enum), name


# Those of the operation table, and those it may yet need.
SERVICES = ("account", "cloudtrail", "cloudwatch", "config", "kms", "logs", "organizations",
            "resourcegroupstaggingapi", "s3", "service-quotas", "sts")


def test_the_table_has_every_operation_that_the_sandbox_answers(saas_tenants: ServedEstate) -> None:
    listed = {operation.id for operation in OPERATIONS} | {question.id for question in QUESTIONS}
    listed |= ANSWERED_IN_OTHER_TESTS
    answered = set()
    for service in SERVICES:
        client = saas_tenants.aws.get(service, saas_tenants.estate.home, protocols(service)[0],
                                      parameter_validation=False, inject_host_prefix=False)
        for name in client.meta.service_model.operation_names:
            if f"{service}:{name}" not in listed and _is_known(client, name):
                answered.add(f"{service}:{name}")
    assert sorted(answered) == [], "give each of them an entry in operations.py or other_operations.py"


_UNKNOWN = (b"UnknownOperationException", b"InvalidAction")


def _is_known(client, name: str) -> bool:
    """Whether the sandbox has an operation, with whatever it is asked."""
    model = client.meta.service_model.operation_model(name)
    if model.auth_type == "none":
        return False  # unsigned: the sandbox answers whom a request is signed for
    in_path = {member: "x" for member, shape in (model.input_shape.members.items() if model.input_shape else ())
               if shape.serialization.get("location") == "uri" or shape.serialization.get("hostLabel")}
    _, response = captured(client, name, in_path)
    told = response.body + response.headers.get("x-amzn-errortype", "").encode()
    return response.status != 501 and not any(code in told for code in _UNKNOWN)


# ---- a response that is wrong is caught ----------------------------------------------------------------------------


def spoiled(shape: Shape, tree: object) -> Iterator[tuple[str, object]]:
    """The tree, each time with one thing wrong in it."""
    if shape.type_name == "structure":
        yield "unknown member", tree | {"Invented": "x"}
        yield "structure that is a list", [tree]
        for name in shape.required_members:
            yield f"missing {name}", {member: value for member, value in tree.items() if member != name}
        for name in tree:
            yield f"null {name}", tree | {name: None}
            for what, worse in spoiled(shape.members[name], tree[name]):
                yield f"{name}: {what}", tree | {name: worse}
    elif shape.type_name == "list":
        yield "list that is a structure", {"0": tree}
        for what, worse in spoiled(shape.member, tree[0]) if tree else ():
            yield f"first {what}", [worse, *tree[1:]]
    elif shape.type_name == "map":
        yield "map that is a list", list(tree)
    elif shape.type_name == "string":
        yield "string that is a number", 7
        if shape.enum:
            yield "value out of the enum", "Invented"
        if shape.metadata.get("max", 10_000) < 10_000:
            yield "long string", "x" * (shape.metadata["max"] + 1)
    elif shape.type_name == "boolean":
        yield "boolean that is text", "true"
        yield "boolean that is a number", 1
    elif shape.type_name == "timestamp":
        yield "timestamp that is text", "2026-06-15T06:00:00Z"
        yield "timestamp with the tag of text", cbor2.CBORTag(0, "2026-06-15T06:00:00Z")
    else:
        yield "number that is text", "1"
        yield "number that is a boolean", True


@pytest.mark.parametrize("operation, protocol", [
    asked for asked in ASKED if asked[0].service not in ("s3", "sts")], ids=lambda part: getattr(part, "id", part))
def test_whatever_is_wrong_in_a_json_or_cbor_answer_is_caught(answers: Answers, operation: Operation,
                                                              protocol: str | None) -> None:
    model, response = longest(answers(operation, protocol))
    tree = decoded(model, response.body)
    tried = 0
    for what, worse in spoiled(model.output_shape, tree):
        try:
            body = encoded(model, worse)
        except TypeError:
            continue  # JSON has no tags
        tried += 1
        assert flaws(model, Response(200, response.headers, body)), what
    assert tried > 3


XML_MUTATIONS = {
    ("s3", "ListBuckets"): {
        b"<Name>": b"<Called>x</Called><Name>",
        b"<BucketRegion>": b"<BucketRegion>eu-west-9</BucketRegion><BucketRegion>",
        b"Bucket>": b"bucket>",
        b"T09:00:00.000Z": b" 09:00:00",
        b"ListAllMyBucketsResult": b"ListBucketsOutput",
        b"2006-03-01": b"2006-03-02",
        b"<Buckets>": b"<Buckets>two",
        b"<Owner>": b"<Owner id='1'>",
    },
    ("s3", "GetBucketEncryption"): {
        b"aws:kms": b"AWS:KMS",
        b">false<": b">False<",
        b"Rule>": b"Rules>",
        b"SSEAlgorithm": b"Algorithm",
        b"<KMSMasterKeyID>": b"<KMSMasterKeyID><Id>1</Id>",
    },
    ("sts", "GetCallerIdentity"): {
        b"GetCallerIdentityResult": b"CallerIdentity",
        b"<RequestId>": b"<RequestId>0",
        b"arn:aws:sts": b"arn\x01",
        b"<Arn>arn:": b"<Arn>\xe2\x82\xac\xf0\x9f\x94\x91<b/>",
        b"Account>": b"AccountId>",
        b"2011-06-15": b"2011-06-16",
    },
}


@pytest.mark.parametrize("service, name, old, new", [
    (*operation, old, new) for operation, mutations in XML_MUTATIONS.items() for old, new in mutations.items()])
def test_whatever_is_wrong_in_an_xml_answer_is_caught(answers: Answers, service: str, name: str,
                                                      old: bytes, new: bytes) -> None:
    operation = next(one for one in OPERATIONS if (one.service, one.name) == (service, name))
    model, response = longest(answers(operation, None), having=old)
    assert flaws(model, Response(200, response.headers, response.body.replace(old, new)))


@each_operation
def test_a_missing_or_foreign_header_is_caught(answers: Answers, operation: Operation,
                                               protocol: str | None) -> None:
    model, response = longest(answers(operation, protocol))
    ids = [name for name in response.headers if "request" in name or name == "x-amz-id-2"]
    assert ids
    for name in ids:
        headers = {other: value for other, value in response.headers.items() if other != name}
        assert flaws(model, Response(200, headers, response.body)), name
    for wrong in ("text/html", "application/json; charset=utf-8", ""):
        headers = {**response.headers, "content-type": wrong}
        assert flaws(model, Response(200, headers, response.body)), wrong
    assert flaws(model, Response(201, response.headers, response.body))
    assert flaws(model, Response(200, response.headers, b"<html>It works!"))
