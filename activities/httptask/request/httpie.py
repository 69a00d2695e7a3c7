r"""The `http` command of HTTPie (3.0 or newer, for bash) that sends what a request sends.

Where HTTPie's own words for a body can't say it, the bytes come through a pipe. A backslash before `:`, `;`, `=` or `@`
in an item is its escape, which nothing escapes in turn.
"""

import re
from collections.abc import Iterator, Mapping

from httptask.http.body_models import (
    BinaryBody,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RequestBody,
    TextBody,
)
from httptask.http.errors import RequestInvalid
from httptask.http.parameters import ParameterValue, pairs
from httptask.request.bodies import encode
from httptask.request.draft import AUTOMATIC_HEADERS, Draft
from httptask.request.preview import Names
from httptask.request.printing import LONGEST_WORD, print_bytes, print_parts, print_text

__all__ = ["httpie_command"]

_ESCAPE = re.compile(r"\\[:;=@]")


def httpie_command(request: Draft, url: str, names: Names) -> str:
    """The command, an option or item on each line.

    Args:
        request: what is sent.
        url: of it.
        names: of its secrets.

    Raises:
        RequestInvalid: HTTPie takes no such method.
    """
    if not re.fullmatch("[A-Za-z]+", request.method):
        raise RequestInvalid(
            f"HTTPie takes methods of letters alone, and none such as {request.method}: use curl"
        )
    piped = _piped(request, names)
    options = [] if piped else ["--ignore-stdin", *_flag_of(request.body, names)]
    items: list[str] = []
    for name, written in request.headers.items():
        value = names.header(name, written)
        if (login := names.login(value)) is not None:
            scheme, user, password = login
            options += ["--auth-type=digest"] if scheme == "digest" else []
            options.append(f"--auth={names.quote(f'{user}:{password}')}")
        elif name.lower() == "authorization" and value.startswith("Bearer ") and names.holds_secret(value):
            options += ["--auth-type=bearer", f"--auth={names.quote(value.removeprefix('Bearer '))}"]
        elif AUTOMATIC_HEADERS.get(name.lower()) != value and not (
            name.lower() == "content-type" and "--multipart" in options  # which makes a boundary of its own
        ):
            items.append(_item(name, ":", value, names) if value else names.quote(f"{name};"))
    if request.is_streamed:
        options.append("--stream")
    if not piped:
        items += _items_of(request.body, names)
    begin = f"{piped} | http" if piped else "http"
    return " \\\n  ".join([" ".join([begin, *options, request.method, names.quote(url, "url")]), *items])


def _item(name: str, separator: str, value: str, names: Names) -> str:
    """One `name:value` or `name=value`; from a file that the shell makes, where HTTPie would read signs in its text."""
    key = re.sub("([:;=@])", r"\\\1", name)
    if _ESCAPE.search(value) or names.holds_secret(value):
        return f"{names.quote(f'{key}{separator}@')}<(printf %s {names.quote(value)})"
    escape = "\\" if value[:1] in (":", "=", "@") else ""
    return names.quote(f"{key}{separator}{escape}{value}")


def _flag_of(body: RequestBody | None, names: Names) -> list[str]:
    """How HTTPie is to write the items of a body."""
    match body:
        case FormBody(fields=fields) if _has_secret(fields, names):
            return ["--form"]
        case MultipartBody():
            return ["--multipart"]
        case _:
            return []


def _items_of(body: RequestBody | None, names: Names) -> Iterator[str]:
    match body:
        case FormBody(fields=fields) if _has_secret(fields, names):
            yield from (_item(name, "=", text, names) for name, text in pairs(fields))
        case JsonBody() | TextBody() | FormBody() as body if text := _written(body):
            yield f"--raw={names.quote(text, 'json' if isinstance(body, JsonBody) else '')}"
        case MultipartBody(parts=parts):
            for part in parts:
                assert isinstance(part.content, TextBody)  # others are piped
                yield _item(part.name, "=", part.content.text, names)
        case _:
            pass


def _has_secret(fields: Mapping[str, ParameterValue], names: Names) -> bool:
    return any(names.holds_secret(text) for _, text in pairs(fields))


def _piped(request: Draft, names: Names) -> str:
    """The command whose output is the body, where no option says it; else empty."""
    match request.body:
        case BinaryBody() as body:
            return print_bytes(body, names)
        case TextBody(text=text) if "\0" in text:  # which no word can hold
            return print_text(text, names)
        case TextBody() | JsonBody() | FormBody() as body if len(_written(body).encode()) > LONGEST_WORD:
            return print_text(_written(body), names, "json" if isinstance(body, JsonBody) else "")
        case MultipartBody(parts=parts) if not all(_is_plain(part) for part in parts):
            return f"{{ {print_parts(request, parts, names)}; }}"
        case _:
            return ""


def _written(body: TextBody | JsonBody | FormBody) -> str:
    return encode(body, "").decode()


def _is_plain(part: Part) -> bool:
    """Whether an item says all of a part."""
    is_text = isinstance(part.content, TextBody) and part.filename is None and part.content_type is None
    return is_text and "\\" not in part.name
