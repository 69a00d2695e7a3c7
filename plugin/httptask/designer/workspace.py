"""What the designer works on: a folder, the configuration that goes with it, and a Temporal server."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypeVar

from fastapi import Depends, Request
from temporalio.service import RPCError, RPCStatusCode

from httptask.calls.problem import TaskFault
from httptask.config import Config, ConfigInvalid
from httptask.designer.folder import Folder
from httptask.designer.past_runs import PastRuns
from httptask.designer.problems import Problem
from httptask.designer.streaming import Streams
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Severity
from httptask.dsl.loader import Loaded, load_text
from httptask.dsl.model import Input
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.interpreter.schemas import check_input
from httptask.json.pointer import child_pointer, json_pointer
from httptask.json.schema import compile_schema
from httptask.testrequest import for_task

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError
    from temporalio.client import Client, WorkflowHandle

    from httptask.catalog.catalog import Catalog
    from httptask.fixtures.recording import Recorder
    from httptask.fixtures.transport import Fixtures

    Start = Callable[["Temporal"], Awaitable[WorkflowHandle[Any, Any]]]

__all__ = [
    "AskedWorkspace",
    "OwnRuns",
    "Settings",
    "Temporal",
    "Workspace",
    "check_run_input",
    "load_once",
]

_T = TypeVar("_T")
_MOST_TOLD: Final = 5
_MOST_FAULTS: Final = 50
_LONGEST_FAULT: Final = 300


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration as it is now, with the environment that goes with it."""

    config: Config
    environment: Mapping[str, str]
    dotenv: frozenset[str] = frozenset()
    """Names of the environment whose values a `.env` gives."""
    passed_over: frozenset[str] = frozenset()
    """Names that a `.env` gives another value than the environment, whose value is the one that counts."""


@dataclass(frozen=True, slots=True)
class Temporal:
    """Where runs and test requests go.

    Attributes:
        client: with the plugin.
        task_queue: whose workers do the work.
        where: words for the server.
        own_worker: whether the worker of this process serves the queue, with the settings of here.
        start_worker: the command that starts a worker of that queue.
    """

    client: "Client"
    task_queue: str
    where: str
    own_worker: bool
    start_worker: str

    async def asked(self, answer: Awaitable[_T], absent: str) -> _T:
        """What it answers.

        Args:
            answer: of the client.
            absent: what is said where it finds nothing of a name.

        Raises:
            Problem: it finds nothing, does not take what it is given, or does not answer.
        """
        try:
            return await answer
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Problem(404, f"{absent}: {error.message}") from None
            if error.status is RPCStatusCode.INVALID_ARGUMENT or "larger than max" in error.message:
                hint = "a definition and the input of its run have to be smaller than 2 MiB together"
                is_large = "larger" in error.message or "exceeds" in error.message
                detail = f"Temporal at {self.where} does not take this: {error.message}"
                raise Problem(422, detail, hint if is_large else None) from None
            raise Problem(503, f"Temporal at {self.where}: {error.message}") from None


class OwnRuns(Protocol):
    """Begins runs by fixtures, or into fixtures, as `httptask run` with `--fixtures` or `--record` does."""

    async def begin(
        self,
        temporal: Temporal,
        loaded: Loaded,
        file: Path,
        start: "Start",
        *,
        fixtures: "Fixtures | None" = None,
        recorder: "Recorder | None" = None,
    ) -> str:
        """Have a run go on by itself, on a worker and a task queue of its own.

        Args:
            temporal: the server.
            loaded: the definition.
            file: that it stands in.
            start: starts it there, where that worker is.
            fixtures: what it is answered by, if servers are not asked.
            recorder: what keeps the answers of servers, if that is to be.

        Returns:
            Its id.

        Raises:
            Problem: it can't be run, or was not started.
        """
        ...

    def recorder_of(self, id_: str) -> "Recorder | None":
        """What keeps the answers of a run, or kept them; None where nothing is known of it."""
        ...


