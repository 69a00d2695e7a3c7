"""What a model has used that was asked by a plain HTTP request: for embeddings, or through another API."""

from urllib.parse import urlsplit

from httptask.chat.cost import cost_of
from httptask.chat.usage import Usage
from httptask.connections.connection import Connection
from httptask.http.models import HttpResponse, ModelUsage
from httptask.json.types import is_object

__all__ = ["metered"]


async def metered(response: HttpResponse, connection: Connection | None) -> HttpResponse:
    """The response with what its model has used, if its body is of a model and tells its tokens.

    Args:
        response: of a plain request.
        connection: that it came through, if any; without one the URL tells whose prices count.
    """
    body = response.content
    if not is_object(body) or not is_object(body.get("usage")) or not isinstance(body.get("model"), str):
        return response
    usage = Usage.model_validate(body["usage"])
    if usage.total_tokens is None:
        return response
    model: str = body["model"]
    cost = await cost_of(usage, model, connection or _whose(response))
    used = ModelUsage(model=model, total_tokens=usage.total_tokens, cost=cost)
    return response.model_copy(update={"usage": used})


def _whose(response: HttpResponse) -> Connection:
    """A connection to where the request went; one without a URL where that is a secret."""
    url = urlsplit(response.request.uri)
    return Connection(name="", base_url=f"{url.scheme}://{url.netloc}" if url.netloc else None)
