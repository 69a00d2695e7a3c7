"""URLs as curl takes them: several in one, without a scheme, with user and password, with dots in the path."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final
from urllib.parse import unquote

from httptask.catalog.curl.errors import CurlError
from httptask.http.headers import has_control_character
from httptask.secrets.placeholders import begins_with_placeholder

__all__ = ["CurlUrl", "expand_globs", "read_url"]

_MOST: Final = 100
_ESCAPED: Final = re.compile(r"\\([\[\]{}])")
_IPV6: Final = re.compile(r"\[[0-9A-Fa-f:.]{2,}(?:%25[\w.-]+)?\]")
_RANGE: Final = re.compile(r"\[(?:(\d+)-(\d+)|([A-Za-z])-([A-Za-z]))(?::(\d+))?\]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,3}")
_GUESSED: Final = re.compile(r"(?:ftp|dict|ldap|imap|smtp|pop3)\.", re.IGNORECASE)
_OWN_GLOB: Final = "add --globoff if the characters `[`, `]`, `{` and `}` of the URL are meant as they are"


@dataclass(frozen=True)
class CurlUrl:
    """An address to which curl sends.

    Attributes:
        text: scheme, host, path and query.
        host: alone, without the port; empty where a variable holds it.
        user: name and password before the host, decoded; None where there are none.
    """

    text: str
    host: str
    user: tuple[str, str | None] | None


def expand_globs(url: str) -> list[str]:
    """The URLs that one with `{a,b}` and `[1-3]` stands for, in the order in which curl asks for them.

    Raises:
        CurlError: curl would refuse it, or there are too many.
    """
    parts = [list(part) for part in _parts(url)]
    count = 1
    for part in parts:
        count *= len(part)
    if count > _MOST:
        raise CurlError(f"the URL stands for {count} URLs", f"at most {_MOST} become tasks: use `call: map`")
    return ["".join(chosen) for chosen in product(*parts)]


def _parts(url: str) -> Iterator[list[str]]:
    index = 0
    literal = ""
    while index < len(url):
        sign = url[index]
        if (escaped := _ESCAPED.match(url, index)) is not None:
            literal += escaped[1]
            index = escaped.end()
        elif (address := _IPV6.match(url, index)) is not None and ":" in address[0]:
            literal += address[0]
            index = address.end()
        elif sign in "{[":
            yield [literal]
            literal = ""
            chosen, index = _set(url, index) if sign == "{" else _range(url, index)
            yield chosen
        elif sign in "}]":
            raise CurlError(f"curl refuses the URL for a `{sign}` that nothing opens", _OWN_GLOB)
        else:
            literal += sign
            index += 1
    yield [literal]


def _set(url: str, opened: int) -> tuple[list[str], int]:
    items = [""]
    index = opened + 1
    while index < len(url):
        sign = url[index]
        if sign == "}" and index > opened + 1:
            return items, index + 1
        if sign in "{[]}":
            break
        if sign == "\\" and index + 1 < len(url):
            index += 1
            items[-1] += url[index]
        elif sign == ",":
            items.append("")
        else:
            items[-1] += sign
        index += 1
    raise CurlError("curl refuses the URL for its `{`", _OWN_GLOB)


def _range(url: str, opened: int) -> tuple[list[str], int]:
    found = _RANGE.match(url, opened)
    if found is None:
        raise CurlError("curl refuses the URL for its `[`", _OWN_GLOB)
    step = int(found[5] or 1)
    first, last = (int(found[1]), int(found[2])) if found[1] else (ord(found[3]), ord(found[4]))
    if step < 1 or first > last or (not found[1] and last - first > ord("z") - ord("a")):
        raise CurlError("curl refuses the URL for its `[`", _OWN_GLOB)
    numbers = range(first, last + 1, step)
    if len(numbers) > _MOST:
        raise CurlError(f"the URL stands for {len(numbers)} URLs", f"at most {_MOST} become tasks")
    width = len(found[1]) if found[1] and found[1].startswith("0") else 0
    return [f"{number:0{width}d}" if found[1] else chr(number) for number in numbers], found.end()


def read_url(text: str, default_scheme: str, *, keeps_dots: bool) -> CurlUrl:
    """A URL as curl reads it.

    Args:
        text: as it is given.
        default_scheme: of one without any.
        keeps_dots: whether `.` and `..` in the path stay.

    Raises:
        CurlError: curl refuses it, or it is no address of HTTP.
    """
    if begins_with_placeholder(text):  # of which only the variable's value tells more
        return CurlUrl(text.partition("#")[0], "", None)
    if not text or " " in text or has_control_character(text):
        raise CurlError("the URL is empty, or has a space or control character", "curl refuses it: write %20")
    scheme, rest = default_scheme, text
    if (found := _SCHEME.match(text)) is not None:
        scheme, rest = found[1].lower(), text[found.end() :]
    elif _GUESSED.match(text):
        scheme = text.partition(".")[0].lower()
    if scheme not in ("http", "https"):
        raise CurlError(f"the URL's scheme is {scheme}", "tasks send requests of http and https alone")
    rest = rest.partition("#")[0]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    login, at, server = rest[:end].rpartition("@")
    path, mark, query = rest[end:].partition("?")
    path = path if keeps_dots else _without_dots(path)
    user = None
    if at:
        name, colon, password = login.partition(":")
        user = (unquote(name), unquote(password) if colon else None)
    host = _ascii(server)
    return CurlUrl(f"{scheme}://{host}{path or '/'}{mark}{query}", _alone(host), user)


def _alone(host: str) -> str:
    return host.rpartition(":")[0] if re.search(r":\d*$", host) else host


def _ascii(server: str) -> str:
    if server.isascii():
        return server
    import idna  # tables of all letters, for who writes one

    host, colon, port = server.partition(":")
    try:
        return idna.encode(host, uts46=True).decode("ascii") + colon + port
    except idna.IDNAError:
        raise CurlError("the URL's host is none", "write it in letters, or in punycode") from None


def _without_dots(path: str) -> str:
    """A path without `.` and `..` (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
        if segment in (".", "..") and is_last:
            kept.append("")
    return "/" + "/".join(kept) if segments else path
