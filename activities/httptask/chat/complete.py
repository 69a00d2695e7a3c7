"""One chat completion: checked, sent once, read."""

import base64
from typing import Any, Final

from httptask.chat.base_url import explain_not_found
from httptask.chat.check import require_sendable
from httptask.chat.models import ChatRequest, Completion
from httptask.chat.response.reader import read_completion, read_rate_limits
from httptask.chat.response.wire import FILTERED, finish_reason_of
from httptask.chat.streaming.live_text import Listener
from httptask.chat.streaming.receiver import receive
from httptask.chat.strictness import Incomplete
from httptask.chat.telemetry.spans import ChatSpan, chat_span
from httptask.chat.usage import Usage, cost_of
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.http.errors import AnswerFiltered, HttpStatusError, HttpTaskError
from httptask.http.excerpt import request_id, tell_head
from httptask.http.limits import CHAT_DEFAULTS
from httptask.http.log import get_logger
from httptask.http.models import HttpResponse
from httptask.response.event_stream import Count
from httptask.response.outcome import name_server

__all__ = ["complete"]

log = get_logger("httptask.chat")

_LITELLM: Final = "litellm.ContentPolicyViolationError"
_MOST_LOGGED: Final = 10


async def complete(
    edge: Edge,
    request: ChatRequest,
    *,
    attempt: int = 1,
    count: Count | None = None,
    live: Listener | None = None,
) -> Completion:
    """Ask for one chat completion. One call sends at most one request.

    With `stream: true` in its body the answer is read as it comes, and is the same in the end.

    Args:
        edge: sends it.
        request: what to ask.
        attempt: number of this attempt, from 1, for the log and the answer.
        count: is kept up to date while a stream is read.
        live: is told the text of a stream while it comes.

    Raises:
        RequestInvalid: the body can't be sent; `details["faults"]` lists everything that is wrong with it.
        AnswerFiltered: a content filter of the server held the prompt back.
        HttpTaskError: everything that `Edge.send`, `receive` and `read_completion` raise.
    """
    connection = edge.connection(request.connection)
    warnings = require_sendable(request, connection)
    if warnings:
        log.warning(
            "chat.request.doubtful",
            connection=request.connection,
            faults=[f"{fault.pointer}: {fault.code}" for fault in warnings[:_MOST_LOGGED]],
            count=len(warnings),
        )
    with chat_span(request, connection) as span:
        try:
            completion = await _ask(edge, request, connection, span, attempt=attempt, count=count, live=live)
        except HttpStatusError as error:
            explain_not_found(error, connection)
            completion = _held_back(error, request.incomplete)
            completion.attempt = attempt
        completion.warnings = [*warnings, *completion.warnings]
        span.answered(completion)
        return completion


async def _ask(
    edge: Edge,
    request: ChatRequest,
    connection: Connection,
    span: ChatSpan,
    *,
    attempt: int,
    count: Count | None,
    live: Listener | None,
) -> Completion:
    message, asked_model = request.to_http_request(), request.body["model"]
    if span.holds_content:
        span.asked(request.body, edge.redactor(message))
    first_token: float | None = None
    if request.is_streamed:
        wanted = request.body.get("n")
        response, first_token = await receive(
            edge, message, wanted, connection, attempt=attempt, count=count, live=live
        )
    else:
        response = await edge.send(message, attempt=attempt, defaults=CHAT_DEFAULTS)
    try:
        completion = read_completion(
            _content(response),
            request.body,
            include_response=request.include_response,
            include_message=request.include_message,
            incomplete=request.incomplete,
            connection=connection,
        )
    except HttpTaskError as error:
        name_server(error, request.connection)
        tell_head(error, response.status, response.headers)
        if response.hops:
            error.details["hops"] = [hop.model_dump(exclude_none=True) for hop in response.hops]
        usage = Usage.model_validate(error.details.get("usage") or {})
        error.details["cost"] = await cost_of(usage, error.details.get("model") or asked_model, connection)
        raise
    facts = ("attempt", "simulated", "status", "headers", "size", "timing", "hops")
    return completion.model_copy(
        update={
            **{name: getattr(response, name) for name in facts},
            "cost": await cost_of(completion.usage, completion.model or asked_model, connection),
            "rate_limits": read_rate_limits(response.headers),
            "request_id": request_id(response.headers),
            "time_to_first_token": first_token,
        }
    )


def _held_back(error: HttpStatusError, incomplete: Incomplete | None) -> Completion:
    """What the error amounts to if it says that the prompt was held back.

    Args:
        error: what the server answered with.
        incomplete: whether an answer that was held back is an error or a value. Without an answer, it is a value
            only where it is to be.

    Raises:
        AnswerFiltered: the prompt was held back.
        HttpStatusError: the error, if it says something else.
    """
    if error.details.get("status") != 400 or not _is_of_filter(error):
        raise error
    if incomplete == "value":
        return Completion(finish_reason=FILTERED, status=400, headers=error.details.get("headers") or {})
    raise AnswerFiltered(
        f"a content filter of the server held the prompt back: {error.message}", details=error.details
    )


def _is_of_filter(error: HttpStatusError) -> bool:
    """Whether the names of an error are those of a content filter; LiteLLM's stands in its text only."""
    names: dict[str, Any] = error.details.get("error") or {}
    told = [names.get(place) for place in ("code", "type", "innererror")]
    return _LITELLM in error.message or any(
        finish_reason_of(name) == FILTERED for name in told if isinstance(name, str)
    )


def _content(response: HttpResponse) -> Any:
    """The body as JSON or text, whatever the server calls it."""
    if response.content_kind == "base64":
        return base64.b64decode(response.content).decode("utf-8", "replace")
    return response.content
