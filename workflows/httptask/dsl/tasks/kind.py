"""What a kind of task says of itself before anything runs, and a task of it in a program."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel

from httptask.chat.strictness import Level
from httptask.diagnostics.fault import Fault
from httptask.dsl.expression_parts import Compiled, Part, PartsBuilder
from httptask.dsl.expressions import Expression, Template
from httptask.dsl.model import AuthenticationPolicy, DurationLiteral, ErrorDefinition, TaskBase, Use
from httptask.dsl.value_shape import MissingKey, ValueShape
from httptask.http.limits import HTTP_DEFAULTS, Limits

if TYPE_CHECKING:
    from httptask.connections.connection import Connection

__all__ = [
    "KEYS_OF_TASK",
    "WHY_NOT_FROM_DATA",
    "Body",
    "CallKind",
    "Jump",
    "TaskKind",
    "TaskNode",
    "TaskSequence",
]

Spec = TypeVar("Spec", bound=BaseModel)

WHY_NOT_FROM_DATA: Final = "what comes from a response must not choose where requests go"
_PLAIN_PATH: Final = re.compile(r"(?:\.[A-Za-z_]\w*)+")
KEYS_OF_TASK: Final = "x-keys-of-task"
"""In the schema of a shape: the task whose kind knows its keys."""


@dataclass(frozen=True, slots=True)
class Body:
    """One task list inside a task.

    Attributes:
        key: its name among the task's sequences.
        pointer: of the list.
        scope: pointer of the scope that it opens for `$tasks`; None when it has none of its own.
        variables: what it binds for its tasks: the name of each variable by the pointer of where it is given.
        runs: how often it runs, in words, where that is not once.
        is_branch: whether it is one task that no other follows: an item of a list whose others run beside it, or a
            function; `pointer` is that of the item, or of what names the function.
        is_function: whether its task is written elsewhere, and sees nothing of what is around it but its input.
        output: where in the task's output its own is, as an expression goes on: `[0]`; "" where it is not known.
    """

    key: str
    pointer: str
    tasks: Iterable[Mapping[str, TaskBase]]
    scope: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    runs: str = ""
    is_branch: bool = False
    is_function: bool = False
    output: str = ""


@dataclass(frozen=True, slots=True)
class Jump:
    """A flow directive: where it stands, and the directive or task that it names.

    Attributes:
        case: name of the case that it belongs to, in a task with cases.
        is_default: whether the case holds whenever no other does.
    """

    pointer: str
    target: str
    case: str | None = None
    is_default: bool = False


@dataclass(frozen=True)
class TaskNode:
    """One task of a program.

    Attributes:
        pointer: JSON Pointer of the task, `/do/0/extract`.
        task: as it is written.
        spec: what is particular to its kind: the task itself, or the arguments of a call.
        parts: compiled expressions and templates.
        sequences: nested task lists by the keys of their bodies.
        scope: pointer of the innermost loop around the task, "" outside loops.
        variables: loop variables that the task can see.
    """

    name: str
    pointer: str
    kind: "TaskKind[Any]"
    task: TaskBase
    spec: BaseModel
    parts: Mapping[Part, Compiled]
    sequences: Mapping[str, "TaskSequence"]
    scope: str
    variables: frozenset[str]

    def expression(self, part: Part) -> Expression | None:
        """A part that is an expression, where the task has it."""
        found = self.parts.get(part)
        return found if isinstance(found, Expression) else None

    def template(self, part: Part) -> Template | None:
        """A part that is a template, where the task has it."""
        found = self.parts.get(part)
        return found if isinstance(found, Template) else None

    @cached_property
    def output_shape(self) -> ValueShape | None:
        """The shape of the task's output after `output.as`: what `$tasks` and the next task see; None if unknown."""
        output = self.task.output
        if output is None or (output.as_ is None and output.schema_ is None):
            return self.kind.output(self)
        if output.schema_ is not None:
            return ValueShape.of(output.schema_.document)
        text = output.as_ if isinstance(output.as_, str) else ""
        path = _PLAIN_PATH.fullmatch(text.strip().removeprefix("${").removesuffix("}").strip())
        shape = None if path is None else self.kind.output(self)
        for key in () if path is None else path[0].split(".")[1:]:
            step = None if shape is None else shape.read(key)
            shape = None if isinstance(step, MissingKey) else step
        return shape

    @property
    def listens(self) -> bool:
        """Whether the task, or one inside it, waits for events."""
        inside = (node for sequence in self.sequences.values() for node in sequence.tasks)
        return self.kind.listens or any(node.listens for node in inside)

    @property
    def bodies(self) -> Iterable[Body]:
        """The task lists directly inside the task."""
        return self.kind.bodies(self.pointer, self.spec)

    @property
    def jumps(self) -> Iterator[Jump]:
        """The flow directives of the task: those of its kind, then its own."""
        yield from self.kind.jumps(self)
        if self.task.then is not None:
            yield Jump(f"{self.pointer}/then", self.task.then)

    @property
    def connections(self) -> Iterable[tuple[str, str]]:
        """The connections that the task names, each behind the pointer of where it does."""
        return self.kind.connections(self)


