from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from httptask.activities.calls import HttpActivities
from httptask.activities.storage import MAX_INLINE_BYTES
from httptask.chat.models import ChatRequest
from httptask.client.edge import Edge
from httptask.http.models import HttpRequest, Limits
from httptask.secrets.store import SecretStore
from httptask.testing import Reply, ScriptedServer


@asynccontextmanager
async def activities() -> AsyncGenerator[HttpActivities]:
    edge = Edge({}, SecretStore({}, {}), allow_private=("loopback",))
    try:
        yield HttpActivities(lambda: edge)
    finally:
        await edge.aclose()


async def test_http_request() -> None:
    env = ActivityEnvironment()
    env.info = replace(env.info, attempt=2)
    async with ScriptedServer([Reply.json({"ok": True})]) as server, activities() as calls:
        with capture_logs() as lines:
            response = await env.run(
                calls.http_request, HttpRequest(method="get", url=f"{server.url}/orders")
            )
    assert (response.status, response.content, response.attempt) == (200, {"ok": True}, 2)
    assert [line["event"] for line in lines] == ["http.request.finished"]


async def test_a_result_larger_than_temporal_stores_is_one_request_and_a_final_failure() -> None:
    text = b"x" * (MAX_INLINE_BYTES + 1)
    reply = Reply.of(text, headers={"Content-Type": "text/plain"})
    async with ScriptedServer([reply]) as server, activities() as calls:
        request = HttpRequest(method="GET", url=server.url, limits=Limits(response_bytes=10**7))
        with capture_logs(), pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(calls.http_request, request)
    assert (caught.value.type, caught.value.non_retryable) == ("ResponseTooLarge", True)
    assert len(server.requests) == 1


async def test_an_edge_that_cannot_be_had_is_a_typed_failure() -> None:
    def no_edge() -> Edge:
        raise RuntimeError("sk-sentinel-0123456789")

    request = ChatRequest(body={"model": "m", "messages": [{"role": "user", "content": "Hello"}]})
    with capture_logs(), pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(HttpActivities(no_edge).chat_completion, request)
    assert caught.value.type == "InternalError"
    assert "sentinel" not in caught.value.message


async def test_an_unknown_connection_is_a_final_failure() -> None:
    request = ChatRequest(body={"model": "m", "messages": [{"role": "user", "content": "Hello"}]})
    async with activities() as calls:
        with capture_logs(), pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(calls.chat_completion, request)
    assert (caught.value.type, caught.value.non_retryable) == ("ConnectionUnknown", True)
