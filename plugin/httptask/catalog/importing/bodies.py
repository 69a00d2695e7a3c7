"""Bodies as definitions have them: as data where that sends the same bytes, as text or base64 elsewhere."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets, is_credential_parameter, same_hex
from httptask.catalog.importing.request import FormPart, ImportedRequest
from httptask.http.headers import FORM_TYPE
from httptask.http.headers import media_type as read_media_type
from httptask.json.types import is_array, is_object
from httptask.secrets.placeholders import has_placeholder

__all__ = ["Pairs", "body_arguments", "grouped", "multipart_arguments", "pairs_of"]

_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_JSON: Final = re.compile(r"application/json|.+\+json|text/json")
_BEGINS_JSON: Final = re.compile(r'\s*[{\["]')

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
        return {"base64": _base64(body)}
    pairs = None if kind != FORM_TYPE or has_raw_variable else pairs_of(body, unquote_plus, urlencode)
    fields = None if pairs is None else grouped(_hidden_pairs(pairs, secrets))
    if fields is not None:
        return {"form": fields}
    if _BEGINS_JSON.match(body):
        body = secrets.hide_in_json(body)
        if _JSON.fullmatch(kind) and not has_raw_variable and (data := _compact(body, secrets)) is not None:
            return {"body": data}
    elif kind == FORM_TYPE:
        body = secrets.hide_in_pairs(body, str, "form field")
    return {"body": secrets.hide_known(body)}


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _base64(text: str) -> str:
    if has_placeholder(text):
        raise CatalogError(
            "a variable stands in a body that is no text in UTF-8", "put its value in its place"
        )
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


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
        data = json.loads(text)
        is_same = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")) == text
    except (ValueError, RecursionError):
        return None
    has_escapes = any("\\" in (secrets.needed[name].value or "") for name in secrets.names_in(text))
    return data if is_same and not has_escapes and (is_object(data) or is_array(data)) else None


def multipart_arguments(request: ImportedRequest, secrets: Secrets) -> dict[str, Any]:
    """The argument `multipart`; what of the parts is sent otherwise goes to the request's notes."""
    return {"multipart": [_part(part, request, secrets) for part in request.parts or ()]}


def _part(part: FormPart, request: ImportedRequest, secrets: Secrets) -> dict[str, Any]:
    is_text = _is_text(part.text) and not part.is_base64
    described: dict[str, Any] = {"name": part.name}
    if part.is_base64:
        described["base64"] = part.text
    elif is_text:
        is_named = is_credential_parameter(part.name, part.text)
        what = f"the form field {part.name}"
        described["text"] = (
            secrets.credential(part.text, part.name, what, is_in_body=True)
            if is_named
            else secrets.hide_known(part.text)
        )
    else:
        described["base64"] = _base64(part.text)
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
