"""`paginate`: the pages of a list in turn, each an activity of its own; the output is the list of all items."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow

from httptask.calls.activity_call import ActivityCall
from httptask.calls.page_requests import Position
from httptask.calls.pages import Page, Pages
from httptask.calls.problem import TaskFault
from httptask.diagnostics.cutting import shortened
from httptask.dsl.tasks.http.pagination import PaginateArguments
from httptask.dsl.tasks.http.parts import INTERVAL
from httptask.http.models import HttpAnswer, HttpRequest, HttpResponse
from httptask.interpreter.task_context import Complete, Paused, Step, TaskContext
from httptask.json.types import is_object
from httptask.scheduling.durations import required_seconds
from httptask.scheduling.payloads import payload_of, require_room

__all__ = ["run_pages"]

_KEEP_LESS = (
    "keep less of each item with `items` (its id, for a `map` that gets each), or end with `limit` or `until`"
)


async def run_pages(
    context: TaskContext, paginate: PaginateArguments, first: ActivityCall[HttpAnswer]
) -> Step:
    """Ask for one page after the other. A continued run, or another worker, goes on at the page that is next.

    Args:
        context: the task.
        paginate: its argument.
        first: the call for the first page, but for its id and Idempotency-Key.
    """
    state = context.execution.state
    if not state:
        state.update(page=1, position=None, items=[], bytes=0, seen=[], due=None)
    return await _Reading(context, paginate, first).run()


class _Reading:
    """The pages of one task, as far as they have been read: `page` is the number of the one that is next."""

    def __init__(
        self, context: TaskContext, paginate: PaginateArguments, first: ActivityCall[HttpAnswer]
    ) -> None:
        assert isinstance(first.argument, HttpRequest)  # the argument of the HTTP activity
        self._context = context
        self._paginate = paginate
        self._first = first
        profile = context.services.scheduler.profile_of(first)
        self._pages = Pages(paginate, first.argument, context, profile.query_key)
        self._state: dict[str, Any] = context.execution.state

    async def run(self) -> Step:
        """Read until the last page, or until the run is to continue as new."""
        services = self._context.services
        while True:
            await self._wait()
            if await self._read():
                return Complete(self._state["items"])
            await services.pacer.step()
            services.consider_continuing_as_new()
            if services.draining:
                return Paused()

    async def _wait(self) -> None:
        """Let the interval pass, of which a part may have passed in an earlier run."""
        due = self._state["due"]
        seconds = 0.0 if due is None else due - workflow.time()
        if seconds > 0:
            self._context.note(f"{self._progress()}, the next page in {seconds:.3g} s")
            await workflow.sleep(timedelta(seconds=seconds))

    async def _read(self) -> bool:
        """Read a page; whether it was the last one that is wanted."""
        state, number = self._state, self._state["page"]
        try:
            response = await self._call(number)
            page = self._pages.read(state["position"], response)
            await self._keep(page)
            if page.next is None or len(state["items"]) == self._paginate.limit:
                return True
            self._check_for_circles(page, response)
        except TaskFault as fault:
            detail = f"page {number}: {fault.problem.detail or fault.problem.title}"
            fault.problem = fault.problem.model_copy(update={"detail": detail})
            raise
        state.update(page=number + 1, position=page.next)
        if self._paginate.interval is not None:
            interval = self._context.value(INTERVAL)
            state["due"] = workflow.time() + required_seconds(interval, "paginate.interval")
        return False

    async def _call(self, number: int) -> HttpResponse:
        context = self._context
        id_ = f"{context.execution.id} page {number}"
        request = self._pages.request(self._state["position"])
        if request.idempotency_key is not None:
            request = request.model_copy(update={"idempotency_key": context.idempotency_key(id_)})
        context.note(self._progress())
        response = await context.call(replace(self._first, argument=request, id=id_))
        assert isinstance(response, HttpResponse)  # it was asked for
        context.answered(response)
        return response

    async def _keep(self, page: Page) -> None:
        """Add the items of a page to the others, as long as all of them can be an output."""
        state, limit = self._state, self._paginate.limit
        items = page.items if limit is None else page.items[: limit - len(state["items"])]
        self._check_for_repetition(page.items)
        payload = await payload_of(items, "the list of its items", _KEEP_LESS)
        state["bytes"] += payload.ByteSize()
        await require_room(state["bytes"], f"the list of the items of {state['page']} pages", _KEEP_LESS)
        state["items"] += items

    def _check_for_repetition(self, items: list[Any]) -> None:
        """A server that does not know the parameter answers with the same page for ever.

        Records tell themselves apart; numbers and texts may well be the same on two pages.
        """
        numbered = self._paginate.numbered
        if numbered is None or not items or not all(is_object(item) for item in items):
            return
        if items == self._state["items"][-len(items) :]:
            TaskFault.raise_standard(
                "validation",
                "The same page again",
                detail=f"its items are those of the page before: the server may not know "
                f"{numbered.parameter or numbered.body}",
                error="PageRepeated",
            )

    def _check_for_circles(self, page: Page, response: HttpResponse) -> None:
        """Refuse a page that was read before, and more pages than there may be."""
        state = self._state
        if self._paginate.numbered is None:
            if state["page"] == 1 and (here := self._pages.identity(response)) is not None:
                state["seen"].append(_digest(here))
            digest = _digest(page.next)
            if digest in state["seen"]:
                what = "cursor" if self._paginate.cursor else "URL"
                TaskFault.raise_standard(
                    "validation",
                    "The pages go in a circle",
                    detail=f"the {what} of the next page is that of one before: {shortened(str(page.next), 500)}",
                    error="PageRepeated",
                )
            state["seen"].append(digest)
        if state["page"] == self._paginate.max_pages:
            TaskFault.raise_standard(
                "runtime",
                "Too many pages",
                detail=f"there are more than {self._paginate.max_pages} pages: allow more with `maxPages`, or end with "
                "`limit` or `until`",
                error="TooManyPages",
            )

    def _progress(self) -> str:
        return f"page {self._state['page']}, {len(self._state['items'])} items so far"


def _digest(position: Position | None) -> str:
    return hashlib.sha256(str(position).encode("utf-8", "surrogatepass")).hexdigest()[:16]
