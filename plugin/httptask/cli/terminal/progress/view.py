"""What every way of showing a run can do."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from httptask.interpreter.status import RunStatus
    from httptask.plugin import LiveText

__all__ = ["View"]


class View(AbstractContextManager["View"], Protocol):
    """Shows the state of a run on stderr until its context ends."""

    def show(self, status: "RunStatus") -> None:
        """Show a newer state."""
        ...

    def hear(self, piece: "LiveText") -> None:
        """Show the next piece of a text that is being written."""
        ...
