"""The events that have come to a run, and that none of its tasks has taken."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError

from httptask.diagnostics.validation import describe_invalid
from httptask.http.cloud_event import CloudEvent

__all__ = ["EVENT_SIGNAL", "MOST_BYTES", "MOST_EVENTS", "Inbox", "KeptEvent"]

EVENT_SIGNAL: Final = "event"
"""The signal that brings an event: its one argument is a CloudEvent in JSON, or a list of them."""
MOST_EVENTS: Final = 1_000
MOST_BYTES: Final = 1_000_000
"""Of JSON: half of what Temporal carries into a continued run."""
_KNOWN_IDS: Final = 1_000
"""An event that comes twice counts once, if fewer others came between."""


class KeptEvent(BaseModel):
    """One event.

    Attributes:
        number: counts all that have come to the run, from 0.
        size: bytes of its JSON.
    """

    number: int
    size: int
    event: dict[str, Any]


class Inbox(BaseModel):
    """Events in the order in which they came.

    Where they are too many, the oldest make room: what a task waits for now is looked at as it comes.

    Attributes:
        next: number of the next event.
        events: by their numbers.
        dropped: how many had to make room.
        known: digests of the events that came last.
    """

    next: int = 0
    dropped: int = 0
    events: dict[int, KeptEvent] = Field(default_factory=dict[int, KeptEvent])
    known: list[str] = Field(default_factory=list[str])

    def put(self, value: Any) -> str | None:
        """Take in what a signal brought.

        Returns:
            Why not, if it is refused.
        """
        try:
            event = CloudEvent.model_validate(value)
        except ValidationError as invalid:
            return f"not an event: {describe_invalid(invalid)}"
        written = event.written()
        size = len(json.dumps(written).encode())
        if size > MOST_BYTES:
            return f"the event has {size:,} bytes, more than {MOST_BYTES:,}"
        if event.digest in self.known:
            return None
        self.known = [*self.known[1 - _KNOWN_IDS :], event.digest]
        self.events[self.next] = KeptEvent(number=self.next, size=size, event=written)
        self.next += 1
        self._make_room()
        return None

    def since(self, number: int) -> Iterator[KeptEvent]:
        """The events from a number on that are still there, each when it is asked for."""
        for each in list(self.events):
            if each >= number and each in self.events:
                yield self.events[each]

    def take(self, kept: KeptEvent) -> None:
        """Let go of an event, which a task has taken."""
        del self.events[kept.number]

    def _make_room(self) -> None:
        size = sum(kept.size for kept in self.events.values())
        while size > MOST_BYTES or len(self.events) > MOST_EVENTS:
            size -= self.events.pop(next(iter(self.events))).size
            self.dropped += 1
