"""Bodies as definitions have them: as data where that sends the same bytes, as text or base64 elsewhere."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import BEGINS_JSON, Secrets
from httptask.catalog.importing.named_secrets import same_hex
from httptask.catalog.importing.request import FormPart, ImportedRequest
from httptask.http.headers import FORM_TYPE
from httptask.http.headers import media_type as read_media_type
from httptask.json.types import is_array, is_object
from httptask.secrets.placeholders import has_placeholder

__all__ = [
    "Pairs",
    "body_arguments",
    "grouped",
    "is_written_so",
    "multipart_arguments",
    "pairs_of",
    "parts_of",
]

_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_JSON: Final = re.compile(r"application/json|.+\+json|text/json")
_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_DISPOSITION: Final = re.compile(r'\b(name|filename)=(?:"([^"]*)"|([^\s";]+))')
_TYPE: Final = re.compile(r"^content-type:[ \t]*(.+?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)

Pairs = Sequence[tuple[str, str]]


def body_arguments(
    body: str, content_type: str, secrets: Secrets, *, has_raw_variable: bool
) -> dict[str, Any]:
    """The arguments of `httpRequest` that send a body.

    Args:
        body: with what is not UTF-8 in it as half surrogates.
        content_type: that it is sent with.
        secrets: takes its credentials.
        has_raw_variable: whether a variable stands in it as it is, and not encoded.

    Raises:
        CatalogError: a variable stands among bytes that are no text.
    """
    kind, charset = read_media_type(content_type)
    if not _is_text(body) or (charset or "utf-8").lower() not in _UTF_8:
        return {"base64": _base64(body, secrets)}
    pairs = None if kind != FORM_TYPE or has_raw_variable else pairs_of(body, unquote_plus, urlencode)
    # A name can't be a secret, but a piece of a text can.
    is_text = pairs is None or any(secrets.stands_in(name) for name, _ in pairs)
    fields = None if pairs is None or is_text else grouped(_hidden_pairs(pairs, secrets))
    if fields is not None:
        return {"form": fields}
    if BEGINS_JSON.match(body):
        body = secrets.hide_in_json(body)
        if _JSON.fullmatch(kind) and not has_raw_variable and (data := _compact(body, secrets)) is not None:
            return {"body": data}
    elif kind == FORM_TYPE:
        body = secrets.hide_in_pairs(body, str, "form field")
    elif kind == "multipart/form-data":
        body = _hidden_parts(body, content_type, secrets)
    return {"body": secrets.hide_known(body)}


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _base64(text: str, secrets: Secrets) -> str:
    if has_placeholder(text):
        raise CatalogError(
            "a variable stands in a body that is no text in UTF-8", "put its value in its place"
        )
    written = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    if secrets.stands_in(written):
        raise CatalogError(
            "a credential stands in a body that is no text in UTF-8, where no secret can",
            "give the bytes with the input: `base64: ${ $workflow.input.file }`",
        )
    return written


def pairs_of(text: str, decode: Callable[[str], str], encode: Callable[[Pairs], str]) -> Pairs | None:
    """Names with values that are encoded to exactly this text again; None where there are none."""
    pieces = [piece.partition("=") for piece in text.split("&")] if text else []
    pairs = [(decode(name), decode(value)) for name, _, value in pieces]
    is_same = all(_is_text(name + value) for name, value in pairs) and encode(pairs) == same_hex(text)
    return pairs if is_same else None


def grouped(pairs: Pairs) -> dict[str, Any] | None:
    """The same as a mapping, values of one name as a list; None where others stand between them."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif next(reversed(found)) == name:
            found[name] = [*(found[name] if is_array(found[name]) else [found[name]]), value]
        else:
            return None
    return found


def _hidden_pairs(pairs: Pairs, secrets: Secrets) -> Pairs:
    return [(name, secrets.hide_in_parameter(name, value, "form field")) for name, value in pairs]


def _compact(text: str, secrets: Secrets) -> Any:
    """The data that are written to exactly this text again; None where none are."""
    try:
        data = json.loads(text, object_pairs_hook=_named_openly)
        is_same = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")) == text
    except (ValueError, RecursionError):
        return None
    has_escapes = any("\\" in (secrets.needed[name].value or "") for name in secrets.names_in(text))
    return data if is_same and not has_escapes and (is_object(data) or is_array(data)) else None


