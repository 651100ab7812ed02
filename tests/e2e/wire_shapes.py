"""What is wrong with a response, byte for byte, by the public API models that botocore carries.

botocore reads generously: it drops members it does not know, takes text for a number and misses nothing that is not
there. `flaws` does not.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import cbor2
import regex
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape
from botocore.parsers import ResponseParserError as ParserError

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True)
class Response:
    """An HTTP response as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def captured(client, operation: str, arguments: dict, change: Callable[[dict], None] | None = None,
             ) -> tuple[OperationModel, Response]:
    """The first response to a call, before boto3 reads it; `change` may spoil the request before it is signed."""
    responses: list[Response] = []

    def keep(response_dict: dict, **_) -> None:
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        responses.append(Response(response_dict["status_code"], headers, response_dict["body"]))

    def spoil(params: dict, **_) -> None:
        change(params)

    name = client.meta.service_model.service_id.hyphenize()
    hooks = {f"before-parse.{name}.{operation}": keep} | ({f"before-call.{name}.{operation}": spoil} if change else {})
    for event, hook in hooks.items():
        client.meta.events.register(event, hook)
    try:
        getattr(client, xform_name(operation))(**arguments)
    except (ClientError, ParserError):
        pass  # what boto3 makes of it is not the question here
    finally:
        for event, hook in hooks.items():
            client.meta.events.unregister(event, hook)
    return client.meta.service_model.operation_model(operation), responses[0]


def flaws(operation: OperationModel, response: Response) -> list[str]:
    """Everything in the answer to an operation that its model does not allow."""
    protocol = operation.service_model.resolved_protocol
    found = [] if response.status == operation.http.get("responseCode", 200) else [f"status {response.status}"]
    found += header_flaws(operation, response)
    try:
        found += _BODY[protocol](operation, response)
    except (ValueError, cbor2.CBORDecodeError, ElementTree.ParseError) as error:
        found.append(f"the body is not {protocol}: {error}")
    return found


# ---- headers -------------------------------------------------------------------------------------------------------


def header_flaws(operation: OperationModel, response: Response) -> list[str]:
    """Of an answer or an error: the content type, the request ids and the mark of the protocol."""
    wanted = _headers(operation)
    return [f"header {name} is {response.headers.get(name)!r}" for name, pattern in wanted.items()
            if not regex.fullmatch(pattern, response.headers.get(name, ""))]


def _headers(operation: OperationModel) -> dict[str, str]:
    service = operation.service_model
    match service.resolved_protocol:
        case "json":
            version = regex.escape(service.metadata["jsonVersion"])
            return {"content-type": rf"application/x-amz-json-{version}", "x-amzn-requestid": UUID}
        case "rest-json":
            return {"content-type": "application/json", "x-amzn-requestid": UUID}
        case "smithy-rpc-v2-cbor":
            return {"content-type": "application/cbor", "x-amzn-requestid": UUID, "smithy-protocol": "rpc-v2-cbor"}
        case "query":
            return {"content-type": "text/xml", "x-amzn-requestid": UUID}
        case "rest-xml":
            return {"content-type": "application/xml", "x-amz-request-id": "[0-9A-Z]{16}", "x-amz-id-2": ".{16,}"}
    raise NotImplementedError(service.resolved_protocol)


# ---- what all protocols have in common -----------------------------------------------------------------------------

# The model's enum of a deprecated member stopped growing, the service did not: "the KeySpec and CustomerMasterKeySpec
# fields have the same value", and DescribeKey of an ML_DSA_65 key says so.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
NOT_YET_IN_THE_MODEL = {
    "CustomerMasterKeySpec": {"ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87"},
}


