"""Arguments of `httpRequest` that say how its response is read: as a stream of events."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.http.models import MAX_EVENTS, StreamFormat

__all__ = ["StreamArguments"]


class _Arguments(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


class StreamArguments(_Arguments):
    """`stream`: the events of a response; the output is the list of them, or the last one."""

    format: StreamFormat | None = None
    """`sse` (server-sent events) or `ndjson` (a JSON value per line); by default what the media type says."""
    take: Literal["all", "last"] = "all"
    """`all` events as a list, or the `last` one."""
    each: str | None = None
    """Expression for what to keep of an event: nothing, one value or several; by default the event's data."""
    until: str | None = None
    """Expression that is true for the last event to read, which is kept too."""
    limit: int | None = Field(default=None, ge=1, le=MAX_EVENTS)
    """How many events to read."""
