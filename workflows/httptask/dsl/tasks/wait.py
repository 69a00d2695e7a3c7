"""`wait`: a durable timer."""

from collections.abc import Mapping
from typing import Final

from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DurationLiteral, TaskBase
from httptask.dsl.tasks.kind import TaskKind, TaskNode

__all__ = ["DURATION", "WAIT"]

DURATION: Final = Part("wait")


class WaitTask(TaskBase):
    """Waits."""

    wait: DurationLiteral
    """How long: parts such as { minutes: 5 }, ISO 8601 (PT5M) or an expression."""


class _Wait(TaskKind[WaitTask]):
    keyword = "wait"
    spec_model = WaitTask
    does = "waits: `PT15M`, `{ minutes: 15 }` or an expression; survives restarts"
    yields = "its input"
    passes_on = True

    def headline(self, node: TaskNode) -> str:
        waits = self.spec(node).wait
        return (
            waits
            if isinstance(waits, str)
            else ", ".join(
                f"{count} {unit if count != 1 else unit.removesuffix('s')}" for unit, count in waits if count
            )
        )

    def compile(self, parts: PartsBuilder, pointer: str, spec: WaitTask) -> None:
        parts.duration(DURATION, f"{pointer}/wait", spec.wait)

    def durations(self, node: TaskNode) -> Mapping[str, DurationLiteral]:
        return {f"{node.pointer}/wait": self.spec(node).wait}


WAIT: Final = _Wait()
