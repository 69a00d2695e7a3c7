"""What an answer has used: tokens, in the forms in which servers report them, and what they cost.

Published prices come with the extra `prices` (the package genai-prices), whose data are part of it: nothing is
fetched. A connection that says what its tokens cost needs no extra.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import to_json

from httptask.connections.connection import Connection
from httptask.http.models import HttpResponse, ModelUsage
from httptask.json.types import is_object

__all__ = ["Usage", "cost_of", "estimated_tokens", "grown", "metered", "priced_models"]

_loaded_prices: Any = None
_BYTES_PER_TOKEN: Final = 4
_MILLION = 1_000_000
_DECIMALS = 12
"""Of dollars: fewer than fractions of a binary number show, which no person wants to read."""

_MOST: Final = 10**9
"""Of tokens in one answer: what claims more is no count."""


def _count(value: object) -> int | None:
    """A number that is no count is not told at all: it neither loses an answer that is paid for nor lowers a sum."""
    if value is None:
        return None
    if isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) <= len(str(_MOST)) else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST else None


def _details(value: object) -> object:
    return value if is_object(value) else None


TokenCount = Annotated[int | None, BeforeValidator(_count)]
Details = Annotated[dict[str, Any] | None, BeforeValidator(_details)]

_FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "prompt_tokens": (("input_tokens",),),
    "completion_tokens": (("output_tokens",),),
    "cached_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("prompt_cache_hit_tokens",),
        ("cache_read_input_tokens",),
        ("num_cached_tokens",),
    ),
    "cache_write_tokens": (
        ("prompt_tokens_details", "cache_write_tokens"),
        ("prompt_tokens_details", "cache_creation_tokens"),
        ("cache_creation_input_tokens",),
    ),
    "reasoning_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
    ),
    "prompt_audio_tokens": (("prompt_tokens_details", "audio_tokens"),),
    "completion_audio_tokens": (("completion_tokens_details", "audio_tokens"),),
}
"""Where a count stands that is not reported under its own name: the API's form first, then those of others."""


_CACHE_OF_ANTHROPIC: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")


class Usage(BaseModel):
    """Token counts. Whatever else a server reports is kept as it comes.

    A total below the counts that it is made of is none, and their sum stands in its place. An answer for which a
    server counts not a single token has not been counted.
    """

    model_config = ConfigDict(extra="allow")

    prompt_tokens: TokenCount = None
    completion_tokens: TokenCount = None
    total_tokens: TokenCount = None
    cached_tokens: TokenCount = None
    """Of the prompt, those that the server had in its cache."""
    cache_write_tokens: TokenCount = None
    """Of the prompt, those that were written to the cache."""
    reasoning_tokens: TokenCount = None
    """Of the completion, those that are not part of its text."""
    prompt_audio_tokens: TokenCount = None
    completion_audio_tokens: TokenCount = None
    prompt_tokens_details: Details = None
    completion_tokens_details: Details = None

    @model_validator(mode="before")
    @classmethod
    def _from_other_forms(cls, reported: Any) -> Any:
        if not is_object(reported):
            return reported
        usage = dict(reported)
        for name, forms in _FORMS.items():
            if usage.get(name) is None:
                usage[name] = _in_other_form(reported, forms)
        prompt, completion = _prompt(usage, reported), _count(usage["completion_tokens"])
        total, known = _count(usage.get("total_tokens")), (prompt or 0) + (completion or 0)
        thought = _count(usage["reasoning_tokens"]) or 0
        if completion is not None and thought > completion:  # so it is no part of it
            known += thought
        if total is None or total < known:
            total = None if prompt is None or completion is None else known
        if completion is None and usage["completion_tokens"] is not None and total == prompt:
            total = None  # what was answered is in none of them
        if prompt == 0 and not completion and not total:
            prompt = completion = total = None
        return usage | {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}

    @property
    def paid_output(self) -> int | None:
        """Tokens that are paid as output; None when that is not known.

        Several servers count what a model thought in the total only, or beside the completion.
        """
        if self.prompt_tokens is None or self.total_tokens is None:
            return self.completion_tokens
        return max(self.total_tokens - self.prompt_tokens, self.completion_tokens or 0)


def _prompt(usage: Mapping[str, Any], reported: Mapping[str, Any]) -> int | None:
    """All tokens of the prompt: Anthropic counts those of its cache beside the others, and gateways copy that."""
    prompt = _count(usage["prompt_tokens"])
    cached = sum(_count(reported.get(name)) or 0 for name in _CACHE_OF_ANTHROPIC)
    is_beside = reported.get("prompt_tokens") is None or cached > (prompt or 0)
    return prompt + cached if prompt is not None and is_beside else prompt


def grown(before: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer has used that is told several times, by which counts only grow.

    Some servers tell the prompt at the beginning and the completion at the end, or nothing but zeros there.
    """
    both = {**before, **{key: value for key, value in told.items() if value is not None}}
    for key in before.keys() & told.keys():
        one, other = before[key], told[key]
        if is_object(one) and is_object(other):
            both[key] = grown(one, other)
        elif (count := _count(one)) is not None and count >= (_count(other) or 0):
            both[key] = one
    return both


def _in_other_form(reported: Mapping[str, Any], forms: Sequence[Sequence[str]]) -> int | None:
    for first, *rest in forms:
        value = reported.get(first)
        for key in rest:
            value = value.get(key) if is_object(value) else None
        if value is not None and (count := _count(value)) is not None:
            return count
    return None


def estimated_tokens(body: Any) -> float:
    """About how many tokens a request has, by the length of its JSON."""
    return len(to_json(body)) / _BYTES_PER_TOKEN


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
        cost = (usage.prompt_tokens * own.input + usage.paid_output * own.output) / _MILLION
        return round(cost, _DECIMALS)
    if model is None or connection.base_url is None or (prices := await _prices()) is None:
        return None
    return _published(prices, usage, model, connection)


async def priced_models(connection: Connection) -> list[str]:
    """Names of models whose prices are published for the server of a connection, without those that are deprecated.

    Embeddings and the like, whose answers have no tokens, are left out. Empty where prices are not installed.
    """
    if connection.base_url is None or await _prices() is None:
        return []
    from genai_prices.data_snapshot import get_snapshot

    try:
        provider = get_snapshot().find_provider(None, None, connection.base_url)
    except LookupError:
        return []
    return [
        model.id
        for model in provider.models
        if model.context_window
        and not model.deprecated
        and getattr(model.prices, "output_mtok", None) is not None
    ]


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
    global _loaded_prices  # noqa: PLW0603 - read once for all
    if _loaded_prices is None:
        try:
            _loaded_prices = await asyncio.to_thread(_load)
        except ImportError:
            return None
    return _loaded_prices


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
