"""Answers that are kept beside a definition, and for which of its requests there are some."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from pydantic import BaseModel

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.client.collecting import collect
from httptask.client.edge import Edge
from httptask.config import Config
from httptask.connections.connection import Connection
from httptask.designer.problems import Problem, not_written
from httptask.designer.workspace import Workspace
from httptask.dsl.event_selection import select_events
from httptask.dsl.expressions import Secret, Template, TemplateText
from httptask.dsl.program import Program
from httptask.dsl.tasks import CALLS
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH
from httptask.dsl.tasks.kind import TaskNode
from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixture, FixtureInvalid, Fixtures, fixture_files, read_fixtures
from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest, HttpResponse
from httptask.secrets.store import SecretStore
from httptask.testrequest import PlannedRequest

__all__ = [
    "KeptAnswers",
    "fixture_folder",
    "kept_answers_of",
    "kept_result",
    "load_kept_answers",
    "new_recorder",
]

_FOLDER: Final = "fixtures"
"""Its name, as `httptask init` has it."""
_MOST_ATTEMPTS: Final = 20
_SOMETHING: Final = "\0"
"""In an address, what a run alone tells."""
_VARIABLE: Final = re.compile(r"\{[^{}]*\}")
"""Of a URI template."""


class KeptAnswers(BaseModel):
    """The answers beside a definition, which can stand in for its servers."""

    folder: str
    """From that of the designer."""
    kept: list[str]
    """Names of the tasks that send requests and for which an answer is kept, as far as method and address tell."""
    lacking: list[str]
    """Names of those for which none is."""
    faults: list[str] = []
    """What is wrong with the files: they can't be used then."""


def fixture_folder(workspace: Workspace, path: str) -> Path:
    """Where answers to the requests of a definition are kept.

    Raises:
        Problem: a link leads out of the folder.
    """
    return workspace.folder.inside(workspace.folder.file(path).parent / _FOLDER)


def load_kept_answers(workspace: Workspace, path: str) -> Fixtures:
    """The answers that are kept for a definition, none of them used yet.

    Raises:
        Problem: there are none, or they can't be used.
    """
    folder = fixture_folder(workspace, path)
    try:
        return Fixtures(_read(workspace, folder))
    except FixtureInvalid as error:
        hint = "keep some by *Keep as fixture* in a test request, or correct their files"
        raise Problem(422, "; ".join(error.faults), hint) from None


def new_recorder(workspace: Workspace, path: str) -> Recorder:
    """What keeps answers beside a definition.

    Raises:
        Problem: the folder can't be made.
    """
    folder = fixture_folder(workspace, path)
    try:
        return Recorder(folder)
    except OSError as error:
        raise not_written(folder.name, error) from None


def kept_answers_of(
    workspace: Workspace, path: str, program: Program, connections: Mapping[str, Connection]
) -> KeptAnswers:
    """Which requests of a definition have answers beside it.

    Args:
        workspace: that it lies in.
        path: of its file.
        program: its tasks.
        connections: by name, whose servers they ask.
    """
    folder = fixture_folder(workspace, path)
    senders = [node for node in program.nodes.values() if node.kind.sends_requests]
    faults: list[str] = []
    fixtures: Sequence[tuple[Path, Fixture]] = ()
    try:
        if folder.is_dir():
            fixtures = _read(workspace, folder)
    except FixtureInvalid as error:
        root = f"{workspace.folder.root}/"
        faults = [fault.replace(root, "") for fault in error.faults]
    written = [f"{one.request.method.upper()} {_without_query(one.request.url)}" for _, one in fixtures]
    kept: list[str] = []
    lacking: list[str] = []
    for node in senders:
        found = any(_fits(one, asked) for asked in _asked(node, connections) for one in written)
        (kept if found else lacking).append(node.name)
    where = folder.relative_to(workspace.folder.root).as_posix()
    return KeptAnswers(folder=where, kept=kept, lacking=lacking, faults=faults)


