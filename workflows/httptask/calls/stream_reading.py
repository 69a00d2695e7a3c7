"""What the activity is told of a response that comes in events."""

from httptask.dsl.expressions import Expression
from httptask.dsl.functions import HttpRequestArguments
from httptask.dsl.program import TaskNode
from httptask.http.models import StreamReading

__all__ = ["stream_reading"]


def stream_reading(node: TaskNode) -> StreamReading | None:
    """How the response of a task is read; None where it is no stream."""
    arguments = node.arguments
    if not isinstance(arguments, HttpRequestArguments) or arguments.stream is None:
        return None
    stream = arguments.stream
    return StreamReading(
        format=stream.format,
        take=stream.take,
        each=_source(node, "each"),
        until=_source(node, "until"),
        limit=stream.limit,
        pointer=f"{node.pointer}/with/stream",
    )


def _source(node: TaskNode, name: str) -> str | None:
    found = node.parts.get(f"stream/{name}")
    return found.source if isinstance(found, Expression) else None
