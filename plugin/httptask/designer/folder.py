"""The definitions of a folder: the only files that the designer reads and writes."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from httptask.designer.problems import Problem, not_written
from httptask.dsl.bounds import MAX_BYTES
from httptask.dsl.loader import definition_files_in
from httptask.http.files import is_disguised, open_file, replace_file

__all__ = ["Folder", "Text"]

SUFFIXES: Final = (".yaml", ".yml")
_DEEPEST: Final = 5
_LONGEST_NAME: Final = 255
"""Bytes, as file systems have it."""
_MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Text:
    """What a file holds.

    Attributes:
        path: from the folder, with `/`.
        sha256: of its bytes, by which a change is noticed.
    """

    path: str
    text: str
    sha256: str


class Folder:
    """A folder of definitions, with those in folders inside it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def paths(self) -> list[str]:
        """All files that may be definitions, in order: links, hidden folders and tests are left out."""
        return sorted(self._walk())[:_MOST]

    def _walk(self) -> Iterator[str]:
        for place, folders, files in os.walk(self.root):
            inside = Path(place).relative_to(self.root)
            folders[:] = [
                name
                for name in folders
                if not name.startswith((".", "_")) and name != "node_modules" and len(inside.parts) < _DEEPEST
            ]
            for name in files:
                file = inside / name
                if _is_path(file.as_posix()) and not file.stem.endswith(".test"):
                    yield file.as_posix()

    def file(self, path: str) -> Path:
        """The file of a path.

        Raises:
            Problem: it may not be one of this folder, or is no YAML file.
        """
        if not _is_path(path):
            raise Problem(404, "this is no path of a definition in the folder", "name a *.yaml file below it")
        return self.inside(self.root.joinpath(*path.split("/")))

    def inside(self, place: Path) -> Path:
        """The same path.

        Raises:
            Problem: links of it lead out of the folder, or to what is hidden in it, such as `.env`.
        """
        try:
            target = place.resolve()
        except (OSError, RuntimeError):  # links in a circle
            raise Problem(404, "the path leads nowhere") from None
        if not target.is_relative_to(self.root):
            raise Problem(404, "a link leads out of the folder")
        if is_disguised(place) or any(part.startswith(".") for part in target.relative_to(self.root).parts):
            raise Problem(
                404, "a link leads to a hidden file, or to one of another kind", "put the file itself there"
            )
        return place

    def beside(self, file: Path) -> list[Path]:
        """The definitions in the folder of a file, which it may run."""
        return definition_files_in(file.parent) if file.parent.is_dir() else []

    def read(self, path: str) -> Text:
        """What a file holds.

        Raises:
            Problem: it can't be read.
        """
        file = self.file(path)
        try:
            with open_file(file) as opened:
                content = opened.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise Problem(404, f"there is no file {path}") from None
        except OSError as error:
            raise Problem(422, f"{path} can't be read: {error.strerror}", "check its permissions") from None
        if len(content) > MAX_BYTES:
            raise Problem(422, f"{path} has more than {MAX_BYTES:,} bytes")
        try:
            return Text(path, content.decode(), _sha256(content))
        except UnicodeDecodeError as error:
            raise Problem(422, f"{path}: byte {error.start + 1} is not UTF-8", "save it as UTF-8") from None

    def create(self, path: str, text: str) -> Text:
        """Write a new file, with the folders above it.

        Raises:
            Problem: there is one, or it can't be written.
        """
        file = self.file(path)

        def edited() -> str:
            if file.exists():
                raise Problem(409, f"there is a file {path} already", "choose another name")
            return text

        self._make_folder(path, file)
        return self._written(path, file, text, edited)

    def save(self, path: str, text: str, base: str) -> Text:
        """Write a file as a whole, if it still holds what was read from it.

        Args:
            path: of the file.
            text: that it is to hold.
            base: the SHA-256 of what was read; empty of a file that was not there.

        Raises:
            Problem: it holds something else, which `text` and `sha256` of the problem tell, None and empty where it
                is not there any more; or it can't be written.
        """
        file = self.file(path)

        def edited() -> str:
            now = self.read(path) if os.path.lexists(file) else None
            if (now.sha256 if now else "") != base:
                what = "changed" if now else "removed or renamed"
                detail = f"{path} was {what} on disk meanwhile: nothing was written"
                raise Problem(409, detail, text=now and now.text, sha256=now.sha256 if now else "")
            return text

        if not file.parent.is_dir():
            if base:
                edited()  # which is not there, and tells so
            self._make_folder(path, file)
        return self._written(path, file, text, edited)

    def _make_folder(self, path: str, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_written(path, error) from None

    def _written(self, path: str, file: Path, text: str, edited: Callable[[], str]) -> Text:
        try:
            content = text.encode()
        except UnicodeEncodeError:
            raise Problem(422, "the text holds half of a character, which no file can") from None
        if len(content) > MAX_BYTES:
            raise Problem(413, f"a definition has at most {MAX_BYTES:,} bytes")
        try:
            replace_file(file, edited)
        except OSError as error:
            raise not_written(path, error) from None
        return Text(path, text, _sha256(content))


def _is_path(path: str) -> bool:
    """Whether it may be that of a definition, by its text alone."""
    parts = path.split("/")
    return (
        not any(part in ("", ".", "..") or part.startswith(".") for part in parts)
        and not any(sign in "\\:" or sign < " " or "\ud800" <= sign <= "\udfff" for sign in path)
        and not any(len(part.encode()) > _LONGEST_NAME for part in parts)
        and PurePosixPath(path).suffix in SUFFIXES
        and len(path) <= 1_000
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
