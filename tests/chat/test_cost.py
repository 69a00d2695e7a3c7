"""What answers cost."""

import sys

import pytest

from httptask.chat.usage import Usage, cost_of
from httptask.connections.connection import Connection, Price

OPENAI = Connection(name="openai", base_url="https://api.openai.com/v1")
MILLION = Usage(prompt_tokens=1_000_000, completion_tokens=1_000_000, total_tokens=2_000_000)


async def test_published_prices() -> None:
    price = await cost_of(MILLION, "gpt-4.1-mini", OPENAI)
    assert price == pytest.approx(0.40 + 1.60)
    dated = await cost_of(MILLION, "gpt-4.1-mini-2025-04-14", OPENAI)
    assert dated == price


async def test_cached_tokens_cost_less() -> None:
    cached = MILLION.model_copy(update={"cached_tokens": 1_000_000})
    assert await cost_of(cached, "gpt-4.1-mini", OPENAI) == pytest.approx(0.10 + 1.60)


async def test_a_connection_has_a_price_of_its_own() -> None:
    own = OPENAI.model_copy(update={"price": Price(input=3, output=5)})
    assert await cost_of(MILLION, "gpt-4.1-mini", own) == 8
    assert await cost_of(MILLION, None, own) == 8


async def test_a_cost_has_no_more_decimals_than_its_price_gives_it() -> None:
    own = OPENAI.model_copy(update={"price": Price(input=0.15, output=0.6)})
    usage = Usage(prompt_tokens=12, completion_tokens=8, total_tokens=20)
    assert str(await cost_of(usage, "m", own)) == "6.6e-06"


@pytest.mark.parametrize(
    ("reported", "output"),
    [
        ({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135}, 103),  # 94 of reasoning: xAI
        ({"prompt_tokens": 32, "total_tokens": 135}, 103),
        ({"prompt_tokens": 32, "completion_tokens": 9, "reasoning_tokens": 94}, 103),
        ({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 41, "reasoning_tokens": 94}, 103),
        ({"prompt_tokens": 32, "completion_tokens": 103, "total_tokens": 135, "reasoning_tokens": 94}, 103),
        ({"prompt_tokens": 32, "completion_tokens": 103, "total_tokens": 135}, 103),
        ({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 0}, 9),
        ({"prompt_tokens": 8, "total_tokens": 8}, 0),  # an embedding
    ],
)
async def test_what_only_the_total_counts_is_output(reported: dict[str, int], output: int) -> None:
    usage = Usage.model_validate(reported)
    own = OPENAI.model_copy(update={"price": Price(input=1, output=1000)})
    assert await cost_of(usage, "m", own) == pytest.approx((usage.prompt_tokens or 0) / 1e6 + output / 1e3)
    published = await cost_of(usage, "gpt-4.1-mini", OPENAI)
    assert published == pytest.approx(((usage.prompt_tokens or 0) * 0.4 + output * 1.6) / 1e6)


@pytest.mark.parametrize("side", ["prompt", "completion"])
async def test_audio_is_never_taken_for_text(side: str) -> None:
    spoken = MILLION.model_copy(update={f"{side}_audio_tokens": 1000})
    assert await cost_of(spoken, "gpt-4o-audio-preview", OPENAI) is None
    assert await cost_of(spoken, "gpt-4.1-mini", OPENAI) is None
    assert await cost_of(spoken, "gpt-audio", OPENAI) == pytest.approx(
        12.5 + (0.0295 if side == "prompt" else 0.054)
    )
    assert await cost_of(MILLION, "gpt-4o-audio-preview", OPENAI) == 12.5


@pytest.mark.parametrize("usage", [None, Usage(), MILLION])
async def test_at_no_price_nothing_costs_nothing(usage: Usage | None) -> None:
    free = OPENAI.model_copy(update={"price": Price(input=0, output=0)})
    assert await cost_of(usage, None, free) == 0
    paid = OPENAI.model_copy(update={"price": Price(input=0, output=1)})
    assert await cost_of(usage, None, paid) == (1 if usage is MILLION else None)


@pytest.mark.parametrize(
    ("usage", "model", "base_url"),
    [
        (None, "gpt-4.1-mini", "https://api.openai.com/v1"),
        (Usage(), "gpt-4.1-mini", "https://api.openai.com/v1"),
        (MILLION, "a model that nobody has heard of", "https://api.openai.com/v1"),
        (MILLION, "gpt-4.1-mini", "https://gateway.example.com/v1"),
        (MILLION, "gpt-4.1-mini", None),
    ],
    ids=["no usage", "empty usage", "unknown model", "unknown server", "no address"],
)
async def test_what_is_not_known_has_no_price(usage: Usage | None, model: str, base_url: str | None) -> None:
    assert await cost_of(usage, model, Connection(name="c", base_url=base_url)) is None


async def test_without_the_extra_there_is_no_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httptask.chat.usage._loaded_prices", None)
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert await cost_of(MILLION, "gpt-4.1-mini", OPENAI) is None
