"""Expressions that would never end, or eat all memory, inside a run: it ends in an error, the others go on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.expressions import helper_process
from httptask.plugin.replay import ReplayedTask, replay_tasks
from support.cluster import events_of, longest_workflow_task
from support.definitions import document
from support.runs import Outcome, Runner, running
from support.stand_in_jq import ACTS, acting, standing_in

SECONDS = timedelta(seconds=2)

HARMLESS = """
do:
  - count: { for: { in: "${ [range(20)] }" }, do: [{ add: { set: { n: "${ (.n // 0) + 1 }" } } }] }
  - nap: { wait: { milliseconds: 100 } }
  - last: { set: { n: "${ .n * 2 }" } }
"""


CACHES: dict[str, dict[str, Any]] = {"cached": {}, "uncached": {"max_cached_workflows": 0}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(
    temporal: WorkflowEnvironment, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runner]:
    with standing_in(tmp_path_factory.mktemp("stand-in")):
        async with running(temporal, worker=CACHES[getattr(request, "param", "cached")]) as runner:
            await runner.run(HARMLESS)  # helpers are up
            yield runner


@pytest.fixture
def alone_with_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is failed however much others, as tests beside it, have taken of the processor meanwhile."""
    monkeypatch.setattr(helper_process, "_LEAST_SHARE", 0.0)


CASES = [("cached", name) for name in ACTS] + [("uncached", "computes"), ("uncached", "takes memory")]
"""Which bound it met makes no difference to a worker that begins every workflow task with a replay."""


@pytest.mark.alone
@pytest.mark.usefixtures("alone_with_the_processor")
@pytest.mark.parametrize(("runner", "name"), CASES, indirect=["runner"])
async def test_hostile_expression(runner: Runner, name: str) -> None:
    definition = document(do=[{"bad": {"set": {"x": f"${{ {acting(ACTS[name])} }}"}}}])
    hostile = asyncio.create_task(runner.run(definition))
    others = [asyncio.create_task(runner.run(HARMLESS)) for _ in range(5)]
    async with asyncio.timeout(30):
        outcome = await hostile
        ended = [await other for other in others]

    assert outcome.problem["type"].endswith("/errors/expression")
    assert outcome.problem["instance"] == "/do/0/bad"
    assert await longest_workflow_task(outcome.handle) < SECONDS
    assert [other.output for other in ended] == [{"n": 40}] * 5
    for other in ended:
        assert await longest_workflow_task(other.handle) < SECONDS


async def test_a_machine_that_is_too_busy_fails_no_run(runner: Runner, tmp_path: Path) -> None:
    held_up = acting(f"hold {tmp_path / 'once'}")
    outcome = await runner.run(document(do=[{"trivial": {"set": {"x": f"${{ {held_up} }}"}}}]))

    assert outcome.output == {"x": f"stand-in: hold {tmp_path / 'once'}"}
    [failed] = await events_of(outcome.handle, "workflow_task_failed")
    assert "the machine has too much to do" in failed.workflow_task_failed_event_attributes.failure.message


SEVERAL = """
do:
  - all:
      call: map
      with:
        in: "${ [1] }"
        onError: collect
        do: [{ bad: { set: { good: "${ 1 }", a: '${ "stand-in: compute 60" }', b: "${ 2 }" } } }]
  - keep: { set: { why: "${ .[0].error.detail }" } }
"""


@pytest.mark.usefixtures("alone_with_the_processor")
async def test_the_field_is_named_in_a_replay_too(runner: Runner) -> None:
    outcome = await runner.run(SEVERAL)
    named = "/do/0/all/with/do/0/bad/set/a: it met its bound"
    assert outcome.output["why"].startswith(named)

    [output] = [task.output for task in await replayed(runner, outcome) if task.status.id == "keep"]
    assert output == outcome.output


async def replayed(runner: Runner, outcome: Outcome) -> list[ReplayedTask]:
    history = await outcome.handle.fetch_history()
    return await replay_tasks([history], runner.client.data_converter)


@pytest.mark.parametrize("text", ["env", "$ENV.PATH", "input", "halt", '"x" | halt_error', "now"])
async def test_what_reaches_out_of_an_expression_is_refused(runner: Runner, text: str) -> None:
    outcome = await runner.run(document(do=[{"bad": {"set": {"x": f"${{ {text} }}"}}}]))

    assert outcome.problem["error"] == "DefinitionInvalid"
    assert "/do/0/bad/set/x" in outcome.problem["detail"]
