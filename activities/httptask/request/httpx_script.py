"""The Python script that sends what a request sends, by httpx; its multipart boundaries are httpx's own."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from httptask.connections.connection import Connection
from httptask.http.body_models import (
    BinaryBody,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RequestBody,
    TextBody,
)
from httptask.http.headers import FORM_TYPE, header_value
from httptask.http.limits import CHAT_DEFAULTS, Limits, bounds
from httptask.http.parameters import pairs
from httptask.json.types import is_array, is_object
from httptask.request.bodies import json_text, part_type
from httptask.request.draft import AUTOMATIC_HEADERS, Draft
from httptask.request.preview import Names

__all__ = ["httpx_script"]

_INDENT = "    "
_WIDTH = 100
_HTTPX_SENDS = {"accept": "*/*"}
_HTTPX_SENDS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_READING = {
    False: ("response = httpx.request(", "print(response.status_code)\nprint(response.text)"),
    True: (
        "with httpx.stream(",
        "    print(response.status_code)\n    for line in response.iter_lines():\n        print(line)",
    ),
}
"""How a call begins, and what is done with the answer, by whether it is a stream."""


def httpx_script(request: Draft, url: str, names: Names) -> str:
    """The script, complete.

    Args:
        request: what is sent.
        url: of it.
        names: of its secrets.
    """
    method = json.dumps(request.method)
    address = names.python(url, is_url=True)
    arguments = [method, address, *_headers(request, names), *_body(request, names)]
    arguments.append(f"timeout={_seconds(request, request.connection):g}")
    begin, read = _READING[request.is_streamed]
    lines = [begin, *(_indented(f"{argument},", 1) for argument in arguments)]
    lines.append(") as response:" if request.is_streamed else ")")
    text = "\n".join([*lines, read])
    return f"{_imports(text)}\n\n{text}"


def _seconds(request: Draft, connection: Connection | None) -> float:
    own = connection.limits if connection is not None else Limits()
    return bounds(request.request.limits, own, CHAT_DEFAULTS).total


def _imports(text: str) -> str:
    standard = [name for name in ("base64", "json", "os") if f"{name}." in text]
    lines = [f"import {name}" for name in standard]
    if "quote(" in text:
        lines.append("from urllib.parse import quote")
    return "\n".join([*lines, *([""] if lines else []), "import httpx"])


def _headers(request: Draft, names: Names) -> Iterator[str]:
    """The arguments that make headers, but for those that httpx sends by itself."""
    left_out = _own_type(request.body, header_value(request.headers, "content-type"))
    told: list[str] = []
    for name, written in request.headers.items():
        value = names.header(name, written)
        key = name.lower()
        if (login := names.login(value)) is not None:
            scheme, user, password = login
            pair = f"{names.python(user)}, {names.python(password)}"
            yield f"auth=({pair})" if scheme == "basic" else f"auth=httpx.DigestAuth({pair})"
        elif value not in (AUTOMATIC_HEADERS.get(key), _HTTPX_SENDS.get(key)) and key not in left_out:
            text = names.python(value)
            encoded = (
                text if value.isascii() else f"({text}).encode()" if " + " in text else f"{text}.encode()"
            )
            told.append(f"{json.dumps(name)}: {encoded}")
    if request.is_told_to_be_empty and request.method not in _HTTPX_SENDS_LENGTH:
        told.append('"Content-Length": "0"')
    if told:
        yield "headers=" + _bracketed("{", told, "}")


def _own_type(body: RequestBody | None, media_type: str) -> set[str]:
    """The header Content-Type where httpx writes the same by itself, or a boundary of its own."""
    match body:
        case JsonBody(value=value) if value is not None and media_type == "application/json":
            return {"content-type"}
        case FormBody(fields=fields) if fields and media_type == FORM_TYPE:
            return {"content-type"}
        case MultipartBody():
            return {"content-type"}
        case _:
            return set()


def _body(request: Draft, names: Names) -> Iterator[str]:
    match request.body:
        case JsonBody(value=value) if value is not None:
            yield f"json={_literal(value, names)}"
        case JsonBody(value=value):
            yield f"content={json.dumps(json_text(value))}"
        case TextBody(text=text):
            yield f"content={names.python(text)}"
        case FormBody(fields=fields) if fields:
            grouped: dict[str, Any] = {}
            for name, text in pairs(fields):
                grouped.setdefault(name, []).append(text)
            lone = {name: texts[0] if len(texts) == 1 else texts for name, texts in grouped.items()}
            yield f"data={_literal(lone, names)}"
        case FormBody():
            yield 'content=""'
        case MultipartBody(parts=parts):
            yield "files=" + _bracketed("[", [_part(part, names) for part in parts], "]")
        case BinaryBody() as body:
            yield f"content={_bytes(body)}"
        case None:
            pass


def _part(part: Part, names: Names) -> str:
    match part.content:
        case BinaryBody():
            content = _bytes(part.content)
        case JsonBody(value=value):
            written = f'json.dumps({_literal(value, names)}, ensure_ascii=False, separators=(",", ":"))'
            plain = json_text(value)
            content = written if names.holds_secret(plain) else names.python(plain)
        case TextBody(text=text):
            content = names.python(text)
    filename = "None" if part.filename is None else json.dumps(part.filename, ensure_ascii=False)
    media_type = part_type(part)
    described = [filename, content, *([] if media_type is None else [json.dumps(media_type)])]
    return f"({json.dumps(part.name, ensure_ascii=False)}, ({', '.join(described)}))"


def _bytes(body: BinaryBody) -> str:
    return f"base64.b64decode({json.dumps(body.base64)})"


def _literal(value: Any, names: Names) -> str:
    """JSON as Python writes it, its secrets read from the environment."""
    if is_object(value):
        return _bracketed(
            "{",
            [
                f"{json.dumps(name, ensure_ascii=False)}: {_literal(one, names)}"
                for name, one in value.items()
            ],
            "}",
        )
    if is_array(value):
        return _bracketed("[", [_literal(one, names) for one in value], "]")
    return names.python(value) if isinstance(value, str) else repr(value)


def _bracketed(opening: str, items: Sequence[str], closing: str) -> str:
    """Items in brackets, on one line where they fit."""
    line = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in line and len(line) <= _WIDTH:
        return line
    return "\n".join([opening, *(_indented(f"{item},", 1) for item in items), closing])


def _indented(text: str, levels: int) -> str:
    return "\n".join(_INDENT * levels + line for line in text.split("\n"))
