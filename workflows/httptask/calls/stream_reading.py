"""What the activity is told of a response that comes in events."""

from httptask.dsl.parts import Part
from httptask.dsl.tasks.http.arguments import HttpRequestArguments
from httptask.dsl.tasks.http.parts import EVENT, LAST_EVENT
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.models import StreamReading

__all__ = ["stream_reading"]


def stream_reading(node: TaskNode) -> StreamReading | None:
    """How the response of a task is read; None where it is no stream."""
    arguments = node.spec
    if not isinstance(arguments, HttpRequestArguments) or arguments.stream is None:
        return None
    stream = arguments.stream
    return StreamReading(
        format=stream.format,
        take=stream.take,
        each=_source(node, EVENT),
        until=_source(node, LAST_EVENT),
        limit=stream.limit,
        pointer=f"{node.pointer}/with/stream",
    )


def _source(node: TaskNode, part: Part) -> str | None:
    found = node.expression(part)
    return None if found is None else found.source
