"""`do`: a list of tasks in sequence."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from httptask.dsl.model import TaskBase
from httptask.dsl.tasks.kind import Body, TaskKind

if TYPE_CHECKING:
    from httptask.dsl.tasks import TaskList

__all__ = ["DO"]


class DoTask(TaskBase):
    """Runs tasks in order."""

    do: "TaskList"
    """Tasks to run in order."""


class _Do(TaskKind[DoTask]):
    keyword = "do"
    spec_model = DoTask
    does = "runs tasks in order"
    yields = "the last one's output"
    passes_on = True

    def bodies(self, pointer: str, spec: DoTask) -> Iterator[Body]:
        yield Body("do", f"{pointer}/do", spec.do)


DO: Final = _Do()
