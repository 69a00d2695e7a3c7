"""One streamed chat completion: sent once, read to its end, and given as an answer that was not streamed."""

from contextlib import aclosing
from typing import Any, NamedTuple

from httptask.chat.response.reader import MAX_TEXT_BYTES
from httptask.chat.streaming.assembly import Assembly
from httptask.chat.streaming.live_text import Listener, telling
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import first_bytes
from httptask.http.errors import HttpTaskError
from httptask.http.limits import CHAT_STREAM_DEFAULTS
from httptask.http.models import HttpRequest, HttpResponse
from httptask.response.event_stream import Count, EventStream

__all__ = ["StreamedAnswer", "receive"]


class StreamedAnswer(NamedTuple):
    """A complete answer.

    Attributes:
        response: its content is the body of an answer that was not streamed.
        first_token: seconds until the model said something.
    """

    response: HttpResponse
    first_token: float | None


async def receive(
    edge: Edge,
    request: HttpRequest,
    wanted: Any,
    connection: Connection | None = None,
    *,
    attempt: int = 1,
    count: Count | None = None,
    live: Listener | None = None,
) -> StreamedAnswer:
    """Send a request once and put its streamed answer together.

    The answer is complete when every choice has its finish reason, and the stream came to its own end: the marker, or
    a complete body. Neither is enough by itself. Some gateways send a finish reason with every piece, or one for each
    of several steps with silence between, so that no finish and no silence shows that nothing is to come.

    Args:
        edge: sends it.
        request: asks for a stream.
        wanted: its `n`.
        connection: that it goes through, whose rules say which errors may pass.
        attempt: which attempt at it this is, for the result and the log.
        count: is kept up to date.
        live: is told the text while it comes.

    Raises:
        ResponseInterrupted: the answer broke off.
        HttpTaskError: everything that `Edge.stream` raises, and errors that the server sends in the stream.
            `details` holds what had come of the text, as `partial_text`.
    """
    assembly = Assembly(max(wanted, 1) if isinstance(wanted, int) else 1, connection)
    try:
        async with (
            telling(live, lambda: assembly.text, attempt=attempt) as teller,
            edge.stream(
                request, attempt=attempt, defaults=CHAT_STREAM_DEFAULTS, count=count, assembler=assembly
            ) as stream,
        ):
            if teller is not None:
                teller.begin(stream.piece_redactor)
            first_token = await _read(stream, assembly)
            answer = assembly.answer(ended_by=stream.ended_by or "close")
            return StreamedAnswer(stream.respond(answer), first_token)
    except HttpTaskError as error:
        if "partial_text" in error.details:  # cut here, where no value of a secret is left to be cut in two
            error.details["partial_text"] = first_bytes(error.details["partial_text"], MAX_TEXT_BYTES)
        raise


async def _read(stream: EventStream, assembly: Assembly) -> float | None:
    """Reads to the end; seconds until the first token."""
    first_token: float | None = None
    async with aclosing(aiter(stream)) as together:
        async for events in together:
            assembly.add(events)
            if first_token is None and assembly.begun:
                first_token = stream.elapsed
    return first_token
