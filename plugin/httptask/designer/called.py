"""Operations of the catalogue that the tasks of a definition call, and what in these tasks is still to be filled in."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from httptask.catalog import chat_completion
from httptask.catalog.catalog import Catalog
from httptask.catalog.errors import CatalogError
from httptask.catalog.keeping import stamp_of
from httptask.catalog.prepare import placeholders
from httptask.catalog.reference import Reference
from httptask.config import Config
from httptask.designer.task_schema import ARGUMENTS, kind_of
from httptask.dsl.loader import Loaded
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.tasks import CALLS
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_object
from httptask.openapi.depth import SHOWN
from httptask.testrequest.operation import CalledOperation, find_called

__all__ = ["CalledOperations"]

EXAMPLE: Final = "https://example.com"
"""The endpoint that a blank request of the page begins with."""
YOUR_LIST: Final = "${ .your_list }"
"""What a loop of the page begins with."""
_LISTS: Final = {"for": "/for/in", "call.map": f"/{ARGUMENTS}/in"}
"""Where loops have their lists, by their kinds."""
_FILLED_IN: Final = re.compile(r"\$\{[^}]*\}|\{[^{}]*\}")
"""An expression in a path, or a variable of its template."""
_SOMETHING: Final = "~"
"""In place of these; no value that is made up."""
_CALLS_KEPT: Final = 512


class CalledOperations:
    """What requests call, as the catalogue of a project is now.

    Args:
        config: of the project.
        catalog: of the project.
    """

    def __init__(self, config: Config, catalog: Catalog) -> None:
        self._connections = config.connections
        try:
            state = tuple((one, stamp_of(str(catalog.documents(one)))) for one in catalog.entries())
        except (CatalogError, OSError):  # an entry that can't be read
            state = ()
        self._place = (config.root, config.state_directory, state)

    def of(self, arguments: Any) -> CalledOperation | None:
        """The operation that a request calls, as far as its task tells where it goes.

        Args:
            arguments: of the task, as they are written.
        """
        if not is_object(arguments):
            return None
        name, endpoint = arguments.get("connection"), arguments.get("endpoint")
        connection = self._connections.get(name) if isinstance(name, str) else None
        if connection is not None:
            uri = f"{connection.base_url or ''}{arguments.get('path', '')}"
        else:
            uri = str(endpoint.get("uri", "") if is_object(endpoint) else endpoint)
        method = str(arguments.get("method", "get")).upper()
        sender = None if connection is None else connection.name
        try:
            return _called(*self._place, method, _FILLED_IN.sub(_SOMETHING, uri), sender)
        except (CatalogError, ValueError, OSError):  # an entry that can't be read, an address that is none
            return None

    def shown(self, called: CalledOperation) -> Reference:
        """The reference of an operation, as deep as it is shown."""
        return _shown(*self._place, called.name)

    def to_fill_in(self, loaded: Loaded) -> Iterator[str]:
        """Pointers of values that were made up when their task was added, and are what they were, or were emptied.

        A variable of a path is told as if the text was an object of them: `/do/0/read/with/path/id`.
        """
        program = loaded.program or loaded.draft
        for node in () if program is None else program.nodes.values():
            list_at = _LISTS.get(node.kind.name)
            if list_at is None and not node.kind.name.startswith("call."):
                continue
            written = program.written_at(node.pointer)  # type: ignore[union-attr]
            task = value_at(loaded.data, tokens_of(loaded.data, written))
            if list_at is not None and value_at(task, tokens_of(task, list_at)) in (YOUR_LIST, ""):
                yield f"{node.pointer}{list_at}"
            arguments = task.get(ARGUMENTS) if is_object(task) else None
            if is_object(arguments):
                for place in self._to_fill_in(task, arguments):
                    yield f"{node.pointer}/{ARGUMENTS}{place}"

    def _to_fill_in(self, task: Any, arguments: Mapping[str, Any]) -> Iterator[str]:
        kind, in_path, made_up = kind_of(task), dict[str, str](), dict[str, Any]()
        if kind is CALLS["chatCompletion"]:
            made_up = dict(_of_chat())
        elif kind in (CALLS["http"], CALLS["httpRequest"]):
            if arguments.get("endpoint") in (EXAMPLE, ""):
                yield "/endpoint"
            called = self.of(arguments)
            if called is not None:
                made_up, in_path = dict(_made_up(*self._place, called.name)), dict(called.in_path)
        for place, value in made_up.items():
            part, *names = pointer_tokens(place)
            if part != "path":
                if value_at(arguments, tokens_of(arguments, place)) in (value, ""):
                    yield place
            elif in_path.get(names[0]) == value:
                yield f"{_text_of_path(arguments)}{place.removeprefix('/path')}"


def _text_of_path(arguments: Mapping[str, Any]) -> str:
    """Where the text is that has the path in it."""
    if "path" in arguments:
        return "/path"
    return "/endpoint/uri" if is_object(arguments.get("endpoint")) else "/endpoint"


@lru_cache(maxsize=_CALLS_KEPT)
def _called(
    root: Path, folder: Path, state: tuple[object, ...], method: str, uri: str, connection: str | None
) -> CalledOperation | None:
    """The operation that a request calls; looked up once for as long as request and catalogue stay."""
    return find_called(Catalog(root, folder), method, uri, connection)


@lru_cache(maxsize=_CALLS_KEPT)
def _shown(root: Path, folder: Path, state: tuple[object, ...], name: str) -> Reference:
    return Catalog(root, folder).reference(name, SHOWN)


@lru_cache(maxsize=_CALLS_KEPT)
def _made_up(root: Path, folder: Path, state: tuple[object, ...], name: str) -> Mapping[str, Any]:
    try:
        return placeholders(Catalog(root, folder).reference(name))
    except CatalogError:  # it can't be prepared, so that nothing was
        return {}


@lru_cache(maxsize=1)
def _of_chat() -> Mapping[str, Any]:
    return placeholders(chat_completion.reference())
