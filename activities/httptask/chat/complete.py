"""One chat completion: checked, sent once, read."""

from httptask.chat.check import require_sendable
from httptask.chat.models import ChatRequest, Completion
from httptask.chat.request import to_http_request
from httptask.chat.response import read_completion
from httptask.http.edge import Edge
from httptask.http.errors import HttpTaskError, RequestInvalid
from httptask.http.limits import CHAT_DEFAULTS
from httptask.http.outcome import name_server

__all__ = ["complete"]


async def complete(edge: Edge, request: ChatRequest, *, attempt: int = 1) -> Completion:
    """Ask for one chat completion. One call sends at most one request.

    Args:
        edge: sends it.
        request: what to ask.
        attempt: number of this attempt, from 1, for the log and the answer.

    Raises:
        RequestInvalid: the body can't be sent; `details["faults"]` lists everything that is wrong with it.
        HttpTaskError: everything that `Edge.send` and `read_completion` raise.
    """
    warnings = require_sendable(request, edge.connection(request.connection).model_rules)
    if request.body.get("stream") is True:
        raise RequestInvalid(
            "streamed answers are not supported by this version of httptask: remove `stream`"
        )
    response = await edge.send(to_http_request(request), attempt=attempt, defaults=CHAT_DEFAULTS)
    try:
        completion = read_completion(
            response.content, request.body, include_response=request.include_response
        )
    except HttpTaskError as error:
        name_server(error, request.connection)
        if request_id := response.headers.get("x-request-id"):
            error.details["request_id"] = request_id
        raise
    facts = ("attempt", "simulated", "status", "headers", "size", "timing")
    known = {name: getattr(response, name) for name in facts}
    return completion.model_copy(update={**known, "warnings": warnings})
