"""How calls of workflows written in Python give their arguments to activities: checked, and in their turn."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python
from temporalio.common import RawValue

from httptask.calls.problem import TaskFault
from httptask.json.pointer import json_pointer
from httptask.json.tree import infinite_numbers
from httptask.scheduling.command_limits import CommandLimits
from httptask.scheduling.payloads import payload_of
from httptask.workflows.errors import CallInvalid
from httptask.workflows.failures import fault_error

__all__ = ["activity_arguments", "command_limits", "require_json"]

_INFINITE: Final = (b"NaN", b"Infinity")
_limits: WeakKeyDictionary[asyncio.AbstractEventLoop, CommandLimits] = WeakKeyDictionary()
"""By the event loop of the run, which has one of its own, as long as it is in memory."""


def command_limits() -> CommandLimits:
    """Those of the run that asks."""
    return _limits.setdefault(asyncio.get_running_loop(), CommandLimits())


def require_json(arguments: Mapping[str, Any]) -> None:
    """Refuse what JSON has no form for, before it is made something else.

    Raises:
        CallInvalid: an argument holds a number that is not finite, or an object that is no data.
    """
    try:
        text = to_json(arguments, inf_nan_mode="constants")
    except PydanticSerializationError as error:
        raise CallInvalid(f"the request has no form in JSON: {error}") from None
    except ValueError:  # what is refused when the call is carried
        return
    if not any(name in text for name in _INFINITE):
        return
    at = next(infinite_numbers(to_jsonable_python(arguments)), None)
    if at is not None:
        raise CallInvalid(
            f"{json_pointer(at)} is not a finite number, and JSON has no other: send null or a text"
        )


@asynccontextmanager
async def activity_arguments(arguments: Sequence[Any], what: str) -> AsyncGenerator[list[RawValue]]:
    """Arguments as Temporal carries them, from when it is their activity's turn until that has ended.

    Args:
        arguments: of the activity.
        what: names one of them in an error.

    Raises:
        PayloadTooLarge: Temporal does not carry one of them.
        PayloadInvalid: one of them can't be stored.
    """
    try:
        payloads = [await payload_of(argument, what) for argument in arguments]
    except TaskFault as fault:
        raise fault_error(fault) from None
    async with command_limits().turn(payloads):
        yield [RawValue(payload) for payload in payloads]
