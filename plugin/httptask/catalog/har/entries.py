"""The entries of a HAR file (HTTP Archive 1.2): which of them are calls of an API."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.diagnostics.cutting import shortened
from httptask.http.headers import media_type
from httptask.json.tree import objects_in, text_of
from httptask.json.types import is_array, is_object

__all__ = ["Entry", "entries_of"]

_CALLS: Final = frozenset({"xhr", "fetch", "eventsource"})
"""What Chromium says of requests that a script made."""
_KINDS: Final = frozenset({"document", "font", "image", "manifest", "media", "script", "stylesheet"})
_SERVER: Final = re.compile(r"https?://(?:[^/?#]*@)?(?P<host>[^/?#@]+)", re.IGNORECASE)
_DATA: Final = re.compile(
    r"application/(?:.+\+)?(?:json|xml|x-ndjson|grpc.*|x-protobuf|protobuf)|text/(?:json|event-stream|xml)"
)
_PARTS_OF_PAGES: Final = re.compile(
    r"(?:image|font|audio|video)/.+|text/(?:css|html)|.+/.*javascript|application/(?:font|wasm|x-font).*"
)
_UNTOLD: Final = re.compile(r"|x-unknown|text/plain")
_FILE_OF_PAGES: Final = re.compile(
    r".+\.(?:avif|css|gif|html?|ico|jpe?g|map|m?js|mp[34]|otf|png|svg|ttf|web[mp]|woff2?)", re.IGNORECASE
)
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A request, and what came back.

    Attributes:
        index: among all of the file, from 0 on.
        request: as it stands there.
        kind: what of a page it is, in a word of the reader; `call` for one that a script makes.
    """

    index: int
    request: Json
    kind: str

    @property
    def method(self) -> str:
        """Its method."""
        return text_of(self.request.get("method")).strip() or "GET"

    @property
    def url(self) -> str:
        """Its address."""
        return text_of(self.request.get("url"))

    @property
    def place(self) -> str:
        """Where it stands, with method and server; a path may hold a credential."""
        found = _SERVER.match(self.url)
        server = "" if found is None else f" {shortened(found['host'], 60)}"
        return f"entry {self.index}, {shortened(self.method, 20)}{server}"

    def is_named_by(self, pattern: str) -> bool:
        """Whether a pattern names its address, alone or behind the method; without `*` it may stand anywhere."""
        wanted = pattern.lower() if re.search(r"[*?\[]", pattern) else f"*{pattern.lower()}*"
        url = self.url.lower()
        return any(fnmatchcase(text, wanted) for text in (url, f"{self.method.lower()} {url}"))


def entries_of(data: Any) -> Sequence[Entry]:
    """The entries of a file, in their order.

    Raises:
        CatalogError: it is none, or one of a version that is not read.
    """
    log = data.get("log") if is_object(data) else None
    if not is_object(log):
        if is_object(data) and is_object(data.get("info")) and "item" in data:
            raise CatalogError("this is a collection of Postman", "use `httptask catalog from-postman`")
        raise CatalogError("this is no HAR file: it has no `log`", "save one from a browser's network panel")
    version = text_of(log.get("version")) or "1.1"
    if not version.startswith("1."):
        raise CatalogError(
            f"this is a HAR file of version {shortened(version, 20)}, and 1.1 and 1.2 are read",
            "save it as HAR 1.2",
        )
    listed = log.get("entries")
    if not is_array(listed):
        raise CatalogError("the `log` has no list `entries`", "save it anew from a browser's network panel")
    return [_entry(index, entry) for index, entry in enumerate(listed)]


def _entry(index: int, entry: Any) -> Entry:
    request = entry.get("request") if is_object(entry) else None
    if not is_object(request):
        return Entry(index, {}, "empty")
    return Entry(index, request, _kind(entry, request))


def _kind(entry: Json, request: Json) -> str:
    """What an entry is for; by what the browser says, else by what came back and what was sent."""
    if not text_of(request.get("url")).lower().startswith(("http://", "https://")):
        return "other scheme"
    said = text_of(entry.get("_resourceType")).lower()
    method = text_of(request.get("method")).upper()
    if said == "preflight" or (method == "OPTIONS" and _has_header(request, "access-control-request-method")):
        return "preflight"
    if said == "websocket" or _has_header(request, "sec-websocket-key"):
        return "websocket"
    if said:
        return "call" if said in _CALLS else said if said in _KINDS else "other"
    response = entry.get("response")
    content = response.get("content") if is_object(response) else None
    came, _ = media_type(text_of(content.get("mimeType")) if is_object(content) else "")
    posted = request.get("postData")
    sent, _ = media_type(text_of(posted.get("mimeType")) if is_object(posted) else "")
    if _DATA.fullmatch(came) or _DATA.fullmatch(sent):
        return "call"
    if _PARTS_OF_PAGES.fullmatch(came):
        return _word(came)
    is_page = _FILE_OF_PAGES.fullmatch(re.split("[?#]", text_of(request.get("url")))[0]) is not None
    return "call" if method in _WRITES or (_UNTOLD.fullmatch(came) and not is_page) else "other"


def _word(media: str) -> str:
    kind, _, subtype = media.partition("/")
    known = {"css": "stylesheet", "html": "document"}
    if kind in ("image", "font", "audio", "video"):
        return kind
    return known.get(
        subtype, "script" if "javascript" in subtype else "font" if "font" in subtype else "other"
    )


def _has_header(request: Json, name: str) -> bool:
    return any(text_of(one.get("name")).lower() == name for _, one in objects_in(request.get("headers")))
