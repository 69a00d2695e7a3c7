"""The activities that make calls, and what is counted of those."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import activity

from httptask.activities import names
from httptask.activities.api_operation import ApiOperation, OperationRequest
from httptask.activities.attempt import run_attempt
from httptask.activities.fleet import Fleet
from httptask.activities.live_text import LivePublisher
from httptask.activities.local_fallback import KeptResults
from httptask.activities.run_watch import RunWatch
from httptask.activities.token_limit.meter import Meter
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.chat.usage import metered
from httptask.client.collecting import collect
from httptask.client.edge import Edge
from httptask.http.errors import HttpTaskError, RequestInvalid
from httptask.http.excerpt import REQUEST_IDS
from httptask.http.models import HttpAnswer, HttpRequest, HttpResponse, JsonBody
from httptask.response.event_stream import Count
from httptask.response.events import Select
from httptask.transport.observation import CallObservation

if TYPE_CHECKING:
    from httptask.openapi.described import Described, KeptDocuments

__all__ = ["HttpActivities", "count_call"]

Result = TypeVar("Result", HttpAnswer, Completion, ApiOperation)


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
        documents: "KeptDocuments | None" = None,
    ) -> None:
        """Make the activities.

        Args:
            edge: gives the edge of this worker; asked at each call, so that nothing opens too early.
            select: evaluates the expressions of streams.
            meter: holds back the calls of connections that have a limit of tokens; None where none has one.
            fleet: deals with workers that are configured otherwise.
            documents: API documents that need not be loaded from their addresses.
        """
        self._edge = edge
        self._select = select
        self._meter = meter
        self._fleet = fleet or Fleet({}, shared=False)
        self._documents = documents
        self._kept = KeptResults()
        self._watch = RunWatch()

    @activity.defn(name=names.HTTP_REQUEST)
    async def http_request(self, request: HttpRequest) -> HttpAnswer:
        """Send one HTTP request; what it returns is an `HttpResponse` where the request says so."""
        body = request.body.value if isinstance(request.body, JsonBody) else None
        count = None if request.stream is None else Count()

        async def call(attempt: int) -> HttpAnswer:
            edge = self._edge()
            if count is None:
                of = None if request.connection is None else edge.connection(request.connection)
                response = await metered(await edge.send(request, attempt=attempt), of)
            else:
                response = await collect(edge, request, self._select, attempt=attempt, count=count)
            return response if request.whole_response else _answer_of(response)

        return await self._run(request, body, call, count)

    @activity.defn(name=names.API_OPERATION)
    async def api_operation(self, request: OperationRequest) -> ApiOperation:
        """Load an API document, and take one operation out of it."""

        async def call(attempt: int) -> ApiOperation:
            from httptask.activities.api_documents import (  # of use to few runs
                described_in,
                operation_of,
                told_of_document,
            )

            described = await self._kept_operation(request)
            if described is None:
                try:
                    response = await self._edge().send(request, attempt=attempt)
                except HttpTaskError as error:
                    raise told_of_document(error, request) from None
                described = await asyncio.to_thread(described_in, response, request)
            return operation_of(described, request, attempt=attempt)

        return await self._run(request, None, call, None)

    async def _kept_operation(self, request: OperationRequest) -> "Described | None":
        """From a document that is at hand, whose address is not asked then."""
        if self._documents is None:
            if request.url.lower().startswith("file:"):
                raise RequestInvalid(
                    f"the document `{request.url}` is a file, and this worker has no `documents`"
                )
            return None
        of = activity.info().workflow_type
        return await asyncio.to_thread(self._documents.find, request.url, request.operation_id, of)

    @activity.defn(name=names.CHAT_COMPLETION)
    async def chat_completion(self, request: ChatRequest) -> Completion:
        """Ask for one chat completion."""
        count = Count() if request.is_streamed else None

        async def call(attempt: int) -> Completion:
            live = None
            if request.live is not None and activity.info().workflow_id is not None:
                live = LivePublisher(request.live, attempt)
            return await complete(self._edge(), request, attempt=attempt, count=count, live=live)

        return await self._run(request, request.body, call, count)

    async def _run(
        self,
        request: HttpRequest | ChatRequest,
        body: Any,
        call: Callable[[int], Awaitable[Result]],
        count: Count | None,
    ) -> Result:
        """Make an attempt where this worker can, once there are tokens for it."""

        async def call_in_turn(attempt: int) -> Result:
            with self._fleet.calling(request.connection, request):
                if self._meter is None:
                    return await call(attempt)
                return await self._meter.run(request.connection, body, lambda: call(attempt))

        result: Result | None = self._kept.take()
        if result is None:
            result = await run_attempt(
                call_in_turn,
                request.attempts,
                count,
                made=request.attempts_made,
                ends=request.ends_attempt,
                watch=self._watch,
            )
        self._kept.keep_what_is_large(result)
        return result


def _answer_of(response: HttpResponse) -> HttpAnswer:
    """What the history of a run holds, which has the request already."""
    facts: dict[str, Any] = {name: getattr(response, name) for name in HttpAnswer.model_fields}
    facts["headers"] = {name: response.headers[name] for name in REQUEST_IDS if name in response.headers}
    return HttpAnswer(**facts)


def count_call(call: CallObservation) -> None:
    """Add a call to the metrics of its worker, beside the SDK's own; outside an activity there are none."""
    if not activity.in_activity():
        return
    meter = activity.metric_meter().with_additional_attributes(
        {
            "method": call.method,
            "host": call.host,
            "connection": call.connection or "",
            "status": str(call.status or ""),
            "verdict": call.verdict,
        }
    )
    meter.create_counter("httptask_requests", "Requests that were sent, or were to be").add(1)
    meter.create_counter("httptask_received_bytes", "Bytes of answers, as they came").add(call.received)
    meter.create_histogram_timedelta(
        "httptask_request_latency", "From the start of a call to its end"
    ).record(timedelta(milliseconds=call.milliseconds))
