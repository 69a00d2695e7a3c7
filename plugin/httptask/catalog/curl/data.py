"""Bodies and queries as curl makes them of its options of data."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.files import Files

__all__ = ["encoded", "joined_data", "joined_query", "url_query"]

_NOT_SENT: Final = re.compile("\r?\n")
_UNCLEAR: Final = re.compile("\0|\r(?!\n)")
"""What some versions of curl leave out alone, and others with the rest of the line."""


def joined_data(given: Sequence[tuple[str, str]], files: Files) -> str:
    """What `--data`, its kin and `--json` give together."""
    whole = ""
    for index, (option, value) in enumerate(given):
        separator = "&" if index and option != "json" else ""
        whole += separator + _piece(option, value, files)
    return whole


def _piece(option: str, value: str, files: Files) -> str:
    if option == "data-urlencode":
        return encoded(value, files, option)
    if option == "data-raw" or not value.startswith("@"):
        return value
    content = files.text(value[1:], option)
    if option in ("data-binary", "json"):
        return content
    if _UNCLEAR.search(content):
        raise CatalogError(
            f"the file of --{option} has zero bytes or lone returns", "use --data-binary for it"
        )
    return _NOT_SENT.sub("", content)


def encoded(value: str, files: Files, option: str) -> str:
    """A value of `--data-urlencode`: `text`, `=text`, `name=text`, `@file` or `name@file`."""
    found = re.search("[=@]", value)
    if found is None:
        return _percent_encoded(value)
    name, text = value[: found.start()], value[found.end() :]
    content = text if found[0] == "=" else files.text(text, option)
    return (f"{name}=" if name else "") + _percent_encoded(content)


def joined_query(url: str, pieces: Sequence[str]) -> str:
    """A URL with more behind its query, and no fragment, which is never sent."""
    url = url.partition("#")[0]
    for piece in pieces:
        head, mark, query = url.partition("?")
        url = f"{head}?{query}{'&' if mark and query and not query.endswith('&') else ''}{piece}"
    return url


def url_query(value: str, files: Files) -> str:
    """A value of `--url-query`; behind a plus it stays as it is."""
    return value[1:] if value.startswith("+") else encoded(value, files, "url-query")


def _percent_encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe="").replace("%20", "+")
