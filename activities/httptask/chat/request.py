"""How a chat request becomes an HTTP request."""

from httptask.chat.models import ChatRequest
from httptask.http.models import HttpRequest, JsonBody

__all__ = ["to_http_request"]


def to_http_request(request: ChatRequest) -> HttpRequest:
    """The HTTP request that carries this chat request, relative to its connection."""
    return HttpRequest(
        method="POST",
        url="/chat/completions",
        connection=request.connection,
        headers={"Accept": "application/json"},
        body=JsonBody(value=request.body),
        secrets=tuple(
            reference.model_copy(update={"pointer": f"/body/value{reference.pointer}"})
            for reference in request.secrets
        ),
        limits=request.limits,
        idempotency_key=request.idempotency_key,
        path_template="/chat/completions",
    )
