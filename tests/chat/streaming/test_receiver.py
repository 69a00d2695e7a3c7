"""Streams of every kind of server, split and cut everywhere: complete, or a typed error with what had come."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest

from httptask.chat.response.reader import read_completion
from httptask.chat.streaming.receiver import receive
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.http.errors import HttpStatusError, HttpTaskError, ResponseInterrupted, Timeout
from httptask.http.limits import CHAT_STREAM_DEFAULTS, bounds
from httptask.http.models import HttpRequest
from httptask.json.tree import parse_piece
from httptask.json.types import is_object
from httptask.response.event_stream import Assembler, Count, EventStream
from httptask.secrets.redaction import Redactor
from httptask.transport.exchange import Opened, WireResponse
from support.chat import QUESTION
from support.chat_streams import FAILURES, HI, STREAMS, Failure, Streamed, chunk, dumped, sse
from support.loose_streams import BROKEN, LOOSE

Ending = Literal["length", "close", "broken", "silent"]
Cuts = Callable[[bytes], Sequence[int]]
CUT: tuple[Ending, ...] = ("close", "broken", "silent")
REQUEST = HttpRequest(method="POST", url="/chat/completions")
BODY = {**QUESTION, "stream": True}


class Wire:
    """Stands in for an edge: the pieces of an answer come from no socket."""

    def __init__(self, pieces: Sequence[bytes], ending: Ending) -> None:
        self._pieces = pieces
        self._ending = ending

    @asynccontextmanager
    async def stream(
        self, request: HttpRequest, *, assembler: Assembler, **_: Any
    ) -> AsyncGenerator[EventStream]:
        headers = {} if self._ending == "close" else {"transfer-encoding": "chunked"}
        progress: Any = SimpleNamespace(elapsed=lambda: 1500.0)
        stream = EventStream(
            Opened(WireResponse(200, [], self._chunks()), headers, progress),
            None,
            bounds(CHAT_STREAM_DEFAULTS),
            Redactor({}),
            Count(),
            kept_bytes=1024 * 1024,
            respond=lambda _, content: cast("Any", SimpleNamespace(content=content)),
            assembler=assembler,
        )
        try:
            yield stream
        except HttpTaskError as error:
            assembler.explain(error)
            raise

    async def _chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._ending == "broken":
            raise ResponseInterrupted("the connection broke")
        if self._ending == "silent":
            raise Timeout("the idle deadline passed")


async def answer_of(pieces: Sequence[bytes], ending: Ending = "length", wanted: int = 1) -> Any:
    """The body that an answer amounts to, which can be read as a completion."""
    received = await receive(cast("Edge", Wire(pieces, ending)), REQUEST, wanted)
    body = received.response.content
    read_completion(body, BODY)
    return body


def at(body: Any, path: str) -> Any:
    for key in path.split("."):
        body = body[int(key)] if key.isdecimal() else body.get(key)
    return body


def said_of(body: Any) -> list[Any]:
    """All that the model said."""
    return [[choice["message"], choice.get("finish_reason")] for choice in body["choices"]]


def events_in(body: bytes, ending: Ending) -> list[Any]:
    """The values of the events that are known to be complete."""
    text = body.decode(errors="ignore").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("{"):  # JSON, by the line perhaps, is read at its end
        data = text.split("\n") if ending == "close" else []
    else:
        known = text if ending == "close" else text.rpartition("\n\n")[0]
        events = known.split("\n\n")
        data = ["\n".join(re.findall("(?m)^data:(.*)$", event)) for event in events]
    values: list[Any] = []
    for value in data:
        for piece in {value: None, **dict.fromkeys(value.split("\n"))}:  # whole, or a line each
            with suppress(ValueError):
                values.append(parse_piece(piece))
    return values


def said_before(body: bytes, ending: Ending) -> str:
    """The text of the first choice in the events of a body, as far as it has come."""
    texts: dict[int, str] = {}
    for event in events_in(body, ending):
        for place, choice in enumerate(event.get("choices", []) if is_object(event) else []):
            index = choice.get("index", place)
            before = "" if "message" in choice and "delta" not in choice else texts.get(index, "")
            texts[index] = before + text_of(choice.get("delta") or choice.get("message") or {})
    return whole_characters(texts[min(texts)]) if texts else ""


def whole_characters(text: str) -> str:
    """All but half of a character, whose other half may be to come."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


@pytest.fixture(scope="session")
def cuts(pytestconfig: pytest.Config) -> Cuts:
    """Where a body is cut: at every byte before a release, otherwise at every 24th, from another on in each body."""
    step = 1 if pytestconfig.getoption("thorough") else 24
    return lambda body: range(len(body) % step, len(body), step)


