"""What is known before a run about the shape of values: of inputs and outputs, and of what describes the run."""

from collections.abc import Mapping
from typing import Any, Final

from httptask.dsl.model import Input
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode, TaskSequence
from httptask.dsl.value_shape import ValueShape

__all__ = ["DESCRIPTORS", "bound_shape", "declared", "raw_inputs", "task_before"]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer"}
_MOMENT: Final = _object(iso8601=_TEXT, epoch=_object(seconds=_WHOLE, milliseconds=_WHOLE))

DESCRIPTORS: Final[Mapping[str, ValueShape]] = {
    "workflow": ValueShape.of(_object(id=_TEXT, definition={}, input={}, startedAt=_MOMENT)),
    "task": ValueShape.of(
        _object(name=_TEXT, reference=_TEXT, definition={}, input={}, output={}, startedAt=_MOMENT)
    ),
    "runtime": ValueShape.of(_object(name=_TEXT, version=_TEXT, metadata={})),
    "authorization": ValueShape.of(_object(scheme=_TEXT, parameter=_TEXT)),
}
"""Arguments that describe a run, by variable, as dsl.md ("Runtime expression arguments") has them.

`$authorization.parameter` is a credential, and refused by the check of secrets.
"""


def bound_shape(program: Program, task: str | None, variable: str) -> ValueShape | None:
    """The shape of what a task, or the innermost around it that does, binds to a variable."""
    parts = (task or "").split("/")
    for end in range(len(parts), 0, -1):
        node = program.nodes.get("/".join(parts[:end]))
        if node is not None and (shape := node.kind.bound(node, variable)) is not None:
            return shape
        if node is not None and any(variable in body.variables.values() for body in node.bodies):
            return None
    return None


def declared(part: Input | None) -> ValueShape | None:
    """The shape that an inline schema declares."""
    return None if part is None or part.schema_ is None else ValueShape.of(part.schema_.document)


def raw_inputs(program: Program) -> dict[str, ValueShape]:
    """Shapes of tasks' inputs by pointer: the output of the task before, where no other way leads there."""
    shapes: dict[str, ValueShape] = {}
    for sequence in program.sequences.values():
        targets = {jump.target for node in sequence.tasks for jump in node.jumps}
        for index, node in enumerate(sequence.tasks):
            shape = (
                _first_input(program, sequence) if index == 0 else _output_before(sequence.tasks[index - 1])
            )
            if node.pointer in program.functions:
                shape = declared(node.task.input)
            if shape is not None and node.name not in targets:
                shapes[node.pointer] = shape
    return shapes


def task_before(program: Program, node: TaskNode) -> TaskNode | None:
    """The task whose output is a task's raw input; None where it is the first, or another way may lead there."""
    if node.pointer in program.functions:
        return None
    pointer, index, _ = node.pointer.rsplit("/", 2)
    sequence = program.sequences.get(pointer)
    if sequence is None or sequence.is_branch or index == "0":
        return None
    before = sequence.tasks[int(index) - 1]
    is_target = any(jump.target == node.name for one in sequence.tasks for jump in one.jumps)
    return None if is_target or _leads_away(before) else before


def _first_input(program: Program, sequence: TaskSequence) -> ValueShape | None:
    transforms = program.definition.input is not None and program.definition.input.from_ is not None
    return declared(program.definition.input) if sequence is program.root and not transforms else None


def _output_before(node: TaskNode) -> ValueShape | None:
    """A task that may be skipped, or that goes elsewhere, says nothing about the next one's input."""
    return None if _leads_away(node) else node.output_shape


def _leads_away(node: TaskNode) -> bool:
    leaves = node.task.then not in (None, "continue") or not node.kind.leads_on
    return leaves or node.task.if_ is not None