@dataclass(frozen=True, slots=True)
class Workspace:
    """All that the designer knows.

    Attributes:
        read_settings: reads the configuration, and raises `ConfigInvalid`.
        temporal: gives the server, None while there is none; the designer edits all the same.
        permit: has the worker of this process know the secrets that a definition uses.
        own_runs: begins runs whose answers are kept ones, or are kept.
        look: has it take up at once what was written into the configuration or `.env`.
        streams: that it tells of test requests and runs by.
        past_runs: those that were looked at.
    """

    folder: Folder
    read_settings: Callable[[], Settings]
    temporal: Callable[[], Temporal | None]
    permit: Callable[[Loaded], None]
    own_runs: OwnRuns
    look: Callable[[], None] = lambda: None
    streams: Streams = field(default_factory=Streams)
    past_runs: PastRuns = field(default_factory=PastRuns)

    def settings(self) -> Settings:
        """The configuration as it is now.

        Raises:
            Problem: it can't be used.
        """
        try:
            return self.read_settings()
        except ConfigInvalid as error:
            raise Problem(422, "; ".join(error.faults), "correct httptask.toml") from None

    def catalog(self, config: Config | None = None) -> "Catalog":
        """The APIs of the project."""
        from httptask.catalog.catalog import Catalog  # a third of the designer's start

        config = config or self.settings().config
        return Catalog(config.root, config.state_directory)

    def load(self, path: str, text: str | None = None) -> Loaded:
        """A definition, as it stands in its file or in an editor."""
        file = self.folder.file(path)
        return load_once(self.folder.read(path).text if text is None else text, path, file.parent)

    def readable(self, path: str, text: str | None) -> tuple[Loaded, Program]:
        """A definition that is understood, though it may have errors.

        Raises:
            Problem: it is not.
        """
        loaded = self.load(path, text)
        program = loaded.program or loaded.draft
        if program is None:
            raise Problem(422, "the definition can't be read", "correct what its findings tell")
        return loaded, program

    def runnable(self, path: str, text: str | None, *, task: str | None = None) -> tuple[Loaded, Program]:
        """A definition without errors.

        Args:
            path: of the definition.
            text: of it, in an editor; None for that of its file.
            task: name or pointer of the one task that is asked for: then errors of others don't count.

        Raises:
            Problem: it has some.
        """
        loaded = self.load(path, text)
        if task is not None:
            loaded = for_task(loaded, task)
        if loaded.program is None:
            raise _faulty(loaded)
        return loaded, loaded.program

    def required_temporal(self) -> Temporal:
        """The server.

        Raises:
            Problem: there is none.
        """
        found = self.temporal()
        if found is None:
            raise Problem(
                503, "there is no Temporal server yet", "wait for it, or see what the terminal says"
            )
        return found


def _faulty(loaded: Loaded) -> Problem:
    """What is wrong with a definition: named by task and field, as it may stand where nobody looks."""
    found = [report for report in loaded.reports if report.severity is Severity.ERROR]
    if not found:
        return Problem(422, "the definition has errors", "correct what its findings tell")
    nodes: Mapping[str, TaskNode] = {} if loaded.draft is None else loaded.draft.nodes
    errors: list[dict[str, Any]] = []
    for report in found[:_MOST_TOLD]:
        around = max((at for at in nodes if f"{report.pointer}/".startswith(f"{at}/")), key=len, default=None)
        name = "" if around is None else f"`{nodes[around].name}`"
        field = report.pointer.removeprefix(around or "").strip("/").replace("/", ".")
        where = " ".join(filter(None, [name, f"at `{field}`" if field else ""])) or f"line {report.line}"
        errors.append(
            {
                "block": around,
                "where": where,
                "line": report.line,
                "message": report.message,
                "hint": report.hint,
            }
        )
    more = f" ({len(found)} errors)" if len(found) > 1 else ""
    detail = f"the definition has an error{more}: {errors[0]['where']}: {errors[0]['message']}"
    return Problem(422, detail, errors[0]["hint"], errors=errors)


def check_run_input(program: Program, value: Any) -> None:
    """Validate what a run is to be given.

    Raises:
        Problem: it does not fit; its `faults` tell where, by `pointer` and `message`.
    """
    asked = program.definition.input
    try:
        check_input(asked, value, "the input")
    except TaskFault as fault:
        hint = "see input.schema of the definition"
        raise Problem(422, str(fault.problem.detail), hint, **_faults(asked, value)) from None


def _faults(asked: Input | None, value: Any) -> dict[str, list[dict[str, str]]]:
    if asked is None or asked.schema_ is None:
        return {}
    try:
        errors = compile_schema(asked.schema_.document).iter_errors(value)
    except ValueError:
        return {}
    return {"faults": [_fault(error) for error in islice(errors, _MOST_FAULTS)]}


def _fault(error: "ValidationError") -> dict[str, str]:
    """Where a value does not fit: what is missing is told where it would be."""
    pointer = json_pointer(error.instance_path)
    missing = getattr(error.kind, "property", None)
    if missing is not None and error.kind.name == "required":
        return {"pointer": child_pointer(pointer, missing), "message": "a value is needed here"}
    return {"pointer": pointer, "message": shortened(error.message, _LONGEST_FAULT)}


def load_once(text: str, path: str, folder: Path) -> Loaded:
    """A definition, loaded once for all that a page asks of one text: what is wrong, a form, completions, values.

    Args:
        text: of the definition.
        path: that reports name it by.
        folder: that its catalogues lie in.
    """
    try:
        return _loaded(text, path, folder)
    except _NotOnce as found:
        return found.loaded


class _NotOnce(Exception):
    """What was found another time may find otherwise: not all was looked at, or other files count."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self.loaded = loaded


@lru_cache(maxsize=4)
def _loaded(text: str, path: str, folder: Path) -> Loaded:
    loaded = load_text(text, path, folder)
    program = loaded.program or loaded.draft
    reads_files = program is not None and program.definition.use.catalogs
    if reads_files or any(report.code == "expressions-busy" for report in loaded.reports):
        raise _NotOnce(loaded)
    return loaded


def _of_request(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


AskedWorkspace = Annotated[Workspace, Depends(_of_request)]
