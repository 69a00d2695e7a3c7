"""Streamed chat completions through the edge, from a real server on loopback."""

import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from httptask.chat.complete import complete
from httptask.chat.models import CALL_FIELDS, ChatRequest, Completion, RateLimit, RateLimits
from httptask.client.edge import Edge
from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixtures
from httptask.http.errors import (
    HttpStatusError,
    HttpTaskError,
    OutputInvalid,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
    Timeout,
)
from httptask.http.models import Limits
from httptask.response.event_stream import Count
from httptask.testing import Reply, ScriptedServer
from support.chat import QUESTION
from support.chat_streams import STREAMS, chunk, sse
from support.edges import opened_edge
from support.event_streams import CHUNKED, CLOSING, SSE, chunked

BODY = {**QUESTION, "stream": True}
SECRET = "s3cret-value-0123456789"
HI = sse(chunk({"role": "assistant", "content": ""}), chunk({"content": "Hi"}), chunk({}, "stop"))
HI_UNMARKED = HI.removesuffix(b"data: [DONE]\n\n")


async def ask(*replies: Reply, body: Any = BODY, count: Count | None = None, **request: Any) -> Completion:
    async with ScriptedServer(replies) as server, opened_edge(f"{server.url}/v1", SECRET) as edge:
        return await complete(edge, ChatRequest(body=body, **request), count=count)


@pytest.mark.parametrize("case", STREAMS[::9], ids=lambda case: case.name)
async def test_in_pieces_of_a_byte(case: Any) -> None:
    reply = Reply.of(case.body, headers=SSE, pause=0)
    completion = await ask(reply, body={**BODY, "n": case.wanted}, include_response=True)
    assert completion.response is not None
    message = completion.response["choices"][0]["message"]
    assert {key: message.get(key) for key in case.message} == case.message
    assert completion.finish_reason == case.finish


async def test_is_the_same_as_without_stream() -> None:
    whole = {"id": "c-1", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi"}}]}  # fmt: skip
    headers = {"X-Request-Id": "r", "X-RateLimit-Remaining-Tokens": "7", "X-RateLimit-Reset-Tokens": "20ms"}
    count = Count()
    streamed = await ask(Reply.of(HI, headers={**SSE, **headers}), count=count)
    plain = await ask(Reply.json(whole, headers=headers), body={**BODY, "stream": False})
    assert streamed.time_to_first_token is not None
    assert 0 < streamed.time_to_first_token < 5
    assert plain.time_to_first_token is None
    of_the_call = {*CALL_FIELDS, "time_to_first_token"}
    assert streamed.model_dump(exclude=of_the_call) == plain.model_dump(exclude=of_the_call)
    assert (plain.text, plain.request_id) == ("Hi", "r")
    assert plain.rate_limits == RateLimits(tokens=RateLimit(remaining=7, reset_seconds=0.02))
    assert count == Count(events=3, bytes=len(HI))


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "application/octet-stream", None])
async def test_media_type_of_a_stream_does_not_count(media_type: str | None) -> None:
    reply = Reply.of(HI, headers={"Content-Type": media_type} if media_type else {})
    assert (await ask(reply)).text == "Hi"


async def test_json_schema_is_checked_on_what_was_put_together() -> None:
    body = {**BODY, "response_format": {"type": "json_object"}}
    parts = sse(chunk({"content": '{"a"'}), chunk({"content": ": 1}"}), chunk({}, "stop"))
    assert (await ask(Reply.of(parts, headers=SSE), body=body)).json_ == {"a": 1}
    with pytest.raises(OutputInvalid):
        await ask(Reply.of(HI, headers=SSE), body=body)


async def test_the_log_tells_the_attempt() -> None:
    async with (
        ScriptedServer([Reply.of(HI, headers=SSE)]) as server,
        opened_edge(f"{server.url}/v1") as edge,
    ):
        with capture_logs() as logs:
            await complete(edge, ChatRequest(body=BODY), attempt=3)
    assert [(event["event"], event["attempt"]) for event in logs] == [("http.request.finished", 3)]


