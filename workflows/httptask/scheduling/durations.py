"""Durations that a run needs."""

from typing import Any

from httptask.calls.problem import TaskFault
from httptask.dsl.durations import seconds_of
from httptask.dsl.expressions.messages import json_excerpt

__all__ = ["required_seconds"]


def required_seconds(value: Any, field: str) -> float:
    """Seconds of a rendered duration, in parts or in ISO 8601.

    Raises:
        TaskFault: it is not a duration; `field` says where it stands.
    """
    seconds = seconds_of(value)
    if seconds is None:
        TaskFault.raise_standard(
            "expression",
            "Not a duration",
            detail=f"`{field}` yields `{json_excerpt(value)}`; write PT15M or {{ minutes: 15 }}",
        )
    return seconds
