"""What a definition does with what it is given: what its tasks read, whom they call, and which secrets go where."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import uritemplate
from pydantic import BaseModel

from httptask.activities.api_operation import ApiOperation
from httptask.activities.event_sink import EventSink
from httptask.connections.connection import Connection
from httptask.dsl.expression_parts import ExpressionUse, Place
from httptask.dsl.expressions import SERVER, Expression, Secret, TemplateText
from httptask.dsl.expressions.paths import Path
from httptask.dsl.loader import Loaded
from httptask.dsl.model import Duration, Timeout
from httptask.dsl.program import Program
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH
from httptask.dsl.tasks.kind import TaskNode, TaskSequence
from httptask.dsl.tasks.openapi import api_call
from httptask.dsl.timetable import timetable_of
from httptask.http.errors import RequestInvalid
from httptask.http.headers import SAFE_METHODS
from httptask.http.limits import Limits
from httptask.http.url import Url
from httptask.resilience.retry import Retry

if TYPE_CHECKING:
    from httptask.openapi.described import KeptDocuments

__all__ = ["Call", "Explanation", "Setting", "TaskExplanation", "TaskGroup", "explain"]


_ON_RESULTS: Final = frozenset[Place]({"output", "export", "event", "filter", "page", "workflow-output"})
"""Where `.` is what a task came to, not what it began with."""


class Setting(BaseModel):
    """One bound, and who set it: `the task`, `use.timeouts NAME`, `connection NAME`, or `default`."""

    value: float | str
    source: str


class Call(BaseModel):
    """What a task sends, as far as it can be told before a run."""

    servers: list[str]
    """Origins; or in words where only a secret, or data, tell which."""
    document: str | None
    """Where the description of an API comes from that tells what is sent; None where the definition tells it."""
    secrets: dict[str, str]
    """Names of the secrets that are sent, its connections' among them, each with where it may go."""
    changes: bool
    """Whether its method may change something at the server."""


class TaskGroup(BaseModel):
    """Tasks inside a task."""

    key: str
    """Which of its lists: `do`, `catch`, `branches/0`."""
    tasks: "list[TaskExplanation]"


class TaskExplanation(BaseModel):
    """One task."""

    name: str
    pointer: str
    """JSON Pointer."""
    file: str | None
    """The file of the function that it is a task of; None where it stands in that of the definition."""
    line: int
    """Where it stands in the file, from 1."""
    kind: str
    headline: str
    """What tells it from others of its kind: `POST /orders`; empty where nothing does."""
    condition: str | None
    """Its `if`."""
    reads: list[str]
    """What it reads of what came before: `$tasks.extract.json`, `$workflow.input.caller`; `.name` of its input."""
    call: Call | None
    """None for a task that sends nothing."""
    settings: dict[str, Setting]
    """Its bounds: seconds, bytes, numbers of attempts, how often a `try` tries again, how many items run at once."""
    inside: list[TaskGroup]


class Explanation(BaseModel):
    """A whole definition."""

    namespace: str
    name: str
    version: str
    schedule: str | None
    """When `httptask schedule create` would have it run, in words."""
    reads: list[str]
    """What of `$workflow.input` is read anywhere."""
    servers: list[str]
    secrets: dict[str, str]
    """All of its calls, each with where it may go."""
    functions: dict[str, str]
    """Files of catalogues that it calls functions of, each with its SHA-256."""
    budget: dict[str, float]
    """What a run may spend: `calls`, `tokens`, `cost_usd`; nothing where it has no bound."""
    timeout: Setting | None
    """How long a run may take."""
    tasks: list[TaskExplanation]