async def test_connection_serves_again() -> None:
    body = CHUNKED + chunked(HI) + b"0\r\n\r\n"
    reply = Reply(body, pause=0.0002)  # its end comes behind the marker
    async with ScriptedServer([reply]) as server, opened_edge(f"{server.url}/v1") as edge:
        for _ in range(3):
            await complete(edge, ChatRequest(body=BODY))
    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize(
    "head", [CLOSING, CLOSING.replace(b"Connection: close", b"Transfer-Encoding: identity")]
)
async def test_connection_that_ends_with_the_answer_needs_the_marker(head: bytes) -> None:
    assert (await ask(Reply(head + HI, close=True))).text == "Hi"
    with pytest.raises(ResponseInterrupted, match="ask without `stream`") as caught:
        await ask(Reply(head + HI_UNMARKED, close=True))
    assert caught.value.retryable
    assert caught.value.details["partial_text"] == "Hi"


async def test_connection_that_breaks_behind_a_finish_is_no_success() -> None:
    with pytest.raises(ResponseInterrupted) as caught:
        await ask(Reply(CHUNKED + chunked(HI_UNMARKED), close=True))
    assert caught.value.retryable
    assert caught.value.details["partial_text"] == "Hi"


@pytest.mark.parametrize("end", [b"data: [DONE]", b"data: [DONE]\n", b""])
async def test_last_event_of_a_complete_body_needs_no_blank_line(end: bytes) -> None:
    body = (HI_UNMARKED + end).rstrip(b"\n")
    replies = [Reply.of(body, headers=SSE), Reply(CHUNKED + chunked(body) + b"0\r\n\r\n")]
    async with ScriptedServer(replies) as server, opened_edge(f"{server.url}/v1") as edge:
        for _ in range(2):
            assert (await complete(edge, ChatRequest(body=BODY))).text == "Hi"
    assert len(server.requests) == 2


async def test_silence_behind_the_marker_costs_nothing() -> None:
    started = time.monotonic()
    assert (await ask(Reply.silence(CHUNKED + chunked(HI)))).text == "Hi"
    assert time.monotonic() - started < 3


async def test_silence_behind_a_finish_shows_no_end() -> None:
    with pytest.raises(Timeout, match="idle deadline") as caught:
        await ask(Reply.silence(CHUNKED + chunked(HI_UNMARKED)), limits=Limits(idle=0.2, total=5))
    assert caught.value.retryable
    assert caught.value.details["partial_text"] == "Hi"


async def test_silence_in_the_middle_keeps_what_had_come() -> None:
    reply = Reply.silence(CHUNKED + chunked(sse(chunk({"content": "Half an answ"}), end=b"")))
    with pytest.raises(Timeout, match="idle deadline") as caught:
        await ask(reply, limits=Limits(idle=0.2, total=5))
    assert caught.value.retryable
    assert caught.value.details["partial_text"] == "Half an answ"
    assert caught.value.details["events"] == 1


async def test_status_that_is_no_success() -> None:
    with pytest.raises(HttpStatusError, match="503") as caught:
        await ask(Reply.json({"error": {"message": "busy"}}, status=503))
    assert caught.value.retryable


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_error_under_200_keeps_what_one_under_400_keeps(streamed: bool) -> None:
    told = {
        "error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "the real reason"}}
    }
    headers = {"X-Request-Id": "r-1", "X-Other": "o"}
    under_400 = Reply.json(told, status=400, headers=headers)
    stream = Reply.of(sse(chunk({"content": "Hi"}), told), headers={**SSE, **headers})
    under_200 = stream if streamed else Reply.json(told, headers=headers)
    kept: list[dict[str, Any]] = []
    for reply in (under_400, under_200):
        with pytest.raises(HttpStatusError) as caught:
            await ask(reply, body={**BODY, "stream": streamed})
        kept.append(caught.value.details)
    for name in ("status", "error", "body_excerpt", "request_id"):
        assert kept[1][name] == kept[0][name], name
    assert "the real reason" in kept[1]["body_excerpt"]
    assert kept[1]["headers"]["x-request-id"] == "r-1"


