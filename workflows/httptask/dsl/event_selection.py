"""Evaluates the expressions of a stream on its events, in helper processes and beside the event loop."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final, NoReturn

from httptask.diagnostics.cutting import in_one_line
from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions import (
    Expression,
    ExpressionFailed,
    ExpressionLimitExceeded,
    ExpressionsBusy,
    parse_expression,
)
from httptask.dsl.expressions.evaluation import Scope, evaluate
from httptask.dsl.expressions.messages import not_a_condition
from httptask.http.errors import SelectionFailed
from httptask.http.models import StreamReading
from httptask.json.types import is_array
from httptask.response.events import Event, Selected

__all__ = ["select_events"]

_AT_ONCE: Final = 4
"""Fewer than there are helper processes: workflows must not wait for streams."""
_threads = ThreadPoolExecutor(_AT_ONCE, "httptask-select")


async def select_events(reading: StreamReading, events: Sequence[Event]) -> list[Selected]:
    """What `each` and `until` make of some events, up to the last one that is wanted.

    Raises:
        SelectionFailed: an expression failed on one of them, or met a bound.
    """
    program = _program(reading.each, reading.until, reading.pointer)
    values = [{"v": event.value, "e": {"type": event.type, "id": event.id}} for event in events]
    loop = asyncio.get_running_loop()
    try:
        results = await loop.run_in_executor(_threads, evaluate, program, Scope(values, {}))
    except (ExpressionFailed, ExpressionLimitExceeded) as error:
        raise SelectionFailed(str(error)) from None
    except ExpressionsBusy as error:
        raise SelectionFailed(str(error), retryable=True) from None
    return _selected(reading, results)


def _selected(reading: StreamReading, results: Sequence[Mapping[str, Any]]) -> list[Selected]:
    found: list[Selected] = []
    for result in results:
        last = _outputs(reading, "until", result["until"])
        if len(last) != 1 or not isinstance(last[0], bool):
            message, hint = not_a_condition(reading.until or "", last)
            _fail(reading, "until", f"{message} ({hint})")
        found.append(Selected(_outputs(reading, "each", result["each"]), last[0]))
        if last[0]:
            break
    return found


def _outputs(reading: StreamReading, name: str, result: Any) -> list[Any]:
    if not is_array(result):
        _fail(reading, name, in_one_line(str(result)))
    return result


def _fail(reading: StreamReading, name: str, message: str) -> NoReturn:
    raise SelectionFailed(f"{reading.pointer}/{name}: {message}")


@lru_cache(maxsize=256)
def _program(each: str | None, until: str | None, pointer: str) -> Expression:
    """One expression for all events at once: of each, the outputs of both expressions or the error they raise."""
    faults: list[Fault] = []
    parts = {"until": "false" if until is None else until, "each": "." if each is None else each}
    members = ", ".join(f"{name}: (try [\n{source}\n] catch tostring)" for name, source in parts.items())
    program = parse_expression(f"[.[] | .e as $event | .v | {{{members}}}]", pointer, faults)
    if program is None:
        raise SelectionFailed(f"{pointer}: {faults[0].message}")
    return program
