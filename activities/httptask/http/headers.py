"""Which headers may go out, how they must look, and which come back."""

import re
from collections.abc import Collection, Iterable, Mapping
from email.message import Message
from functools import lru_cache

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import RequestInvalid

__all__ = [
    "FORM_TYPE",
    "HIDDEN",
    "KEYED_METHODS",
    "OWNED_BY_TRANSPORT",
    "SAFE_METHODS",
    "Headers",
    "allowed",
    "check_header",
    "check_header_name",
    "check_idempotency_key",
    "check_method",
    "fold",
    "has_control_character",
    "has_header",
    "header_text",
    "header_value",
    "hide_credential",
    "is_allowed",
    "is_credential",
    "media_type",
]

Headers = Mapping[str, str]

HIDDEN = "[redacted]"
"""What is shown in place of a credential that has no name."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
"""Methods that change nothing at a server (RFC 9110, section 9.2.1)."""
KEYED_METHODS = frozenset({"POST", "PATCH"})
"""Methods that an `Idempotency-Key` goes out with: those that are not idempotent by themselves."""

FORM_TYPE = "application/x-www-form-urlencoded"
"""Media type of the fields of a form."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]*")
_SEPARATE_VALUES = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*(?:"|$))+')
# Some servers forget the semicolon behind it, or quote it.
_MEDIA_TYPE = re.compile(r"""[\s"]*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)[\s":;]*""")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

OWNED_BY_TRANSPORT = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Names, in lower case, of request headers that nobody else writes."""

_ALLOWED = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-language",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "etag",
        "last-modified",
        "link",
        "location",
        "ratelimit",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "www-authenticate",
        "x-ms-continuation",
        "x-next-cursor",
        "x-next-page",
        "x-request-id",
        "x-should-retry",
        "x-total-count",
        "x-total-pages",
    }
)
_ALLOWED_PREFIXES = (
    "anthropic-ratelimit-",
    "idempotency-",
    "idempotent-",
    "openai-",
    "ratelimit-",
    "x-rate-limit-",
    "x-ratelimit-",
)
_LONGEST_KEY = 255
_KEY = re.compile(rf"[!-~]{{1,{_LONGEST_KEY}}}")
_NOT_METHODS = frozenset({"CONNECT", "TRACE"})
_CREDENTIAL = re.compile(r"authorization|cookie|token|secret|password|api-?key|-key$", re.IGNORECASE)


def check_method(method: str) -> None:
    """Refuses what is no method (RFC 9110, section 9.1), and those that are no request for an answer.

    Raises:
        RequestInvalid: naming it.
    """
    if not _TOKEN.fullmatch(method) or method in _NOT_METHODS:
        raise RequestInvalid(
            f"{shortened(method, 60)!r} is not a method that can be sent: use GET, POST, PUT, ..."
        )


def check_header(name: str, value: str) -> None:
    """Refuses a request header that could not be sent as exactly one header line (RFC 9110, section 5).

    Raises:
        RequestInvalid: naming the header, never its value.
    """
    check_header_name(name)
    if name.lower() in OWNED_BY_TRANSPORT:
        raise RequestInvalid(f"the header {name} is set by the transport: remove it from the request")
    if not _VALUE.fullmatch(value):
        raise RequestInvalid(
            f"the value of the header {name} has a line break, a control character or half of a surrogate pair: "
            "remove it (a block scalar `|` ends in a line break, `|-` does not)"
        )


def check_idempotency_key(key: str) -> None:
    """Refuses a key that is none, or that a server may not take as it is.

    Raises:
        RequestInvalid: saying how one looks.
    """
    if not _KEY.fullmatch(key):
        raise RequestInvalid(
            f"idempotencyKey needs a text of 1 to {_LONGEST_KEY} visible ASCII characters: without one, leave it out"
        )


def has_control_character(text: str) -> bool:
    """Whether a text has a character that may stand in neither a header value nor a URL."""
    return _CONTROL.search(text) is not None


def has_header(headers: Headers, name: str | None) -> bool:
    """Whether there is a header of that name, whatever its case."""
    return name is not None and any(known.lower() == name.lower() for known in headers)


def header_value(headers: Headers, name: str) -> str:
    """What a header says, whose name is given in lower case; empty where it is missing."""
    return next((value for known, value in headers.items() if known.lower() == name), "")


@lru_cache(maxsize=1024)
def is_credential(name: str) -> bool:
    """Whether a header of that name usually carries a credential, so that its value is never shown."""
    return name.lower() != "idempotency-key" and _CREDENTIAL.search(name) is not None


def hide_credential(value: str) -> str:
    """What may be shown of a header that is a credential: its scheme."""
    scheme, space, _ = value.partition(" ")
    return f"{scheme}{space}{HIDDEN}" if space else HIDDEN


def fold(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Joins repeated headers as RFC 9110, section 5.3 allows; names in lower case."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), header_text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def header_text(raw: bytes) -> str:
    """A value as its server means it: names of files and realms come in UTF-8, though once they were in Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def allowed(headers: Headers, asked_for: Collection[str] = ()) -> dict[str, str]:
    """The response headers that may be stored and shown: no cookie, no credential, nothing unknown.

    Args:
        headers: all of them, names in lower case.
        asked_for: names, in any case, of others that are to be kept.
    """
    wanted = {name.lower() for name in asked_for}
    return {name: value for name, value in headers.items() if is_allowed(name) or name in wanted}


@lru_cache(maxsize=1024)
def check_header_name(name: str) -> None:
    """Refuses what is no name of a header.

    Raises:
        RequestInvalid: naming it.
    """
    if not _TOKEN.fullmatch(name):
        raise RequestInvalid(f"{shortened(name, 60)!r} is not a header name: use letters, digits and hyphens")


def is_allowed(name: str) -> bool:
    """Whether a response header of that name, in lower case, may be stored and shown."""
    return name in _ALLOWED or name.startswith(_ALLOWED_PREFIXES)


@lru_cache(maxsize=256)
def media_type(content_type: str) -> tuple[str, str | None]:
    """The type that a `Content-Type` names, in lower case without parameters, and its charset.

    A gateway may add a second one. The last that is a type counts, with the charset of the same type before it
    (WHATWG Fetch, "extract a MIME type").
    """
    essence, charset = "", None
    for value in _SEPARATE_VALUES.findall(content_type):
        found = _MEDIA_TYPE.match(value)
        if found is None or found[1] == "*/*":
            continue
        kind, parameters = found[1].lower(), value[found.end() :]
        message = Message()
        message["content-type"] = f"{kind}; {parameters}"
        given = message.get_param("charset")
        own = given if isinstance(given, str) else None
        charset = own if own is not None or kind != essence else charset
        essence = kind
    return essence, charset
