"""Expressions that are slow together: Temporal's deadlock detector (2 s) would fail the workflow task for ever."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.expressions import Scope, evaluate, parse_expression
from support.cluster import longest_workflow_task
from support.runs import Runner, document, running

pytestmark = pytest.mark.alone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as runner:
        yield runner


async def test_those_of_one_task_share_a_bound(runner: Runner) -> None:
    slow = await asyncio.to_thread(expression_that_takes, 0.7)
    task = {
        "if": f"${{ {slow} > 0 }}",
        "input": {"from": f"${{ {slow} }}"},
        "set": {"x": f"${{ {slow} }}"},
        "output": {"as": f"${{ {slow} }}"},
        "export": {"as": f"${{ {slow} }}"},
    }
    async with asyncio.timeout(30):
        outcome = await runner.run(document(do=[{"slow": task}]))

    assert outcome.problem["title"] == "The expression was stopped"
    assert outcome.problem["instance"] == "/do/0/slow"


async def test_those_of_tasks_one_after_the_other_do_not(runner: Runner) -> None:
    slow = await asyncio.to_thread(expression_that_takes, 0.4)
    tasks = [{f"task{number}": {"set": {"x": f"${{ {slow} }}"}}} for number in range(6)]
    async with asyncio.timeout(30):
        outcome = await runner.run(document(do=tasks))

    assert outcome.problem == {}
    await longest_workflow_task(outcome.handle)


async def test_those_of_items_side_by_side_do_not(runner: Runner) -> None:
    slow = await asyncio.to_thread(expression_that_takes, 0.55)
    items = {"in": "${ [range(6)] }", "concurrency": 6, "do": [{"one": {"set": {"x": f"${{ {slow} }}"}}}]}
    async with asyncio.timeout(30):
        outcome = await runner.run(document(do=[{"all": {"call": "map", "with": items}}]))

    assert outcome.problem == {}
    assert len(outcome.output) == 6
    await longest_workflow_task(outcome.handle)


def expression_that_takes(seconds: float) -> str:
    """An expression that takes about so long on this machine, now."""
    steps = 1_000_000
    expression = parse_expression(f"reduce range({steps}) as $i (1; . + 1)", "", [])
    assert expression is not None
    evaluate(expression, Scope(None, {}), limit=20)
    began = time.perf_counter()
    evaluate(expression, Scope(None, {}), limit=20)
    return f"reduce range({int(steps * seconds / (time.perf_counter() - began))}) as $i (1; . + 1)"
