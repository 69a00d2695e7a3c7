"""The activities that make calls."""

from collections.abc import Callable

from temporalio import activity

from httptask.activities import names
from httptask.activities.attempt import run_attempt
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.http.edge import Edge
from httptask.http.models import HttpRequest, HttpResponse

__all__ = ["HttpActivities"]


class HttpActivities:
    """HTTP requests and chat completions as activities of a worker.

    Each attempt sends one request; Temporal retries. Both work in a workflow and as standalone activities.
    """

    def __init__(self, edge: Callable[[], Edge]) -> None:
        """Make the activities.

        Args:
            edge: gives the edge of this worker; asked at each call, so that nothing opens too early.
        """
        self._edge = edge

    @activity.defn(name=names.HTTP_REQUEST)
    async def http_request(self, request: HttpRequest) -> HttpResponse:
        """Send one HTTP request."""
        return await run_attempt(
            lambda attempt: self._edge().send(request, attempt=attempt), request.attempts
        )

    @activity.defn(name=names.CHAT_COMPLETION)
    async def chat_completion(self, request: ChatRequest) -> Completion:
        """Ask for one chat completion."""
        return await run_attempt(
            lambda attempt: complete(self._edge(), request, attempt=attempt), request.attempts
        )
