"""Addresses as people write them elsewhere: without a scheme, with user and password, with dots in the path."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from httptask.catalog.errors import CatalogError
from httptask.http.headers import has_control_character
from httptask.secrets.placeholders import begins_with_placeholder

__all__ = ["Address", "read_url"]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,3}")
_GUESSED: Final = re.compile(r"(?:ftp|dict|ldap|imap|smtp|pop3)\.", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Where a request goes.

    Attributes:
        text: scheme, host, path and query.
        host: alone, without the port; empty where a variable holds it.
        user: name and password before the host, decoded, the password empty where there is none; None for neither.
    """

    text: str
    host: str
    user: tuple[str, str] | None


def read_url(text: str, default_scheme: str, *, keeps_dots: bool) -> Address:
    """A URL as those read it who send it.

    Args:
        text: as it is given.
        default_scheme: of one without any.
        keeps_dots: whether `.` and `..` in the path stay.

    Raises:
        CatalogError: it can't be sent, or is no address of HTTP.
    """
    if begins_with_placeholder(text):  # of which only the variable's value tells more
        return Address(text.partition("#")[0], "", None)
    if not text or " " in text or has_control_character(text):
        raise CatalogError("the URL is empty, or has a space or control character", "write %20")
    scheme, rest = default_scheme, text
    if (found := _SCHEME.match(text)) is not None:
        scheme, rest = found[1].lower(), text[found.end() :]
    elif _GUESSED.match(text):
        scheme = text.partition(".")[0].lower()
    if scheme not in ("http", "https"):
        raise CatalogError(f"the URL's scheme is {scheme}", "tasks send requests of http and https alone")
    rest = rest.partition("#")[0]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    login, at, server = rest[:end].rpartition("@")
    path, mark, query = rest[end:].partition("?")
    path = path if keeps_dots else _without_dots(path)
    user = None
    if at:
        name, _, password = login.partition(":")
        user = (unquote(name), unquote(password))
    host = _ascii(server)
    return Address(f"{scheme}://{host}{path or '/'}{mark}{query}", _alone(host), user)


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
        raise CatalogError("the URL's host is none", "write it in letters, or in punycode") from None


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