def _named_openly(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if any(has_placeholder(name) for name, _ in members):
        raise ValueError("a name has a secret, which only a text can hold")
    return dict(members)


def multipart_arguments(request: ImportedRequest, secrets: Secrets) -> dict[str, Any]:
    """The argument `multipart`; what of the parts is sent otherwise goes to the request's notes."""
    return {"multipart": [_part(part, request, secrets) for part in request.parts or ()]}


def _part(part: FormPart, request: ImportedRequest, secrets: Secrets) -> dict[str, Any]:
    is_text = _is_text(part.text) and not part.is_base64
    if any(secrets.stands_in(text) for text in (part.name, part.filename or "", part.media_type or "")):
        raise CatalogError(
            "a credential stands in the name or the type of a part, where no secret can",
            "leave the part out, or send the credential as its content",
        )
    described: dict[str, Any] = {"name": part.name}
    if part.is_base64:
        described["base64"] = part.text
    elif is_text:
        described |= _text_of(part, secrets)
    else:
        described["base64"] = _base64(part.text, secrets)
    if part.filename is not None:
        described["filename"] = part.filename
    if part.media_type is not None:
        described["contentType"] = part.media_type
    elif part.filename is not None or not is_text:
        default = "text/plain; charset=utf-8" if is_text else "application/octet-stream"
        request.notes.append(
            f"the part {part.name} is sent as {default}, where {request.sender} names no type"
        )
    if "\\" in part.name + (part.filename or ""):
        request.notes.append(
            "the backslash in the name of a part is sent as two, as RFC 7578's readers expect it"
        )
    return described


def _text_of(part: FormPart, secrets: Secrets) -> dict[str, Any]:
    """What a part of text holds: data where a secret in it has to be escaped for JSON."""
    text = secrets.hide_in_parameter(part.name, part.text, "form field")
    if part.media_type == "application/json" and has_placeholder(part.text):
        data = None if secrets.has_raw_variable(part.text) else _compact(text, secrets)
        return {"text": text} if data is None else {"json": data}
    return {"text": text}


def parts_of(text: str, content_type: str) -> list[FormPart]:
    """The parts of a multipart body as it was sent (RFC 7578); none where it can't be read."""
    parts = [_read_part(piece) for piece in _pieces(text, content_type)[2:-1:2]]
    return [part for part in parts if part is not None] if None not in parts else []


def is_written_so(parts: Sequence[FormPart], text: str, content_type: str) -> bool:
    """Whether parts are sent as exactly this text, under the same boundary."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return False
    if any("\\" in part.name + (part.filename or "") for part in parts):
        return False  # it is written as two
    written = ""
    for part in parts:
        filename = f'; filename="{part.filename}"' if part.filename else ""
        described = f"\r\nContent-Type: {part.media_type}" if part.media_type else ""
        head = f'Content-Disposition: form-data; name="{part.name}"{filename}{described}'
        written += f"--{boundary[1]}\r\n{head}\r\n\r\n{part.text}\r\n"
    return f"{written}--{boundary[1]}--\r\n" == text


def _pieces(text: str, content_type: str) -> list[str]:
    """What stands between boundaries, and the boundaries, in turns."""
    boundary = _BOUNDARY.search(content_type)
    return [] if boundary is None else re.split(rf"((?:\r\n|\A)--{re.escape(boundary[1])}(?:--)?)", text)


def _read_part(piece: str) -> FormPart | None:
    head, blank, content = piece.removeprefix("\r\n").partition("\r\n\r\n")
    described = {name: quoted or bare for name, quoted, bare in _DISPOSITION.findall(head)}
    if not blank or "name" not in described:
        return None
    found = _TYPE.search(head)
    return FormPart(
        described["name"], content, described.get("filename"), None if found is None else found[1]
    )


def _hidden_parts(text: str, content_type: str, secrets: Secrets) -> str:
    """A multipart body as it stands, without the credentials in its parts."""
    pieces = _pieces(text, content_type)
    for index in range(2, len(pieces) - 1, 2):
        part = _read_part(pieces[index])
        if part is not None and part.text:
            hidden = secrets.hide_in_parameter(part.name, part.text, "form field")
            pieces[index] = pieces[index].removesuffix(part.text) + hidden
    return "".join(pieces) if pieces else text
