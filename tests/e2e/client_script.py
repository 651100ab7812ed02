"""One client script for any AWS server: it makes the calls of the table and notes the shape of each answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape
from botocore.parsers import ResponseParserError
from operations import Operation, Subject
from served_sandbox import Clients


@dataclass(frozen=True)
class Refused:
    """A call without an answer, and why."""

    code: str


# A member's path, such as `Keys[].KeyId`, and what kind of value is there.
Types = dict[str, str]


def run(aws: Clients, operation: Operation, about: list[Subject],
        protocol: str | None = None) -> dict[str, Types | Refused]:
    """By subject, everything there is in the answer to a call, and to the same call for a page of one."""
    noted: dict[str, Types | Refused] = {}
    for subject in about:
        client = aws.get(operation.service, subject.region, protocol)
        output = client.meta.service_model.operation_model(operation.name).output_shape
        arguments = operation.arguments(subject)
        try:
            noted[subject.label] = {
                path: kind for page in _pages(client, operation, arguments) for path, kind in _types(output, page, "")}
        except ClientError as refused:
            noted[subject.label] = Refused(refused.response["Error"]["Code"])
        except (BotoCoreError, ResponseParserError) as unreadable:
            noted[subject.label] = Refused(type(unreadable).__name__)
    return noted


def _pages(client, operation: Operation, arguments: dict) -> Iterator[dict]:
    method = getattr(client, xform_name(operation.name))
    yield method(**arguments)
    if operation.page_size:
        limit = client.get_paginator(xform_name(operation.name))._limit_key
        yield method(**arguments, **{limit: 1})


def _types(shape: Shape, value: object, path: str) -> Iterator[tuple[str, str]]:
    """Keys of maps are data, and stand in no path."""
    if shape.type_name == "structure":
        for name in value.keys() & shape.members.keys():
            yield from _types(shape.members[name], value[name], f"{path}.{name}" if path else name)
    elif shape.type_name in ("list", "map"):
        yield path, shape.type_name
        inner = (shape.member, value, "[]") if shape.type_name == "list" else (shape.value, value.values(), "{}")
        for item in inner[1]:
            yield from _types(inner[0], item, path + inner[2])
    else:
        yield path, _kind(value)


def _kind(value: object) -> str:
    if isinstance(value, datetime):
        return "timestamp"
    if isinstance(value, bool):
        return "boolean"
    return {int: "number", float: "number", str: "string", bytes: "bytes"}[type(value)]
