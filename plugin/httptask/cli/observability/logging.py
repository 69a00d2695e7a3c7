"""Where log lines go: stderr, for people on a terminal and as JSON elsewhere; structlog is loaded with the first."""

import logging
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from httptask.cli.observability.telemetry import set_runtime
from httptask.diagnostics.cutting import in_one_line
from httptask.http.log import before_first_event
from httptask.resilience.shared_locks import SharedLocks

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

__all__ = ["configure_logging", "log_as_process", "share_log"]

_WORKFLOWS: Final = "temporalio.worker._workflow_instance"
"""Logger of workflow tasks that fail."""
_FRAMES: Final = 8
"""The last of a failure of ours."""


def configure_logging(level: Literal["INFO", "WARNING"], *, begin_core: bool = True) -> None:
    """Send structlog's events, and the standard library's as lines of the same kind, to stderr.

    Args:
        level: INFO for a command whose log is its output; WARNING for one that shows tasks and attempts
            itself, which the lines of httptask and of Temporal's activities and workflows would repeat.
        begin_core: whether Temporal's core begins as well, whose threads no fork survives; see `set_runtime`.
    """
    before_first_event(_configure_structlog)
    logging.root.handlers = [_CurrentStderr()]
    logging.root.setLevel(level)
    for name in ("temporalio", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if level == "WARNING":
        for name in ("httptask", "temporalio.activity", _WORKFLOWS):
            logging.getLogger(name).setLevel(logging.ERROR)
    if begin_core:
        set_runtime(log_core=level == "INFO")


@cache
def _configure_structlog() -> logging.Formatter:
    """Have structlog hand its events to `logging`, and make what writes them there."""
    import structlog

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_process,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            _with_place_of_failure,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    is_shown = sys.stderr.isatty()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, _as_event],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(pad_event_to=0)
            if is_shown
            else structlog.processors.JSONRenderer(),
        ],
    )


def share_log() -> None:
    """Let the processes that are forked from now on write whole lines, one after the other."""
    for handler in logging.root.handlers:
        if isinstance(handler, _CurrentStderr):
            handler.turn = partial(SharedLocks().held, 0)


def log_as_process(number: int) -> None:
    """Have each line say which process of the worker writes it; its threads and workflows know no context."""
    _of_process["process"] = number


_of_process: Final[dict[str, int]] = {}


def _with_process(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    event.update(_of_process)
    return event


class _CurrentStderr(logging.Handler):
    """Writes to what is stderr at that moment, which a live display replaces.

    Attributes:
        turn: held while a line is written.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turn: Callable[[], AbstractContextManager[None]] = nullcontext

    def createLock(self) -> None:  # noqa: N802 - it is named by logging
        """Have none: Temporal interrupts a workflow that it takes for stuck anywhere, and that would keep it for ever.

        A line is written at once, and so none runs into another.
        """
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        """See base class, which can't do without a lock from Python 3.13 on."""
        passed = cast("bool | logging.LogRecord", self.filter(record))  # a record from Python 3.12 on
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def format(self, record: logging.LogRecord) -> str:
        """See base class."""
        return _configure_structlog().format(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        line = f"{self.format(record)}\n"
        with self.turn():
            sys.stderr.write(line)
            sys.stderr.flush()


def _with_place_of_failure(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    """What failed and where, in place of a traceback: that quotes values, which must not be logged."""
    if event.pop("exc_info", None):
        error = sys.exception()
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__ if error else None)[-_FRAMES:]
        event["at"] = [f"{Path(one.filename).name}:{one.lineno} in {one.name}" for one in frames]
    return event


def _as_event(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    """Make a library's message an event like ours: a constant name, and the text as a field.

    Tracebacks are left out, within the text and beside it: they may quote what must not be logged. Of a workflow
    the error itself is kept: no secret comes to workflows, and it stands in the history as well.
    """
    name = str(event["logger"])
    exc_info = event.pop("exc_info", None)
    event["message"] = str(event["event"]).partition("\n")[0]
    event["event"] = f"{name.partition('.')[0]}.message"
    core = getattr(event.get("_record"), "temporal_log", None)
    if core is not None:
        event["fields"] = {key: in_one_line(str(value)) for key, value in core.fields.items()}
    if name == _WORKFLOWS and exc_info:
        _, error, _ = cast("tuple[Any, BaseException, Any]", exc_info)
        event["event"], event["error"] = "workflow.task.failed", f"{type(error).__name__}: {error}"
    return event
