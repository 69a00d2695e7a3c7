"""The data that one task would find in a run, given by hand or by an earlier run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.dsl.expression_parts import INPUT, WORKFLOW_INPUT
from httptask.dsl.expressions import Expression, Template
from httptask.dsl.expressions.evaluation import evaluate
from httptask.dsl.expressions.rendering import render
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.interpreter.schemas import check_input, check_schema
from httptask.interpreter.variables import Variables, bind, scope_for, task_variables, workflow_variables

if TYPE_CHECKING:
    from httptask.runs.records import RunRecord

__all__ = [
    "NotTestable",
    "Place",
    "RunUnreadable",
    "Sample",
    "SampleIncomplete",
    "find_task",
    "sample_of_run",
    "transform",
]

_ID = "test-request"


class NotTestable(ValueError):
    """The task can't be tested as asked; the message says what is missing.

    Attributes:
        facts: the same for programs, by name.
    """

    facts: Mapping[str, Any] = MappingProxyType({})


class RunUnreadable(NotTestable):
    """What the tasks of an earlier run had can't be told here."""


class SampleIncomplete(NotTestable):
    """The sample lacks what is read: as a fact, `missing` names tasks whose `outputs` do, and loop `variables`."""

    def __init__(
        self, reader: str, outputs: Sequence[str], variables: Sequence[str], run: str | None = None
    ) -> None:
        told: list[str] = []
        if outputs:
            reads = f"{reader} reads the output of {', '.join(outputs)}"
            lacks, other = (
                ("", ", or --from-run last") if run is None else (f", which {run} does not have", "")
            )
            told.append(f"{reads}{lacks}; give sample values: --outputs '{_example(outputs)}'{other}")
        if variables:
            reads = f"{reader} is inside a loop and reads {', '.join(f'${name}' for name in variables)}"
            told.append(f"{reads}; give sample values: --variables '{_example(variables)}'")
        super().__init__("; ".join(told))
        self.facts = {"missing": {"outputs": outputs, "variables": variables}}


@dataclass(frozen=True, slots=True)
class Sample:
    """The data that the task would find in a run.

    Attributes:
        input: the workflow's input.
        task_input: the task's raw input; the workflow's input where there is none.
        outputs: outputs of other tasks, by name: `$tasks`.
        variables: loop variables, by name.
        context: `$context`; the workflow's transformed input where there is none.
        run: the id of the run that some of it is of, if there is one.
    """

    input: Any = None
    task_input: Any = None
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    context: Any = None
    run: str | None = None

    def over(self, other: "Sample") -> "Sample":
        """This sample, and what it lacks from another one."""
        return Sample(
            other.input if self.input is None else self.input,
            other.task_input if self.task_input is None else self.task_input,
            {**other.outputs, **self.outputs},
            {**other.variables, **self.variables},
            other.context if self.context is None else self.context,
            self.run or other.run,
        )

    def require(self, node: TaskNode, expressions: Iterable[Expression], reader: str) -> None:
        """Hold the sample against what expressions of a task read.

        Args:
            node: the task.
            expressions: of it.
            reader: names what they are part of in an error.

        Raises:
            SampleIncomplete: it lacks some of that.
        """
        found = list(expressions)
        read = {name for one in found for name in filter(None, one.keys_of("tasks"))}
        outputs = sorted(read - self.outputs.keys())
        bound = {name for one in found for name in one.variables} & node.variables
        variables = sorted(bound - self.variables.keys())
        if outputs or variables:
            raise SampleIncomplete(reader, outputs, variables, self.run)


