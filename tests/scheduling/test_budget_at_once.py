"""Calls at once stay within the budget of their run."""

import itertools
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.connections.connection import Price
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.definitions import parse
from support.runs import Outcome, running

PRICE = Price(input=1000, output=1000)
"""A cent for each answer of 10 tokens."""
FORTY_QUESTIONS = """
do:
  - each:
      call: map
      with:
        in: "${ [range(40)] }"
        concurrency: 40
        do:
          - ask:
              call: chatCompletion
              with: { model: m, messages: [{ role: user, content: "n ${ $item }" }] }
              output: { as: .text }
  - after: { set: reached }
"""


def bounded(limits: dict[str, float], text: str = FORTY_QUESTIONS) -> dict[str, Any]:
    definition = parse(text)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": limits}}}
    return definition


async def run(
    temporal: WorkflowEnvironment, definition: dict[str, Any], server: ScriptedServer, **options: Any
) -> tuple[Outcome, dict[str, Any]]:
    openai = local_connection("openai", server.url, price=PRICE)
    async with running(temporal, connections={"openai": openai}) as runner:
        outcome = await runner.run(definition, **options)
        return outcome, await outcome.spent()


@pytest.mark.parametrize(
    ("limits", "sent"),
    [
        ({"cost_usd": 0.02}, 2),
        ({"cost_usd": 0.025}, 3),  # the last one may cost more than what is left
        ({"cost_usd": 0.1}, 10),
        ({"tokens": 95}, 10),
        ({"tokens": 95, "cost_usd": 0.02}, 2),
        ({"calls": 7}, 7),
    ],
)
async def test_forty_calls_at_once(
    temporal: WorkflowEnvironment, limits: dict[str, float], sent: int
) -> None:
    async with ScriptedServer([Reply.chat("yes")]) as server:
        outcome, spent = await run(temporal, bounded(limits), server)

    assert outcome.problem["error"] == "BudgetExceeded"
    assert spent["calls"] == sent
    if "calls" not in limits:  # which stops those in flight
        assert len(server.requests) == sent
        assert spent["cost_usd"] == pytest.approx(0.01 * sent)


async def test_what_fits_runs_at_once(temporal: WorkflowEnvironment) -> None:
    """The first is alone, the other thirty-nine are not: none is answered before all have come."""
    numbers = itertools.count(1)

    async def script(_: ServedRequest) -> Reply:
        if next(numbers) > 1:
            await server.requests_received(40)
        return Reply.chat("yes")

    async with ScriptedServer(script) as server:
        outcome, spent = await run(temporal, bounded({"cost_usd": 1}), server)

    assert outcome.output == "reached"
    assert spent["calls"] == 40


@pytest.mark.parametrize("limits", [{"tokens": 239}, {"cost_usd": 0.239}])
async def test_an_answer_that_costs_more_makes_the_others_wait(
    temporal: WorkflowEnvironment, limits: dict[str, float]
) -> None:
    """Reserved is what the dearest answer has cost, and not the last one or the mean."""
    expensive = Reply.json(
        {
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "yes"}}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 40, "total_tokens": 80},
        }
    )
    async with ScriptedServer([expensive, Reply.chat("yes")]) as server:
        outcome, spent = await run(temporal, bounded(limits), server)

    events = (await outcome.handle.fetch_history()).events
    changes = [
        event.HasField("activity_task_scheduled_event_attributes")
        - event.HasField("activity_task_completed_event_attributes")
        for event in events
    ]
    assert max(itertools.accumulate(changes)) == 1  # 80 and another 80 would exceed
    assert outcome.problem["error"] == "BudgetExceeded"
    assert (len(server.requests), spent["tokens"]) == (17, 240)


async def test_across_continued_runs(temporal: WorkflowEnvironment) -> None:
    definition = bounded({"cost_usd": 0.1})
    definition["do"][0]["each"]["with"]["concurrency"] = 4
    async with ScriptedServer([Reply.chat("yes")]) as server:
        outcome, spent = await run(temporal, definition, server, continue_as_new_after=10)
        first = await temporal.client.get_workflow_handle(
            outcome.handle.id, run_id=outcome.handle.first_execution_run_id
        ).describe()

    assert first.status is not None
    assert first.status.name == "CONTINUED_AS_NEW"
    assert outcome.problem["error"] == "BudgetExceeded"
    assert (len(server.requests), spent["calls"]) == (10, 10)


@pytest.mark.parametrize("limits", [{"cost_usd": 0.02}, {"calls": 2}])
async def test_a_stop_is_not_collected(temporal: WorkflowEnvironment, limits: dict[str, float]) -> None:
    definition = bounded(limits)
    definition["do"][0]["each"]["with"] |= {"onError": "collect", "concurrency": 1}
    async with ScriptedServer([Reply.chat("yes")]) as server:
        outcome, _ = await run(temporal, definition, server)

    assert len(server.requests) == 2
    assert outcome.problem["error"] == "BudgetExceeded"
    assert outcome.problem["instance"] == "/do/0/each/with/do/0/ask"
