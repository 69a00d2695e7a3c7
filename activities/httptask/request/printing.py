"""Commands of bash that print a body, for programs whose own words can't say it."""

from base64 import b64encode

from httptask.http.body_models import BinaryBody, JsonBody, Part, TextBody
from httptask.http.headers import header_value
from httptask.request.bodies import json_text, part_head
from httptask.request.draft import Draft
from httptask.request.preview import Language, Names

__all__ = ["LONGEST_WORD", "print_bytes", "print_parts", "print_text"]

LONGEST_WORD = 100_000
"""Bytes; a system takes some 128 kB in one word of a command."""


def print_bytes(body: BinaryBody, names: Names) -> str:
    """The command that prints bytes."""
    return f"printf %s {names.quote(body.base64)} | base64 --decode"


def print_text(text: str, names: Names, language: Language = "") -> str:
    """The command that prints a text; see `Names.quote`."""
    if "\0" in text:  # which no word can hold
        return print_bytes(_bytes(text), names)
    return f"printf %s {names.quote(text, language)}"


def print_parts(request: Draft, parts: tuple[Part, ...], names: Names) -> str:
    """The commands that print a multipart body as a task sends it, under the boundary of the request."""
    boundary = header_value(request.headers, "content-type").partition("boundary=")[2]
    commands: list[str] = []
    word = text = ""
    for part in parts:
        text += f"--{boundary}\r\n{part_head(part)}\r\n\r\n"
        match part.content:
            case JsonBody(value=value):
                word += names.quote(text) + names.quote(json_text(value), "json")
                text = "\r\n"
            case TextBody(text=content) if "\0" not in content:
                text += f"{content}\r\n"
            case TextBody() | BinaryBody() as content:
                data = content if isinstance(content, BinaryBody) else _bytes(content.text)
                commands += [f"printf %s {word}{names.quote(text)}", print_bytes(data, names)]
                word, text = "", "\r\n"
    text += f"--{boundary}--\r\n"
    commands.append(f"printf %s {word}{names.quote(text)}")
    return "; ".join(commands)


def _bytes(text: str) -> BinaryBody:
    return BinaryBody(base64=b64encode(text.encode()).decode())
