"""A run as lines of text: one for each change, for logs and pipes."""

from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING

from httptask.cli.console import print_note
from httptask.cli.progress.view import View
from httptask.cli.progress.wording import (
    OWN_RUN_CURE,
    describe,
    describe_impasse,
    in_order_of_events,
    seconds_taken,
)

if TYPE_CHECKING:
    from httptask.workflows.status import Impasse, RunStatus, TaskStatus

__all__ = ["PlainView"]


class PlainView(View):
    """Prints a line when a task begins, waits, tries again, asks again, or ends, or the run itself is stuck."""

    def __init__(self) -> None:
        self._shown: dict[str, object] = {}
        self._impasse: Impasse | None = None

    def __enter__(self) -> "PlainView":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def show(self, status: "RunStatus") -> None:
        """Print what has changed since the last time."""
        for task in in_order_of_events(status.tasks):
            now = (task.state, task.attempt, task.detail)
            if self._shown.get(task.id) != now:
                self._shown[task.id] = now
                print_note(_line(task))
        if status.impasse is not None and status.impasse != self._impasse:
            print_note(describe_impasse(status.impasse, OWN_RUN_CURE))
        self._impasse = status.impasse


def _line(task: "TaskStatus") -> str:
    took = f"{seconds_taken(task, datetime.now(UTC)):.1f} s" if task.ended_at else ""
    return "  ".join(part for part in (f"{task.id}: {task.state}", took, describe(task)) if part)
