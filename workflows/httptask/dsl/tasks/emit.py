"""`emit`: an event of the run's own."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DefinitionModel, TaskBase, Use
from httptask.dsl.tasks.events import EVENT_SCHEMA, EventProperties, property_faults
from httptask.dsl.tasks.kind import TaskKind, TaskNode
from httptask.dsl.value_shape import ValueShape

__all__ = ["EMIT", "EVENT"]

EVENT: Final = Part("emit")


class EmittedEvent(DefinitionModel):
    """The event that an `emit` emits."""

    with_: EventProperties = Field(alias="with")
    """Its properties; `id`, `source` and `time` are made where they are left out."""


class Emit(DefinitionModel):
    """What an `emit` does."""

    event: EmittedEvent
    """The event."""


class EmitTask(TaskBase):
    """Emits an event."""

    emit: Emit
    """The event to emit."""


class _Emit(TaskKind[EmitTask]):
    keyword = "emit"
    spec_model = EmitTask
    does = "emits an event to where `httptask.toml` says: [events](events.md)"
    yields = "the event"
    emits = True

    def headline(self, node: TaskNode) -> str:
        return self.spec(node).emit.event.with_.type or ""

    def compile(self, parts: PartsBuilder, pointer: str, spec: EmitTask) -> None:
        parts.template(EVENT, f"{pointer}/emit/event/with", spec.emit.event.with_.written())

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        properties, pointer = self.spec(node).emit.event.with_, f"{node.pointer}/emit/event/with"
        if not properties.type:
            hint = "add `type`: what kind of thing happens, such as com.example.order.approved"
            yield TextFault(pointer, "missing-key", "the event has no `type`", hint, at_key=True)
        yield from property_faults(pointer, properties)

    def output(self, node: TaskNode) -> ValueShape:
        return ValueShape.of(EVENT_SCHEMA)


EMIT: Final = _Emit()
