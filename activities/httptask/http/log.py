"""Where the package logs to: what the application has set up, and never its stdout unasked.

structlog is loaded with the first event, for it loads rich, where that is installed: who logs nothing does not wait.
"""

import logging
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

__all__ = ["before_first_event", "get_logger"]

_before: Final[list[Callable[[], object]]] = []


def before_first_event(configure: Callable[[], object]) -> None:
    """Let an application configure structlog when the package logs first."""
    _before[:] = [configure]


def get_logger(name: str) -> "BoundLogger":
    """A logger of that name.

    An application that has configured structlog gets its events there. Any other one gets a line for each from the
    standard library's `logging`, which shows what it is configured to show; structlog itself would print to stdout.

    Args:
        name: of the logger, `httptask.…`.
    """
    return cast("BoundLogger", _Logger(name))


class _Logger:
    """Looks at each event for where it goes: an application may configure structlog after the package is imported."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        import structlog

        while _before:
            _before.pop()()
        return getattr(self._configured if structlog.is_configured() else self._plain, method)

    @cached_property
    def _configured(self) -> Any:
        import structlog

        return structlog.get_logger(self._name)

    @cached_property
    def _plain(self) -> Any:
        import structlog

        return structlog.wrap_logger(
            logging.getLogger(self._name),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.contextvars.merge_contextvars,
                structlog.processors.LogfmtRenderer(key_order=["event"]),
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        )
