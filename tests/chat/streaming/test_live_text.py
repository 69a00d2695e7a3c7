"""The text of a streamed answer, told while it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.chat.streaming import live_text
from httptask.chat.streaming.live_text import Teller
from httptask.http.errors import HttpTaskError
from httptask.secrets.piece_redaction import PieceRedactor
from httptask.secrets.redaction import Redactor
from httptask.testing import Reply, ScriptedServer
from support.chat import QUESTION
from support.chat_streams import chunk, sse
from support.edges import opened_edge
from support.event_streams import SSE

SECRET = "s3cret-value-0123456789"
BODY = {**QUESTION, "stream": True}


@dataclass
class Ear:
    """What was told: texts, and "|" where one begins."""

    heard: list[str] = field(default_factory=list[str])

    async def hear(self, text: str, *, begins: bool) -> None:
        self.heard.append(("|" if begins else "") + text)

    @property
    def all(self) -> str:
        return "".join(self.heard)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_text, "_SHORTEST_PAUSE", 0.0)
    monkeypatch.setattr(live_text, "_SHARE", 0.0)


@asynccontextmanager
async def asking(reply: Reply) -> AsyncIterator[Any]:
    async with ScriptedServer([reply]) as server, opened_edge(f"{server.url}/v1", SECRET) as edge:

        async def ask(ear: Ear, attempt: int = 1, **fields: Any) -> Any:
            return await complete(edge, ChatRequest(body={**BODY, **fields}), attempt=attempt, live=ear)

        yield ask


def streamed(*texts: str, end: Any = "stop", pause: float | None = 0) -> Reply:
    chunks = [chunk({"content": text}) for text in texts]
    return Reply.of(sse(*chunks, chunk({}, end)), headers=SSE, pause=pause)


async def test_what_is_told_is_the_text() -> None:
    ear = Ear()
    async with asking(streamed("The ", "lamp ", "turned.")) as ask:
        completion = await ask(ear)
    assert ear.all == "|The lamp turned." == f"|{completion.text}"
    assert len(ear.heard) > 1


@pytest.mark.parametrize("at", range(1, len(SECRET)))
async def test_secret_split_over_two_tokens_is_never_told(at: int) -> None:
    ear = Ear()
    async with asking(streamed("It is ", SECRET[:at], SECRET[at:], ".", pause=None)) as ask:
        completion = await ask(ear)
    assert ear.all == "|It is [redacted:KEY]." == f"|{completion.text}"


async def test_secret_spelled_out_is_never_told() -> None:
    ear = Ear()
    async with asking(streamed("It is ", *SECRET, ".")) as ask:
        await ask(ear)
    assert ear.all == "|It is [redacted:KEY]."
    assert len(ear.heard) > 2


async def test_attempt_is_announced_before_its_text() -> None:
    ear = Ear()
    async with asking(streamed("Hello")) as ask:
        await ask(ear, attempt=2)
    assert (ear.heard[0], ear.all) == ("|", "|Hello")


async def test_rest_of_an_answer_that_failed_is_not_told() -> None:
    ear = Ear()
    async with asking(streamed("It is ", SECRET[:-1], end=None)) as ask:
        with pytest.raises(HttpTaskError):
            await ask(ear)
    assert "It is ".startswith(ear.all.removeprefix("|"))
    assert "s3c" not in ear.all


async def test_answer_without_a_stream_tells_nothing() -> None:
    ear = Ear()
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}
    async with asking(Reply.json({"choices": [choice]})) as ask:
        assert (await ask(ear, stream=False)).text == "hi"
    assert ear.heard == []


async def test_text_that_is_replaced_begins_anew() -> None:
    ear, texts = Ear(), [""]
    teller = Teller(ear, lambda: texts[-1])
    teller.begin(lambda: PieceRedactor(Redactor({})))
    for text in ("Hel", "Hello", "Bye"):
        texts.append(text)
        await teller.finish()
    assert ear.heard == ["|Hel", "lo", "|Bye"]


async def test_what_was_told_before_it_is_replaced_is_void_once() -> None:
    ear, texts = Ear(), ["Hello"]
    teller = Teller(ear, lambda: texts[-1])
    await teller.finish()
    assert ear.heard == []  # there is no telling before it begins
    teller.begin(lambda: PieceRedactor(Redactor({})))
    for text in ("Hello", "Hello", "Bye", "Bye!"):
        texts.append(text)
        await teller.finish()
    assert ear.heard == ["|Hello", "|Bye", "!"]


@pytest.mark.parametrize(("shortest", "share"), [(0.2, 0.02), (0.2, 1e6)], ids=["begins", "goes on"])
async def test_pauses_become_longer_with_time(
    monkeypatch: pytest.MonkeyPatch, shortest: float, share: float
) -> None:
    """Of ten minutes there are not many more pieces than of one."""
    monkeypatch.setattr(live_text, "_SHORTEST_PAUSE", shortest)
    monkeypatch.setattr(live_text, "_SHARE", share)
    clock = asyncio.get_running_loop().time
    pauses: list[tuple[float, float]] = []

    async def note(seconds: float) -> None:
        pauses.append((seconds, clock() - began))
        if len(pauses) == 10:
            raise asyncio.CancelledError

    ear = Ear()
    began = clock()
    monkeypatch.setattr(asyncio, "sleep", note)
    with pytest.raises(asyncio.CancelledError):
        await Teller(ear, lambda: "Hi").run(announces=share < 1)
    assert all(shortest <= pause <= max(shortest, share * gone_by) for pause, gone_by in pauses)
    assert pauses == sorted(pauses)
    assert (pauses[-1][0] > shortest) is (share > 1)
    assert ear.heard == (["|"] if share < 1 else [])


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("Say ", SECRET[:6], SECRET[6:], "."), "Say …"),
        (("Say ", "it ok"), "Say it o…"),
        (("Say ", "it o"), "Say it o"),
    ],
    ids=["secret", "one more", "as much as may be"],
)
async def test_what_is_told_is_bounded(
    monkeypatch: pytest.MonkeyPatch, texts: tuple[str, ...], told: str
) -> None:
    monkeypatch.setattr(live_text, "MAX_CHARACTERS", 8)
    ear = Ear()
    async with asking(streamed(*texts)) as ask:
        await ask(ear)
    assert ear.all == f"|{told}"
