"""A prompt that a content filter holds back, under the names that Azure and the gateways before it give to that."""

import json
from typing import Any

import pytest

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.chat.strictness import Incomplete
from httptask.http.errors import AnswerFiltered, HttpStatusError
from httptask.testing import Reply, ScriptedServer
from support.chat import QUESTION
from support.edges import opened_edge
from support.event_streams import SSE

INNER = {"innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}}}
LITELLM = "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - it was filtered"
ERRORS: dict[str, dict[str, Any]] = {
    "Azure": {"message": "filtered", "code": "content_filter", "param": "prompt", **INNER},
    "Azure, by its inner code only": {"message": "filtered", "code": None, **INNER},
    "Azure, as code": {"message": "filtered", "code": "ResponsibleAIPolicyViolation"},
    "images": {"message": "filtered", "code": "content_policy_violation"},
    "LiteLLM": {"message": LITELLM, "type": None, "code": "400", "provider_specific_fields": INNER},
    "LiteLLM before 1.80": {"message": LITELLM, "type": None, "param": None, "code": "400"},
}


async def ask(reply: Reply, *, stream: bool = False, incomplete: Incomplete | None = None) -> Completion:
    async with ScriptedServer([reply]) as server, opened_edge(f"{server.url}/v1") as edge:
        body = {**QUESTION, "stream": stream}
        return await complete(edge, ChatRequest(body=body, incomplete=incomplete))


@pytest.mark.parametrize("error", list(ERRORS.values()), ids=list(ERRORS))
async def test_a_prompt_that_was_held_back(error: dict[str, Any]) -> None:
    body = {"error": error}
    replies = [
        (Reply.json(body, status=400), False),
        (Reply.json(body), False),
        (
            Reply.of(b"data: %b\n\n" % json.dumps(body).encode(), headers=SSE),
            True,
        ),
    ]
    for reply, stream in replies:
        with pytest.raises(AnswerFiltered, match="held the prompt back"):
            await ask(reply, stream=stream)
        assert (await ask(reply, stream=stream, incomplete="value")).finish_reason == "content_filter"


@pytest.mark.parametrize(
    "error",
    [
        {"message": "bad", "code": "invalid_value"},
        {"message": "bad", "code": "400", "provider_specific_fields": {"innererror": {"code": "Other"}}},
        {"message": "bad", "code": 400, "innererror": "x", "provider_specific_fields": None},
    ],
)
async def test_another_error_stays_what_it_is(error: dict[str, Any]) -> None:
    with pytest.raises(HttpStatusError) as caught:
        await ask(Reply.json({"error": error}, status=400))
    assert type(caught.value) is HttpStatusError
