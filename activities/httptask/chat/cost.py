"""What an answer costs, by published prices.

Prices come with the extra `prices` (the package genai-prices), whose data are part of it: nothing is fetched. A
connection that says what its tokens cost needs no extra.
"""

import asyncio
import math
from typing import Any
from urllib.parse import urlsplit

from httptask.chat.usage import Usage
from httptask.connections.connection import Connection
from httptask.http.models import HttpResponse, ModelUsage
from httptask.json.types import is_object

__all__ = ["cost_of", "metered"]

_loaded: Any = None
_MILLION = 1_000_000


async def cost_of(usage: Usage | None, model: str | None, connection: Connection) -> float | None:
    """US dollars of one answer.

    Args:
        usage: tokens, as the server counts them.
        model: name of the model that answered.
        connection: that it was asked through; its base URL tells whose prices count.

    Returns:
        None when the price or the usage is not known, or prices are not installed. Audio has a price of its own:
        where only that of text is known, the price is not.
    """
    own = connection.price
    if own is not None and own.is_free:
        return 0.0
    if usage is None or usage.prompt_tokens is None or usage.paid_output is None:
        return None
    if own is not None:
        return (usage.prompt_tokens * own.input + usage.paid_output * own.output) / _MILLION
    if model is None or connection.base_url is None or (prices := await _prices()) is None:
        return None
    return _published(prices, usage, model, connection)


async def metered(response: HttpResponse, connection: Connection | None) -> HttpResponse:
    """The response with what its model has used, if its body is of a model and tells its tokens.

    So is that of an embedding, or of a completion through another API.

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


async def _prices() -> Any:
    """The package, read in a thread: that takes half a second, in which other calls go on."""
    global _loaded  # noqa: PLW0603 - read once for all
    if _loaded is None:
        try:
            _loaded = await asyncio.to_thread(_load)
        except ImportError:
            return None
    return _loaded


def _load() -> Any:
    import genai_prices

    genai_prices.calc_price(
        genai_prices.Usage(input_tokens=1), "gpt-4o", provider_id="openai"
    )  # builds its index
    return genai_prices


def _published(prices: Any, usage: Usage, model: str, connection: Connection) -> float | None:
    counts = {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.paid_output,
        "cache_read_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "input_audio_tokens": usage.prompt_audio_tokens,
        "output_audio_tokens": usage.completion_audio_tokens,
    }
    known = prices.Usage(**{name: count for name, count in counts.items() if count})
    try:
        found = prices.calc_price(known, model, provider_api_url=connection.base_url)
    except (LookupError, ValueError):
        return None
    of_audio = {
        "input_audio_mtok": usage.prompt_audio_tokens,
        "output_audio_mtok": usage.completion_audio_tokens,
    }
    if any(count and getattr(found.model_price, name) is None for name, count in of_audio.items()):
        return None
    price = float(found.total_price)
    return price if math.isfinite(price) else None


def _whose(response: HttpResponse) -> Connection:
    """A connection to where the request went; one without a URL where that is a secret."""
    url = urlsplit(response.request.uri)
    return Connection(name="", base_url=f"{url.scheme}://{url.netloc}" if url.netloc else None)
