"""`call: map`: every item of a list on its own."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import Field

from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DefinitionModel, Use
from httptask.dsl.tasks import TaskList
from httptask.dsl.tasks.kind import Body, CallKind, TaskNode
from httptask.dsl.value_shape import ValueShape

__all__ = ["ITEMS", "MAP"]

ITEMS: Final = Part("in")


class MapArguments(DefinitionModel):
    """`call: map`: runs `do` for each item on its own; the output is the list of results in order."""

    in_: str = Field(alias="in")
    """Expression that yields the list."""
    each: str = "item"
    """Variable that holds the item."""
    at: str = "index"
    """Variable that holds the index, from 0."""
    concurrency: int = Field(default=1, ge=1, le=200)
    """How many items run at the same time."""
    on_error: Literal["stop", "collect"] = Field(default="stop", alias="onError")
    """`stop` at the first error, or `collect` errors among the results."""
    do: TaskList
    """Tasks to run for each item, independently of the others."""


class _Map(CallKind[MapArguments]):
    function = "map"
    spec_model = MapArguments
    does = "runs tasks for each item, independently, several at once"
    yields = "the list of results, in order"
    passes_on = True
    portable_hint = "`for` is in the standard"
    required = {"in": ".", "do": [{"unknown": {"set": "${ . }"}}]}

    def headline(self, node: TaskNode) -> str:
        return f"{self.spec(node).each} in {self.spec(node).in_}"

    def compile(self, parts: PartsBuilder, pointer: str, spec: MapArguments) -> None:
        parts.expression(ITEMS, f"{pointer}/with/in", spec.in_)

    def bodies(self, pointer: str, spec: MapArguments) -> Iterator[Body]:
        at = f"{pointer}/with"
        variables = {f"{at}/each": spec.each, f"{at}/at": spec.at}
        yield Body("do", f"{at}/do", spec.do, pointer, variables, "once for each item")

    def takes(self, node: TaskNode, error: Mapping[str, Any]) -> str | None:
        if self.spec(node).on_error == "stop":
            return None
        return "keeps the error among its results and goes on (`onError: collect`)"

    def bounds(self, node: TaskNode, use: Use) -> dict[str, tuple[float | str, str]]:
        spec = self.spec(node)
        source = "the task" if "concurrency" in spec.model_fields_set else "default"
        return {"concurrency": (spec.concurrency, source)}

    def output(self, node: TaskNode) -> ValueShape:
        return ValueShape.of({"type": "array"})


MAP: Final = _Map()
