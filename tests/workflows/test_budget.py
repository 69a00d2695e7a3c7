"""`metadata.httptask.budget` stops a run before the call that would exceed it."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.http.connections import Price
from httptask.testing import Reply, ScriptedServer
from support.chat import completion
from support.runs import local_connection, parse, running, secret_store, temporal_server

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


@pytest.mark.parametrize(
    ("budget", "sent"),
    [({"calls": 2}, 2), ({"tokens": 20}, 2), ({"tokens": 21}, 3), ({"calls": 3, "tokens": 1000}, 3)],
)
async def test_budget(temporal: WorkflowEnvironment, budget: dict[str, int], sent: int) -> None:
    definition: dict[str, Any] = parse(THREE_QUESTIONS)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": budget}}}
    async with ScriptedServer([completion("yes")]) as server:  # 10 tokens each
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
    definition: dict[str, Any] = parse(THREE_QUESTIONS)
    definition["document"] = {
        **definition["document"],
        "metadata": {"httptask": {"budget": {"cost_usd": limit}}},
    }
    async with ScriptedServer([completion("yes")]) as server:  # 7 and 3 tokens each
        openai = local_connection("openai", server.url, price=price)
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)
            memo = await (await outcome.handle.describe()).memo()

    assert len(server.requests) == sent
    assert outcome.problem.get("error") == error
    spent = memo["spent"]
    assert (spent["calls"], spent["tokens"], spent["unpriced"]) == (sent, 10 * sent, None if price else "m")
    assert spent["cost_usd"] == pytest.approx(0.01 * sent if price else 0)


async def test_an_answer_that_tells_no_usage_leaves_the_price_unknown(temporal: WorkflowEnvironment) -> None:
    definition: dict[str, Any] = parse(THREE_QUESTIONS)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": {"cost_usd": 1}}}}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}
    async with ScriptedServer([Reply.json({"id": "c", "model": "m", "choices": [choice]})]) as server:
        openai = local_connection("openai", server.url, price=Price(input=1, output=1))
        async with running(temporal, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)

    assert len(server.requests) == 1
    assert outcome.problem["error"] == "PriceUnknown"


async def test_what_a_run_has_spent_can_be_searched_for() -> None:
    definition: dict[str, Any] = parse(THREE_QUESTIONS)
    definition["document"] = {
        **definition["document"],
        "metadata": {"httptask": {"search_attributes": True}},
    }
    registered = ("HttptaskCalls=Int", "HttptaskTokens=Int", "HttptaskCostUsd=Double")
    options = [word for attribute in registered for word in ("--search-attribute", attribute)]
    async with ScriptedServer([completion("yes")]) as server, temporal_server(*options) as environment:
        openai = local_connection("openai", server.url, price=Price(input=1000, output=1000))
        async with running(environment, connections={"openai": openai}) as runner:
            outcome = await runner.run(definition)
            found = (await outcome.handle.describe()).typed_search_attributes

    assert {pair.key.name: pair.value for pair in found if pair.key.name.startswith("Httptask")} == {
        "HttptaskCalls": 3,
        "HttptaskTokens": 30,
        "HttptaskCostUsd": pytest.approx(0.03),
    }