@dataclass(frozen=True, slots=True)
class TaskSequence:
    """A task list: tasks run in order unless one says otherwise; or the one task of a branch."""

    pointer: str
    tasks: tuple[TaskNode, ...]
    is_branch: bool = False

    def index_of(self, name: str) -> int | None:
        """Position of a task, None when the list has no such task."""
        return next((index for index, node in enumerate(self.tasks) if node.name == name), None)


class TaskKind(Generic[Spec]):
    """One kind of task: a kind overrides what is particular to it, and is named in the table of kinds.

    Its runner is in `httptask.interpreter.tasks`.

    Attributes:
        keyword: the key that a task of this kind has.
        function: what stands behind it, where that decides: `http` of `call: http`.
        spec_model: what is particular to it: the model of its tasks, or of the arguments of a call.
        does: what a task of this kind does, and `yields` what its output is: the row of a table, in Markdown.
        sends_requests: whether it sends requests that fixtures can answer.
        emits: whether it emits events, and `listens` whether it waits for them.
        leads_on: whether the next task follows where nothing else is said.
        passes_on: whether its input may become its output, or the input of tasks inside.
        keeps_input: whether it needs its input also when tasks inside it have begun.
        catches: whether it is told of an error of the tasks inside it, and may go on from there.
        of_any_name: keys of its own behind which the author chooses the names.
        portable_hint: what is portable instead, where the standard does not have it.
    """

    keyword: str
    function: str | None = None
    spec_model: type[Spec]
    does: str
    yields: str
    sends_requests: bool = False
    emits: bool = False
    listens: bool = False
    leads_on: bool = True
    passes_on: bool = False
    keeps_input: bool = False
    catches: bool = False
    of_any_name: tuple[str, ...] = ()
    portable_hint: str | None = None

    @property
    def name(self) -> str:
        """What the status of a run calls it: `set`, `call.http`."""
        return self.keyword if self.function is None else f"{self.keyword}.{self.function}"

    def spec(self, node: TaskNode) -> Spec:
        """What is particular to a task of this kind."""
        assert isinstance(node.spec, self.spec_model)  # which is how the program was built
        return node.spec

    def headline(self, node: TaskNode) -> str:
        """What tells a task from others of its kind, as it is written: `POST /orders`; "" where nothing does."""
        return ""

    def compile(self, parts: PartsBuilder, pointer: str, spec: Spec) -> None:
        """Compile the parts that only this kind has. The pointer is the task's, here and below."""

    def bodies(self, pointer: str, spec: Spec) -> Iterable[Body]:
        """The task lists directly inside a task."""
        return ()

    def faults(self, node: TaskNode, use: Use) -> Iterable[Fault]:
        """What is wrong with a task of a definition whose structure is sound."""
        return ()

    def server_faults(
        self,
        node: TaskNode,
        connections: "Mapping[str, Connection]",
        rules: Level,
        budget_units: frozenset[str],
    ) -> Iterable[Fault]:
        """What the servers that a task names don't take.

        Args:
            node: the task.
            connections: by name.
            rules: how strictly chat requests are checked.
            budget_units: in which units, that only an answer tells, the definition has a budget.
        """
        return ()

    def jumps(self, node: TaskNode) -> Iterable[Jump]:
        """The flow directives that only this kind has."""
        return ()

    def output(self, node: TaskNode) -> ValueShape | None:
        """The shape of a task's output before `output.as`, as far as the kind says."""
        return None

    def page(self, node: TaskNode) -> ValueShape | None:
        """The shape of `$response` in expressions on a page of the output."""
        return None

    def key_fault(self, node: TaskNode, pointer: str, key: str, offset: int) -> Fault | None:
        """What is wrong with reading a key of a shape that names the task as `KEYS_OF_TASK`.

        Args:
            node: the task.
            pointer: of the expression.
            key: what is read.
            offset: where in the expression.
        """
        return None

    def durations(self, node: TaskNode) -> Mapping[str, DurationLiteral]:
        """The durations that only this kind has, by their pointers."""
        return {}

    def policies(self, node: TaskNode) -> Mapping[str, AuthenticationPolicy]:
        """The authentication policies of a task, by their pointers."""
        return {}

    def connections(self, node: TaskNode) -> Iterable[tuple[str, str]]:
        """The connections that a task names, each behind the pointer of where it does."""
        return ()

    def fallbacks(self, node: TaskNode) -> Iterable[str]:
        """The connections that are asked in turn where the first one is not available."""
        return ()

    def is_race(self, node: TaskNode) -> bool:
        """Whether the end of one task inside cancels the others."""
        return False

    def takes(self, node: TaskNode, error: Mapping[str, Any]) -> str | None:
        """What a task does with the error of one inside it, in words, as far as that can be told before it runs.

        Args:
            node: the task.
            error: an RFC 7807 problem.

        Returns:
            None where the error leaves the task, too.
        """
        return None

    def bound(self, node: TaskNode, variable: str) -> ValueShape | None:
        """The shape of a variable that a task binds, as far as the kind says."""
        return None

    def tries_again(self, node: TaskNode) -> bool:
        """Whether a task that catches errors of those inside it may try them again."""
        return False

    def raises(self, node: TaskNode) -> Iterable[ErrorDefinition]:
        """The errors of the author's own that a task ends in, as far as they are written in it."""
        return ()

    def authorization(self, node: TaskNode) -> dict[str, str] | None:
        """`$authorization` (dsl.md, Authorization Descriptor) without its `parameter`, which is a credential.

        None for a task without a policy of its own; what a connection adds is known to its worker only.
        """
        return None

    def activity(self, node: TaskNode) -> str | None:
        """The user's own activity that a task calls."""
        return None

    def definition(self, node: TaskNode) -> str | None:
        """The definition that a task runs: `NAMESPACE/NAME:VERSION`, or `latest` in place of its version."""
        return None

    def leaves_run(self, node: TaskNode) -> bool:
        """Whether a task leaves the run of a definition to itself."""
        return False

    def limits(self, node: TaskNode) -> tuple[Limits, Limits]:
        """Bounds of the calls of a task: those that it sets, and those that hold where nobody sets any."""
        return Limits(), HTTP_DEFAULTS

    def bounds(self, node: TaskNode, use: Use) -> Mapping[str, tuple[float | str, str]]:
        """What bounds a task besides its timeout and its calls' limits, by name, each with who sets it."""
        return {}

    def may_change(self, node: TaskNode) -> bool:
        """Whether a request of a task may change something at its server (RFC 9110, section 9.2.1)."""
        return False

    def streams_text(self, node: TaskNode) -> bool:
        """Whether the text of its answer comes piece by piece, or may, for who watches the run."""
        return False

    def may_hold_secrets(self, place: str) -> bool:
        """Whether secrets are inserted at a place under `with`: `headers/Accept`."""
        return False


