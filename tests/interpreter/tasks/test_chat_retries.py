"""How many requests a chat completion makes for each way to fail: the same as any call, by the same rules."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.runs import running

DEFINITION = """
do: [{ ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: Hello }] } } }]
"""


def failure(status: int, **error: Any) -> Reply:
    return Reply.json({"error": {"message": "no", **error}}, status=status)


@pytest.mark.parametrize(
    ("reply", "requests", "error"),
    [
        (failure(429, type="requests"), 5, "RateLimited"),
        (failure(429, code="insufficient_quota"), 1, "QuotaExhausted"),
        (failure(429, type="insufficient_quota"), 1, "QuotaExhausted"),
        (failure(500, type="server_error"), 5, "HttpStatusError"),
        (failure(529, type="overloaded_error"), 5, "HttpStatusError"),
        (failure(400, code="context_length_exceeded"), 1, "HttpStatusError"),
        (Reply.json({"error": {"message": "no", "code": 529}}), 5, "HttpStatusError"),
        (Reply.json({"error": {"message": "no", "code": "insufficient_quota"}}), 1, "QuotaExhausted"),
    ],
)
async def test_requests(temporal: WorkflowEnvironment, reply: Reply, requests: int, error: str) -> None:
    async with ScriptedServer([reply]) as server:
        retry = Retry(attempts=5, first_interval=0.01, factor=1)
        openai = local_connection("openai", server.url, retry=retry)
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(DEFINITION)

    assert outcome.problem["error"] == error
    assert len(server.requests) == requests
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
