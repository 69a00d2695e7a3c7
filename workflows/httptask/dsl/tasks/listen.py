"""`listen`: waits for events from outside."""

from collections.abc import Iterator
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DefinitionModel, TaskBase, Use
from httptask.dsl.tasks.events import EVENT_SCHEMA, EventProperties, property_faults
from httptask.dsl.tasks.kind import TaskKind, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.json.pointer import child_pointer
from httptask.json.schema import ONE_KEY

__all__ = [
    "LISTEN",
    "EventConsumption",
    "EventFilter",
    "ListenTask",
    "expectation_of",
    "extraction_of",
    "properties_of",
]


def properties_of(index: int) -> Part:
    """What the properties of an event are held against, by the index of the filter."""
    return Part(f"filter/{index}", "filter")


def extraction_of(index: int, name: str) -> Part:
    """What a correlation takes of an event."""
    return Part(f"filter/{index}/from/{name}", "filter")


def expectation_of(index: int, name: str) -> Part:
    """What it has to be."""
    return Part(f"filter/{index}/expect/{name}")


class Correlation(DefinitionModel):
    """Links an event to a value."""

    from_: str = Field(alias="from")
    """Expression on the event that yields the value, such as `.data.orderId`."""
    expect: str | None = None
    """What it has to be: a text, or an expression; left out, what another filter expects of that name, or else the
    value of the first event that is taken."""


class EventFilter(DefinitionModel):
    """Which events are meant."""

    with_: EventProperties = Field(alias="with")
    """What properties of the event have to be: a text, a regular expression of all of it, or an expression."""
    correlate: dict[str, Correlation] = {}
    """Correlations by name, which the filters of one `listen` share."""


class EventConsumption(DefinitionModel):
    """Which events a `listen` waits for: one of `one`, `any` and `all`."""

    model_config = ConfigDict(json_schema_extra=ONE_KEY)

    one: EventFilter | None = None
    """One event."""
    any: tuple[EventFilter, ...] | None = None
    """The first event of one of these; of whatever kind where there are none."""
    all: tuple[EventFilter, ...] | None = None
    """One event of each of these, in any order."""

    @property
    def given(self) -> list[str]:
        """Which of the three are given."""
        return [name for name in ("one", "any", "all") if getattr(self, name) is not None]

    @property
    def filters(self) -> tuple[EventFilter, ...]:
        """All of them, in order."""
        return (self.one,) if self.one is not None else (self.any if self.any is not None else self.all) or ()

    def places(self, pointer: str) -> Iterator[tuple[str, EventFilter]]:
        """All of them behind their pointers."""
        for index, found in enumerate(self.filters):
            name = self.given[0]
            yield (f"{pointer}/{name}" if name == "one" else f"{pointer}/{name}/{index}"), found


class Listen(DefinitionModel):
    """What a `listen` does."""

    to: EventConsumption
    """Which events it waits for."""
    read: Literal["data", "envelope", "raw"] = "data"
    """What is taken of each: its data, the whole event, or its data as the text that came."""


class ListenTask(TaskBase):
    """Waits for events."""

    listen: Listen
    """What to wait for."""


class _Listen(TaskKind[ListenTask]):
    keyword = "listen"
    spec_model = ListenTask
    does = "waits for events from outside: [events](events.md)"
    yields = "the list of their data"
    listens = True

    def headline(self, node: TaskNode) -> str:
        return ", ".join(found.with_.type for found in self.spec(node).listen.to.filters if found.with_.type)

    def compile(self, parts: PartsBuilder, pointer: str, spec: ListenTask) -> None:
        for index, (at, found) in enumerate(spec.listen.to.places(f"{pointer}/listen/to")):
            parts.template(properties_of(index), f"{at}/with", found.with_.written())
            for name, correlation in found.correlate.items():
                place = child_pointer(f"{at}/correlate", name)
                parts.expression(extraction_of(index, name), f"{place}/from", correlation.from_)
                if correlation.expect is not None:
                    parts.template(expectation_of(index, name), f"{place}/expect", correlation.expect)

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        to, pointer = self.spec(node).listen.to, f"{node.pointer}/listen/to"
        if len(to.given) != 1:
            found = " and ".join(f"`{name}`" for name in to.given) or "nothing"
            hint = "write `one`, `any` or `all`, and under it which events are meant"
            yield TextFault(
                pointer, "event-strategy", f"`to` has {found}, not one of three", hint, at_key=True
            )
        if to.all == ():
            hint = "write at least one, or `any: []` for the next event of whatever kind"
            yield TextFault(f"{pointer}/all", "empty", "`all` names no events", hint, at_key=True)
        for at, written in to.places(pointer):
            if not written.with_.written():
                hint = (
                    "name a property, such as type: com.example.order.approved; `any: []` takes every event"
                )
                yield TextFault(f"{at}/with", "empty", "`with` names no property", hint, at_key=True)
            yield from property_faults(f"{at}/with", written.with_)

    def output(self, node: TaskNode) -> ValueShape:
        items: dict[str, Any] = {"data": {}, "envelope": EVENT_SCHEMA, "raw": {"type": "string"}}
        return ValueShape.of({"type": "array", "items": items[self.spec(node).listen.read]})


LISTEN: Final = _Listen()