def explain(
    loaded: Loaded,
    program: Program,
    connections: Mapping[str, Connection],
    secret_origins: Mapping[str, Sequence[str]],
    documents: "KeptDocuments | None" = None,
    events: EventSink | None = None,
) -> Explanation:
    """Explain a definition.

    Args:
        loaded: its text, for lines.
        program: what it compiled to.
        connections: what there is, by name.
        secret_origins: where each declared secret may go, by name; none for wherever a definition sends it.
        documents: of APIs, that are at hand.
        events: where emitted events go, if not to the log.
    """
    explaining = _Explaining(loaded, program, connections, secret_origins, documents, events or EventSink())
    tasks = explaining.tasks(program.root)
    calls = [task.call for task in _flat(tasks) if task.call is not None]
    document = program.definition.document
    schedule = program.definition.schedule
    settings: Any = document.metadata.get("httptask", {})
    read = (text for use in program.uses for text in _reads(use))
    return Explanation(
        namespace=document.namespace,
        name=document.name,
        version=document.version,
        schedule=None if schedule is None else timetable_of(schedule).words(),
        reads=_unique(text for text in read if text.startswith("$workflow.input")),
        servers=_unique(server for call in calls for server in call.servers),
        secrets={name: where for call in calls for name, where in call.secrets.items()},
        functions={str(file.path): file.sha256 for file in loaded.functions.values()},
        budget=settings.get("budget", {}),
        timeout=explaining.timeout(program.definition.timeout, "the definition"),
        tasks=tasks,
    )


class _Explaining:
    def __init__(
        self,
        loaded: Loaded,
        program: Program,
        connections: Mapping[str, Connection],
        secret_origins: Mapping[str, Sequence[str]],
        documents: "KeptDocuments | None",
        events: EventSink,
    ) -> None:
        self._loaded = loaded
        self._program = program
        self._connections = connections
        self._secret_origins = secret_origins
        self._documents = documents
        self._events = events

    def tasks(self, sequence: TaskSequence) -> list[TaskExplanation]:
        return [self._task(node) for node in sequence.tasks]

    def _task(self, node: TaskNode) -> TaskExplanation:
        uses = (use for use in self._program.uses if use.task == node.pointer)
        sends = node.kind.sends_requests or (node.kind.emits and self._events.connection is not None)
        names = self._connections_of(node) if sends else ()
        file, place = self._loaded.where(node.pointer, at_key=True)
        return TaskExplanation(
            name=node.name,
            pointer=node.pointer,
            file=None if file == self._loaded.name else file,
            line=place.line,
            kind=node.kind.name,
            headline=node.kind.headline(node),
            condition=node.task.if_,
            reads=_unique([*(text for use in uses for text in _reads(use)), *_variables(node)]),
            call=self._call(node, names) if sends else None,
            settings={**(self._call_settings(node, names) if sends else {}), **self._settings(node)},
            inside=[TaskGroup(key=key, tasks=self.tasks(inner)) for key, inner in node.sequences.items()],
        )

    def timeout(self, written: Timeout | str | None, source: str) -> Setting | None:
        """How long something may take: seconds, or as it is written."""
        named = self._program.definition.use.timeouts.get(written) if isinstance(written, str) else None
        found = written if named is None else named
        if found is None:
            return None
        after = found if isinstance(found, str) else found.after
        value = after.total_seconds if isinstance(after, Duration) else after
        return Setting(value=value, source=source if named is None else f"use.timeouts {written}")

    def _connections_of(self, node: TaskNode) -> list[str]:
        sink = self._events.connection if node.kind.emits else None
        of_events = () if sink is None else (sink,)
        return _unique([*(name for _, name in node.connections), *node.kind.fallbacks(node), *of_events])

    def _call(self, node: TaskNode, names: Sequence[str]) -> Call:
        servers = [*self._endpoint(node), *(self._server(name) for name in names)]
        written = (
            secret.name
            for use in self._program.templates
            if use.task == node.pointer
            for secret in use.template.secrets
        )
        secrets = {name: self._where(name) for name in written}
        for name in names:
            connection = self._connections.get(name)
            for secret, origin in ({} if connection is None else connection.secret_origins()).items():
                secrets.setdefault(secret, origin or self._where(secret))
        document, operation = self._described(node)
        if operation is not None:
            servers = [_origin(operation.server), *(self._server(name) for name in names)]
        return Call(
            servers=_unique(servers),
            document=document,
            secrets=secrets,
            changes=node.kind.emits or node.kind.may_change(node)
            if operation is None
            else operation.method not in SAFE_METHODS,
        )

    def _described(self, node: TaskNode) -> tuple[str | None, ApiOperation | None]:
        """Where the document of an operation comes from, and the operation where the document is at hand."""
        call, operation = api_call(node), None
        if call is None:
            return None, None
        if self._documents is not None and call.address is not None:
            from httptask.activities.api_documents import kept_operation

            try:
                operation = kept_operation(self._documents, call.address, call.operation_id)
            except RequestInvalid as error:
                return error.message, None
        if operation is not None:
            return f"{operation.kept} (SHA-256 {operation.sha256[:12]}…)", operation
        return f"{call.written}, which a run loads: it tells the server and the method", None

    def _server(self, name: str) -> str:
        connection = self._connections.get(name)
        if connection is None:
            return f"connection {name}, which httptask.toml does not have"
        return connection.origin or f"connection {name}, whose server a secret tells"

    def _where(self, secret: str) -> str:
        return ", ".join(self._secret_origins.get(secret, ())) or "wherever the definition sends it"

    def _endpoint(self, node: TaskNode) -> Iterator[str]:
        """The server that an endpoint names."""
        endpoint = node.template(ENDPOINT)
        if endpoint is None:
            return
        value = endpoint.value
        first = value.parts[0] if isinstance(value, TemplateText) else value
        if isinstance(first, Secret):
            yield f"where $secrets.{first.name} leads"
        elif isinstance(first, Expression):
            yield f"where ${{ {first.source.strip()} }} leads"
        elif (server := SERVER.match(f"{first}/")) is not None:  # else it follows the connection's
            with contextlib.suppress(RequestInvalid):  # which validation tells
                yield Url.parse(server[0]).origin

    def _settings(self, node: TaskNode) -> dict[str, Setting]:
        """The bounds that a task of any kind may have."""
        found: dict[str, Setting] = {}
        if (timeout := self.timeout(node.task.timeout, "the task")) is not None:
            found["timeout"] = timeout
        for name, (value, source) in node.kind.bounds(node, self._program.definition.use).items():
            found[name] = Setting(value=value, source=source)
        return found

    def _call_settings(self, node: TaskNode, names: Sequence[str]) -> dict[str, Setting]:
        """Each bound by the first who sets it: the task, its connection, what holds for all."""
        connection = self._connections.get(names[0]) if names else None
        own, defaults = node.kind.limits(node)
        layers: list[tuple[str, Limits]] = [("the task", own)]
        if connection is not None:
            layers.append((f"connection {connection.name}", connection.limits))
        layers.append(("default", defaults))
        found: dict[str, Setting] = {}
        for source, limits in layers:
            for name, value in limits:
                if value is not None:
                    found.setdefault(name, Setting(value=value, source=source))
        retry = Retry() if connection is None else connection.retry
        by = "default" if connection is None or "retry" not in connection.model_fields_set else layers[1][0]
        found["attempts"] = Setting(value=retry.attempts, source=by)
        return found


