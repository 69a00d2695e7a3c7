"""`chat_completion(budget=...)` ends a conversation before the question that would exceed its budget."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from httptask.connections import Connection, Price
from httptask.testing import HttpTaskEnvironment, Reply
from httptask.workflows import Budget
from support import tool_workflows
from support.chat import unmetered
from support.python_workflows import AsksWithinBudget

FREE = Connection(name="openai", base_url="https://api.openai.com/v1")
CENT = FREE.model_copy(update={"price": Price(input=1000, output=1000)})
"""US dollars for a million tokens: an answer has ten."""
WRONG = Reply.chat(json={"priority": "meh", "reason": "?"})


@pytest.fixture
def env(httptask_env: HttpTaskEnvironment) -> HttpTaskEnvironment:
    """Without a price, and with a model that never says what is wanted."""
    httptask_env.connections["openai"] = FREE
    httptask_env.script = lambda _request: WRONG
    return httptask_env


@pytest.mark.parametrize(
    ("budget", "sent", "message"),
    [
        (Budget(calls=1), 1, "the next call would exceed the budget of 1 calls"),
        (Budget(tokens=15), 2, "the next call would exceed the budget of 15 tokens"),
        (Budget(cost_usd=0.02), 2, "0.02 of the budget of 0.02 US dollars are spent"),
    ],
)
async def test_a_budget_bounds_what_is_asked_again(
    env: HttpTaskEnvironment, budget: Budget, sent: int, message: str
) -> None:
    env.connections["openai"] = CENT
    result = await env.run(AsksWithinBudget.run, budget)

    assert result == ["BudgetExceeded", message, sent, 10 * sent, pytest.approx(0.01 * sent)]
    assert len(env.requests) == sent


async def test_within_a_budget_there_is_an_answer(env: HttpTaskEnvironment) -> None:
    env.connections["openai"] = CENT
    env.script = [WRONG, Reply.chat(json={"priority": "low", "reason": "later"}, tokens=(4, 6))]

    assert await env.run(AsksWithinBudget.run, Budget(calls=2, tokens=20, cost_usd=0.02)) == ["low"]


@pytest.mark.parametrize(
    ("reply", "budget", "error", "message"),
    [
        (WRONG, Budget(cost_usd=1), "PriceUnknown", "what m has cost is not known"),
        (unmetered("{}"), Budget(tokens=1000), "UsageUnknown", "an answer of m came without its usage"),
    ],
    ids=["price", "usage"],
)
async def test_a_budget_is_no_guess(
    env: HttpTaskEnvironment, reply: Reply, budget: Budget, error: str, message: str
) -> None:
    env.script = [reply]
    result = await env.run(AsksWithinBudget.run, budget)

    assert result[0] == error
    assert str(result[1]).startswith(message)


async def test_a_budget_bounds_turns_and_fails_the_workflow(env: HttpTaskEnvironment) -> None:
    tool_workflows.calls.clear()
    env.activities = [tool_workflows.weather]
    env.script = lambda _request: Reply.chat(calls=[("weather", {"city": "Oslo"})])
    with pytest.raises(WorkflowFailureError) as failed:
        await env.run(tool_workflows.AsksOnBudget.run, Budget(tokens=20))

    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.non_retryable, len(env.requests)) == ("BudgetExceeded", True, 2)
    assert len(tool_workflows.calls) == 2
