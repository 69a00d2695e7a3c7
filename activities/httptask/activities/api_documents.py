"""What a run keeps of an operation that an API document describes."""

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Final
from urllib.parse import urlsplit

from httptask.activities.api_operation import ApiBody, ApiOperation, ApiParameter, OperationRequest
from httptask.http.errors import FixtureMissing, HttpTaskError, RequestInvalid, ResponseInvalid
from httptask.http.headers import FORM_TYPE
from httptask.http.models import HttpResponse
from httptask.http.styles import encodings
from httptask.json.types import is_array, is_object
from httptask.openapi.described import Described, KeptDocuments, describe
from httptask.openapi.operation import Body, Content, Operation, Parameter, Server
from httptask.openapi.servers import absolute_servers
from httptask.openapi.text import DocumentInvalid

__all__ = [
    "Members",
    "content_of",
    "described_in",
    "kept_operation",
    "members_of",
    "operation_of",
    "told_of_document",
]

_FILE: Final = "document"
_LOCATIONS: Final = ("path", "query", "header", "cookie")
_OF_REQUEST: Final = ("accept", "content-type")
"""Headers that are no parameters (OpenAPI 3.1.1, Parameter Object)."""
_BODIES: Final = ("application/json", FORM_TYPE, "multipart/form-data")
"""Media types of bodies, from the one that is taken first."""
_BYTES: Final = ("binary", "base64", "byte")


def described_in(response: HttpResponse, request: OperationRequest) -> Described:
    """The operation that was asked for, in the document that an answer holds.

    Args:
        response: whose content is the document, in base64.
        request: what it answers.

    Raises:
        ResponseInvalid: it holds no API document that can be read.
        OperationUnknown: the document has no such operation.
    """
    data = base64.b64decode(response.content or "")
    try:
        return describe(_FILE, {_FILE: data}.get, request.operation_id, source=request.url)
    except DocumentInvalid as invalid:
        raise ResponseInvalid(f"the document {invalid}") from None


def kept_operation(documents: KeptDocuments, address: str, id_: str) -> ApiOperation | None:
    """What a run would keep of an operation whose document is at hand; None where it is not.

    Args:
        documents: that are.
        address: of the document, as the definition has it.
        id_: of the operation.

    Raises:
        OperationUnknown: the document has no such operation.
        RequestInvalid: the document can't be read, or the operation not be called.
    """
    described = documents.find(address, id_, None)
    request = OperationRequest(method="GET", url=address, operation_id=id_)
    return None if described is None else operation_of(described, request)


def operation_of(described: Described, request: OperationRequest, *, attempt: int = 1) -> ApiOperation:
    """What a run keeps of an operation.

    Args:
        described: the operation.
        request: that asked for it.
        attempt: which one it was.

    Raises:
        RequestInvalid: it can't be called.
    """
    operation = described.operation
    server = _server(operation, described)
    kept_elsewhere = bool(described.place)
    return ApiOperation(
        operation_id=request.operation_id,
        document=request.url,
        sha256=described.sha256,
        method=operation.method,
        server=server,
        server_found=not kept_elsewhere and urlsplit(server).netloc != urlsplit(request.url).netloc,
        path=operation.path,
        parameters=tuple(_parameters(operation.parameters, request.operation_id)),
        body=_body(operation.body, operation),
        accept=_accepted(operation),
        kept=described.place,
        attempt=attempt,
    )


def told_of_document(error: HttpTaskError, request: OperationRequest) -> HttpTaskError:
    """An error of loading a document, which is not that of the call that its task is about."""
    keep = ""
    if isinstance(error, FixtureMissing):
        keep = f"; or keep the document: `httptask catalog add {quote(request.url)}`"
    error.message = f"the document for {request.operation_id} can't be loaded: {error.message}{keep}"
    return error


def _server(operation: Operation, described: Described) -> str:
    """The first server, with the values that its variables have by default."""
    first: Server = absolute_servers(operation.servers, described.source)[0]
    url = first.url
    for name, variable in first.variables.items():
        url = url.replace("{" + name + "}", variable.default)
    if "{" in url:
        raise RequestInvalid(f"the server {url} of the document has a variable without a default")
    if "://" not in url:
        raise RequestInvalid(
            f"the document names no server: `{url}` is relative to where it was published",
            cure="write `servers` into it, or name it by its address: `httptask catalog add URL` keeps it here",
        )
    return url


