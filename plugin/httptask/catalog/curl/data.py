"""Bodies and queries as curl makes them of its options of data."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from httptask.catalog.curl.errors import CurlError
from httptask.http.files import open_file

__all__ = ["Files", "encoded", "joined_data", "joined_query", "url_query"]

_LARGEST: Final = 256 * 1024
"""Bytes of a file that go into a definition."""
_NOT_SENT: Final = re.compile("\r?\n")
_UNCLEAR: Final = re.compile("\0|\r(?!\n)")
"""What some versions of curl leave out alone, and others with the rest of the line."""


class Files:
    """The files that a command names.

    Args:
        folder: that their paths are relative to.
        inline: those that stand in the command itself, by name.
        stdin: name of the file that is standard input.

    Attributes:
        read: names of those that were read.
    """

    def __init__(self, folder: Path, inline: dict[str, bytes], stdin: str | None) -> None:
        self._folder = folder
        self._inline = inline
        self._stdin = stdin
        self.read: list[str] = []

    def text(self, name: str, option: str) -> str:
        """The content, with what is not UTF-8 in it as half surrogates.

        Raises:
            CurlError: it can't be read, or is too large for a definition.
        """
        if name == "-" and self._stdin is not None:
            name = self._stdin
        if name in self._inline:
            return self._inline[name].decode("utf-8", "surrogateescape")
        if name == "-":
            raise CurlError(f"--{option} takes its data from standard input", "put the text itself there")
        try:
            with open_file(self._folder / name) as file:
                content = file.read(_LARGEST + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its name is none"
            raise CurlError(f"the file of --{option} can't be read: {why}", "run this where it is") from None
        if len(content) > _LARGEST:
            hint = "give it with the input: `base64: ${ $workflow.input.file }`, and --input-file file=base64@FILE"
            raise CurlError(f"the file of --{option} has more than {_LARGEST >> 10} KiB", hint)
        self.read.append(name)
        return content.decode("utf-8", "surrogateescape")


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
        raise CurlError(f"the file of --{option} has zero bytes or lone returns", "use --data-binary for it")
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
