"""Where the package logs to: what the application has set up, and never its stdout unasked."""

import logging
from typing import Any, cast

import structlog

__all__ = ["get_logger"]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of that name.

    An application that has configured structlog gets its events there. Any other one gets a line for each from the
    standard library's `logging`, which shows what it is configured to show; structlog itself would print to stdout.

    Args:
        name: of the logger, `httptask.…`.
    """
    return cast("structlog.stdlib.BoundLogger", _Logger(name))


class _Logger:
    """Looks at each event for where it goes: an application may configure structlog after the package is imported."""

    def __init__(self, name: str) -> None:
        self._configured = structlog.get_logger(name)
        self._plain = structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.contextvars.merge_contextvars,
                structlog.processors.LogfmtRenderer(key_order=["event"]),
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    def __getattr__(self, method: str) -> Any:
        return getattr(self._configured if structlog.is_configured() else self._plain, method)
