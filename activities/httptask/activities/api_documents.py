"""One operation of an API document that an HTTP answer holds."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from httptask.activities.api_operation import ApiBody, ApiOperation, ApiParameter, OperationRequest
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.http.errors import RequestInvalid, ResponseInvalid
from httptask.http.headers import FORM_TYPE
from httptask.http.models import HttpResponse
from httptask.http.styles import encodings
from httptask.json.types import is_array, is_object
from httptask.openapi.document import Document, Problems, load_document
from httptask.openapi.operation import Body, Content, Operation, Parameter, Server
from httptask.openapi.reader import Listed, OperationReader, list_operations
from httptask.openapi.servers import absolute_servers
from httptask.openapi.text import DocumentInvalid

__all__ = ["operation_in"]

_FILE: Final = "document"
_LOCATIONS: Final = ("path", "query", "header", "cookie")
_OF_REQUEST: Final = ("accept", "content-type")
"""Headers that are no parameters (OpenAPI 3.1.1, Parameter Object)."""
_BODIES: Final = ("application/json", FORM_TYPE, "multipart/form-data")
"""Media types of bodies, from the one that is taken first."""
_BYTES: Final = ("binary", "base64", "byte")


def operation_in(response: HttpResponse, request: OperationRequest) -> ApiOperation:
    """The operation that was asked for.

    Args:
        response: whose content is the document, in base64.
        request: what it answers.

    Raises:
        ResponseInvalid: it holds no API document that can be read.
        RequestInvalid: the document has no such operation, or one that can't be called.
    """
    data = base64.b64decode(response.content or "")
    try:
        document = load_document(_FILE, lambda name: data if name == _FILE else None)
    except DocumentInvalid as invalid:
        raise ResponseInvalid(f"the document {invalid}") from None
    operation = _read(document, request.operation_id)
    server = _server(operation, request.url)
    return ApiOperation(
        operation_id=request.operation_id,
        document=request.url,
        sha256=hashlib.sha256(data).hexdigest(),
        method=operation.method,
        server=server,
        server_found=urlsplit(server).netloc != urlsplit(request.url).netloc,
        path=operation.path,
        parameters=tuple(_parameters(operation.parameters, request.operation_id)),
        body=_body(operation.body, operation),
        accept=_accepted(operation),
        attempt=response.attempt,
    )


def _read(document: Document, id_: str) -> Operation:
    problems = Problems()
    listed = list_operations(document, problems)
    found = next((one for one in listed if one.operation_id == id_), None) or next(
        (one for one in listed if one.name == id_ and not one.operation_id), None
    )
    if found is None:
        hint = hint_for_unknown(id_, map(_name, listed), "operations in it")
        raise RequestInvalid(f"the document has no operation `{id_}`: {hint}")
    return OperationReader(document, problems).read(found)


def _name(listed: Listed) -> str:
    return listed.operation_id or listed.name


def _server(operation: Operation, source: str) -> str:
    """The first server, with the values that its variables have by default."""
    first: Server = absolute_servers(operation.servers, source)[0]
    url = first.url
    for name, variable in first.variables.items():
        url = url.replace("{" + name + "}", variable.default)
    if "{" in url:
        raise RequestInvalid(f"the server {url} of the document has a variable without a default")
    return url


def _parameters(parameters: Iterable[Parameter], id_: str) -> Iterable[ApiParameter]:
    for one in parameters:
        if one.location == "header" and one.name.lower() in _OF_REQUEST:
            continue
        if one.location not in _LOCATIONS:
            message = f"the parameter `{one.name}` of {id_} is in `{one.location}`, which can't be sent"
            raise RequestInvalid(message)
        yield ApiParameter.model_validate(
            {"name": one.name, "location": one.location, "required": one.required, "style": one.written}
        )


def _body(body: Body | None, operation: Operation) -> ApiBody | None:
    if body is None or not body.contents:
        return None
    content = min(body.contents, key=_rank)
    schema = _resolved(content.schema, operation)
    members = _members(schema, operation)
    required = schema.get("required") if is_object(schema) else None
    styles = {
        name: style
        for name, written in content.encoding.items()
        if is_object(written) and (style := encodings(written)) is not None
    }
    return ApiBody(
        media_type=_bare(content),
        required=body.required,
        name=body.name or "body",
        members=tuple(members),
        required_members=tuple(name for name in members if is_array(required) and name in required),
        files=tuple(name for name, one in members.items() if is_object(one) and one.get("format") in _BYTES),
        styles=styles,
    )


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


def _members(schema: object, operation: Operation) -> dict[str, object]:
    """The properties of an object, those of all parts that it is put together of among them."""
    if not is_object(schema):
        return {}
    found: dict[str, object] = {}
    for part in schema.get("allOf", []):
        found |= _members(_resolved(part, operation), operation)
    own = schema.get("properties")
    return {**found, **(own if is_object(own) else {})}


def _accepted(operation: Operation) -> str | None:
    kinds = [
        _bare(content)
        for response in operation.responses
        if response.status.startswith("2") or response.status == "default"
        for content in response.contents
    ]
    return next((kind for kind in kinds if kind == "application/json" or kind.endswith("+json")), None)
