"""Builds the program of a definition: parses every expression, and notes where each one stands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from httptask.authentication.policy import Policy
from httptask.dsl.bodies import bodies_of
from httptask.dsl.expressions import Template, parse_address, parse_expression, parse_template
from httptask.dsl.faults import Fault, child_pointer
from httptask.dsl.functions import (
    BODY_ARGUMENTS,
    CHAT_EXTRA_ARGUMENTS,
    FUNCTIONS,
    ActivityArguments,
    ChatCompletionArguments,
    HttpArguments,
    HttpRequestArguments,
    MapArguments,
    function_name,
)
from httptask.dsl.model import (
    AuthenticationPolicy,
    CallTask,
    Definition,
    DoTask,
    DurationLiteral,
    Endpoint,
    ErrorDefinition,
    ForTask,
    Input,
    Output,
    RaiseTask,
    SetTask,
    SwitchTask,
    Task,
    Timeout,
    Use,
    WaitTask,
)
from httptask.dsl.program import (
    Compiled,
    ExpressionUse,
    Place,
    Program,
    Scope,
    TaskNode,
    TaskSequence,
    TemplateUse,
    resolve_scope,
)
from httptask.dsl.reading_arguments import PaginateArguments, StreamArguments

__all__ = ["build_program"]

_REQUEST_KEYS = ("method", "headers", "query", *BODY_ARGUMENTS, "idempotencyKey")


_CONDITIONS = frozenset({"if", "while", "stream/until", "paginate/until"})


def build_program(definition: Definition, document: Mapping[str, Any], faults: list[Fault]) -> Program:
    """Compile a definition; expressions that can't be parsed are appended to `faults` and left out."""
    builder = _Builder(definition.use, faults)
    parts = builder.data_flow(
        "", definition.input, definition.output, places=("workflow-input", "workflow-output")
    )
    builder.timeout(parts, "/timeout/after", definition.timeout, "workflow-input")
    root = builder.sequence("/do", definition.do, "", frozenset())
    return Program(
        definition=definition,
        document=document,
        root=root,
        parts=parts,
        nodes=MappingProxyType(builder.nodes),
        sequences=MappingProxyType(builder.sequences),
        scopes=MappingProxyType(builder.scopes),
        uses=tuple(builder.uses),
        templates=tuple(builder.templates),
        referenced=builder.referenced(),
    )


