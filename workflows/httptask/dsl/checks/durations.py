"""Durations that can be read before anything runs."""

import re
from collections.abc import Iterator
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.durations import meant_duration, seconds_of
from httptask.dsl.model import Duration, DurationLiteral, Timeout
from httptask.dsl.patterns import expression_fault
from httptask.dsl.program import Program
from httptask.json.pointer import child_pointer

__all__ = ["check_durations"]


_LITERAL: Final = re.compile(
    r"P(?!$)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?"
    r"(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?"
)
"""`duration` of the standard's schema."""
_HINT: Final = "write ISO 8601 (PT15M, PT1.5S) or parts: { minutes: 15 }"


def check_durations(program: Program) -> Iterator[Fault]:
    """Find waits, timeouts and intervals that are no duration; what expressions yield is known only at run time."""
    for pointer, written in _durations(program):
        if isinstance(written, Duration):
            if not written.model_fields_set:
                yield Fault(pointer, "empty", "the duration has no part", _HINT)
        elif "${" in written:
            fault = expression_fault(pointer, written)
            yield from () if fault is None else (fault,)
        elif seconds_of(written) is None or not _LITERAL.fullmatch(written):
            meant = meant_duration(written)
            hint = f"write {meant}" if meant not in (None, written) else _HINT
            yield Fault(pointer, "duration", f"`{written}` is not a duration", hint)


def _durations(program: Program) -> Iterator[tuple[str, DurationLiteral]]:
    timeouts = {"/timeout": program.definition.timeout}
    for name, named in program.definition.use.timeouts.items():
        timeouts[child_pointer("/use/timeouts", name)] = named
    for node in program.nodes.values():
        timeouts[f"{node.pointer}/timeout"] = node.task.timeout
        yield from node.kind.durations(node).items()
    for pointer, timeout in timeouts.items():
        if isinstance(timeout, Timeout):
            yield f"{pointer}/after", timeout.after
