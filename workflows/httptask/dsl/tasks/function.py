"""`call: NAME`: a task that is declared once under `use.functions`, or in a catalogue, and called by its name."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import TaskBase
from httptask.dsl.tasks.kind import Body, CallKind, TaskNode, TaskSequence
from httptask.dsl.value_shape import ValueShape

__all__ = ["FUNCTION", "FUNCTION_ARGUMENTS"]

FUNCTION_ARGUMENTS: Final = Part("with")


class FunctionCall(BaseModel):
    """A call of a function, and its task as if it stood where it is called."""

    name: str
    """As `call` names it, and `use.functions` has it."""
    task: TaskBase
    arguments: dict[str, Any] = {}
    """What becomes the input of its task."""


class _Function(CallKind[FunctionCall]):
    function = "function"
    spec_model = FunctionCall
    does = "runs a task that is declared once, on arguments: [functions](#functions)"
    yields = "the output of the function's task"
    portable_hint = None

    def headline(self, node: TaskNode) -> str:
        return self.spec(node).name

    def compile(self, parts: PartsBuilder, pointer: str, spec: FunctionCall) -> None:
        parts.template(FUNCTION_ARGUMENTS, f"{pointer}/with", spec.arguments)

    def bodies(self, pointer: str, spec: FunctionCall) -> Iterator[Body]:
        yield Body(
            "call", f"{pointer}/call", [{spec.name: spec.task}], pointer, is_branch=True, is_function=True
        )

    def body(self, node: TaskNode) -> TaskSequence:
        """The function's task."""
        return node.sequences["call"]

    def output(self, node: TaskNode) -> ValueShape | None:
        [task] = self.body(node).tasks
        return None if task.task.if_ is not None else task.output_shape


FUNCTION: Final = _Function()