class CallKind(TaskKind[Spec]):
    """A kind that `call` names: a protocol, or a function of the built-in catalogue; `with` holds its arguments.

    Attributes:
        required: stand-ins for arguments that can't be left out, for checks to go on where one is at fault.
        inside: what belongs to an argument whose keys no model tells.
    """

    keyword = "call"
    portable_hint: str | None = "`call: http` is in the standard"
    required: Mapping[str, Any] = {}
    inside: Mapping[str, frozenset[str]] = {}

    def argument_faults(self, pointer: str, arguments: dict[str, Any], rules: Level) -> Iterable[Fault]:
        """What is wrong with arguments beyond their types.

        Args:
            pointer: of the arguments.
            arguments: as they stand in the definition, with whatever else is wrong with them.
            rules: how strictly chat requests are checked.
        """
        return ()

    def hint_for_argument(self, key: str) -> str | None:
        """What somebody meant by an argument that this call does not take, who knows it from elsewhere."""
        return None

    def hint_for_value(self, place: tuple[str | int, ...], value: Any) -> str | None:
        """What to write in place of a value that an argument does not take; the place begins at the arguments."""
        return None

    def complete_schema(self, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
        """Add to the JSON Schema of the arguments what their model does not tell.

        Args:
            schema: of the arguments.
            definitions: `$defs`, which takes what the schema refers to.
        """
