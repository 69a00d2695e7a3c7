"""Requests of a HAR file, without what is the browser's own."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from httptask.catalog.errors import CatalogError
from httptask.catalog.har.entries import Entry
from httptask.catalog.importing.bodies import is_written_so, parts_of
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.files import file_of_input
from httptask.catalog.importing.request import FormPart, ImportedRequest, Login
from httptask.catalog.importing.urls import read_url
from httptask.http.headers import FORM_TYPE, media_type
from httptask.json.tree import objects_in, text_of
from httptask.json.types import is_object

__all__ = ["request_of"]

_OF_BROWSERS: Final = re.compile(
    r":.+|sec-.+|proxy-.+|access-control-request-.+|x-client-data|x-devtools-.+"
    r"|accept-(?:charset|encoding|language)|cache-control|connection|content-length|dnt|expect|host|if-modified-since"
    r"|if-none-match|keep-alive|origin|pragma|priority|referer|te|trailer|transfer-encoding"
    r"|upgrade(?:-insecure-requests)?|user-agent|via"
)
"""Headers that a script can't set (Fetch, section 2.2.2), and those by which a browser says who and what it is."""

Json = Mapping[str, Any]


def request_of(entry: Entry, secrets: Secrets, left_out: set[str]) -> ImportedRequest:
    """The request of an entry.

    Args:
        entry: the entry.
        secrets: is told whose credentials come.
        left_out: takes names of headers that are the browser's own.

    Raises:
        CatalogError: nothing of ours can send it.
    """
    url = read_url(entry.url.replace(" ", "%20"), "https", keeps_dots=False)
    secrets.begin(url.host, url.text)
    request = ImportedRequest(entry.method, url, "the browser")
    if url.user is not None:
        request.login = Login("basic", *url.user)
    for name, value in _pairs(entry.request.get("headers")):
        if _OF_BROWSERS.fullmatch(name.lower()):
            left_out.add(name.lower())
        else:
            request.headers.append((name, value))
    cookies = "; ".join(f"{name}={value}" for name, value in _pairs(entry.request.get("cookies")))
    if cookies and not request.header("cookie"):
        request.headers.append(("Cookie", cookies))
    posted = entry.request.get("postData")
    if is_object(posted):
        _add_body(request, posted, secrets)
    return request


def _pairs(listed: Any) -> list[tuple[str, str]]:
    return [
        (text_of(one.get("name")).strip(), text_of(one.get("value")).strip()) for _, one in objects_in(listed)
    ]


def _add_body(request: ImportedRequest, posted: Json, secrets: Secrets) -> None:
    written = request.header("content-type")
    content_type = written or text_of(posted.get("mimeType"))
    kind, _ = media_type(content_type)
    text = _text(posted)
    if kind == "multipart/form-data":
        parts = parts_of(text, content_type) if text else _listed_parts(posted.get("params"))
        if not parts:
            raise CatalogError("its multipart body can't be read", "copy the request as cURL instead")
        if text and not is_written_so(parts, text, content_type):
            request.notes.append("what describes the parts of a body is written in httptask's own way")
        request.parts = [_with_content(part, request, secrets) for part in parts]
        request.drop_header("content-type")
        return
    if not text:
        listed = objects_in(posted.get("params"))
        text = urlencode([(text_of(one.get("name")), text_of(one.get("value"))) for _, one in listed])
        content_type = content_type or FORM_TYPE
    if not text:
        return
    request.body = text
    if not written and content_type:
        request.headers.append(("Content-Type", content_type))


def _text(posted: Json) -> str:
    """The body as text, with what is not UTF-8 in it as half surrogates."""
    text = text_of(posted.get("text"))
    if text_of(posted.get("encoding", posted.get("_encoding"))).lower() != "base64":
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
    except ValueError:
        raise CatalogError("its body says that it is base64, and is none", "save the file anew") from None


def _listed_parts(listed: Any) -> list[FormPart]:
    """Parts as Firefox lists them; a file's content does not stand there."""
    return [
        FormPart(
            text_of(one.get("name")),
            text_of(one.get("value")),
            text_of(one.get("fileName")) or None,
            text_of(one.get("contentType")) or None,
        )
        for _, one in objects_in(listed)
    ]


def _with_content(part: FormPart, request: ImportedRequest, secrets: Secrets) -> FormPart:
    """A part whose file comes with the input, where the browser kept nothing of it."""
    if not part.filename:  # a file that nobody chose has an empty one
        return FormPart(part.name, part.text, None, part.media_type)
    if part.text:
        return part
    content = file_of_input(request, part.name, part.filename, secrets)
    return FormPart(part.name, content, part.filename, part.media_type, is_base64=True)
