"""The text of a streamed answer, told while it comes: without the values of secrets, in batches, bounded."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from pydantic import BaseModel

from httptask.diagnostics.cutting import first_characters
from httptask.secrets.piece_redaction import PieceRedactor

__all__ = ["MAX_CHARACTERS", "Listener", "LiveText", "Teller", "telling"]

MAX_CHARACTERS: Final = 256_000
"""Most that is told of one answer; the answer itself may be longer."""
_SHORTEST_PAUSE: Final = 0.2
_SHARE: Final = 0.02
"""A pause is at least this share of the time gone by: of ten minutes there are some 250 batches, not 3,000."""


class LiveText(BaseModel):
    """A piece of the text of an answer that is still being written."""

    name: str
    """Of what is answered: in the run of a definition, the id of the task."""
    attempt: int = 1
    """Which attempt at the call it comes from."""
    begins: bool = False
    """Whether a text begins here: what came before under this name is void, or belongs to another answer."""
    text: str = ""


class Listener(Protocol):
    """Is told what comes. It raises nothing, and returns soon."""

    async def hear(self, text: str, *, begins: bool) -> None:
        """Take the next piece; `begins` as in `LiveText`."""
        ...


class Teller:
    """Tells a listener of one attempt.

    Args:
        listener: is told.
        text: gives what has come of the text, with the values of secrets.
    """

    def __init__(self, listener: Listener, text: Callable[[], str]) -> None:
        self._listener = listener
        self._text = text
        self._redactors: Callable[[], PieceRedactor] | None = None
        self._redactor: PieceRedactor | None = None
        self._taken = ""
        self._begins = True

    def begin(self, redactors: Callable[[], PieceRedactor]) -> None:
        """Have the text told from now on, through a redactor from `redactors`."""
        self._redactors = redactors

    async def run(self, *, announces: bool) -> None:
        """Tell what comes, until cancelled; if it `announces`, that there is an attempt even before its text."""
        if announces:
            await self._tell("")
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            await asyncio.sleep(max(_SHORTEST_PAUSE, _SHARE * (clock() - began)))
            if text := self._next():
                await self._tell(text)

    async def finish(self) -> None:
        """Tell the rest of a text that is complete."""
        text = self._next()
        if self._redactor is not None:
            # What is held back of a text that is told in part may be a part of a secret.
            text += "…" if len(self._text()) > MAX_CHARACTERS else self._redactor.finish()
        if text:
            await self._tell(text)

    def _next(self) -> str:
        """What can be told by now and was not."""
        if self._redactors is None:
            return ""
        text = first_characters(self._text(), MAX_CHARACTERS)
        if self._redactor is None or not text.startswith(self._taken):
            self._begins = self._begins or self._redactor is not None
            self._redactor, self._taken = self._redactors(), ""
        piece = text[len(self._taken) :]
        self._taken = text
        return self._redactor.feed(piece)

    async def _tell(self, text: str) -> None:
        begins, self._begins = self._begins, False
        await self._listener.hear(text, begins=begins)


@asynccontextmanager
async def telling(
    listener: Listener | None, text: Callable[[], str], *, attempt: int
) -> AsyncGenerator[Teller | None]:
    """A teller that works while the context lasts, and tells the rest unless it is left by an error."""
    if listener is None:
        yield None
        return
    teller = Teller(listener, text)
    task = asyncio.create_task(teller.run(announces=attempt > 1))
    try:
        yield teller
    finally:
        task.cancel()
        await asyncio.wait([task])
    await teller.finish()
