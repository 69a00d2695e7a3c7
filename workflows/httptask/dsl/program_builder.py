"""Builds the program of a definition: compiles every task, and notes what each one sees."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from httptask.diagnostics.fault import Fault
from httptask.dsl.definition import Definition
from httptask.dsl.expression_parts import (
    EXPORT,
    IF,
    INPUT,
    OUTPUT,
    TIMEOUT,
    WORKFLOW_INPUT,
    WORKFLOW_OUTPUT,
    WORKFLOW_TIMEOUT,
    ExpressionUse,
    PartsBuilder,
    TemplateUse,
)
from httptask.dsl.liveness import (
    CONTEXT,
    RAW_TASK_DATA,
    TASK_DATA,
    WORKFLOW_DATA,
    Liveness,
    Value,
)
from httptask.dsl.model import CallTask, TaskBase, Use
from httptask.dsl.program import Program, Scope, resolve_scope
from httptask.dsl.tasks import kind_of_task
from httptask.dsl.tasks.function import FUNCTION
from httptask.dsl.tasks.kind import Body, CallKind, TaskKind, TaskNode, TaskSequence
from httptask.json.pointer import child_pointer

__all__ = ["build_program"]


def build_program(definition: Definition, document: Mapping[str, Any], faults: list[Fault]) -> Program:
    """Compile a definition; expressions that can't be parsed are appended to `faults` and left out."""
    loose = definition.evaluate is not None and definition.evaluate.mode == "loose"
    builder = _Builder(definition.use, faults, loose=loose)
    parts = PartsBuilder(None, definition.use, faults, loose=loose)
    parts.transformation(WORKFLOW_INPUT, "/input/from", definition.input and definition.input.from_)
    parts.transformation(WORKFLOW_OUTPUT, "/output/as", definition.output and definition.output.as_)
    parts.timeout(WORKFLOW_TIMEOUT, "/timeout", definition.timeout)
    builder.note(parts)
    root = builder.sequence("/do", definition.do, "", frozenset())
    nodes = builder.nodes.values()
    return Program(
        definition=definition,
        document=document,
        root=root,
        parts=parts.parts,
        nodes=MappingProxyType(builder.nodes),
        sequences=MappingProxyType(builder.sequences),
        scopes=MappingProxyType(builder.scopes),
        functions=MappingProxyType(builder.functions),
        uses=tuple(builder.uses),
        templates=tuple(builder.templates),
        liveness=Liveness(root, builder.reads()),
        connections=frozenset(name for node in nodes for _, name in node.connections),
        activities=frozenset(name for node in nodes if (name := node.kind.activity(node))),
    )


class _UnknownCall(CallKind[CallTask]):
    """A call of a function that there is not, which is reported already."""

    function = "unknown"
    spec_model = CallTask
    does = yields = ""


_UNKNOWN_CALL: Final = _UnknownCall()


