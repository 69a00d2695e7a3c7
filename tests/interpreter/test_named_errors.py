"""Errors of the API by their codes: in data for a `switch`, and as a type of their own where a filter held back."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.runs import Outcome, running

FILTER = {
    "message": "the prompt triggered a policy",
    "type": None,
    "param": "prompt",
    "code": "content_filter",
}
HELD_BACK = Reply.json({"error": FILTER}, status=400)
DOCUMENT = """
document:
  dsl: 1.0.3
  namespace: tests
  name: held-back
  version: 1.0.0
  metadata: { httptask: { budget: { tokens: 100, cost_usd: 1 }, INCOMPLETE } }
"""
TWO_QUESTIONS = """
do:
  - first: { call: chatCompletion, with: { model: m, STREAM messages: [{ role: user, content: hello }] } }
  - second: { call: chatCompletion, with: { model: m, STREAM messages: [{ role: user, content: hello }] } }
"""


async def run(temporal: WorkflowEnvironment, text: str, reply: Reply) -> tuple[Outcome, int]:
    async with ScriptedServer([reply]) as server:
        openai = local_connection("openai", server.url)
        async with running(temporal, connections={"openai": openai}) as runner:
            return await runner.run(text), len(server.requests)


async def test_a_switch_tells_errors_apart_by_their_code(temporal: WorkflowEnvironment) -> None:
    text = """
do:
  - each:
      call: map
      with:
        in: "${ [1] }"
        onError: collect
        do: [{ ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: hello }] } } }]
  - route:
      switch:
        - long: { when: '${ .[0].error.details.error.code == "context_length_exceeded" }', then: shorten }
        - other: { then: end }
  - shorten: { set: shortened }
"""
    error = {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}
    outcome, _ = await run(temporal, text, Reply.json({"error": error}, status=400))
    assert outcome.output == "shortened"


@pytest.mark.parametrize("stream", ["", "stream: true,"])
@pytest.mark.parametrize("status", [400, 200])
async def test_a_prompt_that_is_held_back(temporal: WorkflowEnvironment, status: int, stream: str) -> None:
    text = DOCUMENT.replace(", INCOMPLETE", "") + TWO_QUESTIONS.replace("STREAM", stream)
    outcome, sent = await run(temporal, text, Reply.json({"error": FILTER}, status=status))
    assert sent == 1
    assert (outcome.problem["error"], outcome.problem["status"]) == ("AnswerFiltered", 422)
    assert outcome.problem["type"] == "urn:httptask:error:answer-filtered"
    assert "the prompt triggered a policy" in outcome.problem["detail"]
    assert outcome.problem["details"]["error"]["code"] == "content_filter"


async def test_a_prompt_that_is_held_back_may_be_a_value(temporal: WorkflowEnvironment) -> None:
    """It stops no budget either: nothing was answered that could be counted."""
    text = DOCUMENT.replace("INCOMPLETE", "incomplete: value") + TWO_QUESTIONS.replace("STREAM", "")
    outcome, sent = await run(temporal, text, HELD_BACK)
    assert sent == 2
    assert (outcome.output["text"], outcome.output["finish_reason"]) == (None, "content_filter")
    assert outcome.output["usage"] is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {**FILTER, "code": "invalid_prompt"}),
        (403, FILTER),
        (400, {"message": "no names"}),
    ],
)
async def test_other_errors_stay_what_they_are(
    temporal: WorkflowEnvironment, status: int, error: dict[str, Any]
) -> None:
    text = DOCUMENT.replace("INCOMPLETE", "incomplete: value") + TWO_QUESTIONS.replace("STREAM", "")
    outcome, sent = await run(temporal, text, Reply.json({"error": error}, status=status))
    assert sent == 1
    assert outcome.problem["error"] == ("Forbidden" if status == 403 else "HttpStatusError")
