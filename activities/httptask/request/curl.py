"""The `curl` command (for bash) that sends what a request sends; boundaries of forms without files are its own."""

import re
from collections.abc import Iterator

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
from httptask.request.preview import Language, Names
from httptask.request.printing import LONGEST_WORD, print_bytes, print_parts, print_text

__all__ = ["curl_command"]

_GLOBBED = frozenset("[]{}")
_LONG = 1024 * 1024
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*")
"""A media type that `--form` takes whole."""


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
        *_body(request, names),
    ]
    if request.is_told_to_be_empty:
        lines.append("--data ''")
        if not header_value(request.headers, "content-type"):
            lines.append("--header 'Content-Type:'")
    return " \\\n  ".join(lines)


def _headers(request: Draft, names: Names) -> Iterator[str]:
    # `curl` makes a boundary of its own.
    left_out = {"content-type"} if _is_form(request.body, names) else set[str]()
    for name, written in request.headers.items():
        value = names.header(name, written)
        login = names.login(value)
        if login is not None:
            scheme, user, password = login
            yield f"{'--digest ' if scheme == 'digest' else ''}--user {names.quote(f'{user}:{password}')}"
        elif name.lower() not in left_out and AUTOMATIC_HEADERS.get(name.lower()) != value:
            yield f"--header {names.quote(f'{name}: {value}' if value else f'{name};')}"


def _body(request: Draft, names: Names) -> list[str]:
    """The options that send a body."""
    match request.body:
        case JsonBody(value=value):
            return _data(json_text(value), names, "json")
        case TextBody(text=text):
            return _data(text, names)
        case FormBody() as body:
            fields = list(pairs(body.fields))
            if not any(names.holds_secret(text) for _, text in fields):
                return _data(form_text(body.fields), names)
            return [
                f"--data-urlencode {names.quote(f'{encode_component(name)}={text}')}" for name, text in fields
            ]
        case MultipartBody(parts=parts) as body if _is_form(body, names):
            return [_form_word(part, names) for part in parts]
        case MultipartBody(parts=parts):
            return _printed(print_parts(request, parts, names))
        case BinaryBody() as body:
            return _printed(print_bytes(body, names))
        case None:
            return []


def _data(text: str, names: Names, language: Language = "") -> list[str]:
    if "\0" in text or len(text.encode()) > LONGEST_WORD:
        return _printed(print_text(text, names, language))
    return [f"--data-raw {names.quote(text, language)}"]


def _printed(commands: str) -> list[str]:
    """The options that send what commands print; of what is long `curl` would first ask whether it may be sent."""
    is_long = len(commands) > _LONG
    return [f"--data-binary @<({commands})", *(["--header 'Expect:'"] if is_long else [])]


def _is_form(body: RequestBody | None, names: Names) -> bool:
    """Whether `curl` can write a body of its parts: what comes from a pipe it would send in chunks."""
    return isinstance(body, MultipartBody) and all(_is_plain(part, names) for part in body.parts)


def _is_plain(part: Part, names: Names) -> bool:
    """Whether `--form` says a part; what a secret holds is escaped by nothing there."""
    media_type = part_type(part)
    is_named = (
        re.fullmatch(r"[^\\=]+", part.name) and part.filename != "" and "\\" not in (part.filename or "")
    )
    is_described = media_type is not None or part.filename is not None
    if isinstance(part.content, BinaryBody) or not is_named:
        return False
    text = _text(part.content)
    is_word = "\0" not in text and len(text.encode()) <= LONGEST_WORD
    has_type = media_type is None or _TYPE.fullmatch(media_type) is not None
    return is_word and has_type and not (is_described and names.holds_secret(text))


def _form_word(part: Part, names: Names) -> str:
    assert not isinstance(part.content, BinaryBody)  # which is printed
    text = _text(part.content)
    described = "" if part.filename is None else f";filename={_quoted(part.filename)}"
    if (media_type := part_type(part)) is not None:
        described += f";type={media_type}"
    if not described:
        return f"--form-string {names.quote(f'{part.name}={text}')}"
    return f"--form {names.quote(f'{part.name}={_quoted(text)}{described}')}"


def _text(content: TextBody | JsonBody) -> str:
    return json_text(content.value) if isinstance(content, JsonBody) else content.text


def _quoted(text: str) -> str:
    """A text in which `curl` finds no file names and no options."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
