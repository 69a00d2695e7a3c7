"""Paths of requests, held against those that the APIs of a project's catalogue have."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from httptask.catalog import FOLDER
from httptask.catalog.catalog import Catalog
from httptask.catalog.errors import CatalogError
from httptask.catalog.keeping import stamp_of
from httptask.connections.connection import Connection
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import closest, did_you_mean
from httptask.dsl.program import Program
from httptask.dsl.tasks.http import connected_call

__all__ = ["path_faults"]

_FILLED_IN: Final = re.compile(r"\$\{[^}]*\}|\{[^{}]*\}")
"""An expression, or a variable of a URI template."""
_ANYTHING: Final = "\0"
_MOST_KEPT: Final = 512


def path_faults(
    program: Program, connections: Mapping[str, Connection], root: Path, state: Path
) -> Iterator[Fault]:
    """Paths that an API of the catalogue does not have, and that differ by a slip from one that it has.

    Told is only what is certain: the server of the request's connection is one of that API, or the connection has its
    name, and no API of the catalogue has anything like the path. These are warnings, as a document may lack operations.

    Args:
        program: the definition.
        connections: of the project, by name.
        root: the project's folder.
        state: the folder for what can be made again.
    """
    calls = [(node.pointer, call) for node in program.nodes.values() if (call := connected_call(node))]
    if not calls or not (root / FOLDER).is_dir():
        return
    try:
        kept = _Kept.of(root, state)
    except (CatalogError, OSError):  # an entry that can't be read, which is told where it is used
        return
    for pointer, call in calls:
        connection = connections.get(call.connection)
        if connection is None or connection.base_url is None:
            continue
        found = _meant(kept, call.path, call.method, connection.name, connection.base_url)
        if found is not None:
            api, path = found
            message = f"the API `{api}` has no path `{call.path}`"
            hint = did_you_mean(call.path, path)
            yield Fault(f"{pointer}/with/path", "unknown-path", message, hint, Severity.WARNING)


class _Kept(NamedTuple):
    """A catalogue as it is now: what was found in it holds until its documents are others."""

    root: Path
    state: Path
    documents: tuple[object, ...]

    @classmethod
    def of(cls, root: Path, state: Path) -> "_Kept":
        catalog = Catalog(root, state)
        return cls(
            root, state, tuple((one, stamp_of(str(catalog.documents(one)))) for one in catalog.entries())
        )


class _Described(NamedTuple):
    """An operation of the catalogue."""

    api: str
    name: str
    method: str
    segments: Sequence[str]


@lru_cache(maxsize=_MOST_KEPT)
def _meant(kept: _Kept, path: str, method: str, connection: str, base_url: str) -> tuple[str, str] | None:
    """The API, and its path that was meant; None where there is one as it is written, or none is near."""
    own = _FILLED_IN.sub(_ANYTHING, path).partition("?")[0]
    server = urlsplit(base_url)
    base = _segments(server.path)
    sent = [*base, *_segments(own)]
    near, possible = list[tuple[_Described, int]](), list[_Described]()

    def is_certain(one: _Described) -> bool:
        before = sent[: -len(one.segments)]
        is_named = connection == one.api and before == base
        return is_named or _is_served(kept, one, server.netloc.lower(), before)

    for one in _described(kept):
        found = _compared(sent[-len(one.segments) :], one.segments)
        if found is None:
            continue
        wrong, is_open = found
        if not wrong and not is_open:
            return None
        if not wrong:
            possible.append(one)
        at = wrong[0] - len(one.segments) if len(wrong) == 1 else 0
        if at and -at <= len(sent) - len(base) and closest(sent[at], [one.segments[at]]) is not None:
            near.append((one, at))
    near.sort(key=lambda pair: pair[0].method != method)
    meant = next((pair for pair in near if is_certain(pair[0])), None)  # none is read where none is near
    if meant is None or any(map(is_certain, possible)):
        return None
    one, at = meant
    return one.api, _corrected(path, at, one.segments[at])


def _is_served(kept: _Kept, one: _Described, host: str, before: Sequence[str]) -> bool:
    """Whether an operation is called at a host, by paths that begin with these segments."""
    try:
        servers = Catalog(kept.root, kept.state).reference(f"{one.api}.{one.name}").operation.servers
        places = [urlsplit(server.url) for server in servers]
    except (CatalogError, ValueError):  # its piece of the document, or an address that is none
        return False
    return any(place.netloc.lower() == host and _segments(place.path) == [*before] for place in places)


@lru_cache(maxsize=1)
def _described(kept: _Kept) -> Sequence[_Described]:
    catalog, found = Catalog(kept.root, kept.state), list[_Described]()
    for entry in catalog.entries():
        try:
            index = catalog.index(entry)
        except CatalogError:  # which is told where it is used
            continue
        with index:
            found += [
                _Described(entry.name, one.name, one.method, _segments(one.path.partition("?")[0]))
                for one in index.operations()
            ]
    return found


def _corrected(path: str, at: int, name: str) -> str:
    """A path with one of its segments, counted from its end, in the place of the one that is there."""
    filled_in = iter(_FILLED_IN.findall(path))
    own, mark, rest = _FILLED_IN.sub(_ANYTHING, path).partition("?")
    parts = own.split("/")
    places = [index for index, part in enumerate(parts) if part]
    parts[places[at]] = name
    return re.sub(_ANYTHING, lambda _: next(filled_in), "/".join(parts) + mark + rest)


def _segments(path: str) -> list[str]:
    return [one for one in path.split("/") if one]


def _compared(sent: Sequence[str], described: Sequence[str]) -> tuple[list[int], bool] | None:
    """The places of segments that differ, and whether an expression stands for one that is told.

    None where there are more or fewer of them.
    """
    if len(sent) != len(described) or not described:
        return None
    wrong, is_open = list[int](), False
    for at, (one, other) in enumerate(zip(sent, described, strict=True)):
        if "{" not in other and one != other:
            is_open = is_open or _ANYTHING in one
            wrong += [] if _ANYTHING in one else [at]
    return wrong, is_open
