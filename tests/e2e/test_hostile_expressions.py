"""Expressions that would never end, or eat all memory, inside a run: it ends in an error, the others go on."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.expressions import Scope, evaluate, parse_expression
from support.runs import Runner, running

SECONDS = 2.0

HOSTILE = {
    "endless recursion": "def f: f; f",
    "a trillion steps": "last(range(1e12))",
    "a trillion items": "[range(1e12)]",
    "memory that doubles": '"x" | until(false; . + .)',
    "catastrophic regex": '("a" * 40 + "b") | [limit(1e9; repeat(test("^(a|a)*$")))]',
}

HARMLESS = """
do:
  - count: { for: { in: "${ [range(20)] }" }, do: [{ add: { set: { n: "${ (.n // 0) + 1 }" } } }] }
  - nap: { wait: { milliseconds: 100 } }
  - last: { set: { n: "${ .n * 2 }" } }
"""


@pytest_asyncio.fixture(
    scope="module", loop_scope="session", params=[{}, {"max_cached_workflows": 0}], ids=["cached", "uncached"]
)
async def runner(temporal: WorkflowEnvironment, request: pytest.FixtureRequest) -> AsyncIterator[Runner]:
    async with running(temporal, worker=request.param) as runner:
        await runner.run(HARMLESS)  # helpers are up
        yield runner


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_expression(runner: Runner, name: str) -> None:
    definition = {"do": [{"bad": {"set": {"x": f"${{ {HOSTILE[name]} }}"}}}]}
    hostile = asyncio.create_task(runner.run(document_of(definition)))
    others = [asyncio.create_task(runner.run(HARMLESS)) for _ in range(5)]
    async with asyncio.timeout(30):
        outcome = await hostile
        ended = [await other for other in others]

    assert outcome.problem["type"].endswith("/errors/expression")
    assert outcome.problem["instance"] == "/do/0/bad"
    assert await longest_workflow_task(runner, outcome.handle) < timedelta(seconds=SECONDS)
    assert [other.output for other in ended] == [{"n": 40}] * 5
    for other in ended:
        assert await longest_workflow_task(runner, other.handle) < timedelta(seconds=SECONDS)


def document_of(definition: dict[str, Any]) -> dict[str, Any]:
    head = {"dsl": "1.0.3", "namespace": "test", "name": "test", "version": "1.0.0"}
    return {"document": head, **definition}


async def longest_workflow_task(runner: Runner, handle: WorkflowHandle[Any, Any]) -> timedelta:
    """None may have failed or timed out, as one does that the deadlock detector ends."""
    history = await runner.client.get_workflow_handle(handle.id).fetch_history()
    longest = timedelta(0)
    for event in history.events:
        assert not event.HasField("workflow_task_failed_event_attributes")
        assert not event.HasField("workflow_task_timed_out_event_attributes")
        if event.HasField("workflow_task_completed_event_attributes"):
            started = history.events[event.workflow_task_completed_event_attributes.started_event_id - 1]
            longest = max(longest, event.event_time.ToDatetime() - started.event_time.ToDatetime())
    return longest


@pytest.mark.parametrize(
    "text", ["env", "$ENV.PATH", "input", "halt", '"x" | halt_error', "now", "$__prog_args"]
)
async def test_what_reaches_out_of_an_expression_is_refused(runner: Runner, text: str) -> None:
    outcome = await runner.run(document_of({"do": [{"bad": {"set": {"x": f"${{ {text} }}"}}}]}))

    assert outcome.problem["error"] == "DefinitionInvalid"
    assert "/do/0/bad/set/x" in outcome.problem["detail"]


async def test_expressions_of_one_task_that_are_slow_together(runner: Runner) -> None:
    """Each alone is within its bound; together they would meet Temporal's deadlock detector, again and again."""
    slow = await asyncio.to_thread(expression_that_takes, 0.7)
    task = {
        "if": f"${{ {slow} > 0 }}",
        "input": {"from": f"${{ {slow} }}"},
        "set": {"x": f"${{ {slow} }}"},
        "output": {"as": f"${{ {slow} }}"},
        "export": {"as": f"${{ {slow} }}"},
    }
    async with asyncio.timeout(30):
        outcome = await runner.run(document_of({"do": [{"slow": task}]}))

    assert outcome.problem["title"] == "The expression was stopped"
    assert outcome.problem["instance"] == "/do/0/slow"


async def test_tasks_that_are_slow_one_after_the_other_all_run(runner: Runner) -> None:
    slow = await asyncio.to_thread(expression_that_takes, 0.4)
    tasks = [{f"task{number}": {"set": {"x": f"${{ {slow} }}"}}} for number in range(6)]
    async with asyncio.timeout(30):
        outcome = await runner.run(document_of({"do": tasks}))

    assert outcome.problem == {}


async def test_items_that_are_slow_side_by_side_all_run(runner: Runner) -> None:
    slow = await asyncio.to_thread(expression_that_takes, 0.4)
    items = {"in": "${ [range(8)] }", "concurrency": 8, "do": [{"one": {"set": {"x": f"${{ {slow} }}"}}}]}
    async with asyncio.timeout(30):
        outcome = await runner.run(document_of({"do": [{"all": {"call": "map", "with": items}}]}))

    assert outcome.problem == {}
    assert len(outcome.output) == 8
    await longest_workflow_task(runner, outcome.handle)


def expression_that_takes(seconds: float) -> str:
    """An expression that takes about so long on this machine, now."""
    steps = 1_000_000
    expression = parse_expression(f"reduce range({steps}) as $i (1; . + 1)", "", [])
    assert expression is not None
    evaluate(expression, Scope(None, {}), limit=20)
    began = time.perf_counter()
    evaluate(expression, Scope(None, {}), limit=20)
    return f"reduce range({int(steps * seconds / (time.perf_counter() - began))}) as $i (1; . + 1)"
