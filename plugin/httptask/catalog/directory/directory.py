"""The APIs that can be added by name: those that httptask knows, and those of directories that a project has added."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Any, Final
from zlib import crc32

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import without_credentials
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.http.files import replace_file
from httptask.json.types import is_object
from httptask.openapi.naming import is_api_name
from httptask.openapi.reader import Listed

__all__ = ["BUILT_IN", "Directories", "Directory", "KnownApi"]

BUILT_IN: Final = "httptask"
_RAW: Final = "https://raw.githubusercontent.com/{repository}/HEAD/{path}"
_REPOSITORY: Final = "https://github.com/{repository}"
_LONGEST_PURPOSE: Final = 300


@dataclass(frozen=True, slots=True)
class KnownApi:
    """An API whose document can be loaded.

    Attributes:
        purpose: what people use it for.
        url: of its document.
        authentication: how its calls are authenticated, empty where it is not known.
        repository: that publishes the document, empty where it is not known.
        folder: of the repository, if the document is spread over many files.
        directory: that has it.
        checked: the day on which the address was looked up, empty where it was not.
    """

    name: str
    title: str
    purpose: str
    url: str
    authentication: str = ""
    repository: str = ""
    folder: str = ""
    directory: str = BUILT_IN
    checked: str = ""

    def how_to_add(self) -> str:
        """The command that loads its document."""
        if not self.folder:
            return f"httptask catalog add {self.name}"
        checkout = self.repository.rpartition("/")[2]
        return (
            f"git clone --depth 1 {quote(self.repository)} && httptask catalog add {quote(f'{checkout}/{self.folder}')}"
            f" --name {self.name}"
        )

    def listed(self) -> Listed:
        """It as if it were an operation, to be found by its words; WhatsApp is one, as people ask for it."""
        return Listed(self.name, f"{self.name} {self.title}", "", "", self.purpose.lower(), "", (), False)

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Directory:
    """A list of APIs.

    Attributes:
        source: the URL or file that it came from, empty for the one that is built in.
    """

    name: str
    source: str
    apis: tuple[KnownApi, ...]


class Directories:
    """The directories of a project.

    Args:
        folder: where those are kept that were added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self) -> list[Directory]:
        """All, the built-in one first.

        Raises:
            CatalogError: the file of one can't be read.
        """
        return [_built_in(), *map(_kept, self._files())]

    def find(self, name: str) -> KnownApi | None:
        """The API of that name, from the first directory that has it."""
        return self.apis().get(name)

    def apis(self) -> dict[str, KnownApi]:
        """All APIs by name, each from the first directory that has it."""
        return {api.name: api for one in reversed(self.list()) for api in one.apis}

    def fingerprint(self) -> str:
        """Tells whether one was added, changed or removed."""
        stamps = [
            (file.name, stat.st_size, stat.st_mtime_ns) for file in self._files() for stat in [file.stat()]
        ]
        return f"{crc32(_built_in_text().encode())} {stamps}"

    def _files(self) -> Iterable[Path]:
        return sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []

    def add(self, name: str, source: str, data: bytes) -> Directory:
        """Keep a directory in the list format of APIs.guru.

        Raises:
            CatalogError: it has no such format, or there is one of that name.
        """
        source = without_credentials(source)
        if not is_api_name(name) or name == BUILT_IN:
            hint = "write small letters and digits with --name, with `-` between words"
            raise CatalogError(f"`{name}` can't name a directory", hint)
        file = self._folder / f"{name}.json"
        if file.exists():
            hint = f"choose another with --name, or `httptask catalog directory remove {name}` first"
            raise CatalogError(f"there is a directory `{name}` already", hint)
        apis = sorted(_listed(name, source, data), key=lambda api: api.name)
        if not apis:
            raise CatalogError(f"{source}: no API in it has a document")
        self._folder.mkdir(parents=True, exist_ok=True)
        rows = [{key: getattr(api, key) for key in ("name", "title", "purpose", "url")} for api in apis]
        written = {"source": source, "apis": rows}
        replace_file(file, lambda: json.dumps(written, indent=1, ensure_ascii=False) + "\n")
        return Directory(name, source, tuple(apis))

    def remove(self, name: str) -> None:
        """Remove a directory that was added.

        Raises:
            CatalogError: there is none of that name, or it is the one that is built in.
        """
        if name == BUILT_IN:
            raise CatalogError(f"`{name}` is built in, and can't be removed")
        known = [one.name for one in self.list() if one.name != BUILT_IN]
        if name not in known:
            raise CatalogError(
                f"there is no directory `{name}`", hint_for_unknown(name, known, "directories")
            )
        (self._folder / f"{name}.json").unlink()


@cache
def _built_in_text() -> str:
    return (files("httptask.catalog.directory") / "known_apis.toml").read_text("utf-8")


@cache
def _built_in() -> Directory:
    written = tomllib.loads(_built_in_text())
    checked = written["checked"].isoformat()
    apis = tuple(
        KnownApi(
            name=name,
            title=one["title"],
            purpose=one["purpose"],
            url=_RAW.format(**one),
            authentication=one["authentication"],
            repository=_REPOSITORY.format(**one),
            folder=one.get("folder", ""),
            checked=checked,
        )
        for name, one in written["apis"].items()
    )
    return Directory(BUILT_IN, "", apis)


def _kept(file: Path) -> Directory:
    try:
        written: Any = json.loads(file.read_bytes())
        apis = tuple(KnownApi(**one, directory=file.stem) for one in written["apis"])
        return Directory(file.stem, str(written["source"]), apis)
    except (ValueError, LookupError, TypeError):
        hint = f"`httptask catalog directory remove {file.stem}`, and add it again"
        raise CatalogError(f"{file}: is no directory of APIs", hint) from None


def _listed(directory: str, source: str, data: bytes) -> Iterator[KnownApi]:
    """APIs of a list of APIs.guru: the preferred version of each."""
    try:
        written: Any = json.loads(data)
    except ValueError:
        written = None
    if not is_object(written):
        hint = 'it is JSON as APIs.guru has it: {"example.com": {"preferred": "1", "versions": {"1": {…}}}}'
        raise CatalogError(f"{source}: is no list of APIs", hint)
    taken: set[str] = set()
    for key, api in written.items():
        version = _preferred(api)
        url = version.get("swaggerUrl") or version.get("openapiUrl")
        name = "-".join(re.findall(r"[a-z0-9]+", key.lower()))
        if not isinstance(url, str) or not name or name in taken:
            continue
        taken.add(name)
        info = version.get("info")
        told: Mapping[str, Any] = info if is_object(info) else {}
        purpose = " ".join(str(told.get("description") or "").split())[:_LONGEST_PURPOSE]
        yield KnownApi(name, str(told.get("title") or key), purpose, url, directory=directory)


def _preferred(api: Any) -> Mapping[str, Any]:
    versions = api.get("versions") if is_object(api) else None
    if not is_object(versions) or not versions:
        return {}
    found = versions.get(str(api.get("preferred"))) or list(versions.values())[-1]
    return found if is_object(found) else {}
