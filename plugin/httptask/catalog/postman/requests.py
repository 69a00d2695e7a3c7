"""Requests of a collection as Postman sends them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any, Final
from urllib.parse import quote, urlencode

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.files import file_of_input
from httptask.catalog.importing.recognition import holds_credential
from httptask.catalog.importing.request import FormPart, ImportedRequest, Login
from httptask.catalog.importing.urls import Address, read_url
from httptask.catalog.postman.authentication import authenticate
from httptask.catalog.postman.collection import Item
from httptask.catalog.postman.variables import Variables, text_of
from httptask.diagnostics.cutting import shortened
from httptask.http.headers import FORM_TYPE
from httptask.http.url import encode_component, encode_text
from httptask.json.tree import objects_in
from httptask.json.types import is_array, is_object

__all__ = ["request_of"]

_POSTMANS_OWN: Final = frozenset({"postman-token", "content-length"})
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "COPY", "PURGE", "UNLOCK"})
_SENT_AS_IS: Final = frozenset("+%")
_OF_QUERIES: Final = "/?:@!$'()*,;+%"
_TYPES: Final = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "javascript": "application/javascript",
}
_COMMENT: Final = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)

Json = Mapping[str, Any]


def request_of(item: Item, variables: Variables, secrets: Secrets) -> ImportedRequest:
    """The request of an item.

    Raises:
        CatalogError: it is none, or nothing of ours can send it.
    """
    given = {"url": item.request} if isinstance(item.request, str) else item.request
    if not is_object(given) or not given.get("url"):
        raise CatalogError("there is no request with a URL", "give it one in Postman")
    method = text_of(given.get("method")).strip() or "GET"
    parts = _UrlParts.of(given["url"])
    server = variables.fill_server(parts.server)
    address = read_url(server, "http", keeps_dots=True)
    secrets.begin(address.host, address.text)
    request = ImportedRequest(method, Address("", "", None), "Postman")
    _add_headers(request, given.get("header"), variables)
    key = authenticate(request, item.auth, variables, secrets)
    request.url = _address(server, parts, key, variables)
    if request.url.user is not None and item.auth is None:
        request.login = Login("basic", *request.url.user)
    body = given.get("body")
    if is_object(body) and not body.get("disabled"):
        if method.upper() in _WITHOUT_BODY and not item.sends_body_of_get:
            request.notes += _note_of_body(body)
        else:
            _add_body(request, body, variables, secrets)
    return request


@dataclass(frozen=True)
class _UrlParts:
    """A URL, apart: text that is not filled yet."""

    server: str
    path: str
    query: Sequence[tuple[str, str | None]]
    values: Json

    @classmethod
    def of(cls, url: Any) -> "_UrlParts":
        """See class."""
        if not is_object(url):
            return cls.of_text(text_of(url), {})
        listed = url.get("variable")
        if is_object(listed):  # in version 2.0
            values = {name: text_of(value) for name, value in listed.items()}
        else:
            values = {
                text_of(one.get("key", one.get("id"))): text_of(one.get("value")) for one in _enabled(listed)
            }
        host = _joined(url.get("host"), ".")
        if not host:
            return cls.of_text(text_of(url.get("raw")), values)
        protocol, port = text_of(url.get("protocol")), text_of(url.get("port"))
        server = (
            (f"{protocol.removesuffix('://')}://" if protocol else "") + host + (f":{port}" if port else "")
        )
        path = _joined(url.get("path"), "/")
        query = [
            (text_of(one.get("key")), None if one.get("value") is None else text_of(one["value"]))
            for one in _enabled(url.get("query"))
        ]
        return cls(server, path if path.startswith("/") or not path else f"/{path}", query, values)

    @classmethod
    def of_text(cls, text: str, values: Json) -> "_UrlParts":
        """The same for a URL that is written in one."""
        text = text.strip().partition("#")[0]
        head, mark, query = text.partition("?")
        found = re.match(r"(?:[^/{]+://|\{\{[^{}]*\}\}(?:://)?)?[^/]*", head)
        end = 0 if found is None else found.end()
        pairs = [pair.partition("=") for pair in query.split("&")] if mark and query else []
        listed = [(name, value if equals else None) for name, equals, value in pairs]
        return cls(head[:end], head[end:], listed, values)


def _joined(listed: Any, separator: str) -> str:
    """Texts, or what is written as objects with a `value`, in one."""
    if not is_array(listed):
        return text_of(listed)
    return separator.join(text_of(one.get("value")) if is_object(one) else text_of(one) for one in listed)


def _address(server: str, parts: _UrlParts, key: tuple[str, str] | None, variables: Variables) -> Address:
    segments = [_segment(segment, parts.values, variables) for segment in parts.path.split("/")]
    query = [_parameter(name, value, variables) for name, value in parts.query]
    query += [f"{encode_component(key[0])}={encode_component(key[1])}"] if key is not None else []
    mark = "?" if query else ""
    return read_url(server + "/".join(segments) + mark + "&".join(query), "http", keeps_dots=False)


def _segment(segment: str, values: Json, variables: Variables) -> str:
    """A segment of the path; `:name` stands for a value."""
    if not segment.startswith(":") or len(segment) == 1:
        return encode_text(variables.fill(segment)).replace("?", "%3F")
    name = segment[1:]
    value = variables.fill(values.get(name) or "")
    return encode_text(value).replace("?", "%3F") if value else variables.missing(name)


def _parameter(name: str, value: str | None, variables: Variables) -> str:
    filled = None if value is None else variables.fill(value, is_credential=holds_credential(name))
    encoded = [_encoded(text) for text in (variables.fill(name), filled) if text is not None]
    return "=".join(encoded)


def _encoded(text: str) -> str:
    """A name or value of the query; what is encoded already, and a plus, goes out as it stands."""
    return quote(text, safe=_OF_QUERIES) if _SENT_AS_IS & set(text) else encode_component(text)


def _add_headers(request: ImportedRequest, listed: Any, variables: Variables) -> None:
    if isinstance(listed, str):  # in version 2.0
        pairs = [(name, value) for name, colon, value in _lines(listed) if colon]
    else:
        pairs = _fields(listed)
    own: list[str] = []
    for name, value in pairs:
        if name.strip().lower() in _POSTMANS_OWN:
            own.append(name.strip().lower())
        elif name.strip():
            filled = variables.fill(value, is_credential=holds_credential(name.strip()))
            request.headers.append((variables.fill(name.strip()), filled.strip()))
    if own:
        request.notes.append(f"Postman's own headers are left out: {', '.join(own)}")


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    return (line.partition(":") for line in text.splitlines())


def _note_of_body(body: Json) -> list[str]:
    is_empty = not body.get(text_of(body.get("mode")))
    return [] if is_empty else ["the body is left out, which Postman does not send with such a method"]


def _add_body(request: ImportedRequest, body: Json, variables: Variables, secrets: Secrets) -> None:
    mode = text_of(body.get("mode"))
    given = body.get(mode)
    if not mode or not given:
        return
    match mode:
        case "raw":
            _add_raw(request, text_of(given), _language(body), variables)
        case "urlencoded":
            pairs = [
                (variables.fill(name), variables.fill(value, is_credential=holds_credential(name)))
                for name, value in _fields(given)
            ]
            request.body = urlencode(pairs)
            _default_type(request, FORM_TYPE)
        case "formdata":
            request.parts = [_part(one, request, variables, secrets) for one in _enabled(given)]
        case "file":
            path = text_of(given.get("src")) if is_object(given) else ""
            request.body, request.is_base64 = file_of_input(request, "file", path, secrets), True
        case "graphql":
            request.body = _graphql(given, variables)
            _default_type(request, "application/json")
        case _:
            raise CatalogError(f"its body is of the kind {shortened(mode, 20)}", "write it as raw in Postman")


def _language(body: Json) -> str:
    options = body.get("options")
    raw = options.get("raw") if is_object(options) else None
    return text_of(raw.get("language")) if is_object(raw) else ""


def _default_type(request: ImportedRequest, media_type: str) -> None:
    if not request.header("content-type"):
        request.headers.append(("Content-Type", media_type))


def _add_raw(request: ImportedRequest, text: str, language: str, variables: Variables) -> None:
    _default_type(request, _TYPES.get(language, "text/plain"))
    is_json = "json" in request.header("content-type").lower()
    compact = _compact(variables.fill_json(_COMMENT.sub(r"\1", text))) if is_json else None
    request.body = variables.fill(text) if compact is None else compact
    request.has_raw_variable = compact is None


def _compact(text: str) -> str | None:
    """JSON without white space, by which tasks hold it as data; None where that would change a value."""
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_float=_same)
        return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _same(text: str) -> float:
    if repr(float(text)) != text:
        raise ValueError("the number would be written otherwise")
    return float(text)


def _graphql(given: Any, variables: Variables) -> str:
    if not is_object(given):
        raise CatalogError("its GraphQL body has no query", "write one in Postman")
    values = given.get("variables") or "{}"
    text = values if isinstance(values, str) else json.dumps(values, ensure_ascii=False)
    compact = _compact(variables.fill_json(text))
    if compact is None:
        raise CatalogError("the variables of its GraphQL query are no JSON", "write them as JSON in Postman")
    query = json.dumps(variables.fill(text_of(given.get("query"))), ensure_ascii=False)
    operation = given.get("operationName")
    named = f'"operationName":{json.dumps(operation, ensure_ascii=False)},' if operation else ""
    return f'{{{named}"query":{query},"variables":{compact}}}'


def _enabled(listed: Any) -> list[Json]:
    return [one for _, one in objects_in(listed) if not one.get("disabled")]


def _fields(listed: Any) -> list[tuple[str, str]]:
    return [(text_of(one.get("key")), text_of(one.get("value"))) for one in _enabled(listed)]


def _part(field: Json, request: ImportedRequest, variables: Variables, secrets: Secrets) -> FormPart:
    name = text_of(field.get("key"))
    media_type = text_of(field.get("contentType")) or None
    if field.get("type") == "file" or "src" in field:
        sources = field.get("src")
        source = sources[0] if is_array(sources) and sources else sources
        content = file_of_input(request, name, text_of(source), secrets)
        filename = PureWindowsPath(text_of(source)).name or name
        return FormPart(variables.fill(name), content, filename, media_type, is_base64=True)
    value = variables.fill(text_of(field.get("value")), is_credential=holds_credential(name))
    return FormPart(variables.fill(name), value, None, media_type)
