"""Reading a body as what its media type says it is."""

import base64
import codecs
from dataclasses import dataclass
from typing import Any, Literal

from httptask.http.errors import ResponseInvalid
from httptask.http.headers import media_type
from httptask.http.json_tree import UnusableJson, parse
from httptask.http.redaction import Redactor

__all__ = ["Content", "read_content", "read_leniently", "read_raw"]

_TEXT_TYPES = frozenset(
    {
        "application/graphql",
        "application/javascript",
        "application/jsonl",
        "application/ndjson",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/yaml",
        "application/x-yaml",
    }
)
# Python knows these as text encodings; they are none of a web page, and some take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"})


@dataclass(frozen=True)
class Content:
    """A body, parsed and without the values of secrets."""

    value: Any
    kind: Literal["json", "text", "base64", "none"]


def read_content(body: bytes, content_type: str, redactor: Redactor) -> Content:
    """Parses a body by its media type: JSON, text, or base64 of anything else.

    Raises:
        ResponseInvalid: it claims to be JSON or of a charset, and is not.
    """
    if not body:
        return Content(None, "none")
    kind, charset = media_type(content_type)
    if kind == "application/json" or kind.endswith("+json"):
        return Content(redactor.tree(_json(body)), "json")
    if kind.startswith("text/") or kind.endswith("+xml") or kind in _TEXT_TYPES:
        return Content(redactor.text(_text(body, charset)), "text")
    if not content_type:
        try:
            return Content(redactor.text(body.decode("utf-8")), "text")
        except UnicodeDecodeError:
            pass  # without a media type, what is not UTF-8 counts as binary
    return read_raw(body, redactor)


def read_raw(body: bytes, redactor: Redactor) -> Content:
    """Takes a body as it is, as base64."""
    return Content(base64.b64encode(redactor.raw(body)).decode("ascii"), "base64")


def read_leniently(body: bytes, redactor: Redactor) -> Content:
    """Reads the body of an error, which is JSON or text whatever its media type says, and may be cut."""
    text = body.decode("utf-8-sig", "replace")
    if not text.strip():
        return Content(None, "none")
    try:
        return Content(redactor.tree(parse(text)), "json")
    except ValueError:
        return Content(redactor.text(text), "text")


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
        return parse(text) if text.strip() else None
    except UnusableJson as unusable:
        raise ResponseInvalid(f"the response can't be read as JSON: {unusable}") from None
    except ValueError:
        raise ResponseInvalid("the response claims to be JSON and is not: RFC 8259 in UTF-8") from None


def _text(body: bytes, charset: str | None) -> str:
    if charset is None:
        return body.decode("utf-8-sig", "replace")
    try:
        if codecs.lookup(charset).name not in _NO_CHARSETS:
            return body.decode(charset)
    except (LookupError, ValueError):
        pass  # an unknown charset, or bytes that are not of it
    raise ResponseInvalid(f"the response can't be read as the charset {charset[:40]!r} that it claims")
