"""How many requests a chat completion makes for each way to fail: the same as any call, by the same rules."""

from typing import Any

import pytest

from httptask.testing import DefinitionFailed, HttpTaskEnvironment, Reply
from support.definitions import parse

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
async def test_requests(httptask_env: HttpTaskEnvironment, reply: Reply, requests: int, error: str) -> None:
    httptask_env.script = lambda _request: reply
    with pytest.raises(DefinitionFailed) as failed:
        await httptask_env.run(parse(DEFINITION))

    assert failed.value.problem["error"] == error
    assert len(httptask_env.requests) == requests
    assert len({request.headers["idempotency-key"] for request in httptask_env.requests}) == 1
