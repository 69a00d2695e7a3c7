"""The activities that make calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import activity
from temporalio.contrib.workflow_streams import WorkflowStreamClient

from httptask.activities import names
from httptask.activities.attempt import run_attempt
from httptask.activities.fleet import Fleet
from httptask.activities.metering import Meter
from httptask.chat.complete import complete
from httptask.chat.cost import metered
from httptask.chat.models import ChatRequest, Completion
from httptask.chat.streaming.live_text import LiveText
from httptask.client.collecting import collect
from httptask.client.edge import Edge
from httptask.http.log import get_logger
from httptask.http.models import HttpRequest, HttpResponse, JsonBody
from httptask.response.event_stream import Count
from httptask.response.events import Select

__all__ = ["HttpActivities"]

_PATIENCE = 1.0
"""Seconds that Temporal has to take a piece of a text. The last one is waited for before the call returns."""

log = get_logger("httptask.activities")

Result = TypeVar("Result", bound=BaseModel)


class HttpActivities:
    """HTTP requests and chat completions as activities of a worker.

    Each attempt sends one request; Temporal retries. Both work in a workflow and as standalone activities.
    """

    def __init__(
        self,
        edge: Callable[[], Edge],
        select: Select | None = None,
        meter: Meter | None = None,
        fleet: Fleet | None = None,
    ) -> None:
        """Make the activities.

        Args:
            edge: gives the edge of this worker; asked at each call, so that nothing opens too early.
            select: evaluates the expressions of streams.
            meter: holds back the calls of connections that have a limit of tokens; None where none has one.
            fleet: deals with workers that are configured otherwise.
        """
        self._edge = edge
        self._select = select
        self._meter = meter
        self._fleet = fleet or Fleet({}, shared=False)

    @activity.defn(name=names.HTTP_REQUEST)
    async def http_request(self, request: HttpRequest) -> HttpResponse:
        """Send one HTTP request."""
        body = request.body.value if isinstance(request.body, JsonBody) else None
        count = None if request.stream is None else Count()

        async def call(attempt: int) -> HttpResponse:
            if count is None:
                edge = self._edge()
                of = None if request.connection is None else edge.connection(request.connection)
                return await metered(await edge.send(request, attempt=attempt), of)
            return await collect(self._edge(), request, self._select, attempt=attempt, count=count)

        return await run_attempt(
            lambda attempt: self._in_turn(request, body, lambda: call(attempt)), request.attempts, count
        )

    @activity.defn(name=names.CHAT_COMPLETION)
    async def chat_completion(self, request: ChatRequest) -> Completion:
        """Ask for one chat completion."""
        count = Count() if request.is_streamed else None

        async def call(attempt: int) -> Completion:
            live = None
            if request.live is not None and activity.info().workflow_id is not None:
                live = _Publisher(request.live, attempt)
            return await complete(self._edge(), request, attempt=attempt, count=count, live=live)

        return await run_attempt(
            lambda attempt: self._in_turn(request, request.body, lambda: call(attempt)),
            request.attempts,
            count,
        )

    async def _in_turn(
        self, request: HttpRequest | ChatRequest, body: Any, call: Callable[[], Awaitable[Result]]
    ) -> Result:
        """Make a call where this worker can, once there are tokens for it."""
        with self._fleet.calling(request.connection, request):
            if self._meter is None:
                return await call()
            return await self._meter.run(request.connection, body, call)


class _Publisher:
    """Publishes the text of an answer, while it comes, on the stream of the workflow that asked for it.

    An error is logged once; what it kept back is sent with the next piece.
    """

    def __init__(self, name: str, attempt: int) -> None:
        self._name = name
        self._attempt = attempt
        self._client = WorkflowStreamClient.from_within_activity()
        self._topic = self._client.topic(names.LIVE_TOPIC, type=LiveText)
        self._failed = False

    async def hear(self, text: str, *, begins: bool) -> None:
        """See `Listener.hear`."""
        try:
            self._topic.publish(LiveText(name=self._name, attempt=self._attempt, begins=begins, text=text))
            async with asyncio.timeout(_PATIENCE):
                await self._client.flush()
        except Exception as error:  # noqa: BLE001 - nothing that goes wrong here may fail the call
            if not self._failed:
                self._failed = True
                log.warning("live.unpublished", error=type(error).__name__)
