"""The header `Link` (RFC 8288, section 3)."""

import re
from collections.abc import Iterator

__all__ = ["LinkUnreadable", "link_target"]

_LINK = re.compile(r"[\s,]*<(?P<target>[^>]*)>")
_SEPARATORS = " \t,;"
_PARAMETER = re.compile(
    r"""(?:\s*;)+\s*(?P<name>[^\s;,="]+)\s*(?:=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^\s;,"]*)))?"""
)


class LinkUnreadable(ValueError):
    """A header that is no list of links, from which nobody can tell that there is no more of them."""


def link_target(header: str, relation: str) -> str | None:
    """Where the first link of a relation leads, as it is written.

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
