"""The files that a request names, whose content goes into its task."""

from pathlib import Path
from typing import Final

from httptask.catalog.errors import CatalogError
from httptask.http.files import open_file

__all__ = ["Files"]

_LARGEST: Final = 256 * 1024
"""Bytes of a file that go into a definition."""


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
            CatalogError: it can't be read, or is too large for a definition.
        """
        if name == "-" and self._stdin is not None:
            name = self._stdin
        if name in self._inline:
            return self._inline[name].decode("utf-8", "surrogateescape")
        if name == "-":
            raise CatalogError(f"--{option} takes its data from standard input", "put the text itself there")
        try:
            with open_file(self._folder / name) as file:
                content = file.read(_LARGEST + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its name is none"
            raise CatalogError(
                f"the file of --{option} can't be read: {why}", "run this where it is"
            ) from None
        if len(content) > _LARGEST:
            hint = "give it with the input: `base64: ${ $workflow.input.file }`, and --input-file file=base64@FILE"
            raise CatalogError(f"the file of --{option} has more than {_LARGEST >> 10} KiB", hint)
        self.read.append(name)
        return content.decode("utf-8", "surrogateescape")