def _text(shape: Shape, value: str, at: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed and value not in NOT_YET_IN_THE_MODEL.get(shape.name, ()):
        yield f"{at}: {value!r} is none of {allowed}"
    yield from _size(shape, len(value), at)
    # With anchors or without, the patterns of these models mean the whole text.
    pattern = shape.metadata.get("pattern")
    if pattern and not regex.fullmatch(pattern, value):
        yield f"{at}: {value!r} does not match {pattern}"


def _size(shape: Shape, size: float, at: str) -> Iterator[str]:
    if not shape.metadata.get("min", -math.inf) <= size <= shape.metadata.get("max", math.inf):
        yield f"{at}: {size} is beyond its bounds"


def _missing(shape: Shape, present, at: str) -> Iterator[str]:
    yield from (f"{at}: required {name} is missing" for name in shape.required_members if name not in present)


def _whole_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# ---- JSON and CBOR -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tree:
    """A walk over decoded JSON or CBOR, which differ in timestamps, bytes and the names of members."""

    is_timestamp: Callable[[Shape, object], bool]
    is_bytes: Callable[[object], bool]
    wire_name: Callable[[str, Shape], str]

    def walk(self, shape: Shape, value: object, at: str) -> Iterator[str]:
        if value is None:
            yield f"{at}: is null, where a service leaves the member out"
        else:
            yield from getattr(self, f"_{shape.type_name}", self._scalar)(shape, value, at)

    def _structure(self, shape: Shape, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: is no structure: {value!r}"
            return
        names = {self.wire_name(name, member): name for name, member in shape.members.items()}
        yield from _missing(shape, {names.get(name) for name in value}, at)
        for name, member in value.items():
            if name in names:
                yield from self.walk(shape.members[names[name]], member, f"{at}.{name}")
            else:
                yield f"{at}: the model has no member {name}"

    def _list(self, shape: Shape, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at}: is no list: {value!r}"
            return
        yield from _size(shape, len(value), at)
        for n, item in enumerate(value):
            yield from self.walk(shape.member, item, f"{at}[{n}]")

    def _map(self, shape: Shape, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: is no map: {value!r}"
            return
        yield from _size(shape, len(value), at)
        for key, item in value.items():
            yield from self.walk(shape.key, key, f"{at} key")
            yield from self.walk(shape.value, item, f"{at}[{key}]")

    def _string(self, shape: Shape, value: object, at: str) -> Iterator[str]:
        if isinstance(value, str):
            yield from _text(shape, value, at)
        else:
            yield f"{at}: is no string: {value!r}"

    def _scalar(self, shape: Shape, value: object, at: str) -> Iterator[str]:
        is_right = {
            "boolean": lambda: isinstance(value, bool),
            "integer": lambda: _whole_number(value),
            "long": lambda: _whole_number(value),
            "float": lambda: _number(value),
            "double": lambda: _number(value),
            "timestamp": lambda: self.is_timestamp(shape, value),
            "blob": lambda: self.is_bytes(value),
        }[shape.type_name]()
        if not is_right:
            yield f"{at}: is no {shape.type_name}: {value!r}"
        elif shape.type_name in ("integer", "long", "float", "double"):
            yield from _size(shape, value, at)


def _is_json_timestamp(shape: Shape, value: object) -> bool:
    text = {"iso8601": datetime.fromisoformat, "rfc822": parsedate_to_datetime}
    parse = text.get(shape.serialization.get("timestampFormat"))
    return _is_text_of(parse, value) if parse else _number(value)


def _is_text_of(parse: Callable[[str], object], value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse(value))
    except ValueError:
        return False


def _is_base64(value: object) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except binascii.Error:
        return False


def _name_on_the_wire(name: str, member: Shape) -> str:
    return member.serialization.get("name", name)


def _name_of_the_member(name: str, _: Shape) -> str:
    return name


AWS_JSON = Tree(_is_json_timestamp, _is_base64, _name_of_the_member)
REST_JSON = Tree(_is_json_timestamp, _is_base64, _name_on_the_wire)
CBOR = Tree(lambda _, value: isinstance(value, cbor2.CBORTag) and value.tag == 1 and _number(value.value),
            lambda value: isinstance(value, bytes), _name_of_the_member)

# A timestamp as it was tagged, rather than a moment: tag 0, text, is not of the protocol.
_TAGS = {tag: lambda value, _, tag=tag: cbor2.CBORTag(tag, value) for tag in (0, 1)}


def decoded(operation: OperationModel, body: bytes) -> object:
    """A body of JSON or CBOR; a `ValueError` or `CBORDecodeError` when it is neither, or says something twice."""
    if operation.service_model.resolved_protocol == "smithy-rpc-v2-cbor":
        return cbor2.loads(body, semantic_decoders=_TAGS, allow_duplicate_keys=False)
    return json.loads(body, object_pairs_hook=_without_duplicates, parse_constant=_no_json)


def encoded(operation: OperationModel, tree: object) -> bytes:
    """What `decoded` reads."""
    if operation.service_model.resolved_protocol == "smithy-rpc-v2-cbor":
        return cbor2.dumps(tree)
    return json.dumps(tree).encode()


def _without_duplicates(members: list[tuple[str, object]]) -> dict:
    once = dict(members)
    if len(once) != len(members):
        raise ValueError("a member is there twice")
    return once


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _tree_flaws(tree: Tree) -> Callable[[OperationModel, Response], Iterator[str]]:
    def walk(operation: OperationModel, response: Response) -> Iterator[str]:
        return tree.walk(operation.output_shape, decoded(operation, response.body), "")

    return walk


# ---- XML -----------------------------------------------------------------------------------------------------------

# Names that the models of botocore leave out, from the S3 API reference.
_S3_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
}
_XML_TEXT = {
    "boolean": "true|false",
    "integer": r"-?\d+",
    "long": r"-?\d+",
    "double": r"-?\d+(\.\d+)?([eE][-+]?\d+)?",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
}


def _query_flaws(operation: OperationModel, response: Response) -> Iterator[str]:
    namespace = operation.service_model.metadata["xmlNamespace"]
    root = _Element(ElementTree.fromstring(response.body), namespace)
    yield from root.is_called(f"{operation.name}Response")
    wrapper = operation.output_shape.serialization["resultWrapper"]
    names = [child.name for child in root.children]
    if names != [wrapper, "ResponseMetadata"]:
        yield f"the parts of the answer are {names}"
        return
    result, metadata = root.children
    yield from _xml_structure(operation.output_shape, result, "")
    ids = [(child.name, child.text) for child in metadata.children]
    if ids != [("RequestId", response.headers.get("x-amzn-requestid"))]:
        yield f"the ResponseMetadata is {ids}"


def _rest_xml_flaws(operation: OperationModel, response: Response) -> Iterator[str]:
    root = _Element(ElementTree.fromstring(response.body), S3_NAMESPACE)
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    if payload:
        shape = shape.members[payload]
    yield from root.is_called(_S3_ROOTS.get(operation.name) or shape.serialization.get("name", shape.name))
    yield from _xml_structure(shape, root, "")


class _Element:
    """An element that knows which namespace it should be in."""

    def __init__(self, element: ElementTree.Element, namespace: str) -> None:
        self._element = element
        self._namespace = namespace
        space, _, name = element.tag.rpartition("}")
        self.name = name if space.removeprefix("{") == namespace else element.tag
        self.attributes = element.attrib
        self.text = element.text or ""

    @property
    def children(self) -> list[_Element]:
        return [_Element(child, self._namespace) for child in self._element]

    def has_no_text(self, at: str) -> Iterator[str]:
        if "".join(text or "" for text in (self.text, *(child.tail for child in self._element))).strip():
            yield f"{at}: text stands where elements belong"

    def is_called(self, name: str) -> Iterator[str]:
        if self.name != name:
            yield f"the element {self.name} should be {name}"


def _xml_name(name: str, shape: Shape) -> str:
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        name = shape.member.serialization.get("name", name)
    return shape.serialization.get("name", name)


def _xml_structure(shape: Shape, element: _Element, at: str) -> Iterator[str]:
    in_body = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
    elements = {_xml_name(name, member): name for name, member in in_body.items()
                if not member.serialization.get("xmlAttribute")}
    attributes = {member.serialization["name"].split(":")[-1]: name for name, member in in_body.items()
                  if member.serialization.get("xmlAttribute")}
    here = {attributes.get(name.split("}")[-1]) for name in element.attributes}
    here |= {elements.get(child.name) for child in element.children}
    yield from _missing(shape, here, at)
    if None in here:
        yield f"{at}: the model has not all of {[child.name for child in element.children]} {[*element.attributes]}"
    yield from element.has_no_text(at)
    for wire_name, name in elements.items():
        found = [child for child in element.children if child.name == wire_name]
        member = shape.members[name]
        if member.type_name == "list" and member.serialization.get("flattened"):
            yield from _size(member, len(found), f"{at}.{name}") if found else ()
            for n, item in enumerate(found):
                yield from _xml(member.member, item, f"{at}.{name}[{n}]")
        else:
            if len(found) > 1:
                yield f"{at}.{name}: is there {len(found)} times"
            for child in found:
                yield from _xml(member, child, f"{at}.{name}")


def _xml(shape: Shape, element: _Element, at: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _xml_structure(shape, element, at)
    elif shape.type_name == "list":
        yield from _size(shape, len(element.children), at)
        yield from element.has_no_text(at)
        for n, item in enumerate(element.children):
            yield from item.is_called(shape.member.serialization.get("name", "member"))
            yield from _xml(shape.member, item, f"{at}[{n}]")
    elif element.children:
        yield f"{at}: has elements where text belongs"
    elif shape.type_name == "string":
        yield from _text(shape, element.text, at)
    elif not regex.fullmatch(_XML_TEXT[shape.type_name], element.text):
        yield f"{at}: is no {shape.type_name}: {element.text!r}"


_BODY: dict[str, Callable[[OperationModel, Response], Iterator[str]]] = {
    "json": _tree_flaws(AWS_JSON),
    "rest-json": _tree_flaws(REST_JSON),
    "smithy-rpc-v2-cbor": _tree_flaws(CBOR),
    "query": _query_flaws,
    "rest-xml": _rest_xml_flaws,
}
