"""A definition in its executable form: every task with its parsed expressions, addressed by JSON Pointer.

A program is built once per definition and cached by the definition's hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from httptask.chat.faults import Level
from httptask.chat.models import Incomplete
from httptask.dsl.expressions import Expression, Template
from httptask.dsl.functions import ActivityArguments, connections_named
from httptask.dsl.metadata import incomplete_answers, rules_level
from httptask.dsl.model import Definition, TaskBase

__all__ = [
    "Compiled",
    "ExpressionUse",
    "Place",
    "Program",
    "Scope",
    "TaskNode",
    "TaskSequence",
    "TemplateUse",
    "resolve_scope",
]

Place = Literal[
    "workflow-input", "workflow-output", "if", "input", "definition", "event", "page", "output", "export"
]
"""Where an expression stands; dsl.md (Runtime expression arguments) says what each place can see."""

Compiled = Expression | Template


@dataclass(frozen=True, slots=True)
class TaskNode:
    """One task.

    Attributes:
        pointer: JSON Pointer of the task, `/do/0/extract`.
        kind: the task's keyword, with the function for a call: `set`, `call.http`, `call.chatCompletion`.
        parts: compiled expressions and templates by name: `if`, `input`, `output`, `export` and what the kind has.
        sequences: nested task lists by their key.
        scope: pointer of the innermost loop around the task, "" outside loops.
        variables: loop variables that the task can see.
    """

    name: str
    pointer: str
    kind: str
    task: TaskBase
    arguments: BaseModel | None
    parts: Mapping[str, Compiled]
    sequences: Mapping[str, "TaskSequence"]
    scope: str
    variables: frozenset[str]

    @property
    def authorization(self) -> dict[str, str] | None:
        """`$authorization` (dsl.md, Authorization Descriptor) without its `parameter`, which is a credential.

        None for a task without a policy of its own; what a connection adds is known to its worker only.
        """
        policy = self.parts.get("authentication")
        if not isinstance(policy, Template):
            return None
        scheme = next(iter(policy.value))
        return {"scheme": "Bearer" if scheme in ("oauth2", "oidc") else scheme.capitalize()}

    @property
    def connections(self) -> list[str]:
        """The connections that the task's call names; a call with two is refused when it is made."""
        policy = self.parts.get("authentication")
        return connections_named(self.arguments, policy.value if isinstance(policy, Template) else None)

    @property
    def activity(self) -> str | None:
        """The user's own activity that the task calls."""
        return self.arguments.type if isinstance(self.arguments, ActivityArguments) else None


@dataclass(frozen=True, slots=True)
class TaskSequence:
    """A task list: tasks run in order unless one says otherwise."""

    pointer: str
    tasks: tuple[TaskNode, ...]

    def index_of(self, name: str) -> int | None:
        """Position of a task, None when the list has no such task."""
        return next((index for index, node in enumerate(self.tasks) if node.name == name), None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What `$tasks` can see: the tasks of one loop body (or handler, or the workflow), nested `do` lists included.

    Attributes:
        parent: pointer of the scope around it, None for the workflow's.
        task: pointer of the task that it is inside of, None for the workflow's.
    """

    pointer: str
    parent: str | None
    task: str | None
    names: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Pointers of the tasks of each name."""


@dataclass(frozen=True, slots=True)
class ExpressionUse:
    """Where an expression stands: `task` is the pointer of its task, None for the workflow's own."""

    pointer: str
    expression: Expression
    task: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """Where a template stands; its expressions are among `Program.uses` as well."""

    pointer: str
    template: Template
    task: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Program:
    """A whole definition, ready to run."""

    definition: Definition
    document: Mapping[str, Any]
    """The definition as loaded: `$workflow.definition`."""
    root: TaskSequence
    parts: Mapping[str, Compiled]
    """The workflow's own `input` and `output` transformations."""
    nodes: Mapping[str, TaskNode]
    sequences: Mapping[str, TaskSequence]
    scopes: Mapping[str, Scope]
    uses: tuple[ExpressionUse, ...]
    templates: tuple[TemplateUse, ...]
    referenced: frozenset[tuple[str, str]]
    """(scope, task name) of every output that some expression reads through `$tasks`."""

    def rules_for(self, node: TaskNode) -> Level:
        """How strictly the chat requests of a task are checked."""
        return rules_level(node.task.metadata, self.definition.document.metadata)

    def incomplete_for(self, node: TaskNode) -> Incomplete | None:
        """What incomplete answers are to a task."""
        return incomplete_answers(node.task.metadata, self.definition.document.metadata)

    def resolve_task(self, scope: str, name: str) -> Scope | None:
        """The nearest scope in which a task of that name can be read."""
        return resolve_scope(self.scopes, scope, name)


def resolve_scope(scopes: Mapping[str, Scope], scope: str, name: str) -> Scope | None:
    """The nearest scope around `scope`, itself included, that has a task of that name."""
    current: str | None = scope
    while current is not None:
        if name in scopes[current].names:
            return scopes[current]
        current = scopes[current].parent
    return None
