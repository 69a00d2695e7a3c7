"""What each kind of request body is made into: bytes, a media type, what people see, words of a shell."""

import json
from collections.abc import Callable
from typing import Any

from httptask.http.body_models import JsonBody, RequestBody, TextBody
from httptask.http.errors import RequestInvalid
from httptask.http.insertion import Insertions

__all__ = ["content_type", "curl_words", "encode", "fill", "shown"]


def fill(body: RequestBody | None, insertions: Insertions) -> RequestBody | None:
    """The body with its secrets in place."""
    match body:
        case JsonBody():
            return JsonBody(value=insertions.fill_tree(body.value, "body", "value"))
        case TextBody():
            return TextBody(text=insertions.fill(body.text, "body", "text"))
        case None:
            return None


def content_type(body: RequestBody | None) -> str | None:
    """The media type of a body, unless a header says otherwise."""
    match body:
        case JsonBody():
            return "application/json"
        case TextBody():
            return "text/plain; charset=utf-8"
        case None:
            return None


def encode(body: RequestBody | None) -> bytes:
    """The bytes that go out.

    Raises:
        RequestInvalid: there are none for such data.
    """
    try:
        match body:
            case JsonBody():
                text = json.dumps(body.value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                return text.encode("utf-8")
            case TextBody():
                return body.text.encode("utf-8")
            case None:
                return b""
    except (ValueError, RecursionError):
        raise RequestInvalid(
            "the body has no form in JSON and UTF-8: a NaN, an infinity or half of a surrogate pair"
        ) from None


def shown(body: RequestBody | None) -> Any:
    """The body as a JSON value that people read and fixtures match."""
    match body:
        case JsonBody():
            return body.value
        case TextBody():
            return body.text
        case None:
            return None


def curl_words(body: RequestBody | None, quote: Callable[[str], str]) -> list[str]:
    """The options of `curl` that send the body.

    Args:
        body: with marks where secrets stand.
        quote: makes a text one word of a shell.
    """
    match body:
        case JsonBody():
            return [f"--data-raw {quote(json.dumps(body.value, ensure_ascii=False))}"]
        case TextBody():
            return [f"--data-raw {quote(body.text)}"]
        case None:
            return []
