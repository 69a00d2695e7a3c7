"""The words of a `curl` command (for bash) that send a body."""

import json
from collections.abc import Callable

from httptask.http.body_models import (
    BinaryBody,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RequestBody,
    TextBody,
)
from httptask.http.multipart import part_type
from httptask.http.parameters import pairs
from httptask.http.url import encode_component

__all__ = ["body_words"]

Quote = Callable[[str], str]
"""Makes a text one word of a shell."""


def body_words(body: RequestBody | None, quote: Quote) -> list[str]:
    """The options that send a body, in which marks stand for secrets."""
    match body:
        case JsonBody():
            return [f"--data-raw {quote(json.dumps(body.value, ensure_ascii=False))}"]
        case TextBody():
            return [f"--data-raw {quote(body.text)}"]
        case FormBody():
            return [
                f"--data-urlencode {quote(f'{encode_component(name)}={text}')}"
                for name, text in pairs(body.fields)
            ]
        case MultipartBody():
            return [_form_word(part, quote) for part in body.parts]
        case BinaryBody():
            return [f"--data-binary @{_bytes_of(body, quote)}"]
        case None:
            return []


def _form_word(part: Part, quote: Quote) -> str:
    described = "" if part.filename is None else f";filename={_quoted(part.filename)}"
    if (media_type := part_type(part)) is not None:
        described += f";type={media_type}"
    match part.content:
        case BinaryBody():
            start = "@" if part.filename is not None else "<"
            word = quote(f"{part.name}={start}") + _bytes_of(part.content, quote) + quote(described)
            return f"--form {word}"
        case JsonBody():
            text = json.dumps(part.content.value, ensure_ascii=False)
        case TextBody():
            text = part.content.text
    if not described:
        return f"--form-string {quote(f'{part.name}={text}')}"
    return f"--form {quote(f'{part.name}={_quoted(text)}{described}')}"


def _bytes_of(body: BinaryBody, quote: Quote) -> str:
    return f"<(printf %s {quote(body.base64)} | base64 --decode)"


def _quoted(text: str) -> str:
    """A text in which `curl` finds no file names and no options."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
