"""Arguments of `httpRequest` that say how its response is read: as a stream of events, or page by page."""

from typing import Annotated, Literal

from pydantic import Field

from httptask.dsl.model import DefinitionModel, DurationLiteral
from httptask.http.models import MAX_EVENTS, StreamFormat

__all__ = ["WAYS", "NumberedArguments", "PaginateArguments", "PositionArguments", "StreamArguments"]

_MOST_PAGES = 10_000

BodyPointer = Annotated[str, Field(pattern=r"^(/[^/{}\s]+)+$")]
ParameterName = Annotated[str, Field(pattern=r"^[^\s{}&=#]+$")]


class StreamArguments(DefinitionModel):
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


class PositionArguments(DefinitionModel):
    """What a page is asked for by, in one of two places."""

    parameter: ParameterName | None = None
    """Query parameter that takes it."""
    body: BodyPointer | None = None
    """JSON Pointer (RFC 6901) of the member of the body that takes it, such as `/variables/after`."""


class CursorArguments(PositionArguments):
    """`cursor`: each page says by which value the next one is asked for."""

    from_: str = Field(alias="from")
    """Expression for the cursor of the next page; null or an empty text ends."""


class NumberedArguments(PositionArguments):
    """`page` and `offset`: pages are asked for by number, until one has no items."""

    start: int = Field(default=0, ge=0)
    """Number of the first page."""
    size: int | None = Field(default=None, ge=1)
    """How many items a full page has: one with fewer is the last, which saves a request."""


class PageArguments(NumberedArguments):
    """`page`: pages are counted."""

    start: int = Field(default=1, ge=0)
    """Number of the first page."""


class PaginateArguments(DefinitionModel):
    """`paginate`: the items of all pages as one list; exactly one key says where the next page is."""

    link: str | None = Field(default=None, pattern=r"^[A-Za-z][^\s{}\"]*$")
    """Relation type of the link to the next page in the header `Link` (RFC 8288), usually `next`."""
    next: str | None = None
    """Expression for the URL of the next page; null or an empty text ends."""
    cursor: CursorArguments | None = None
    """The next page is asked for by a value that this one holds."""
    page: PageArguments | None = None
    """Pages are asked for by their number."""
    offset: NumberedArguments | None = None
    """Pages are asked for by how many items came before them."""
    items: str | None = None
    """Expression for the items of a page; by default the page itself, which then is a list."""
    until: str | None = None
    """Expression that is true for the last page, whose items are kept too."""
    limit: int | None = Field(default=None, ge=1)
    """How many items are wanted; what a page has beyond them is dropped."""
    max_pages: int = Field(default=100, alias="maxPages", ge=1, le=_MOST_PAGES)
    """How many pages there may be; one more is an error."""
    interval: DurationLiteral | None = None
    """How long to wait between pages."""

    @property
    def numbered(self) -> NumberedArguments | None:
        """How pages are numbered, where they are."""
        return self.page or self.offset

    @property
    def position(self) -> PositionArguments | None:
        """What pages are asked for by, where that is not their URL."""
        return self.numbered or self.cursor


WAYS = ("link", "next", "cursor", "page", "offset")
"""Keys of `paginate` that say where the next page is, of which it has one."""
