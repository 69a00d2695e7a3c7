"""The URL of a next page, which a response names, or its header `Link`: read strictly, and followed on the same server.

Whatever a response says is kept without the values of secrets, so its URLs are too. Credentials that stand in the
query of the request are left out of them here, and put in again where the request is made.
"""

import re
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import unquote, unquote_plus, urljoin

from httptask.calls.problem import TaskFault
from httptask.diagnostics.cutting import shortened
from httptask.http.errors import RequestInvalid
from httptask.http.models import HttpRequest
from httptask.http.url import Url, encode_text
from httptask.json.pointer import pointer_tokens

__all__ = ["REDACTED", "LinkUnreadable", "credential_parameters", "link_target", "next_url"]

REDACTED = re.compile(r"\[redacted:[^\]]*\]")
_HAS_PATH = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
_NO_ADDRESS = (
    "the address of the request is known to its worker alone, for it holds a secret: no next URL can be judged. Use "
    "`cursor`, `page` or `offset`"
)
_LINK = re.compile(r"[\s,]*<(?P<target>[^>]*)>")
_SEPARATORS = " \t,;"
_PARAMETER = re.compile(
    r"""(?:\s*;)+\s*(?P<name>[^\s;,="]+)\s*(?:=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^\s;,"]*)))?"""
)


class LinkUnreadable(ValueError):
    """A header that is no list of links, from which nobody can tell that there is no more of them."""


def link_target(header: str, relation: str) -> str | None:
    """Where the first link of a relation leads, as the header `Link` has it (RFC 8288, section 3).

    Args:
        header: value of `Link`; of several such headers, all values with commas between them.
        relation: type of the relation, in any case.

    Raises:
        LinkUnreadable: there is none in the part of the header that can be read, which is not all of it.
    """
    for target, parameters in _links(header):
        # What has an anchor links from there, not from the page.
        if "anchor" not in parameters and relation.lower() in parameters.get("rel", "").lower().split():
            return target
    return None


def credential_parameters(request: HttpRequest, query_key: str | None) -> frozenset[str]:
    """Names of the query parameters by which a request is authenticated.

    Args:
        request: the request.
        query_key: the parameter that holds its connection's credential, if there is one.
    """
    places = (pointer_tokens(reference.pointer) for reference in request.secrets)
    own = {place[1] for place in places if place[0] == "query"}
    is_added = query_key is not None and request.authentication is None
    return frozenset(own | {query_key} if query_key is not None and is_added else own)


def next_url(reference: str, page: str, credentials: frozenset[str]) -> str:
    """The URL of the next page, without credentials.

    Args:
        reference: as the response has it, absolute or relative.
        page: URL of the page that it stands in, with secrets as `$NAME`.
        credentials: names of query parameters that it need not have.

    Raises:
        TaskFault: with the typed error `NextPageInvalid`, or `NextPageForbidden` for another server.
    """
    base = page.partition("?")[0]
    try:
        origin = Url.parse(base).origin
    except RequestInvalid:
        _invalid(_NO_ADDRESS)
    if "$" in base and not _HAS_PATH.match(reference):
        _invalid(_NO_ADDRESS)
    try:
        url = Url.parse(urljoin(base, encode_text(reference.strip())))
    except (ValueError, RequestInvalid) as error:
        reason = error.message if isinstance(error, RequestInvalid) else "it can't be read"
        _invalid(f"the next URL {shortened(reference)!r} can't be followed: {reason}")
    if url.origin != origin:
        TaskFault.raise_standard(
            "authorization",
            "The next page is on another server",
            detail=f"it is at {url.origin}, and the request went to {origin}, where its credentials stay; if both are "
            "the same server, rewrite the URL in `next`",
            error="NextPageForbidden",
        )
    path, _, query = url.target.partition("?")
    pieces = [piece for piece in query.split("&") if _name(piece) not in credentials]
    kept = "&".join(pieces)
    if REDACTED.search(unquote(f"{path}?{kept}")):  # an expression may have encoded it
        _invalid(
            f"the next URL {shortened(reference)!r} held a secret, which was taken out of the response; if it is a "
            "parameter, send it under the same name in `query`"
        )
    return url.origin + path + (f"?{kept}" if kept else "")


def _name(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0])


def _invalid(detail: str) -> NoReturn:
    TaskFault.raise_standard("validation", "No next page", detail=detail, error="NextPageInvalid")


def _links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each link with its parameters, names in lower case."""
    at = 0
    while (link := _LINK.match(header, at)) is not None:
        at = link.end()
        parameters: dict[str, str] = {}
        while (found := _PARAMETER.match(header, at)) is not None:
            at = found.end()
            # Single quotes mean nothing here, and some servers mean them as quotes.
            value = (found["token"] or "").strip("'") or re.sub(r"\\(.)", r"\1", found["quoted"] or "")
            parameters.setdefault(found["name"].lower(), value)  # section 3.3: the first `rel` counts
        yield link["target"], parameters
    rest = header[at:].strip(_SEPARATORS)
    if rest:
        raise LinkUnreadable(rest)
