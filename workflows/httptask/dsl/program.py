"""A definition in its executable form: every task with its parsed expressions, addressed by JSON Pointer.

A program is built once per definition and cached by the definition's hash.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from httptask.chat.strictness import Incomplete, Level
from httptask.connections.connection import Calls
from httptask.dsl.definition import Definition
from httptask.dsl.expression_parts import Compiled, ExpressionUse, Part, TemplateUse
from httptask.dsl.liveness import Liveness
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.metadata import calls_made, incomplete_answers, rules_level
from httptask.dsl.tasks.kind import TaskNode, TaskSequence

__all__ = ["Program", "Scope", "resolve_scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What `$tasks` can see: the tasks of one loop body (or handler, or the workflow), nested `do` lists included.

    Attributes:
        parent: pointer of the scope around it, None for the workflow's.
        task: pointer of the task that it is inside of, None for the workflow's.
        is_closed: whether nothing of the scopes around it is seen: it is that of a function.
    """

    pointer: str
    parent: str | None
    task: str | None
    is_closed: bool = False
    names: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Pointers of the tasks of each name."""


@dataclass(frozen=True, slots=True)
class Program:
    """A whole definition, ready to run."""

    definition: Definition
    document: Mapping[str, Any]
    """The definition as loaded: `$workflow.definition`."""
    root: TaskSequence
    parts: Mapping[Part, Compiled]
    """The workflow's own `input` and `output` transformations, and its timeout."""
    nodes: Mapping[str, TaskNode]
    sequences: Mapping[str, TaskSequence]
    scopes: Mapping[str, Scope]
    functions: Mapping[str, str]
    """Pointers of functions' tasks where they are called, `/do/0/get/call/getPet`, and where they are written."""
    uses: tuple[ExpressionUse, ...]
    templates: tuple[TemplateUse, ...]
    liveness: Liveness
    """Until when outputs, `$workflow.input` and `$context` are read."""
    connections: frozenset[str]
    """Names of those that its tasks send requests through."""
    activities: frozenset[str]
    """Names of the user's own that it calls."""

    @property
    def definitions(self) -> Mapping[str, str]:
        """The definitions that its tasks run (`NAMESPACE/NAME:VERSION`), each with the pointer of a task."""
        nodes = self.nodes.values()
        return {name: node.pointer for node in nodes if (name := node.kind.definition(node)) is not None}

    @property
    def emits(self) -> bool:
        """Whether a task emits events."""
        return any(node.kind.emits for node in self.nodes.values())

    @property
    def leaves_runs(self) -> bool:
        """Whether a task leaves the run of another definition to itself, which may end after the one of this."""
        return any(node.kind.leaves_run(node) for node in self.nodes.values())

    def find(self, task: str) -> list[TaskNode]:
        """The task at a JSON Pointer, or those of a name."""
        if task in self.nodes:
            return [self.nodes[task]]
        return [node for node in self.nodes.values() if node.name == task]

    def written_at(self, pointer: str) -> str:
        """Where a part of the document is written: of a function, under `use.functions`."""
        head, behind = pointer if self.functions else "", ""
        while head:
            if head in self.functions:
                return self.functions[head] + behind
            head, _, last = head.rpartition("/")
            behind = f"/{last}{behind}"
        return pointer

    def written(self, pointer: str) -> Any:
        """What is written there; None where nothing is."""
        document: Any = self.document
        return value_at(document, tokens_of(document, self.written_at(pointer)))

    def rules_for(self, node: TaskNode) -> Level:
        """How strictly the chat requests of a task are checked."""
        return rules_level(node.task.metadata, self.definition.document.metadata)

    def calls_of(self, node: TaskNode) -> Calls | None:
        """How the calls of a task are made; None leaves it to their connection.

        In a race they are activities: while a local one goes on, a run hears of nothing else.
        """
        if any(around.kind.is_race(around) for around in self._around(node)):
            return "activity"
        return calls_made(node.task.metadata, self.definition.document.metadata)

    def incomplete_for(self, node: TaskNode) -> Incomplete | None:
        """What incomplete answers are to a task."""
        return incomplete_answers(node.task.metadata, self.definition.document.metadata)

    def _around(self, node: TaskNode) -> Iterator[TaskNode]:
        """The tasks around a task that open a scope."""
        scope = self.scopes[node.scope]
        while scope.task is not None and scope.parent is not None:
            yield self.nodes[scope.task]
            scope = self.scopes[scope.parent]

    def call_around(self, node: TaskNode) -> TaskNode | None:
        """The call of the innermost function that a task is inside of."""
        scope = self.scopes[node.scope]
        while not scope.is_closed and scope.parent is not None:
            scope = self.scopes[scope.parent]
        return self.nodes[scope.task] if scope.is_closed and scope.task is not None else None

    def resolve_task(self, scope: str, name: str) -> Scope | None:
        """The nearest scope in which a task of that name can be read."""
        return resolve_scope(self.scopes, scope, name)


def resolve_scope(scopes: Mapping[str, Scope], scope: str, name: str) -> Scope | None:
    """The nearest scope around `scope`, itself included, that has a task of that name."""
    current: str | None = scope
    while current is not None:
        if name in scopes[current].names:
            return scopes[current]
        current = None if scopes[current].is_closed else scopes[current].parent
    return None
