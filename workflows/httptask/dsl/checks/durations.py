"""Durations that can be read before anything runs."""

from collections.abc import Iterator

from httptask.dsl.durations import seconds_of
from httptask.dsl.faults import Fault, child_pointer
from httptask.dsl.model import Timeout, WaitTask
from httptask.dsl.program import Program
from httptask.dsl.reading_arguments import PaginateArguments

__all__ = ["check_durations"]


def check_durations(program: Program) -> Iterator[Fault]:
    """Find waits, timeouts and intervals that are no ISO 8601 duration; expressions are known only at run time."""
    for pointer, text in _literals(program):
        if "${" not in text and seconds_of(text) is None:
            hint = "write ISO 8601 (PT15M, PT1.5S) or parts: { minutes: 15 }"
            yield Fault(pointer, "duration", f"`{text}` is not a duration", hint)


def _literals(program: Program) -> Iterator[tuple[str, str]]:
    timeouts = {"/timeout": program.definition.timeout}
    for name, named in program.definition.use.timeouts.items():
        timeouts[child_pointer("/use/timeouts", name)] = named
    for node in program.nodes.values():
        timeouts[f"{node.pointer}/timeout"] = node.task.timeout
        if isinstance(node.task, WaitTask) and isinstance(node.task.wait, str):
            yield f"{node.pointer}/wait", node.task.wait
        paginate = getattr(node.arguments, "paginate", None)
        if isinstance(paginate, PaginateArguments) and isinstance(paginate.interval, str):
            yield f"{node.pointer}/with/paginate/interval", paginate.interval
    for pointer, timeout in timeouts.items():
        if isinstance(timeout, Timeout) and isinstance(timeout.after, str):
            yield f"{pointer}/after", timeout.after
