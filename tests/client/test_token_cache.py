"""Tokens are kept while they are good and fetched by one caller."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from httptask.client.token_cache import Token, Tokens
from httptask.http.errors import TokenUnavailable


class Source:
    """Gives tokens when told to."""

    def __init__(self) -> None:
        self.calls: list[str | None] = []
        self.next: asyncio.Future[Token] = asyncio.get_running_loop().create_future()

    async def fetch(self, refresh: str | None) -> Token:
        self.calls.append(refresh)
        return await asyncio.shield(self.next)

    def give(self, token: Token) -> Token:
        self.next.set_result(token)
        self.next = asyncio.get_running_loop().create_future()
        return token


@pytest.fixture
async def tokens() -> AsyncIterator[Tokens]:
    kept = Tokens()
    yield kept
    await kept.aclose()


@pytest.fixture
async def source() -> Source:
    return Source()


async def started(count: int, tokens: Tokens, source: Source, key: str = "k") -> list[asyncio.Task[Token]]:
    tasks = [asyncio.create_task(tokens.get(key, source.fetch)) for _ in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_one_caller_fetches_and_the_others_wait(tokens: Tokens, source: Source) -> None:
    tasks = await started(50, tokens, source)
    token = source.give(Token("t", 3600))
    assert await asyncio.gather(*tasks) == [token] * 50
    assert await tokens.get("k", source.fetch) is token
    assert source.calls == [None]


async def test_each_key_has_its_own(tokens: Tokens, source: Source) -> None:
    tasks = [*await started(1, tokens, source, "a"), *await started(1, tokens, source, "b")]
    source.give(Token("t"))
    await asyncio.gather(*tasks)
    assert len(source.calls) == 2


@pytest.mark.parametrize(
    ("lifetime", "age", "is_good"),
    [
        (3600, 0, True),
        (3600, 3539, True),
        (3600, 3541, False),
        (30, 23, True),
        (30, 25, False),
        (0, 0, False),
        (None, 1e9, True),
    ],
)
def test_a_token_is_renewed_before_its_end(lifetime: float | None, age: float, is_good: bool) -> None:
    token = Token("t", lifetime)
    token.given -= age
    assert token.is_good() is is_good


async def test_a_cancelled_caller_takes_nobody_along(tokens: Tokens, source: Source) -> None:
    first, *others = await started(3, tokens, source)
    first.cancel()
    token = source.give(Token("t"))
    assert await asyncio.gather(*others) == [token] * 2
    assert first.cancelled()
    assert len(source.calls) == 1


async def test_a_failure_is_everybodys_and_is_not_kept(tokens: Tokens, source: Source) -> None:
    tasks = await started(3, tokens, source)
    source.next.set_exception(TokenUnavailable("down", details={"status": 503}, retryable=True))
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(error) for error in errors] == ["down"] * 3
    assert len({id(error) for error in errors}) == 3
    assert all(isinstance(error, TokenUnavailable) and error.retryable for error in errors)
    source.next = asyncio.get_running_loop().create_future()
    (task,) = await started(1, tokens, source)
    token = source.give(Token("t"))
    assert await task is token


@pytest.mark.parametrize(
    ("age", "retryable", "is_kept"), [(50, True, True), (50, False, False), (61, True, False)]
)
async def test_a_token_that_lives_bridges_an_outage(
    tokens: Tokens, source: Source, age: float, retryable: bool, is_kept: bool
) -> None:
    tasks = await started(1, tokens, source)
    token = source.give(Token("t", 60))
    await asyncio.gather(*tasks)
    token.given -= age
    (task,) = await started(1, tokens, source)
    source.next.set_exception(TokenUnavailable("down", retryable=retryable))
    if is_kept:
        assert await task is token
    else:
        with pytest.raises(TokenUnavailable):
            await task


async def test_only_the_token_that_was_refused_is_dropped(tokens: Tokens, source: Source) -> None:
    tasks = await started(1, tokens, source)
    old = source.give(Token("old"))
    await asyncio.gather(*tasks)
    tokens.drop("k", old)
    tasks = await started(1, tokens, source)
    new = source.give(Token("new"))
    await asyncio.gather(*tasks)
    tokens.drop("k", old)
    assert tokens._kept["k"] is new


async def test_a_refresh_token_is_kept_when_its_token_is_dropped(tokens: Tokens, source: Source) -> None:
    tasks = await started(1, tokens, source)
    token = source.give(Token("t", refresh="r1"))
    await asyncio.gather(*tasks)
    tokens.drop("k", token)
    tasks = await started(1, tokens, source)
    source.give(Token("t"))
    await asyncio.gather(*tasks)
    assert source.calls == [None, "r1"]


async def test_the_number_of_tokens_is_bounded(
    tokens: Tokens, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("httptask.client.token_cache._MOST", 3)
    source.next.set_result(Token("t"))
    for number in range(5):
        await tokens.get(str(number), source.fetch)
    assert list(tokens._kept) == ["2", "3", "4"]


async def test_closing_ends_a_fetch(source: Source) -> None:
    tokens = Tokens()
    tasks = await started(2, tokens, source)
    await tokens.aclose()
    assert await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)


def test_a_token_does_not_show_itself() -> None:
    assert "sentinel" not in repr(Token("sentinel", refresh="sentinel"))
