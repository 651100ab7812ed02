"""What is wrong with an error response, byte for byte, by the API models and the protocols."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import cbor2
from botocore.model import OperationModel, Shape
from wire_shapes import AWS_JSON, CBOR, REST_JSON, Response, decoded, header_flaws

# What any operation may answer, beside the errors of its model: the JSON services, and those with older habits.
# https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html, and the protocol's own.
_COMMON_ERRORS = {"AccessDeniedException", "IncompleteSignature", "MissingAuthenticationTokenException",
                  "SerializationException", "ThrottlingException", "UnknownOperationException",
                  "UnrecognizedClientException", "ValidationException"}
_COMMON_ERRORS_OF = {
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html: the codes of the query
    # protocol that CloudWatch used to speak.
    "cloudwatch": _COMMON_ERRORS | {"AccessDenied", "MissingParameter", "Throttling", "ValidationError"},
    # https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    "sts": {"AccessDenied", "ExpiredToken", "InvalidAction", "InvalidClientTokenId", "MissingAuthenticationToken",
            "MissingParameter", "SignatureDoesNotMatch", "Throttling", "ValidationError"},
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: the operations of its model name none.
    "s3": {"AccessDenied", "AuthorizationHeaderMalformed", "InvalidArgument", "NoSuchBucket", "NotImplemented",
           "PermanentRedirect", "ServerSideEncryptionConfigurationNotFoundError", "SlowDown"},
}


def error_flaws(operation: OperationModel, response: Response, status: int, code: str) -> list[str]:
    """Everything in an error that the protocol or the model of the error does not allow."""
    protocol = operation.service_model.resolved_protocol
    modelled = next((shape for shape in operation.error_shapes if code in _codes(shape)), None)
    found = [*header_flaws(operation, response)]
    if response.status != status:
        found.append(f"the status is {response.status}")
    if modelled is None and code not in _COMMON_ERRORS_OF.get(operation.service_model.service_name, _COMMON_ERRORS):
        found.append(f"{operation.name} knows no {code}")
    usual = (modelled.metadata.get("error") or {}).get("httpStatusCode") if modelled else None
    if usual not in (None, status):
        found.append(f"{code} has the status {usual}")
    body = {"json": _json, "smithy-rpc-v2-cbor": _cbor, "rest-json": _rest_json, "query": _query, "rest-xml": _s3}
    try:
        return [*found, *body[protocol](operation, response, code, modelled)]
    except (ValueError, cbor2.CBORDecodeError, ElementTree.ParseError) as error:
        return [*found, f"the body is not {protocol}: {error}"]


def _codes(shape: Shape) -> set[str]:
    """An error's name, and the code that stands for it in the query protocol."""
    return {shape.name, (shape.metadata.get("error") or {}).get("code", shape.name)}


def _message(walker, body: dict, modelled: Shape | None) -> Iterator[str]:
    if modelled:
        yield from walker.walk(modelled, body, "")
    names = set(body) & {"message", "Message"}
    if len(names) != 1 or not all(isinstance(body[name], str) for name in names):
        yield f"there is not one message: {body}"
    if not modelled and set(body) - names:
        yield f"an error without a model has more than a message: {body}"


def _shape_name(operation: OperationModel, code: str, modelled: Shape | None) -> str:
    """What a body calls an error: by its shape. Of the common errors, CloudWatch has one for ValidationError."""
    if modelled:
        return modelled.name
    common = {"ValidationError": "ValidationException"} if operation.service_model.is_query_compatible else {}
    return common.get(code, code)


def _typed(walker, body: object, name: str, modelled: Shape | None) -> Iterator[str]:
    if not isinstance(body, dict):
        yield f"the error is no structure: {body!r}"
        return
    # The name may have a namespace before it.
    if str(body.get("__type")).rpartition("#")[2] != name:
        yield f"the __type is {body.get('__type')!r}, not {name}"
    yield from _message(walker, {member: value for member, value in body.items() if member != "__type"}, modelled)


def _json(operation: OperationModel, response: Response, code: str, modelled: Shape | None) -> Iterator[str]:
    yield from _query_code(operation, response, code)
    yield from _typed(AWS_JSON, decoded(operation, response.body), _shape_name(operation, code, modelled), modelled)


def _cbor(operation: OperationModel, response: Response, code: str, modelled: Shape | None) -> Iterator[str]:
    yield from _query_code(operation, response, code)
    yield from _typed(CBOR, decoded(operation, response.body), _shape_name(operation, code, modelled), modelled)


def _query_code(operation: OperationModel, response: Response, code: str) -> Iterator[str]:
    """A service that used to speak the query protocol says the code of that beside the name of the error."""
    if operation.service_model.is_query_compatible:
        wanted = f"{code};{'Sender' if response.status < 500 else 'Receiver'}"
        if response.headers.get("x-amzn-query-error") != wanted:
            yield f"x-amzn-query-error is {response.headers.get('x-amzn-query-error')!r}, not {wanted}"


def _rest_json(operation: OperationModel, response: Response, code: str, modelled: Shape | None) -> Iterator[str]:
    if response.headers.get("x-amzn-errortype", "").split(":")[0] != code:
        yield f"x-amzn-errortype is {response.headers.get('x-amzn-errortype')!r}"
    body = decoded(operation, response.body)
    if not isinstance(body, dict):
        yield f"the error is no structure: {body!r}"
    else:
        yield from _message(REST_JSON, body, modelled)


def _query(operation: OperationModel, response: Response, code: str, _: Shape | None) -> Iterator[str]:
    root = ElementTree.fromstring(response.body)
    space = f"{{{operation.service_model.metadata['xmlNamespace']}}}"
    shape = [(child.tag, [part.tag for part in child]) for child in root]
    if (root.tag, shape) != (f"{space}ErrorResponse", [
            (f"{space}Error", [f"{space}Type", f"{space}Code", f"{space}Message"]), (f"{space}RequestId", [])]):
        yield f"the error is {root.tag} of {shape}"
        return
    fault, found, message = (part.text for part in root[0])
    if (fault, found) != ("Sender" if response.status < 500 else "Receiver", code) or not message:
        yield f"the error is {fault}, {found}, {message}"
    if root[1].text != response.headers.get("x-amzn-requestid"):
        yield "the request id of the body is not that of the header"


def _s3(_: OperationModel, response: Response, code: str, __: Shape | None) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: more elements depend on the code."""
    root = ElementTree.fromstring(response.body)
    told = {child.tag: child.text for child in root}
    if root.tag != "Error" or len(told) != len(root) or any(len(child) for child in root):
        yield f"the error is {root.tag} of {[child.tag for child in root]}"
    if told.get("Code") != code or not told.get("Message"):
        yield f"the error is {told}"
    ids = (told.get("RequestId"), told.get("HostId"))
    if ids != (response.headers.get("x-amz-request-id"), response.headers.get("x-amz-id-2")):
        yield f"the request ids of the body are {ids}"