class _Builder:
    """Walks a definition once and collects its compiled parts."""

    def __init__(self, use: Use, faults: list[Fault]) -> None:
        self.use = use
        self.faults = faults
        self.nodes: dict[str, TaskNode] = {}
        self.sequences: dict[str, TaskSequence] = {}
        self.scopes = {"": Scope("", None, None)}
        self.uses: list[ExpressionUse] = []
        self.templates: list[TemplateUse] = []
        self._task: str | None = None

    def sequence(self, pointer: str, tasks: Any, scope: str, variables: frozenset[str]) -> TaskSequence:
        nodes: list[TaskNode] = []
        for index, entry in enumerate(tasks):
            for name, task in entry.items():
                at = child_pointer(child_pointer(pointer, index), name)
                self.scopes[scope].names.setdefault(name, []).append(at)
                nodes.append(self.node(name, at, task, scope, variables))
        self.sequences[pointer] = TaskSequence(pointer, tuple(nodes))
        return self.sequences[pointer]

    def node(self, name: str, pointer: str, task: Task, scope: str, variables: frozenset[str]) -> TaskNode:
        outer, self._task = self._task, pointer
        parts = self.data_flow(pointer, task.input, task.output, places=("input", "output"))
        self.expression(parts, "if", child_pointer(pointer, "if"), task.if_, "if")
        self.timeout(parts, f"{pointer}/timeout/after", task.timeout, "definition")
        if task.export is not None:
            self.transformation(parts, "export", f"{pointer}/export/as", task.export.as_, "export")
        sequences: dict[str, TaskSequence] = {}
        kind, arguments = self.own_parts(pointer, task, parts)
        for body in bodies_of(pointer, task, arguments):
            inner = scope
            if body.scope is not None:
                inner = body.scope
                self.scopes[inner] = Scope(inner, scope, pointer)
            sequences[body.key] = self.sequence(body.pointer, body.tasks, inner, variables | body.variables)
        self._task = outer
        node = TaskNode(name, pointer, kind, task, arguments, parts, sequences, scope, variables)
        self.nodes[pointer] = node
        return node

    def data_flow(
        self, pointer: str, source: Input | None, result: Output | None, *, places: tuple[Place, Place]
    ) -> dict[str, Compiled]:
        parts: dict[str, Compiled] = {}
        if source is not None:
            self.transformation(parts, "input", f"{pointer}/input/from", source.from_, places[0])
        if result is not None:
            self.transformation(parts, "output", f"{pointer}/output/as", result.as_, places[1])
        return parts

    def own_parts(self, pointer: str, task: Task, parts: dict[str, Compiled]) -> tuple[str, BaseModel | None]:
        """Compile what only this kind of task has; returns the kind and the arguments of a call."""
        match task:
            case SetTask():
                self.template(parts, "set", f"{pointer}/set", task.set)
            case SwitchTask():
                for index, entry in enumerate(task.switch):
                    for name, case in entry.items():
                        at = f"{child_pointer(f'{pointer}/switch/{index}', name)}/when"
                        self.expression(parts, f"when/{index}", at, case.when, "definition")
            case ForTask():
                self.expression(parts, "in", f"{pointer}/for/in", task.for_.in_, "definition")
                self.expression(parts, "while", f"{pointer}/while", task.while_, "definition")
            case RaiseTask():
                self.raised_error(parts, f"{pointer}/raise/error", task.raise_.error)
            case WaitTask():
                self.duration(parts, "wait", f"{pointer}/wait", task.wait)
            case CallTask():
                return self.call(pointer, task, parts)
            case DoTask():
                pass  # its list is all it has
        return type(task).__name__.removesuffix("Task").lower(), None

    def timeout(
        self, parts: dict[str, Compiled], pointer: str, timeout: Timeout | str | None, place: Place
    ) -> None:
        """A timeout given in place, or by the name it has under `use.timeouts`."""
        if isinstance(timeout, str):
            pointer = f"{child_pointer('/use/timeouts', timeout)}/after"
            timeout = self.use.timeouts.get(timeout)
        if timeout is not None:
            self.duration(parts, "timeout", pointer, timeout.after, place)

    def duration(
        self,
        parts: dict[str, Compiled],
        name: str,
        pointer: str,
        value: DurationLiteral,
        place: Place = "definition",
    ) -> None:
        written = value if isinstance(value, str) else value.model_dump(exclude_defaults=True)
        self.template(parts, name, pointer, written, place)

    def raised_error(self, parts: dict[str, Compiled], pointer: str, error: ErrorDefinition | str) -> None:
        if isinstance(error, str):
            pointer, found = child_pointer("/use/errors", error), self.use.errors.get(error)
        else:
            found = error
        if found is not None:
            self.template(parts, "error", pointer, found.model_dump(exclude_none=True))

    def call(self, pointer: str, task: CallTask, parts: dict[str, Compiled]) -> tuple[str, BaseModel | None]:
        function = function_name(task.call)
        try:
            arguments = FUNCTIONS[function].model_validate(task.with_)
        except (KeyError, ValidationError):  # reported with its place by the structural check
            return f"call.{function}", None
        match arguments:
            case MapArguments():
                self.expression(parts, "in", f"{pointer}/with/in", arguments.in_, "definition")
            case ChatCompletionArguments():
                body = {key: value for key, value in task.with_.items() if key not in CHAT_EXTRA_ARGUMENTS}
                self.template(parts, "body", f"{pointer}/with", body)
            case HttpArguments() | HttpRequestArguments():
                self.http_parts(parts, f"{pointer}/with", arguments)
            case ActivityArguments():
                self.template(parts, "arguments", f"{pointer}/with/arguments", arguments.arguments)
            case _:
                pass
        return f"call.{function}", arguments

    def http_parts(
        self, parts: dict[str, Compiled], pointer: str, arguments: HttpArguments | HttpRequestArguments
    ) -> None:
        """The parts of a URL are compiled on their own: text put into them is percent-encoded."""
        endpoint = arguments.endpoint
        if isinstance(endpoint, Endpoint):
            self.address(parts, "endpoint", f"{pointer}/endpoint/uri", endpoint.uri)
            if endpoint.authentication is not None:
                self.authentication(parts, f"{pointer}/endpoint/authentication", endpoint.authentication)
        elif endpoint is not None:
            self.address(parts, "endpoint", f"{pointer}/endpoint", endpoint)
        if isinstance(arguments, HttpRequestArguments) and arguments.path is not None:
            self.template(parts, "path", f"{pointer}/path", arguments.path)
        if isinstance(arguments, HttpRequestArguments):
            self.stream(parts, f"{pointer}/stream", arguments.stream)
            self.paginate(parts, f"{pointer}/paginate", arguments.paginate)
        given = arguments.model_dump(exclude_unset=True)
        self.template(parts, "request", pointer, {key: given[key] for key in _REQUEST_KEYS if key in given})

    def stream(self, parts: dict[str, Compiled], pointer: str, stream: StreamArguments | None) -> None:
        """Expressions that are evaluated where the events come in, on nothing but them."""
        if stream is not None:
            self.expression(parts, "stream/each", f"{pointer}/each", stream.each, "event")
            self.expression(parts, "stream/until", f"{pointer}/until", stream.until, "event")

    def paginate(self, parts: dict[str, Compiled], pointer: str, paginate: PaginateArguments | None) -> None:
        """Expressions that are evaluated on each page, and the interval between two of them."""
        if paginate is None:
            return
        if paginate.cursor is not None:
            self.expression(parts, "paginate/cursor", f"{pointer}/cursor/from", paginate.cursor.from_, "page")
        for name, text in (("next", paginate.next), ("items", paginate.items), ("until", paginate.until)):
            self.expression(parts, f"paginate/{name}", f"{pointer}/{name}", text, "page")
        if paginate.interval is not None:
            self.duration(parts, "paginate/interval", f"{pointer}/interval", paginate.interval)

    def authentication(self, parts: dict[str, Compiled], pointer: str, policy: AuthenticationPolicy) -> None:
        """A policy given in place, or by the name it has under `use.authentications`."""
        found: Policy = policy
        if policy.use is not None:
            if policy.use not in self.use.authentications:
                return  # the name of a connection
            pointer = child_pointer("/use/authentications", policy.use)
            found = self.use.authentications[policy.use]
        self.template(parts, "authentication", pointer, found.model_dump(exclude_unset=True))

    def expression(
        self, parts: dict[str, Compiled], name: str, pointer: str, text: str | None, place: Place
    ) -> None:
        condition = name in _CONDITIONS or name.startswith("when/")
        parsed = None if text is None else parse_expression(text, pointer, self.faults, condition=condition)
        if parsed is not None:
            parts[name] = parsed
            self.uses.append(ExpressionUse(pointer, parsed, self._task, place))

    def template(
        self, parts: dict[str, Compiled], name: str, pointer: str, value: Any, place: Place = "definition"
    ) -> None:
        self.keep(parts, name, pointer, parse_template(value, pointer, self.faults), place)

    def address(self, parts: dict[str, Compiled], name: str, pointer: str, value: str) -> None:
        self.keep(parts, name, pointer, parse_address(value, pointer, self.faults), "definition")

    def keep(
        self, parts: dict[str, Compiled], name: str, pointer: str, parsed: Template | None, place: Place
    ) -> None:
        if parsed is None:
            return
        parts[name] = parsed
        self.templates.append(TemplateUse(pointer, parsed, self._task, place))
        self.uses += [ExpressionUse(at, found, self._task, place) for at, found in parsed.expressions]

    def transformation(
        self, parts: dict[str, Compiled], name: str, pointer: str, value: Any, place: Place
    ) -> None:
        if isinstance(value, str):
            self.expression(parts, name, pointer, value, place)
        elif value is not None:
            self.template(parts, name, pointer, value, place)

    def referenced(self) -> frozenset[tuple[str, str]]:
        """Which outputs must be kept, for expressions read them later."""
        found: set[tuple[str, str]] = set()
        for use in self.uses:
            scope = "" if use.task is None else self.nodes[use.task].scope
            for name in filter(None, use.expression.keys_of("tasks")):
                declaring = resolve_scope(self.scopes, scope, name)
                if declaring is not None:
                    found.add((declaring.pointer, name))
        return frozenset(found)