def named(cases: Sequence[Streamed | Failure]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def test_there_are_enough_of_them_and_each_is_another() -> None:
    names = [case.name for case in STREAMS + LOOSE] + [case.name for case in FAILURES + BROKEN]
    assert len(set(names)) == len(names) >= 60


@named(STREAMS + LOOSE)
async def test_complete(case: Streamed) -> None:
    body = await answer_of([case.body], wanted=case.wanted)
    choice = body["choices"][0]
    assert {key: choice["message"].get(key) for key in case.message} == case.message
    assert choice.get("finish_reason") == case.finish
    assert {path: at(body, path) for path in case.others} == case.others


@named(STREAMS)
async def test_split_everywhere(case: Streamed, cuts: Cuts) -> None:
    body, wanted = case.body, case.wanted
    expected = await answer_of([body], wanted=wanted)
    assert await answer_of([bytes([byte]) for byte in body], wanted=wanted) == expected
    for place in cuts(body):
        assert await answer_of([body[:place], body[place:]], wanted=wanted) == expected


@named(STREAMS)
async def test_cut_everywhere(case: Streamed, cuts: Cuts) -> None:
    whole = said_of(await answer_of([case.body], wanted=case.wanted))
    for ending in CUT:
        await cut(case, [*cuts(case.body), len(case.body)], ending, whole)


async def cut(case: Streamed, places: Sequence[int], ending: Ending, whole: list[Any]) -> None:
    errors: dict[int, HttpTaskError] = {}
    for place in places:
        try:
            body = await answer_of([case.body[:place]], ending, case.wanted)
        except HttpTaskError as error:
            errors[place] = error
        else:
            assert said_of(body) == whole
    assert len(errors) > len(places) // 4
    kind = Timeout if ending == "silent" else ResponseInterrupted
    assert {(type(error), error.retryable) for error in errors.values()} == {(kind, True)}
    told = {place: error.details.get("partial_text", "") for place, error in errors.items()}
    assert told == {place: said_before(case.body[:place], ending) for place in errors}


@named(FAILURES + BROKEN)
async def test_failure(case: Failure) -> None:
    with pytest.raises(case.kind, match=case.message) as caught:
        await answer_of([case.body], case.end, case.wanted)
    assert type(caught.value) is case.kind
    assert caught.value.retryable is case.retryable
    assert caught.value.details.get("partial_text") == case.partial


@named(FAILURES)
async def test_failure_split_everywhere(case: Failure, cuts: Cuts) -> None:
    for place in cuts(case.body):
        with pytest.raises(case.kind, match=case.message):
            await answer_of([case.body[:place], case.body[place:]], case.end, case.wanted)


@named(FAILURES)
async def test_failure_cut_everywhere(case: Failure, cuts: Cuts) -> None:
    for ending in CUT:
        for place in cuts(case.body):
            with pytest.raises(HttpTaskError):
                await answer_of([case.body[:place]], ending, case.wanted)


@pytest.mark.parametrize("wanted", [None, "2", -1, 0, 1, 2], ids=["none", "text", "negative", "0", "1", "2"])
async def test_at_least_one_choice_has_to_be_whole(wanted: Any) -> None:
    text, other = chunk({"content": "Hi"}), chunk({"content": "Yo"}, index=1)
    with pytest.raises(ResponseInterrupted, match="without a finish_reason"):
        await answer_of([sse(text)], wanted=wanted)
    with pytest.raises(ResponseInterrupted, match="for choice 1") if wanted == 2 else nullcontext():
        await answer_of([sse(text, chunk({}, "stop"), other)], wanted=wanted)


async def test_a_connection_says_which_errors_may_pass() -> None:
    connection = Connection(name="api", retryable_statuses=frozenset({418}))
    wire = cast("Edge", Wire([sse({"error": {"code": 418, "message": "tea"}})], "length"))
    with pytest.raises(HttpStatusError, match="418: tea") as caught:
        await receive(wire, REQUEST, 1, connection)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("body", "first_token"),
    [(HI, 1.5), (sse(chunk({"role": "assistant", "content": ""}, "stop")), None), (dumped({"a": 1}), None)],
    ids=["text", "nothing said", "no stream"],
)
async def test_when_the_model_said_something(body: bytes, first_token: float | None) -> None:
    received = await receive(cast("Edge", Wire([body], "length")), REQUEST, 1)
    assert received.first_token == first_token
