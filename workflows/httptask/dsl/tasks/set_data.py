"""`set`: data made of the input."""

from collections.abc import Iterator
from typing import Any, Final

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import TaskBase, Use
from httptask.dsl.tasks.kind import TaskKind, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.json.types import is_array, is_object

__all__ = ["DATA", "SET"]

DATA: Final = Part("set")


class SetTask(TaskBase):
    """Makes data."""

    set: dict[str, Any] | str
    """The output: a template, or an expression that yields it."""


class _Set(TaskKind[SetTask]):
    keyword = "set"
    spec_model = SetTask
    does = "makes data"
    yields = "the data"
    of_any_name = ("set",)

    def compile(self, parts: PartsBuilder, pointer: str, spec: SetTask) -> None:
        parts.template(DATA, f"{pointer}/set", spec.set)

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        if self.spec(node).set == {}:
            hint = "write what is to be made, or `set: ${ {} }` for an empty object"
            yield TextFault(f"{node.pointer}/set", "empty", "`set` is empty", hint, at_key=True)

    def output(self, node: TaskNode) -> ValueShape | None:
        made = self.spec(node).set
        return ValueShape.of(_shape_of_literal(made)) if is_object(made) else None


def _shape_of_literal(value: Any) -> dict[str, Any]:
    """The shape of a template: its keys are fixed, what expressions yield is not known."""
    if is_object(value):
        properties = {key: _shape_of_literal(child) for key, child in value.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    if is_array(value) and value:
        return {"type": "array", "items": {"anyOf": [_shape_of_literal(item) for item in value]}}
    return {}


SET: Final = _Set()