async def kept_result(
    workspace: Workspace, path: str, config: Config, planned: PlannedRequest
) -> HttpResponse | Completion | None:
    """What a call gives by the answers that are kept beside its definition: by the first of them that is a success.

    Args:
        workspace: that the definition lies in.
        path: of its file.
        config: of the project.
        planned: the call.

    Returns:
        None where no answer is kept for it.
    """
    try:
        fixtures = Fixtures(_read(workspace, fixture_folder(workspace, path)))
    except (FixtureInvalid, Problem):  # which the form of a run tells
        return None
    secrets = SecretStore(config.secrets, {}, placeholder=True)
    edge = Edge(config.connections, secrets, fixtures=fixtures)
    try:
        for attempt in range(1, _MOST_ATTEMPTS):
            with suppress(_TryAgain):
                return await _answered(edge, planned.call.argument, attempt)
    except HttpTaskError:
        return None
    finally:
        await edge.aclose()
    return None


class _TryAgain(Exception):
    """An answer was none that a call succeeds with."""


async def _answered(edge: Edge, argument: Any, attempt: int) -> HttpResponse | Completion | None:
    try:
        if isinstance(argument, ChatRequest):
            return await complete(edge, argument, attempt=attempt)
        if not isinstance(argument, HttpRequest):
            return None
        if argument.stream is not None:
            return await collect(edge, argument, select_events, attempt=attempt)
        return await edge.send(argument, attempt=attempt)
    except HttpTaskError as error:
        if error.retryable:
            raise _TryAgain from None
        raise


def _read(workspace: Workspace, folder: Path) -> list[tuple[Path, Fixture]]:
    for file in fixture_files(folder):
        workspace.folder.inside(file)  # before it is read: what is wrong with it is told with a part of it
    return read_fixtures(folder)


def _asked(node: TaskNode, connections: Mapping[str, Connection]) -> Iterator[str]:
    """The method and the address of what a task sends, once for each connection that it may go by."""
    names = [*dict.fromkeys([*(name for _, name in node.connections), *node.kind.fallbacks(node)])]
    bases = [_base(connections.get(name)) for name in names]
    if node.kind is CALLS["chatCompletion"]:
        yield from (f"POST {base}/chat/completions" for base in bases)
        return
    if node.kind not in (CALLS["http"], CALLS["httpRequest"]):
        yield _SOMETHING
        return
    method = str(getattr(node.spec, "method", "get")).upper()
    address, path = _address(node.template(ENDPOINT)), _address(node.template(PATH))
    if address.startswith(("http://", "https://", "$", _SOMETHING)):
        yield f"{method} {address}"
        return
    for base in bases or [_SOMETHING]:
        yield f"{method} {base}/{(address or path).lstrip('/')}".rstrip("/")


def _base(connection: Connection | None) -> str:
    """The address of a server, with secrets as a prepared request shows them."""
    url = "" if connection is None else (connection.base_url or "").replace("$secrets.", "$")
    return _without_query(url) or _SOMETHING


def _address(template: Template | None) -> str:
    value = "" if template is None else template.value
    parts = value.parts if isinstance(value, TemplateText) else (str(value),)
    return _without_query("".join(map(_text, parts)))


def _text(part: object) -> str:
    if isinstance(part, Secret):
        return f"${part.name}"
    return _VARIABLE.sub(_SOMETHING, part) if isinstance(part, str) else _SOMETHING


def _without_query(url: str) -> str:
    return unquote(url.partition("?")[0]).rstrip("/")


def _fits(text: str, pattern: str) -> bool:
    """Whether a text is a pattern with something in place of what is not known of it."""
    first, *others = pattern.split(_SOMETHING)
    if not others:
        return text == first
    if not text.startswith(first) or not text.endswith(others[-1]):
        return False
    at = len(first)
    for part in others[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(others[-1])
