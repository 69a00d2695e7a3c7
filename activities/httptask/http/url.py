"""URLs, read so strictly that no two parsers can disagree about the host.

What is ambiguous is refused instead of guessed: user information, backslashes, a host outside ASCII.
Every byte of path and query is sent as written; only what RFC 3986 does not allow there is encoded, and a
question mark with nothing behind it is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv6Address
from urllib.parse import quote, unquote

from httptask.http.errors import RequestInvalid

__all__ = [
    "RESERVED",
    "SEGMENT",
    "Url",
    "encode_component",
    "encode_text",
    "encode_within",
    "has_dot_segment",
    "joined",
]

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.IGNORECASE
)
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_ALLOWED = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")
_DOTTED = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}(?<!\.)")
_MAX_LENGTH = 16 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}

RESERVED = ":/?#[]@!$&'()*+,;=%"
"""Delimiters (RFC 3986, section 2.2), and the sign of what is encoded already."""
SEGMENT = "!$&'()*+,;=:@"
"""What a path segment may hold besides unreserved characters."""


@lru_cache(maxsize=256)
def encode_text(text: str) -> str:
    """Encodes what may never stand in a URL, such as spaces; delimiters and encoded bytes stay."""
    return quote(text, safe=RESERVED)


def encode_component(text: str) -> str:
    """Encodes a name or value of a query so that no delimiter in it counts."""
    return quote(text, safe="")


def encode_within(before: str, text: str) -> str:
    """Encodes a value for its place in a URL: one path segment, or a component once a query has begun."""
    return encode_component(text) if "?" in before else quote(text, safe=SEGMENT)


def joined(base_url: str | None, url: str, query: Sequence[tuple[str, str]]) -> str:
    """A URL of its parts, each of them encoded.

    Args:
        base_url: what the URL is relative to, perhaps with a query; None where it is absolute.
        url: an absolute URL, or a path with what follows it.
        query: names and values that come behind all others.
    """
    if base_url is not None:
        path, mark, asked = base_url.partition("?")
        url = path.rstrip("/") + ("" if url[:1] in ("/", "?", "") else "/") + url
        if mark:
            url += ("&" if "?" in url else "?") + asked
    if not query:
        return url
    head, mark, fragment = url.partition("#")
    separator = "?" if "?" not in head else "" if head.endswith(("?", "&")) else "&"
    return head + separator + "&".join(f"{name}={value}" for name, value in query) + mark + fragment


@dataclass(frozen=True)
class Url:
    """An absolute http or https URL."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without its brackets."""
    port: int
    target: str
    """Path and query, ready for the request line; never empty."""

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, text: str) -> "Url":
        """Reads an absolute URL and drops its fragment.

        Raises:
            RequestInvalid: saying what is wrong, without the URL: it may hold a credential.
        """
        if len(text) > _MAX_LENGTH:
            raise RequestInvalid(f"the URL is longer than {_MAX_LENGTH} characters")
        match = _URL.fullmatch(text)
        if match is not None:
            _check_script(match["authority"])
        if not _ALLOWED.fullmatch(text):
            raise RequestInvalid(
                "the URL is empty or has a space, a control character, a backslash or one outside ASCII"
            )
        if match is None:
            raise RequestInvalid("the URL is not absolute: it must start with http:// or https://")
        scheme, authority = match["scheme"].lower(), match["authority"]
        if "@" in authority:
            raise RequestInvalid(
                "the URL holds user information before an @: write it under `authentication` instead"
            )
        parts = _AUTHORITY.fullmatch(authority)
        port = int(parts["port"] or _DEFAULT_PORTS[scheme]) if parts else 0
        if parts is None or not 1 <= port <= 65535:
            raise RequestInvalid("the URL's host or port can't be read: write name, name:port or [IPv6]:port")
        host = parts["host"].strip("[]").lower()
        if parts["host"].startswith("["):
            _check_ipv6(host)
        else:
            _check_name(host)
        if has_dot_segment(match["path"]):
            raise RequestInvalid(
                "the URL's path has the segment `.` or `..`, with which a server may take it for another path"
            )
        query = match["query"] or ""
        return cls(scheme, host, port, (match["path"] or "/") + ("" if query == "?" else query))

    @classmethod
    def parse_at(cls, text: str, base_url: str | None) -> "Url":
        """Reads the URL of a request, which stays at the origin of its connection.

        Args:
            text: the URL.
            base_url: of the connection; None for a request without one.

        Raises:
            RequestInvalid: it can't be read, or is elsewhere.
        """
        url = cls.parse(text)
        if base_url is not None and cls.parse(base_url).origin != url.origin:
            raise RequestInvalid(
                "the URL is not at the origin of its connection, whose credentials go nowhere else: "
                "write a path, or leave the connection out"
            )
        return url

    @cached_property
    def netloc(self) -> str:
        """Host, and the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454): the unit that a credential belongs to."""
        return f"{self.scheme}://{self.netloc}"

    def __str__(self) -> str:
        return self.origin + self.target


def has_dot_segment(path: str) -> bool:
    """Whether a segment is `.` or `..` to some server: encoded as well, or with parameters behind a semicolon."""
    names = (segment.partition(";")[0].lower().replace("%2e", ".") for segment in path.split("/"))
    return any(name in (".", "..") for name in names)


def _check_script(authority: str) -> None:
    """Refuses a host outside ASCII and says how it is written: which letters are the same is not guessed."""
    host = unquote(authority).partition(":")[0]
    if host.isascii() or "@" in unquote(authority):
        return
    import idna  # tables of all letters, for who writes one that can't be sent

    try:
        written = idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        written = "such as xn--bcher-kva.example"
    raise RequestInvalid(f"the URL's host is not in ASCII: write it in punycode, {written}")


def _check_ipv6(host: str) -> None:
    try:
        IPv6Address(host)
    except ValueError:
        raise RequestInvalid("the URL's host has brackets, and what is in them is no IPv6 address") from None


def _check_name(host: str) -> None:
    """Refuses the spellings of an IPv4 address that resolvers know beside the usual one: 2130706433, 0x7f.1."""
    if _NUMERIC.fullmatch(host) and not _DOTTED.fullmatch(host):
        raise RequestInvalid("the URL's host is a number: write an IPv4 address as four decimal numbers")
