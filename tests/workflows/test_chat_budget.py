"""`chat_completion(budget=...)` ends a conversation before the question that would exceed its budget."""

import uuid
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from httptask.connections.connection import Price
from httptask.testing import Reply, ScriptedServer
from httptask.workflows import Budget
from support import tool_workflows
from support.chat import calling, completion, unmetered
from support.connections import local_connection
from support.python_workflows import AsksWithinBudget
from support.runs import running

WORKFLOWS = [AsksWithinBudget, tool_workflows.AsksOnBudget]
CENT = Price(input=1000, output=1000)
"""US dollars for a million tokens: an answer has ten."""
WRONG = completion('{"priority": "meh", "reason": "?"}')


async def run(
    temporal: WorkflowEnvironment,
    workflow: Any,
    replies: list[Reply],
    budget: Budget,
    price: Price | None = None,
) -> tuple[Any, int]:
    """The result, and how many questions the model got."""
    async with ScriptedServer(replies) as server:
        openai = local_connection("openai", server.url, price=price)
        worker = {"workflows": WORKFLOWS, "activities": [tool_workflows.weather]}
        async with running(temporal, connections={"openai": openai}, worker=worker) as runner:
            handle = await runner.client.start_workflow(
                workflow.run,
                budget,
                id=f"budget-{uuid.uuid4().hex[:8]}",
                task_queue=runner.task_queue,
            )
            try:
                result = await handle.result()
            except WorkflowFailureError as error:
                result = error.cause
            history = await handle.fetch_history()
            await Replayer(workflows=WORKFLOWS, plugins=[runner.plugin]).replay_workflow(history)
        return result, len(server.requests)


@pytest.mark.parametrize(
    ("budget", "sent", "message"),
    [
        (Budget(calls=1), 1, "the next call would exceed the budget of 1 calls"),
        (Budget(tokens=15), 2, "the next call would exceed the budget of 15 tokens"),
        (Budget(cost_usd=0.02), 2, "0.02 of the budget of 0.02 US dollars are spent"),
    ],
)
async def test_a_budget_bounds_what_is_asked_again(
    temporal: WorkflowEnvironment, budget: Budget, sent: int, message: str
) -> None:
    result, asked = await run(temporal, AsksWithinBudget, [WRONG], budget, CENT)

    assert result == ["BudgetExceeded", message, sent, 10 * sent, pytest.approx(0.01 * sent)]
    assert asked == sent


async def test_within_a_budget_there_is_an_answer(temporal: WorkflowEnvironment) -> None:
    right = completion('{"priority": "low", "reason": "later"}')
    result, asked = await run(
        temporal, AsksWithinBudget, [WRONG, right], Budget(calls=2, tokens=20, cost_usd=0.02), CENT
    )

    assert (result, asked) == (["low"], 2)


@pytest.mark.parametrize(
    ("reply", "budget", "error", "message"),
    [
        (WRONG, Budget(cost_usd=1), "PriceUnknown", "what m has cost is not known"),
        (unmetered("{}"), Budget(tokens=1000), "UsageUnknown", "an answer of m came without its usage"),
    ],
    ids=["price", "usage"],
)
async def test_a_budget_is_no_guess(
    temporal: WorkflowEnvironment, reply: Reply, budget: Budget, error: str, message: str
) -> None:
    result, asked = await run(temporal, AsksWithinBudget, [reply], budget)

    assert (result[0], asked) == (error, 1)
    assert result[1].startswith(message)


async def test_a_budget_bounds_turns_and_fails_the_workflow(temporal: WorkflowEnvironment) -> None:
    tool_workflows.calls.clear()
    replies = [calling(("weather", '{"city": "Oslo"}'))]
    cause, asked = await run(temporal, tool_workflows.AsksOnBudget, replies, Budget(tokens=20))

    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.non_retryable, asked) == ("BudgetExceeded", True, 2)
    assert len(tool_workflows.calls) == 2
