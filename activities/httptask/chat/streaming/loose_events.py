"""Server-sent events as servers of chat completions write them, which is not always as the standard has it."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from httptask.json.tree import parse_piece
from httptask.json.types import is_object
from httptask.response.events import Event, ServerSentEvents

__all__ = ["ASIDE", "LooseEvents"]

ASIDE: Final = "aside"
"""Type of what stands among events and is none."""

_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(:|$)|:|$")


class LooseEvents(ServerSentEvents):
    """Reads what the standard would have dropped, too.

    What breaks a stream, a proxy or the server's own framework, writes its page or its JSON into it as if it were a
    plain body: those lines, which are no field of an event, are one of the type `aside`. And some servers end each
    event with one line break only: then each line of its data is JSON by itself.
    """

    def __init__(self) -> None:
        super().__init__(parse_piece)
        self._aside: list[str] = []

    def _read(self, lines: Sequence[str]) -> Iterator[Event]:
        if not self._aside and all(map(_FIELD.match, lines)):
            yield from super()._read(lines)
            return
        for line in lines:
            if not _FIELD.match(line):
                self._aside.append(line)
                continue
            if not line or line.startswith("data"):
                yield from self._told_aside()
            yield from super()._read([line])

    def _told_aside(self) -> Iterator[Event]:
        text, self._aside = "\n".join(self._aside).strip(), []
        if text:
            yield Event(self._value(text), text, ASIDE)

    def _events_in(self, event: Event) -> list[Event]:
        if not isinstance(event.value, str) or "\n" not in event.value:
            return [event]
        lines = [line for line in event.value.split("\n") if line.strip()]
        values = [self._value(line) for line in lines]
        if not lines or not is_object(values[0]):
            return [event]
        return [event._replace(value=value, data=line) for value, line in zip(values, lines, strict=True)]

    def _may_be_cut(self, event: Event) -> bool:
        return event.type != ASIDE and super()._may_be_cut(event)