def _origin(address: str) -> str:
    try:
        return Url.parse(address).origin
    except RequestInvalid:
        return address


def _reads(use: ExpressionUse) -> Iterator[str]:
    """What an expression reads, as one would write it; `.` for the whole input of its task."""
    expression, of_input = use.expression, use.place not in _ON_RESULTS
    for reading in expression.readings:
        if reading.variable is not None or of_input:
            variable = "" if reading.variable is None else f"${reading.variable}"
            yield f"{variable}{_written(reading.path)}" or "."
    if (
        of_input
        and expression.reads_dot
        and not any(reading.variable is None for reading in expression.readings)
    ):
        yield "."


def _variables(node: TaskNode) -> Iterator[str]:
    """What the URI templates of a task (RFC 6570) take of its input."""
    for template in filter(None, (node.template(ENDPOINT), node.template(PATH))):
        value = template.value
        for text in value.parts if isinstance(value, TemplateText) else (value,):
            if isinstance(text, str):
                yield from (f".{name}" for name in uritemplate.variables(text))


def _written(path: Path) -> str:
    steps = (
        "[]" if key is None else f".{key}" if key.isidentifier() else f"[{json.dumps(key)}]" for key in path
    )
    return "".join(steps)


def _flat(tasks: Iterable[TaskExplanation]) -> Iterator[TaskExplanation]:
    for task in tasks:
        yield task
        for group in task.inside:
            yield from _flat(group.tasks)


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