class _Builder:
    """Walks a definition once and collects its compiled parts."""

    def __init__(self, use: Use, faults: list[Fault], *, loose: bool) -> None:
        self.use = use
        self.loose = loose
        self.faults = faults
        self.nodes: dict[str, TaskNode] = {}
        self.sequences: dict[str, TaskSequence] = {}
        self.scopes = {"": Scope("", None, None)}
        self.functions: dict[str, str] = {}
        self.uses: list[ExpressionUse] = []
        self.templates: list[TemplateUse] = []

    def sequence(
        self,
        pointer: str,
        tasks: Iterable[Mapping[str, TaskBase]],
        scope: str,
        variables: frozenset[str],
        *,
        is_branch: bool = False,
    ) -> TaskSequence:
        nodes: list[TaskNode] = []
        for index, entry in enumerate(tasks):
            for name, task in entry.items():
                at = child_pointer(pointer if is_branch else child_pointer(pointer, index), name)
                self.scopes[scope].names.setdefault(name, []).append(at)
                nodes.append(self.node(name, at, task, scope, variables))
        self.sequences[pointer] = TaskSequence(pointer, tuple(nodes), is_branch)
        return self.sequences[pointer]

    def node(
        self, name: str, pointer: str, task: TaskBase, scope: str, variables: frozenset[str]
    ) -> TaskNode:
        kind, spec = self._kind_of(task)
        parts = PartsBuilder(pointer, self.use, self.faults, loose=self.loose)
        parts.transformation(INPUT, f"{pointer}/input/from", task.input and task.input.from_)
        parts.transformation(OUTPUT, f"{pointer}/output/as", task.output and task.output.as_)
        parts.expression(IF, f"{pointer}/if", task.if_)
        parts.timeout(TIMEOUT, f"{pointer}/timeout", task.timeout)
        parts.transformation(EXPORT, f"{pointer}/export/as", task.export and task.export.as_)
        kind.compile(parts, pointer, spec)
        self.note(parts)
        sequences: dict[str, TaskSequence] = {}
        for body in kind.bodies(pointer, spec):
            inner = scope
            if body.scope is not None:
                inner = body.scope
                self.scopes[inner] = Scope(inner, scope, pointer, body.is_function)
            outer = frozenset[str]() if body.is_function else variables
            if body.is_function:
                self.note_function(body)
            seen = outer.union(body.variables.values())
            sequences[body.key] = self.sequence(
                body.pointer, body.tasks, inner, seen, is_branch=body.is_branch
            )
        node = TaskNode(name, pointer, kind, task, spec, parts.parts, sequences, scope, variables)
        self.nodes[pointer] = node
        return node

    def note_function(self, body: Body) -> None:
        """Take up where the task of a function is written."""
        for name in next(iter(body.tasks)):
            self.functions[child_pointer(body.pointer, name)] = child_pointer("/use/functions", name)

    def note(self, parts: PartsBuilder) -> None:
        """Take up where the expressions of a task stand."""
        self.uses += parts.uses
        self.templates += parts.templates

    def reads(self) -> Mapping[str | None, Collection[Value]]:
        """What the expressions of each task read of the values that a run keeps; None is the workflow's output."""
        reads: dict[str | None, set[Value]] = {}
        for use in self.uses:
            if use.place != "workflow-input":  # which is read before there is anything to keep
                reads.setdefault(use.task, set()).update(self._values(use))
        for pointer, node in self.nodes.items():
            export = node.task.export
            if export is not None and export.as_ is None:  # its schema is that of the `$context` there is
                reads.setdefault(pointer, set()).add(CONTEXT)
            if node.kind.keeps_input:
                reads.setdefault(pointer, set()).add(TASK_DATA)
        return reads

    def _values(self, use: ExpressionUse) -> Iterator[Value]:
        expression = use.expression
        if "context" in expression.variables:
            yield CONTEXT
        if not {None, "input"}.isdisjoint(expression.keys_of("workflow")):
            yield WORKFLOW_DATA
        if not {None, "input"}.isdisjoint(expression.keys_of("task")):
            yield RAW_TASK_DATA
        if "input" in expression.variables or (use.place == "definition" and expression.reads_dot):
            yield TASK_DATA
        scope = "" if use.task is None else self.nodes[use.task].scope
        for name in filter(None, expression.keys_of("tasks")):
            declaring = resolve_scope(self.scopes, scope, name)
            if declaring is not None:
                yield declaring.pointer, name

    def _kind_of(self, task: TaskBase) -> tuple[TaskKind[Any], BaseModel]:
        """The kind of a task, and what is particular to it."""
        kind = kind_of_task(task)
        if not isinstance(task, CallTask):
            return kind or _UNKNOWN_CALL, task
        function = self.use.functions.get(task.call) if kind is None else None
        if function is not None:
            return FUNCTION, FUNCTION.spec_model(name=task.call, task=function, arguments=task.with_)
        if kind is None:
            return _UNKNOWN_CALL, task
        try:
            return kind, kind.spec_model.model_validate(task.with_)
        except ValidationError:  # reported with its place by the structural check
            return _UNKNOWN_CALL, task
