"""A workflow that Temporal takes for stuck, because its machine is busy, goes on as soon as it can."""

import asyncio
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import _workflow as sdk

from httptask.dsl.expressions import helper_process
from support.cluster import events_of
from support.runs import running
from support.stand_in_jq import acting, standing_in

BESIDE_ANOTHER_BRANCH = """
do:
  - both:
      call: map
      with:
        in: "${ [0, 1] }"
        do:
          - nap: { if: "${ $item == 0 }", wait: { seconds: 1 } }
          - work: { if: "${ $item == 1 }", set: { x: '${ %s }' } }
  - end: { set: { n: "${ length }" } }
"""

IN_LOOSE_MODE = """
evaluate: { mode: loose }
do:
  - only: { set: { text: '. == "compiling: hold %s"' } }
"""


async def test_one_that_was_taken_for_stuck_goes_on(
    temporal: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detects = property(lambda _: 1.0, lambda _, __: None)  # there is no option for it
    monkeypatch.setattr(sdk._WorkflowWorker, "_deadlock_timeout_seconds", detects, raising=False)
    with standing_in(tmp_path):
        async with running(temporal) as runner, asyncio.timeout(60):
            outcome = await runner.run(BESIDE_ANOTHER_BRANCH % acting(f"hold {tmp_path / 'once'}"))

    assert outcome.output == {"n": 2}
    failed = [
        event.workflow_task_failed_event_attributes.failure.message
        for event in await events_of(outcome.handle, "workflow_task_failed")
    ]
    assert "TMPRL1101" in failed[0]


async def test_one_that_jq_was_slow_to_read_is_read_again(
    temporal: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would be without jq's answer is another workflow."""
    monkeypatch.setattr(helper_process, "_LEAST_SHARE", 0.0)  # it counts as at work while it sleeps
    with standing_in(tmp_path):
        async with running(temporal) as runner, asyncio.timeout(60):
            outcome = await runner.run(IN_LOOSE_MODE % (tmp_path / "once"))

    assert outcome.output == {"text": False}
    failed = [
        event.workflow_task_failed_event_attributes.failure.message
        for event in await events_of(outcome.handle, "workflow_task_failed")
    ]
    assert failed == ["compiling the text at /do/0/only/set/text was stopped at a bound on time"]