def _parameters(parameters: Iterable[Parameter], id_: str) -> Iterable[ApiParameter]:
    for one in parameters:
        if one.location == "header" and one.name.lower() in _OF_REQUEST:
            continue
        if one.location not in _LOCATIONS:
            if not one.required:
                continue
            message = f"the parameter `{one.name}` of {id_} is in `{one.location}`, which can't be sent"
            raise RequestInvalid(message)
        yield ApiParameter.model_validate(
            {"name": one.name, "location": one.location, "required": one.required, "style": one.written}
        )


def _body(body: Body | None, operation: Operation) -> ApiBody | None:
    if body is None or not body.contents:
        return None
    content = content_of(body)
    schema = _resolved(content.schema, operation)
    members = members_of(schema, operation)
    styles = {
        name: style
        for name, written in content.encoding.items()
        if is_object(written) and (style := encodings(written)) is not None
    }
    return ApiBody(
        media_type=_bare(content),
        required=body.required,
        name=body.name or "body",
        members=tuple(members.properties),
        required_members=tuple(members.required),
        files=tuple(name for name, one in members.properties.items() if _is_file(_resolved(one, operation))),
        styles=styles,
    )


def _is_file(schema: object) -> bool:
    """Whether a part of a form is bytes: as Swagger 2.0 and OpenAPI 3.0 say it, or as 3.1 does."""
    if not is_object(schema):
        return False
    if schema.get("format") in _BYTES or schema.get("contentEncoding") == "base64":
        return True
    kind = schema.get("contentMediaType")
    return isinstance(kind, str) and not kind.startswith("text/") and not kind.endswith(("json", "xml"))


def _rank(content: Content) -> int:
    kind = _bare(content)
    is_json = kind == "application/json" or kind.endswith("+json") or kind == "*/*"
    return 0 if is_json else _BODIES.index(kind) if kind in _BODIES else len(_BODIES)


def _bare(content: Content) -> str:
    kind = content.media_type.partition(";")[0].strip().lower()
    return "application/json" if kind in ("*/*", "application/*") else kind


def _resolved(schema: object, operation: Operation) -> object:
    """A schema behind its reference."""
    for _ in operation.definitions:
        if not is_object(schema) or not isinstance(reference := schema.get("$ref"), str):
            break
        schema = operation.definitions.get(reference.rpartition("/")[2])
    return schema


@dataclass(frozen=True, slots=True)
class Members:
    """The properties of an object, whatever parts of its schema name them.

    Attributes:
        required: names of those that every object has that is sent.
    """

    properties: Mapping[str, object]
    required: Collection[str]


def content_of(body: Body) -> Content:
    """The content in which a body is sent that has several; it has one."""
    return min(body.contents, key=_rank)


def members_of(schema: object, operation: Operation) -> Members:
    """The members of a body, which is perhaps none."""
    properties: dict[str, object] = {}
    required: list[str] = []
    rest, seen = [(schema, True)], set[int]()
    while rest:
        found, is_in_all = rest.pop()
        part = _resolved(found, operation)
        if not is_object(part) or id(part) in seen:
            continue
        seen.add(id(part))
        own, needed = part.get("properties"), part.get("required")
        for name, one in own.items() if is_object(own) else ():
            properties.setdefault(name, one)
        required += (
            [name for name in needed if isinstance(name, str)] if is_array(needed) and is_in_all else []
        )
        for key in ("allOf", "anyOf", "oneOf"):
            parts = part.get(key)
            rest += [(one, is_in_all and key == "allOf") for one in parts] if is_array(parts) else []
    sent = (name for name, one in properties.items() if not (is_object(one) and one.get("readOnly") is True))
    return Members(properties, [name for name in sent if name in required])


def _accepted(operation: Operation) -> str | None:
    kinds = [
        _bare(content)
        for response in operation.responses
        if response.status.startswith("2") or response.status == "default"
        for content in response.contents
    ]
    return next((kind for kind in kinds if kind == "application/json" or kind.endswith("+json")), None)
