"""`for`: the items of a list, one after another."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from httptask.diagnostics.fault import Fault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DefinitionModel, TaskBase, Use
from httptask.dsl.tasks.kind import Body, TaskKind, TaskNode
from httptask.json.types import is_object

if TYPE_CHECKING:
    from httptask.dsl.tasks import TaskList

__all__ = ["FOR", "ITEMS", "WHILE"]

ITEMS: Final = Part("in")
WHILE: Final = Part("while", "while", is_condition=True)


class ForLoop(DefinitionModel):
    """What a `for` goes through."""

    each: str = "item"
    """Variable that holds the item."""
    in_: str | tuple[Any, ...] = Field(alias="in")
    """Expression that yields the list, or the list itself: of objects, which may hold expressions."""
    at: str = "index"
    """Variable that holds the index, from 0."""


class ForTask(TaskBase):
    """Runs tasks for each item of a list, one item after another."""

    for_: ForLoop = Field(alias="for")
    """What to loop over."""
    while_: str | None = Field(default=None, alias="while")
    """Condition under which the loop goes on."""
    do: "TaskList"
    """Tasks to run for each item; each run gets the output of the one before."""


class _For(TaskKind[ForTask]):
    keyword = "for"
    spec_model = ForTask
    does = "runs tasks for each item, one after the other"
    yields = "the last iteration's output"
    passes_on = True

    def headline(self, node: TaskNode) -> str:
        loop = self.spec(node).for_
        return f"{loop.each} in {loop.in_ if isinstance(loop.in_, str) else json.dumps(loop.in_)}"

    def compile(self, parts: PartsBuilder, pointer: str, spec: ForTask) -> None:
        items = spec.for_.in_
        parts.transformation(ITEMS, f"{pointer}/for/in", items if isinstance(items, str) else [*items])
        parts.expression(WHILE, f"{pointer}/while", spec.while_, binds=(spec.for_.each, spec.for_.at))

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        items = self.spec(node).for_.in_
        if not isinstance(items, str) and not all(map(is_object, items)):
            hint = f"write an expression: in: '${{ {json.dumps(items)} }}'"
            message = "`in` lists other values than objects, which the standard does not have"
            yield Fault(f"{node.pointer}/for/in", "wrong-type", message, hint)

    def bodies(self, pointer: str, spec: ForTask) -> Iterator[Body]:
        variables = {f"{pointer}/for/each": spec.for_.each, f"{pointer}/for/at": spec.for_.at}
        yield Body("do", f"{pointer}/do", spec.do, pointer, variables, "once for each item")


FOR: Final = _For()
