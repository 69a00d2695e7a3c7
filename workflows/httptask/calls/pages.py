"""One page of a list: how it is asked for, what it holds, and where the next one is. The same for a test request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from httptask.calls.next_url import REDACTED, LinkUnreadable, credential_parameters, link_target, next_url
from httptask.calls.page_requests import Position, with_position
from httptask.calls.problem import TaskFault
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.words import kind_of
from httptask.dsl.expression_parts import Part
from httptask.dsl.tasks.http.pagination import PaginateArguments
from httptask.dsl.tasks.http.parts import CURSOR, ITEMS, LAST_PAGE, NEXT
from httptask.http.models import HttpRequest, HttpResponse
from httptask.json.types import is_array, is_object

__all__ = ["Page", "PageExpressions", "Pages"]


class PageExpressions(Protocol):
    """Evaluates the expressions of `paginate`."""

    def value(self, part: Part, *, dot: Any, bound: Mapping[str, Any]) -> Any:
        """The value of an expression on `dot`, with `bound` variables beside the task's."""
        ...

    def holds(self, part: Part, *, dot: Any, bound: Mapping[str, Any]) -> bool:
        """The same of a condition."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """What a response says.

    Attributes:
        items: of this page.
        next: the position of the next page; None when this is the last.
    """

    items: list[Any]
    next: Position | None


class Pages:
    """The pages of one list."""

    def __init__(
        self,
        paginate: PaginateArguments,
        first: HttpRequest,
        expressions: PageExpressions,
        query_key: str | None,
    ) -> None:
        """Read `paginate`.

        Args:
            paginate: the argument.
            first: the request for the first page.
            expressions: evaluates those of `paginate`.
            query_key: the query parameter that holds the credential of the request's connection, if one does.
        """
        self._paginate = paginate
        self._first = first
        self._expressions = expressions
        self._credentials = credential_parameters(first, query_key)

    def request(self, position: Position | None) -> HttpRequest:
        """The request for a page; the first one's position is None."""
        if position is None:
            return self._first
        first, way = self._first, self._paginate.position
        if way is not None:
            return with_position(first, way, position)
        query = {name: value for name, value in first.query.items() if name in self._credentials}
        return first.model_copy(update={"url": str(position), "query": query})

    def read(self, position: Position | None, response: HttpResponse) -> Page:
        """What a page holds, and where the next one is. An empty body is the end.

        Raises:
            TaskFault: the page is not what `paginate` says, or names no next page that can be asked for.
        """
        if response.content_kind == "none":
            return Page([], None)
        content = response.content
        bound = {"response": {"statusCode": response.status, "headers": response.headers}}
        if self._paginate.items is not None:
            content = self._expressions.value(ITEMS, dot=content, bound=bound)
        if not is_array(content):
            _refuse_items(content, has_expression=self._paginate.items is not None)
        if self._paginate.until is not None and self._expressions.holds(
            LAST_PAGE, dot=response.content, bound=bound
        ):
            return Page(content, None)
        return Page(content, self._next(position, response, len(content), bound))

    def identity(self, response: HttpResponse) -> str | None:
        """What the first page would be named by if another led back to it; None where none can."""
        if self._paginate.link is None and self._paginate.next is None:
            return None
        return next_url(response.request.uri, response.request.uri, self._credentials)

    def _next(
        self, position: Position | None, response: HttpResponse, count: int, bound: Mapping[str, Any]
    ) -> Position | None:
        paginate = self._paginate
        numbered = paginate.numbered
        if numbered is not None:
            if count == 0 or (numbered.size is not None and count < numbered.size):
                return None
            here = position if isinstance(position, int) else numbered.start
            return here + (1 if paginate.page is not None else numbered.size or count)
        if paginate.cursor is not None:
            value = self._expressions.value(CURSOR, dot=response.content, bound=bound)
            return _cursor(value, in_body=paginate.cursor.body is not None)
        if paginate.link is not None:
            found = _link(response.headers.get("link", ""), paginate.link)
        else:
            found = self._expressions.value(NEXT, dot=response.content, bound=bound)
        if found is not None and not isinstance(found, str):
            TaskFault.raise_standard(
                "expression",
                "Not a URL",
                detail=f"`next` yields {kind_of(found)}; it needs a URL, or null at the end",
            )
        return next_url(found, response.request.uri, self._credentials) if found else None


def _link(header: str, relation: str) -> str | None:
    try:
        return link_target(header, relation)
    except LinkUnreadable as rest:
        TaskFault.raise_standard(
            "validation",
            "No next page",
            detail=f"the header Link can't be read from {shortened(str(rest), 100)!r} on, so whether there is a next "
            "page is not known: take its URL from `$response.headers.link` with `next` instead of `link`",
            error="NextPageInvalid",
        )


def _cursor(value: Any, *, in_body: bool) -> Position | None:
    if value is None or value == "":
        return None
    can_be_sent = is_array(value) or is_object(value) if in_body else False
    if isinstance(value, bool) or not (can_be_sent or isinstance(value, str | int | float)):
        TaskFault.raise_standard(
            "expression",
            "Not a cursor",
            detail=f"`cursor` yields {kind_of(value)}; it needs text or a number, or null at the end",
        )
    if REDACTED.search(str(value)):
        TaskFault.raise_standard(
            "validation",
            "No next page",
            detail="the next cursor held a secret, which was taken out of the response",
            error="NextPageInvalid",
        )
    found: Position = value
    return found


def _refuse_items(value: Any, *, has_expression: bool) -> NoReturn:
    if has_expression:
        detail = f"`items` yields {kind_of(value)}; it needs a list"
        if (
            value is None
        ):  # how some servers write an empty list; or there is no such key, as in an error under 200
            detail += ": where null says that there are none, end it with `// []`"
    else:
        keys = f" with the keys {', '.join(value)}" if is_object(value) else ""
        detail = (
            f"the page is {kind_of(value)}{shortened(keys)}, not a list: say with `items` where its items are"
        )
    TaskFault.raise_standard("expression", "Not a list", detail=detail)
