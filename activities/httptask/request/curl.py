"""The `curl` command (for bash) that sends what a request sends; its multipart boundaries are its own."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Literal

from httptask.http.body_models import (
    BinaryBody,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RequestBody,
    TextBody,
)
from httptask.http.headers import header_value
from httptask.http.parameters import pairs
from httptask.http.url import encode_component
from httptask.request.bodies import form_text, json_text, part_type
from httptask.request.draft import AUTOMATIC_HEADERS, Draft
from httptask.request.preview import Names

__all__ = ["curl_command"]

_GLOBBED = frozenset("[]{}")
_LONGEST_WORD = 100_000
"""Bytes; a system takes some 128 kB in one word of a command."""
_LONG = 1024 * 1024
_AT_ONCE = "--header 'Expect:'"
"""Of what is long, or comes from a pipe, `curl` would first ask whether it may be sent."""


def curl_command(request: Draft, url: str, names: Names) -> str:
    """The command, an option on each line.

    Args:
        request: what is sent.
        url: of it.
        names: of its secrets.
    """
    # `--request HEAD` would wait for a body.
    is_head = request.method == "HEAD" and request.body is None
    method = "--head" if is_head else f"--request {names.quote(request.method)}"
    # A secret may be a URL with any of them.
    globoff = ["--globoff"] if _GLOBBED & set(url) or names.holds_secret(url) else []
    lines = [
        " ".join(
            [
                "curl",
                method,
                *globoff,
                *(["--no-buffer"] if request.is_streamed else []),
                names.quote(url, "url"),
            ]
        ),
        *_headers(request, names),
        *_body(request.body, names),
    ]
    if request.is_told_to_be_empty:
        lines.append("--data ''")
        if not header_value(request.headers, "content-type"):
            lines.append("--header 'Content-Type:'")
    return " \\\n  ".join(lines)


def _headers(request: Draft, names: Names) -> Iterator[str]:
    # `curl` makes a boundary of its own.
    left_out = {"content-type"} if isinstance(request.body, MultipartBody) else set[str]()
    for name, written in request.headers.items():
        value = names.header(name, written)
        login = names.login(value)
        if login is not None:
            scheme, user, password = login
            yield f"{'--digest ' if scheme == 'digest' else ''}--user {names.quote(f'{user}:{password}')}"
        elif name.lower() not in left_out and AUTOMATIC_HEADERS.get(name.lower()) != value:
            yield f"--header {names.quote(f'{name}: {value}' if value else f'{name};')}"


def _body(body: RequestBody | None, names: Names) -> list[str]:
    """The options that send a body."""
    match body:
        case JsonBody():
            return [_data(json_text(body.value), names, "json")]
        case TextBody():
            return [_data(body.text, names)]
        case FormBody():
            fields = list(pairs(body.fields))
            if not any(names.holds_secret(text) for _, text in fields):
                return [_data(form_text(body.fields), names)]
            return [
                f"--data-urlencode {names.quote(f'{encode_component(name)}={text}')}" for name, text in fields
            ]
        case MultipartBody():
            has_files = any(isinstance(part.content, BinaryBody) for part in body.parts)
            return [*(_form_word(part, names) for part in body.parts), *([_AT_ONCE] if has_files else [])]
        case BinaryBody():
            is_long = len(body.base64) > _LONG
            return [f"--data-binary @{_bytes_of(body, names)}", *([_AT_ONCE] if is_long else [])]
        case None:
            return []


def _data(text: str, names: Names, language: Literal["", "json"] = "") -> str:
    if "\0" in text:  # which no word can hold
        return f"--data-binary @{_bytes_of(BinaryBody(base64=b64encode(text.encode()).decode()), names)}"
    if len(text.encode()) > _LONGEST_WORD:
        return f"--data-binary @<(printf %s {names.quote(text, language)})"
    return f"--data-raw {names.quote(text, language)}"


def _form_word(part: Part, names: Names) -> str:
    described = "" if part.filename is None else f";filename={_quoted(part.filename)}"
    if (media_type := part_type(part)) is not None:
        described += f";type={media_type}"
    match part.content:
        case BinaryBody():
            start = "@" if part.filename is not None else "<"
            word = (
                names.quote(f"{part.name}={start}") + _bytes_of(part.content, names) + names.quote(described)
            )
            return f"--form {word}"
        case JsonBody():
            text = json_text(part.content.value)
        case TextBody():
            text = part.content.text
    if not described:
        return f"--form-string {names.quote(f'{part.name}={text}')}"
    return f"--form {names.quote(f'{part.name}={_quoted(text)}{described}')}"


def _bytes_of(body: BinaryBody, names: Names) -> str:
    return f"<(printf %s {names.quote(body.base64)} | base64 --decode)"


def _quoted(text: str) -> str:
    """A text in which `curl` finds no file names and no options."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
