"""Runs an activity as a worker does: its argument comes as a payload, its result and its heartbeats leave as some.

Temporal is left out. What else a worker does for each activity is the same whatever the activity is, and costs all alike.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio.api.common.v1 import Payload
from temporalio.testing import ActivityEnvironment

from httptask.plugin.data_converter import LeanPayloadConverter

__all__ = ["as_activity", "from_payload", "payload_of"]

_CONVERTER = LeanPayloadConverter()

Argument = TypeVar("Argument")


def payload_of(value: Any) -> Payload:
    """A value as Temporal carries it."""
    return _CONVERTER.to_payloads([value])[0]


def from_payload(payload: Payload, type_: type[Argument]) -> Argument:
    """The value that it carries."""
    found: list[Argument] = _CONVERTER.from_payloads([payload], [type_])
    return found[0]


def as_activity(
    activity: Callable[[Argument], Awaitable[Any]], type_: type[Argument], argument: Payload
) -> Callable[[], Awaitable[Any]]:
    """A function that runs the activity once, from the payload of its argument to that of its result."""

    def beat(*details: Any) -> None:
        _CONVERTER.to_payloads(details)

    async def run() -> Any:
        decoded = from_payload(argument, type_)
        environment = ActivityEnvironment()
        environment.payload_converter = _CONVERTER
        environment.on_heartbeat = beat
        result = await environment.run(activity, decoded)
        payload_of(result)
        return result

    return run
