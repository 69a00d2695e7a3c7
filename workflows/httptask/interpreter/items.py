"""The items that a loop goes through: a part of a value that is kept anyway, or kept with the task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.calls.problem import TaskFault
from httptask.diagnostics.words import kind_of
from httptask.dsl.expression_parts import Part
from httptask.dsl.tasks.kind import TaskNode
from httptask.interpreter.state import TaskExecution
from httptask.interpreter.task_context import TaskContext
from httptask.interpreter.variables import Variables
from httptask.json.types import is_array, is_object

__all__ = ["Items", "begin_items", "items_of"]

_ITEMS: Final = Part("in")
_WORTH_COUNTING: Final = 64
_STABLE: Final = (None, "input", "tasks", "workflow")
"""Variables whose values stay as they are while the loop runs, which `$context` does not."""


@dataclass(frozen=True, slots=True)
class Items:
    """What a loop goes through, by index; those that are over may be gone."""

    _node: TaskNode
    _execution: TaskExecution
    _values: Sequence[Any]

    @property
    def end(self) -> int:
        """The index behind the last one."""
        return self._execution.first_item + len(self._values)

    def __getitem__(self, index: int) -> Any:
        return self._values[index - self._execution.first_item]

    def variables(self, index: int) -> Mapping[str, Any]:
        """What the loop binds for the tasks of an item."""
        [body] = self._node.bodies
        each, at = body.variables.values()
        return {each: self[index], at: index}


def begin_items(context: TaskContext) -> Items:
    """What a loop that begins goes through.

    Raises:
        TaskFault: `in` yields no list, or fails.
    """
    items: Sequence[Any] | None = _in_place(context.node, context.execution, context.variables)
    if items is None:
        items = context.value(_ITEMS)
        if not is_array(items):
            detail = f"`in` yields {kind_of(items)}; it needs a list"
            TaskFault.raise_standard("expression", "Not a list", detail=detail)
        items = context.execution.items = _counting(items) or list(items)
    return Items(context.node, context.execution, items)


def items_of(node: TaskNode, execution: TaskExecution, variables: Variables) -> Items:
    """What a loop that has begun goes through."""
    items = execution.items if execution.items is not None else _in_place(node, execution, variables)
    assert isinstance(items, range) or is_array(items)  # begin_items has seen it
    return Items(node, execution, items)


def _counting(items: list[Any]) -> range | None:
    """A range where the items are whole numbers that count up, as those of `[range(.count)]`."""
    if len(items) < _WORTH_COUNTING or set(map(type, items)) != {int}:
        return None
    counting = range(items[0], items[0] + len(items))
    return counting if items == [*counting] else None


def _in_place(node: TaskNode, execution: TaskExecution, variables: Variables) -> list[Any] | None:
    """The list that `in` names by nothing but keys; None where it does not."""
    expression = node.expression(_ITEMS)
    reading = None if expression is None else expression.whole
    if reading is None or reading.variable not in _STABLE:
        return None
    found = execution.input if reading.variable is None else variables[reading.variable]()
    for key in reading.keys:
        found = found.get(key) if is_object(found) else None
    return found if is_array(found) else None
