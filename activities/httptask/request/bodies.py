"""What each kind of request body is made into: bytes, a media type, what people see, words of a shell."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from httptask.diagnostics.cutting import shortened
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
from httptask.http.headers import FORM_TYPE, check_header, has_control_character
from httptask.http.headers import media_type as read_media_type
from httptask.http.parameters import ParameterValue, pairs
from httptask.secrets.insertion import Insertions

__all__ = [
    "check_body",
    "check_content_type",
    "content_type",
    "encode",
    "fill",
    "form_text",
    "json_text",
    "part_head",
    "part_type",
    "shown",
]

_NEVER_JSON = re.compile(
    r"(?:audio|font|image|video)/.+|.+\+xml|text/(?:css|csv|html|xml)|application/(?:pdf|xml|zip)"
)
_ESCAPES = str.maketrans({'"': "%22", "\\": "\\\\"})
"""In names and filenames of parts, as httpx writes them; a control character in one is refused before."""
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})


def fill(body: RequestBody | None, insertions: Insertions) -> RequestBody | None:
    """The body with its secrets in place."""
    match body:
        case JsonBody():
            return JsonBody(value=insertions.fill_tree(body.value, "body", "value"))
        case TextBody():
            return TextBody(text=insertions.fill(body.text, "body", "text"))
        case FormBody():
            return FormBody(fields=insertions.fill_tree(body.fields, "body", "fields"))
        case MultipartBody():
            filled = [_filled_part(part, str(index), insertions) for index, part in enumerate(body.parts)]
            return MultipartBody(parts=tuple(filled))
        case BinaryBody() | None:
            return body


def content_type(body: RequestBody) -> str:
    """The media type of a body, secrets not yet inserted, unless a header says otherwise."""
    match body:
        case JsonBody():
            return "application/json"
        case TextBody():
            return "text/plain; charset=utf-8"
        case FormBody():
            return FORM_TYPE
        case MultipartBody():
            return _multipart_type(body)
        case BinaryBody():
            return "application/octet-stream"


def part_type(part: Part) -> str | None:
    """The media type of a part; it never depends on what a worker's system knows of a filename's ending."""
    if part.content_type is not None:
        return part.content_type
    match part.content:
        case JsonBody():
            return "application/json"
        case BinaryBody():
            return "application/octet-stream"
        case TextBody():
            return None if part.filename is None else "text/plain; charset=utf-8"


def check_content_type(body: RequestBody | None, given: str) -> None:
    """Refuses a media type that the body is not: a server would take it for something else.

    Args:
        body: what is sent.
        given: the header `Content-Type` as the author gives it. A type of which nothing is known may be anything.

    Raises:
        RequestInvalid: with the argument that makes such a body.
    """
    if not given:
        return
    kind, _ = read_media_type(given)
    is_multipart = kind.startswith("multipart/")
    claim = f"the header Content-Type says {kind}, and the body is"
    match body:
        case MultipartBody():
            raise RequestInvalid(
                "leave out the header Content-Type: a multipart body brings its own, with the boundary"
            )
        case FormBody() if kind not in ("", FORM_TYPE):
            raise RequestInvalid(f"{claim} a form: leave the header out, or write `body` instead of `form`")
        case JsonBody() if kind == FORM_TYPE:
            raise RequestInvalid(
                f"{claim} sent as JSON: write it as `form` of `httpRequest`, or leave the header out"
            )
        case JsonBody() if _NEVER_JSON.fullmatch(kind):
            raise RequestInvalid(f"{claim} sent as JSON: write `body` as a text, or leave the header out")
        case JsonBody() | TextBody() if is_multipart and "boundary=" not in given.lower():
            raise RequestInvalid(
                f"{claim} no parts with a boundary: write them as `multipart` of `httpRequest`"
            )
        case _:
            pass


def check_body(body: RequestBody, given: str) -> None:
    """Refuses a body that can't be sent as it is described; see `check_content_type`.

    Raises:
        RequestInvalid: for its type; or a part of a multipart body can't be described by one header line each.
    """
    check_content_type(body, given)
    for index, part in enumerate(body.parts if isinstance(body, MultipartBody) else ()):
        if has_control_character(part.name) or has_control_character(part.filename or ""):
            raise RequestInvalid(f"part {index} of the body has a control character in its name or filename")
        if part.content_type is not None:
            check_header("Content-Type", part.content_type)


def encode(body: RequestBody, media_type: str) -> bytes:
    """The bytes that go out under a media type.

    Raises:
        RequestInvalid: there are none for such data.
    """
    try:
        match body:
            case JsonBody():
                return json_text(body.value).encode("utf-8")
            case TextBody():
                _check_charset(media_type)
                return body.text.encode("utf-8")
            case FormBody():
                return form_text(body.fields).encode("ascii")
            case MultipartBody():
                return _encode_multipart(body, media_type)
            case BinaryBody():
                return body.content()
    except (ValueError, RecursionError):
        raise RequestInvalid(
            "the body has no form in JSON and UTF-8: a NaN, an infinity or half of a surrogate pair"
        ) from None


def json_text(value: Any) -> str:
    """A JSON value as it is sent."""
    return _JSON.encode(value)


def form_text(fields: Mapping[str, ParameterValue]) -> str:
    """The fields of a form as they are sent."""
    return urlencode(list(pairs(fields)))


def shown(body: RequestBody) -> Any:
    """The body as a JSON value that people read and fixtures match."""
    match body:
        case JsonBody():
            return body.value
        case TextBody():
            return body.text
        case FormBody():
            return body.fields
        case MultipartBody():
            return [_shown_part(part) for part in body.parts]
        case BinaryBody():
            return {"base64": body.base64}


def _multipart_type(body: MultipartBody) -> str:
    """The media type of RFC 7578 with its boundary.

    The boundary is a digest of the parts, secrets not yet inserted. So each attempt at a request sends the same
    bytes under the same Idempotency-Key, and no part can hold the boundary: it would have to hold its own digest.
    """
    digest = hashlib.sha256(json.dumps(body.model_dump()).encode("ascii")).hexdigest()
    return f"multipart/form-data; boundary={digest[:32]}"


def _encode_multipart(body: MultipartBody, media_type: str) -> bytes:
    """The bytes of all parts, secrets in place, under a media type with the boundary."""
    boundary = media_type.partition("boundary=")[2]
    written = [
        b"%b%b\r\n" % (f"--{boundary}\r\n{part_head(part)}\r\n\r\n".encode(), encode(part.content, ""))
        for part in body.parts
    ]
    return b"".join([*written, f"--{boundary}--\r\n".encode()])


def part_head(part: Part) -> str:
    """The header lines of a part (RFC 7578, section 4.2)."""
    head = f'Content-Disposition: form-data; name="{part.name.translate(_ESCAPES)}"'
    if part.filename:
        head += f'; filename="{part.filename.translate(_ESCAPES)}"'
    described = part_type(part)
    return head if described is None else f"{head}\r\nContent-Type: {described}"


def _filled_part(part: Part, index: str, insertions: Insertions) -> Part:
    path = ("body", "parts", index, "content")
    match part.content:
        case JsonBody():
            value = insertions.fill_tree(part.content.value, *path, "value")
            return part.model_copy(update={"content": JsonBody(value=value)})
        case TextBody():
            text = insertions.fill(part.content.text, *path, "text")
            return part.model_copy(update={"content": TextBody(text=text)})
        case BinaryBody():
            return part


def _shown_part(part: Part) -> dict[str, Any]:
    described = {"name": part.name, "filename": part.filename, "contentType": part.content_type}
    given = {key: value for key, value in described.items() if value is not None}
    match part.content:
        case JsonBody():
            return {**given, "json": part.content.value}
        case TextBody():
            return {**given, "text": part.content.text}
        case BinaryBody():
            return {**given, "base64": part.content.base64}


def _check_charset(media_type: str) -> None:
    _, charset = read_media_type(media_type)
    if charset is not None and charset.lower() not in _UTF_8:
        raise RequestInvalid(
            f"the header Content-Type claims the charset {shortened(charset, 40)!r}, and text is sent in UTF-8: "
            "write charset=utf-8, or give the bytes as `base64`"
        )
