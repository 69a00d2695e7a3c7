"""Reading a body as what its media type says it is."""

import base64
import re
from typing import Any, Literal, NamedTuple

from httptask.http.charset import CHARSET_CURE, decode_json, decode_leniently, decode_text
from httptask.http.errors import ResponseInterrupted, ResponseInvalid
from httptask.http.excerpt import end_of_json
from httptask.http.headers import media_type
from httptask.http.models import StreamFormat
from httptask.json.tree import parse
from httptask.secrets.redaction import Redactor
from httptask.transport.exchange import Answer

__all__ = ["Content", "content_of", "format_of", "read_content", "read_leniently"]

_JSON_TYPE = re.compile(
    r"(?:application|text)/(?:x-)?json|.+\+json|application/(?:json-rpc|jsonrequest|csp-report|x-amz-json-1\.[0-9])"
)
"""The registered types, and what servers say instead: AWS, older JSON-RPC, browsers' reports."""
_TEXT_TYPES = frozenset(
    {
        "application/csv",
        "application/graphql",
        "application/javascript",
        "application/json-seq",
        "application/json5",
        "application/sql",
        "application/toml",
        "application/x-javascript",
        "application/x-www-form-urlencoded",
        "application/x-yaml",
        "application/xml",
        "application/xml-dtd",
        "application/yaml",
    }
)


_NDJSON = frozenset(
    {
        "application/json-lines",
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/stream+json",
        "application/x-json-stream",
        "application/x-jsonlines",
        "application/x-ndjson",
    }
)


class Content(NamedTuple):
    """A body, parsed and without the values of secrets."""

    value: Any
    kind: Literal["json", "text", "base64", "none"]


def content_of(
    answer: Answer, redactor: Redactor, *, raw: bool = False, charset: str | None = None
) -> Content:
    """The body without the values of secrets, parsed unless the request wants it `raw`.

    Raises:
        ResponseInvalid: a success whose body is not what it claims to be.
        ResponseInterrupted: the same, of a body that ends where the connection was closed: it was cut.
    """
    content_type = answer.headers.get("content-type", "")
    if not answer.success:
        return read_leniently(answer.body, content_type, redactor, whole=answer.whole)
    if raw:
        return _read_raw(answer.body, redactor)
    try:
        return read_content(answer.body, content_type, redactor, charset=charset)
    except ResponseInvalid as invalid:
        if answer.has_known_end:
            raise
        raise ResponseInterrupted(
            "the response broke off: it does not say how long it is, and what came can't be read",
            details=invalid.details,
        ) from None


def read_content(
    body: bytes, content_type: str, redactor: Redactor, *, charset: str | None = None
) -> Content:
    """Parses a body by its media type: JSON, text, or base64 of anything else.

    Args:
        body: all of it.
        content_type: what the server says of it.
        redactor: takes out the values of secrets.
        charset: of a text, where the server does not say it, or says another.

    Raises:
        ResponseInvalid: it claims to be JSON or of a charset, and is not.
    """
    if not body:
        return Content(None, "none")
    kind, told = media_type(content_type)
    if _is_json(kind):
        return Content(redactor.tree(_json(body, kind, charset or told, redactor)), "json")
    if (
        charset is not None
        or format_of(kind) is not None
        or kind.startswith("text/")
        or kind.endswith(("+xml", "+yaml"))
        or kind in _TEXT_TYPES
    ):
        return Content(redactor.text(decode_text(body, kind, charset or told)), "text")
    if not kind:
        try:
            return Content(redactor.text(body.decode("utf-8-sig")), "text")
        except UnicodeDecodeError:
            pass  # without a media type, what is not UTF-8 counts as binary
    return _read_raw(body, redactor)


def _read_raw(body: bytes, redactor: Redactor) -> Content:
    """Takes a body as it is, as base64."""
    return Content(base64.b64encode(redactor.raw(body)).decode("ascii"), "base64")


def read_leniently(body: bytes, content_type: str, redactor: Redactor, *, whole: bool = True) -> Content:
    """Reads the body of an error, which is JSON or text whatever its media type says.

    Args:
        body: what came of it.
        content_type: what the server says of it.
        redactor: takes out the values of secrets.
        whole: whether that is all of it; else the first part of a value may be at its end.
    """
    text = decode_leniently(body, *media_type(content_type))
    if not text.strip():
        return Content(None, "none")
    try:
        return Content(redactor.tree(parse(text)), "json")
    except ValueError:
        return Content(redactor.text(text) if whole else redactor.beginning(text), "text")


def _is_json(kind: str) -> bool:
    """Whether a media type, in lower case without parameters, is one of JSON, and not of several values."""
    return _JSON_TYPE.fullmatch(kind) is not None and format_of(kind) is None


def format_of(media_type: str) -> StreamFormat | None:
    """The format that a media type names; None where it is no stream's."""
    if media_type == "text/event-stream":
        return "sse"
    return "ndjson" if media_type in _NDJSON else None


def _json(body: bytes, kind: str, charset: str | None, redactor: Redactor) -> Any:
    try:
        text = decode_json(body, charset)
    except ValueError as error:
        place = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        raise ResponseInvalid(
            f"the response says it is {kind}, and is not in {charset or 'UTF-8'}{place}", cure=CHARSET_CURE
        ) from None
    try:
        return parse(text) if text.strip() else None
    except ValueError:
        clean = redactor.text(text)
        raise ResponseInvalid(
            f"the response says it is {kind}, and is {end_of_json(clean)}", details={"body_excerpt": clean}
        ) from None