@pytest.mark.parametrize("message", [True, False])
async def test_no_secret_is_cut_in_two_where_words_of_the_server_are_cut(message: bool) -> None:
    words = "x" * (400 if message else 1900) + SECRET * 12
    told = {"error": {"message": words if message else "no", "code": 400, "metadata": {"raw": words}}}
    with pytest.raises(HttpStatusError) as caught:
        await ask(Reply.of(sse(chunk({"content": "Hi"}), told), headers=SSE))
    assert SECRET[:5] not in caught.value.message + str(caught.value.details)


async def test_secret_that_is_spelled_out_over_tokens() -> None:
    said = [chunk({"content": letter}) for letter in f"your key is {SECRET}!"]
    completion = await ask(Reply.of(sse(*said, chunk({}, "stop")), headers=SSE), include_response=True)
    assert completion.text == "your key is [redacted:KEY]!"
    assert SECRET not in completion.model_dump_json()
    with pytest.raises(ResponseInterrupted) as caught:
        await ask(Reply.of(sse(*said), headers=SSE))
    assert caught.value.details["partial_text"] == "your key is [redacted:KEY]!"


async def test_no_secret_is_cut_in_two_where_partial_text_is_cut() -> None:
    text = "x" * (4096 - 5) + SECRET
    with pytest.raises(ResponseInterrupted) as caught:
        await ask(Reply.of(sse(chunk({"content": text})), headers=SSE))
    partial = caught.value.details["partial_text"]
    assert len(partial) == 4096
    assert SECRET[:3] not in partial


async def test_answer_is_bounded() -> None:
    said = [chunk({"content": "x" * 1000})] * 1100
    with pytest.raises(ResponseTooLarge, match="more than 1048576"):
        await ask(Reply.of(sse(*said, chunk({}, "stop")), headers=SSE))


async def test_what_surrounds_tokens_is_not_counted() -> None:
    said = [chunk({"content": "x"}, fields={"obfuscation": "y" * 5000})] * 2000  # more than of other streams
    completion = await ask(Reply.of(sse(*said, chunk({}, "stop")), headers=SSE))
    assert completion.text == "x" * 2000


REPLIES = {
    "stream": Reply.of(HI, headers=SSE),
    "plain": Reply.json({"choices": [{"finish_reason": "stop", "message": {"content": "Hi"}}]}),
    "error": Reply.of(sse(chunk({"content": "H"}), {"error": {"code": 500, "message": "oops"}}), headers=SSE),
    "cut": Reply(CHUNKED + chunked(HI[:200]), close=True),
}


@pytest.mark.parametrize("name", list(REPLIES))
async def test_recorded_and_played_back(name: str, tmp_path: Path) -> None:
    outcomes: list[Any] = []
    async with ScriptedServer([REPLIES[name]]) as server:
        address = f"{server.url}/v1"
        async with opened_edge(address, options={"recorder": Recorder(tmp_path)}) as recording:
            outcomes.append(await outcome_of(recording))
        async with opened_edge(address, options={"fixtures": Fixtures.load(tmp_path)}) as playing:
            outcomes.append(await outcome_of(playing))
    assert outcomes[0] == outcomes[1]
    assert len(server.requests) == 1


async def outcome_of(edge: Edge) -> Any:
    try:
        completion = await complete(edge, ChatRequest(body=BODY))
    except HttpTaskError as error:
        return type(error), error.retryable
    return completion.text, completion.finish_reason, completion.id


@pytest.mark.parametrize(
    ("end", "error", "retried"),
    [
        pytest.param(
            b'data: {"error": "`penalty` has to be positive"}\n\n', ResponseInvalid, False, id="transformers"
        ),
        pytest.param(
            b'data: {"error": {"message": "Connection error.", "type": null, "param": null, "code": "500"}}\n\n',
            HttpStatusError,
            True,
            id="LiteLLM",
        ),
        pytest.param(b"data: [DONE]\r\n\r\n", ResponseInterrupted, True, id="llama-cpp-python"),
    ],
)
async def test_how_real_servers_end_a_stream_that_broke(
    end: bytes, error: type[HttpTaskError], retried: bool
) -> None:
    begun = sse(chunk({"role": "assistant"}), chunk({"content": "The lamp"}), end=b"")
    with pytest.raises(error) as caught:
        await ask(Reply(CLOSING + begun + end, close=True))
    assert type(caught.value) is error
    assert caught.value.retryable is retried
    assert caught.value.details["partial_text"] == "The lamp"
