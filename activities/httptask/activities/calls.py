"""The activities that make calls."""

from collections.abc import Callable

from temporalio import activity

from httptask.activities import names
from httptask.activities.attempt import run_attempt
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.http.collecting import Select, collect
from httptask.http.edge import Edge
from httptask.http.event_stream import Count
from httptask.http.models import HttpRequest, HttpResponse

__all__ = ["HttpActivities"]


class HttpActivities:
    """HTTP requests and chat completions as activities of a worker.

    Each attempt sends one request; Temporal retries. Both work in a workflow and as standalone activities.
    """

    def __init__(self, edge: Callable[[], Edge], select: Select | None = None) -> None:
        """Make the activities.

        Args:
            edge: gives the edge of this worker; asked at each call, so that nothing opens too early.
            select: evaluates the expressions of streams.
        """
        self._edge = edge
        self._select = select

    @activity.defn(name=names.HTTP_REQUEST)
    async def http_request(self, request: HttpRequest) -> HttpResponse:
        """Send one HTTP request."""
        if request.stream is None:
            return await run_attempt(
                lambda attempt: self._edge().send(request, attempt=attempt), request.attempts
            )
        count = Count()
        return await run_attempt(
            lambda attempt: collect(self._edge(), request, self._select, attempt=attempt, count=count),
            request.attempts,
            count,
        )

    @activity.defn(name=names.CHAT_COMPLETION)
    async def chat_completion(self, request: ChatRequest) -> Completion:
        """Ask for one chat completion."""
        return await run_attempt(
            lambda attempt: complete(self._edge(), request, attempt=attempt), request.attempts
        )