@dataclass(slots=True)
class Beginning:
    """A task that has begun, as far as expressions read of it; see `BegunTask`."""

    raw_input: Any
    input: Any
    started_at: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where the interpreter would be: a task that has begun.

    Attributes:
        around: the variables that the task finds.
        execution: of the task.
        variables: those that the expressions of its own fields see.
    """

    around: Variables
    execution: Beginning
    variables: Variables

    @classmethod
    def of(cls, program: Program, node: TaskNode, sample: Sample, *, needs_input: bool = True) -> "Place":
        """Begin a task: the sample passes through the `input` of the workflow and of the task.

        Args:
            program: the definition.
            node: the task.
            sample: the data.
            needs_input: False where nothing comes of the workflow's input: then there may be none.

        Raises:
            ExpressionFailed: an expression of them failed on the sample.
            TaskFault: the sample is not what a schema of them wants.
        """
        around, execution = _beginning(program, sample, needs_input=needs_input)
        variables = {**around, **task_variables(program, node, execution)}
        if node.task.input is not None:
            check_schema(node.task.input.schema_, execution.raw_input, "the task's input")
        execution.input = transform(node.parts.get(INPUT), execution.raw_input, variables)
        return cls(around, execution, variables)


def find_task(program: Program, task: str) -> TaskNode:
    """The task of that name or JSON Pointer.

    Raises:
        NotTestable: there is none, or there are several of that name.
    """
    found = program.find(task)
    if len(found) == 1:
        return found[0]
    if found:
        pointers = ", ".join(node.pointer for node in found)
        raise NotTestable(f"there are several tasks named {task}; name one by its pointer: {pointers}")
    names = list(dict.fromkeys(node.name for node in program.nodes.values()))
    hint = hint_for_misspelt(task, names, mark="") or f"tasks of this definition: {', '.join(names)}"
    raise NotTestable(f"there is no task {task}; {hint}")


def sample_of_run(run: "RunRecord", program: Program, task: str) -> tuple[Sample, Sequence[str]]:
    """The data of an earlier run, of this definition or of one like it.

    Where the task ran there, what it found when it last began; else the run's input, and outputs of tasks by name.

    Args:
        run: as `read_run` gives it.
        program: the definition.
        task: name or JSON Pointer of a task of it.

    Returns:
        The sample, and what is to be said about it.

    Raises:
        RunUnreadable: the run can't be repeated here, so only its calls are known.
        NotTestable: there is no such task.
    """
    if run.note is not None:
        raise RunUnreadable(f"{run.id}: {run.note}")
    node = find_task(program, task)
    notes: list[str] = []
    document = program.definition.document
    if run.definition.rpartition(":")[0] != f"{document.namespace}/{document.name}":
        notes.append(f"{run.id} is a run of {run.definition}")
    if run.ended_at is None:
        notes.append(f"{run.id} is {run.state}: it has the outputs of what has ended so far")
    elif run.state not in ("completed", "faulted"):
        notes.append(f"{run.id} was {run.state}: it has the outputs of what had ended before")
    outputs = {each.name: each.output for each in run.tasks if each.state in ("completed", "skipped")}
    found = [each.data for each in run.tasks if each.pointer == node.pointer and each.data is not None]
    if not found:
        notes.append(f"{node.name} did not run in {run.id}: its own input is taken for the workflow's")
        return Sample(run.input, outputs=outputs, run=run.id), notes
    data = found[-1]
    return Sample(run.input, data.raw_input, outputs, data.variables, data.context, run.id), notes


def transform(part: Expression | Template | None, data: Any, variables: Variables) -> Any:
    """What an `input.from` or `output.as` makes of data."""
    if part is None:
        return data
    scope = scope_for(part, data, variables)
    return evaluate(part, scope) if isinstance(part, Expression) else render(part, scope).value


def _beginning(program: Program, sample: Sample, *, needs_input: bool) -> tuple[Variables, Beginning]:
    now = datetime.now(UTC).timestamp()
    around = workflow_variables(program, Beginning(sample.input, sample.input, now), _ID)
    data = sample.input
    if needs_input or data is not None:
        # What the task does not read need not be there: nobody is asked for it. A `from` may read all of it.
        is_part = WORKFLOW_INPUT not in program.parts
        check_input(program.definition.input, data, "the workflow's input", is_part=is_part)
        data = transform(program.parts.get(WORKFLOW_INPUT), data, around)
    raw = data if sample.task_input is None else sample.task_input
    given = {
        "context": data if sample.context is None else sample.context,
        "tasks": dict(sample.outputs),
        **sample.variables,
    }
    return {**around, **bind(given)}, Beginning(raw, raw, now)


def _example(names: Sequence[str]) -> str:
    return "{" + ", ".join(f'"{name}": …' for name in names) + "}"
