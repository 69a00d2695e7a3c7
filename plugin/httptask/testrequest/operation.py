"""Which operation of the catalogue a request is a call of, and whether both agree."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from httptask.catalog import FOLDER
from httptask.catalog.catalog import Catalog
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.reference import Reference
from httptask.diagnostics.fault import Fault
from httptask.http.headers import media_type
from httptask.http.models import HttpRequest
from httptask.json.pointer import json_pointer
from httptask.json.schema import compile_schema
from httptask.json.types import is_array, is_object
from httptask.openapi.operation import Content, Operation, Response, Server
from httptask.testrequest.documents import FoundOperation
from httptask.testrequest.parameters import SentParameters, reference_fault, unlike, wanted_otherwise

__all__ = ["CalledOperation", "called_by", "find_called"]

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_PLACE: Final = re.compile(r"^/(?:body|cookie|header|path|query)(?=/)")
"""Of a parameter in a request."""
_MOST_TOLD: Final = 20
_COMBINED: Final = ("$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas")
_FREE: Final = ("patternProperties", "additionalProperties", "unevaluatedProperties")


@dataclass(frozen=True, slots=True)
class CalledOperation:
    """An operation of the catalogue, and how it is called.

    Attributes:
        in_path: what stands in the path for its parameters, encoded.
        in_query: names of all parameters that go out, also those of its connection.
        document: that is not in the catalogue; None for an operation of the catalogue.
        by_parameters: whether the task gives values by the names of the operation's parameters alone.
    """

    reference: Reference
    in_path: Mapping[str, str]
    in_query: Collection[str] = ()
    document: str | None = None
    by_parameters: bool = False

    @property
    def name(self) -> str:
        """`API.OPERATION`, or that of the document alone."""
        return self.reference.name.lstrip(".")

    @property
    def where(self) -> str:
        """Where it is described."""
        return self.document or "the catalogue"

    def request_faults(self, request: HttpRequest, headers: Iterable[str], body: Any) -> list[Fault]:
        """Where a request is not as the reference describes it.

        Args:
            request: the request.
            headers: names of all that go out.
            body: that goes out, secrets as names.
        """
        operation = self.reference.operation
        schemas = RequestSchemas(operation)
        wire = SentParameters(operation, schemas, request, headers, self.in_path, self.in_query)
        faults = [*wire.faults(), *wire.unknown(self.name)]
        if operation.body is not None:
            faults += _body_faults(operation, schemas, request, body)
        secret = {reference.pointer.replace("/body/value", "/body") for reference in request.secrets}
        told = [fault for fault in faults if fault.pointer not in secret][:_MOST_TOLD]
        return [_by_parameter(fault) for fault in told] if self.by_parameters else told

    def drift(self, status: int, headers: Mapping[str, str], content: Any) -> list[Fault]:
        """Where an answer is not as the reference describes it.

        Args:
            status: of the answer.
            headers: of the answer, names in lower case.
            content: its body, parsed.
        """
        operation = self.reference.operation
        response = _response_of(operation.responses, status)
        if response is None:
            known = ", ".join(one.status for one in operation.responses)
            message = f"the reference has no answer {status} here"
            return [reference_fault("", "unknown-status", message, known and f"it has {known}")]
        written = headers.get("content-type", "")
        described = _content_of(response.contents, written)
        if described is None and response.contents and written and content not in (None, ""):
            kinds = ", ".join(one.media_type for one in response.contents)
            message = f"the answer is {media_type(written)[0]}, and the reference has {kinds}"
            return [reference_fault("", "media-type", message)]
        if described is None or described.is_stream or not is_object(described.schema):
            return []
        schema = {**described.schema, "$defs": dict(operation.definitions)}
        faults = [*_schema_faults(schema, content)]
        faults += [
            reference_fault(pointer, "unknown-field", "the reference does not know this field")
            for pointer in _unknown_fields(schema, schema, content, "")
        ]
        return faults[:_MOST_TOLD]


def called_by(found: FoundOperation, request: HttpRequest, uri: str) -> CalledOperation | None:
    """The operation that a task names, as far as all of its document is known here.

    Args:
        found: the operation.
        request: that was made of it.
        uri: that it goes to.
    """
    described, called = found.described, found.operation
    if described is None:
        return None
    parts = urlsplit(uri)
    at_server = replace(described.operation, servers=(Server(called.server),))
    values = _values_in(at_server, parts.netloc.lower(), parts.path, named=False)
    api = described.place.removeprefix(f"{FOLDER}/") if described.place.startswith(f"{FOLDER}/") else ""
    return CalledOperation(
        Reference(api, described.operation),
        values or {},
        _names(parts.query),
        None if api else described.place or called.document,
        by_parameters=True,
    )


def _by_parameter(fault: Fault) -> Fault:
    """A fault at the place where the task has the value."""
    return replace(fault, pointer=_PLACE.sub("/parameters", fault.pointer, count=1))


def find_called(catalog: Catalog, method: str, uri: str, connection: str | None) -> CalledOperation | None:
    """The operation of an added API that a request calls, by method, host and path.

    Where a document does not tell its host, the connection has to have the name of the API.

    Raises:
        CatalogError: an entry of the catalogue can't be read.
    """
    parts = urlsplit(uri)
    path = parts.path or "/"
    found: list[tuple[int, CalledOperation]] = []
    for name, template in [*catalog.calls(method)]:
        if not _ends_like(path, template):
            continue
        reference = catalog.reference(name)
        named = connection == reference.api
        values = _values_in(reference.operation, parts.netloc.lower(), path, named=named)
        if values is not None:
            found.append((len(values), CalledOperation(reference, values, _names(parts.query))))
    return min(found, key=lambda one: one[0])[1] if found else None


def _names(query: str) -> list[str]:
    return [unquote(pair.partition("=")[0]) for pair in query.split("&")]


def _ends_like(path: str, template: str) -> bool:
    """Whether a path may end in what a template describes: a look at thousands of them, before patterns are made."""
    wanted = template.partition("?")[0].strip("/").split("/")
    found = path.strip("/").split("/")[-len(wanted) :]
    return len(found) == len(wanted) and all(
        "{" in one or one == other for one, other in zip(wanted, found, strict=True)
    )


def _values_in(operation: Operation, host: str, path: str, *, named: bool) -> Mapping[str, str] | None:
    """What stands for the parameters in a path; None where it is not that of the operation on any server of it.

    Args:
        operation: of the catalogue.
        host: of the request.
        path: of the request.
        named: whether the request's connection has the name of the API, which then need not tell its host.
    """
    template, names = _pattern(operation.path.partition("?")[0])
    for server in operation.servers:
        parts = urlsplit(server.url)
        if parts.netloc:
            authority, _ = _pattern(parts.netloc.lower())
            if re.fullmatch(authority, host) is None:
                continue
        elif not named:
            continue
        base, _ = _pattern(parts.path.rstrip("/"), capturing=False)
        found = re.fullmatch(f"{base}{template}/?", path)
        if found is not None:
            return dict(zip(names, found.groups(), strict=True))
    return None


def _pattern(template: str, *, capturing: bool = True) -> tuple[str, list[str]]:
    """A regular expression for a path with names in braces, and those names."""
    pieces = _VARIABLE.split(template)
    group = "([^/]+)" if capturing else "[^/]*"
    pattern = "".join(group if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return pattern, pieces[1::2]


def _body_faults(
    operation: Operation, schemas: RequestSchemas, request: HttpRequest, body: Any
) -> Iterator[Fault]:
    described = operation.body
    assert described is not None  # asked for operations that have one
    if request.body is None:
        if described.required:
            yield reference_fault("/body", "missing", "a body is required here", "add `body`")
        return
    if request.body.kind != "json":
        return
    content = _content_of(described.contents, "application/json")
    if content is None:
        kinds = ", ".join(one.media_type for one in described.contents)
        if kinds:
            yield reference_fault("/body", "media-type", f"the body is JSON, and the reference wants {kinds}")
        return
    schema = schemas.of(content.schema)
    unknown = _unknown_fields({"$defs": operation.definitions}, schema, body, "")
    yield from unlike(schemas, schema, body, "/body", unknown)


def _schema_faults(schema: Any, value: Any, pointer: str = "") -> Iterator[Fault]:
    try:
        errors = [*compile_schema(schema).iter_errors(value)]
    except ValueError:  # many documents have schemas that are none
        return
    for error in errors[:_MOST_TOLD]:
        place = pointer + json_pointer(error.instance_path)
        yield wanted_otherwise(place, error.message)


def _unknown_fields(root: Any, schema: Any, value: Any, pointer: str, depth: int = 0) -> Iterator[str]:
    """Pointers of members that no schema names, where the schemas are plain enough to tell."""
    schema, shapes = _resolved(root, schema)
    if depth > _MOST_TOLD or shapes:
        return
    if is_array(value) and is_object(schema.get("items")):
        for index, item in enumerate(value[:_MOST_TOLD]):
            yield from _unknown_fields(root, schema["items"], item, f"{pointer}/{index}", depth + 1)
    properties = schema.get("properties")
    if not is_object(value) or not is_object(properties) or any(schema.get(key) for key in _FREE):
        return
    for name, member in value.items():
        place = pointer + json_pointer([name])
        if name in properties:
            yield from _unknown_fields(root, properties[name], member, place, depth + 1)
        else:
            yield place


def _resolved(root: Any, schema: Any) -> tuple[Mapping[str, Any], bool]:
    """A schema behind its references, and whether it combines several."""
    for _ in range(_MOST_TOLD):
        reference = schema.get("$ref") if is_object(schema) else None
        if not isinstance(reference, str) or not reference.startswith("#/$defs/"):
            break
        schema = root["$defs"].get(reference.removeprefix("#/$defs/"))
    if not is_object(schema):
        return {}, False
    return schema, any(key in schema for key in _COMBINED)


def _response_of(responses: Iterable[Response], status: int) -> Response | None:
    by_status = {one.status.upper(): one for one in responses}
    names = (str(status), f"{status // 100}XX", "DEFAULT")
    return next((by_status[name] for name in names if name in by_status), None)


def _content_of(contents: Iterable[Content], written: str) -> Content | None:
    """The content of a media type; of JSON one of any name that ends in it."""
    kind, _ = media_type(written)
    known = {media_type(one.media_type)[0]: one for one in contents}
    for name in (kind, f"{kind.partition('/')[0]}/*", media_type("*/*")[0]):
        if name in known:
            return known[name]
    is_json = kind.endswith(("/json", "+json"))
    return next((one for name, one in known.items() if is_json and name.endswith(("/json", "+json"))), None)
