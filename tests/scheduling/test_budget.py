"""`metadata.httptask.budget` stops a run before the call that would exceed it."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.connections.connection import Price
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.runs import running, temporal_server

THREE_QUESTIONS = """
do:
  - each:
      call: map
      with:
        in: "${ [1, 2, 3] }"
        do:
          - ask:
              call: chatCompletion
              with: { model: m, messages: [{ role: user, content: "n ${ $item }" }] }
              output: { as: .text }
"""

ONE_QUESTION_FOR_JSON = """
do:
  - ask:
      call: chatCompletion
      with:
        model: m
        messages: [{ role: user, content: Answer in JSON. }]
        response_format: { type: json_object }
        reask: 3
"""
FREE = Price(input=0, output=0)
UNMETERED = Reply.json(
    {
        "id": "c",
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}
        ],
    }
)


@pytest.mark.parametrize(
    ("budget", "sent"),
    [({"calls": 2}, 2), ({"tokens": 20}, 2), ({"tokens": 21}, 3), ({"calls": 3, "tokens": 1000}, 3)],
)
async def test_budget(temporal: WorkflowEnvironment, budget: dict[str, int], sent: int) -> None:
    definition = parse(THREE_QUESTIONS)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": budget}}}
    async with ScriptedServer([Reply.chat("yes")]) as server:  # 10 tokens each
        openai = local_connection("openai", server.url, authentication={"bearer": {"token": "$secrets.KEY"}})
        secrets = secret_store({"KEY": "sk-0123456789"})
        async with running(temporal, connections={"openai": openai}, secrets=secrets) as runner:
            outcome = await runner.run(definition)

    assert len(server.requests) == sent
    if sent == 3:
        assert outcome.output == ["yes"] * 3
    else:
        assert outcome.problem["error"] == "BudgetExceeded"
        assert outcome.problem["instance"] == "/do/0/each/with/do/0/ask"


@pytest.mark.parametrize(
    ("price", "limit", "sent", "error"),
    [
        (Price(input=1000, output=1000), 0.015, 2, "BudgetExceeded"),  # a cent each
        (Price(input=1000, output=1000), 0.05, 3, None),
        (None, 1, 1, "PriceUnknown"),
    ],
)
async def test_budget_in_dollars(
    temporal: WorkflowEnvironment, price: Price | None, limit: float, sent: int, error: str | None
) -> None:
    definition = parse(THREE_QUESTIONS)
    definition["document"] = {
        **definition["document"],
        "metadata": {"httptask": {"budget": {"cost_usd": limit}}},
    }
    async with ScriptedServer([Reply.chat("yes")]) as server:  # 7 and 3 tokens each
        openai = local_connection("openai", server.url, price=price)
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)
            spent = await outcome.spent()

    assert len(server.requests) == sent
    assert outcome.problem.get("error") == error
    assert (spent["calls"], spent["questions"], spent["tokens"]) == (sent, sent, 10 * sent)
    assert (spent["unmetered"], spent["unpriced"]) == (None, None if price else "m")
    assert spent["cost_usd"] == pytest.approx(0.01 * sent if price else 0)


@pytest.mark.parametrize(
    ("budget", "price", "sent"),
    [
        ({"tokens": 1000}, None, 1),
        ({"tokens": 1000}, FREE, 1),
        ({"cost_usd": 1}, Price(input=1, output=1), 1),
        ({"cost_usd": 1}, None, 1),
        ({"cost_usd": 1}, FREE, 3),  # nothing costs nothing, however much it is
        ({"calls": 3}, None, 3),
    ],
)
async def test_an_answer_that_tells_no_usage(
    temporal: WorkflowEnvironment, budget: dict[str, float], price: Price | None, sent: int
) -> None:
    definition = parse(THREE_QUESTIONS)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": budget}}}
    async with ScriptedServer([UNMETERED]) as server:
        openai = local_connection("openai", server.url, price=price)
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)
            spent = await outcome.spent()

    assert len(server.requests) == sent
    if sent == 3:
        assert outcome.output == ["yes"] * 3
    else:
        assert outcome.problem["error"] == "UsageUnknown"
        assert "stream_options: { include_usage: true }" in outcome.problem["detail"]
    assert (spent["questions"], spent["tokens"], spent["unmetered"]) == (sent, 0, "m")


EMBEDDINGS = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}


@pytest.mark.parametrize(
    ("answer", "price", "questions", "tokens", "cost"),
    [
        (EMBEDDINGS, Price(input=1000, output=0), 3, 24, 0.024),
        ({"model": "T", "usage": {"rooms": 4}}, None, 0, 0, 0),
        ({"usage": {"total_tokens": 4}}, None, 0, 0, 0),
    ],
)
async def test_a_model_that_is_asked_by_a_plain_request_is_counted(
    temporal: WorkflowEnvironment, answer: Any, price: Price | None, questions: int, tokens: int, cost: float
) -> None:
    definition = parse(THREE_QUESTIONS)
    definition["do"] = [
        {
            f"embed{index}": {
                "call": "httpRequest",
                "with": {"method": "post", "connection": "openai", "path": "/e"},
            }
        }
        for index in range(3)
    ]
    async with ScriptedServer([Reply.json(answer)]) as server:
        openai = local_connection("openai", server.url, price=price)
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)
            spent = await outcome.spent()

    assert outcome.output == answer
    assert (spent["calls"], spent["questions"], spent["tokens"]) == (3, questions, tokens)
    assert (spent["cost_usd"], spent["unpriced"]) == (pytest.approx(cost), None)


@pytest.mark.parametrize("budget", [{"tokens": 1000}, {"cost_usd": 1}])
async def test_a_refused_answer_has_used_tokens_too(
    temporal: WorkflowEnvironment, budget: dict[str, float]
) -> None:
    """The answer is no JSON, and is to be asked for again."""
    definition = parse(ONE_QUESTION_FOR_JSON)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": budget}}}
    async with ScriptedServer([UNMETERED]) as server:
        openai = local_connection("openai", server.url, price=Price(input=1, output=1))
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)

    assert len(server.requests) == 1
    assert outcome.problem["error"] == "UsageUnknown"


async def test_what_a_run_has_spent_can_be_searched_for() -> None:
    definition = parse(THREE_QUESTIONS)
    definition["document"] = {
        **definition["document"],
        "metadata": {"httptask": {"search_attributes": True}},
    }
    registered = ("HttptaskCalls=Int", "HttptaskTokens=Int", "HttptaskCostUsd=Double")
    options = [word for attribute in registered for word in ("--search-attribute", attribute)]
    async with ScriptedServer([Reply.chat("yes")]) as server, temporal_server(*options) as environment:
        openai = local_connection("openai", server.url, price=Price(input=1000, output=1000))
        async with running(environment, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)
            found = (await outcome.handle.describe()).typed_search_attributes

    assert {pair.key.name: pair.value for pair in found if pair.key.name.startswith("Httptask")} == {
        "HttptaskCalls": 3,
        "HttptaskTokens": 30,
        "HttptaskCostUsd": pytest.approx(0.03),
    }
