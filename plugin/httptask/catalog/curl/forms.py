"""Parts of a multipart body as curl reads them from `--form`."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.files import Files
from httptask.catalog.importing.request import FormPart

__all__ = ["form_parts"]

_TYPES: Final = {
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".htm": "text/html",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".xml": "application/xml",
}
"""Media types that curl knows by the ending of a name (lib/mime.c, Curl_mime_contenttype)."""
_OF_FILES: Final = "application/octet-stream"
_QUOTED: Final = re.compile(r'"((?:\\.|[^"\\])*)"[^;,]*', re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(["\\])')
_KEY: Final = re.compile("[a-z]+=")
_SUBTYPE: Final = re.compile(r"[^/ ]+/[^;, \n]+")


def form_parts(given: Sequence[tuple[str, str]], files: Files) -> list[FormPart]:
    """The parts of `--form` and `--form-string`.

    Raises:
        CatalogError: curl would refuse one, or it can't be kept.
    """
    return [_part(option, value, files) for option, value in given]


def _part(option: str, value: str, files: Files) -> FormPart:
    name, mark, content = value.partition("=")
    if not mark or not name:
        raise CatalogError(f"--{option} has no `NAME=`", "curl refuses it: name the field")
    if option == "form-string":
        return FormPart(name, content, None, None)
    if content[:1] == "(" or (content[:1] == "=" and content[1:2] in "()"):
        raise CatalogError("--form has parts within parts", "write each file as a --form of its own")
    is_file, is_content = content.startswith("@"), content.startswith("<")
    words = _Words(content[1:] if is_file or is_content else content, "," if is_file else "")
    text = words.next()
    described = words.described()
    if is_file or is_content:
        path, text = text, files.text(text, option)
        own_name = described.get("filename", PurePath(path).name) if is_file else None
        known = _known_type(own_name) or _known_type(path)
        media_type = described.get("type") or known or (_OF_FILES if own_name else None)
    else:
        own_name = described.get("filename")
        media_type = described.get("type") or _known_type(own_name)
    if media_type == "text/plain" and own_name is None and "type" not in described:
        media_type = None
    return FormPart(name, text, own_name, media_type)


class _Words:
    """What stands between semicolons; a word in double quotes may hold any character."""

    def __init__(self, text: str, also_ends: str) -> None:
        self._text = text.lstrip()
        self._index = 0
        self._also_ends = also_ends
        self._end = re.compile(f"[;{also_ends}]")

    def next(self) -> str:
        """The word that begins here."""
        quoted = _QUOTED.match(self._text, self._index)
        if quoted is not None:
            self._index = quoted.end()
            return _ESCAPE.sub(r"\1", quoted[1])
        return self._up_to_end().strip()

    def described(self) -> dict[str, str]:
        """The parameters behind the first word; what is unknown belongs to a type before it, or to nothing."""
        found: dict[str, str] = {}
        is_of_type = False
        while self._index < len(self._text):
            if self._text[self._index] == self._also_ends:
                raise CatalogError("--form names several files at once", "write each as a --form of its own")
            self._index += 1
            while self._text[self._index : self._index + 1].isspace():
                self._index += 1
            key = _KEY.match(self._text, self._index)
            name = "" if key is None else key[0][:-1]
            if name == "type" and not is_of_type:
                self._index += len("type=")
                found["type"] = self._up_to_end().strip()
                is_of_type = True
                if not _SUBTYPE.match(found["type"]):
                    raise CatalogError("--form has a `type=` that is none", "write one such as type=text/csv")
            elif name == "filename":
                self._index += len("filename=")
                found["filename"] = self.next()
                is_of_type = False
            elif name in ("headers", "encoder"):
                raise CatalogError(f"--form has `{name}=`", "parts have a name, a filename and a type only")
            elif is_of_type:
                found["type"] += "; " + self._up_to_end().strip()
            else:
                self.next()
        return found

    def _up_to_end(self) -> str:
        end = self._end.search(self._text, self._index)
        start, self._index = self._index, len(self._text) if end is None else end.start()
        return self._text[start : self._index]


def _known_type(name: str | None) -> str | None:
    return None if name is None else _TYPES.get(PurePath(name).suffix.lower())
