"""The files that a request names: their content goes into its task, or comes with the input."""

import re
import shlex
from pathlib import Path, PureWindowsPath
from typing import Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.request import ImportedRequest
from httptask.diagnostics.cutting import shortened
from httptask.http.files import open_file
from httptask.secrets.placeholders import has_placeholder

__all__ = ["Files", "file_of_input"]

_LARGEST: Final = 256 * 1024
"""Bytes of a file that go into a definition."""


class Files:
    """The files that a command names.

    Args:
        folder: that their paths are relative to; None where no file is read.
        inline: those that stand in the command itself, by name.
        stdin: name of the file that is standard input.

    Attributes:
        read: names of those that were read.
    """

    def __init__(self, folder: Path | None, inline: dict[str, bytes], stdin: str | None) -> None:
        self._folder = folder
        self._inline = inline
        self._stdin = stdin
        self.read: list[str] = []

    def text(self, name: str, option: str) -> str:
        """The content, with what is not UTF-8 in it as half surrogates.

        Raises:
            CatalogError: it can't be read, or is too large for a definition.
        """
        if name == "-" and self._stdin is not None:
            name = self._stdin
        if name in self._inline:
            return self._inline[name].decode("utf-8", "surrogateescape")
        if name == "-":
            raise CatalogError(f"--{option} takes its data from standard input", "put the text itself there")
        shown = "" if has_placeholder(name) else f"{name} "
        if self._folder is None:
            hint = "put its text itself there, or run `httptask catalog from-curl` where it is"
            raise CatalogError(f"the file {shown}of --{option} is not read here", hint)
        try:
            with open_file(self._folder / name) as file:
                content = file.read(_LARGEST + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its name is none"
            raise CatalogError(
                f"the file {shown}of --{option} can't be read: {why}", "run this where it is"
            ) from None
        if len(content) > _LARGEST:
            hint = "give it with the input: `base64: ${ $workflow.input.file }`, and --input-file file=base64@FILE"
            raise CatalogError(f"the file {shown}of --{option} has more than {_LARGEST >> 10} KiB", hint)
        self.read.append(name)
        return content.decode("utf-8", "surrogateescape")


def file_of_input(request: ImportedRequest, name: str, path: str, secrets: Secrets) -> str:
    """A placeholder for the content, in base64, of a file that what is imported does not hold.

    Args:
        request: whose notes tell how it is given.
        name: of the member of the input.
        path: that it had, on whatever machine; empty where that is not told.
        secrets: of the import.
    """
    member = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "file"
    file = shortened(PureWindowsPath(path).name, 60)
    given = shlex.quote(f"{member}=base64@{file or 'FILE'}")
    request.notes.append(f"the file {file or 'of the body'} is the input `{member}`: --input-file {given}")
    return secrets.member_of_input(member)
