"""`call: activity`: activities of the user's own, as far as the worker's operator allows them."""

import asyncio
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.plugin import AllowedActivity
from httptask.scheduling import polling
from support.runs import Runner, running


@activity.defn
async def echo(*values: Any) -> list[Any]:
    return list(values)


@activity.defn
async def picture() -> bytes:
    return b"\x89PNG"


class Flaky:
    """Fails until the attempt that is asked for."""

    def __init__(self) -> None:
        self.attempts = 0

    @activity.defn
    async def flaky(self, succeeds_at: int) -> int:
        self.attempts += 1
        if self.attempts < succeeds_at:
            raise ApplicationError("the till is locked", {"till": 3}, type="TillLocked")
        return self.attempts


@activity.defn
async def sleepy() -> None:
    await asyncio.sleep(60)


def calling(type_: str, arguments: str = "[]", **rest: str) -> str:
    others = "".join(f", {name}: {value}" for name, value in rest.items())
    return f"do: [{{ ask: {{ call: activity, with: {{ type: {type_}, arguments: {arguments} }}{others} }} }}]"


def own(*activities: Any, **rules: Any) -> dict[str, Any]:
    names = [activity._Definition.must_from_callable(function).name or "" for function in activities]
    return {
        "worker": {"activities": activities},
        "allowed_activities": [AllowedActivity(name=name, **rules) for name in names],
    }


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (calling("echo", '["${ .a }", "x ${ .b }", { k: 1 }, null]', output='{ as: "${ .[:3] }" }'), [1, "x 2", {"k": 1}]),
        (calling("echo", '"${ [.a, .b] }"'), [1, 2]),
        ("do: [{ ask: { call: activity, with: { type: echo } } }]", []),
    ],
)  # fmt: skip
async def test_arguments_and_result(temporal: WorkflowEnvironment, text: str, output: Any) -> None:
    async with running(temporal, **own(echo)) as runner:
        outcome = await runner.run(text, {"a": 1, "b": 2})
    assert (outcome.problem, outcome.output) == ({}, output)


async def test_what_is_not_allowed_is_not_begun(temporal: WorkflowEnvironment) -> None:
    flaky = Flaky()
    text = """
    do:
      - first: { call: activity, with: { type: flaky, arguments: [1] } }
      - second: { call: activity, with: { type: echo } }
    """
    async with running(
        temporal,
        worker={"activities": [flaky.flaky, echo]},
        allowed_activities=[AllowedActivity(name="flaky")],
        share_queue=False,
    ) as runner:
        outcome = await runner.run(text)
    assert outcome.problem["error"] == "ActivityNotAllowed"
    assert outcome.problem["type"].endswith("/authorization")
    assert "add [activities.echo] to the worker's httptask.toml" in outcome.problem["detail"]
    assert flaky.attempts == 0


async def test_attempts_are_those_that_are_allowed(temporal: WorkflowEnvironment) -> None:
    flaky = Flaky()
    async with running(temporal, **own(flaky.flaky, attempts=2)) as runner:
        good = await runner.run(calling("flaky", "[2]"))
        flaky.attempts = 0
        bad = await runner.run(calling("flaky", "[3]"))
    assert good.output == 2
    assert flaky.attempts == 2
    assert {name: bad.problem[name] for name in ("title", "detail", "instance", "error", "details")} == {
        "title": "TillLocked",
        "detail": "the till is locked",
        "instance": "/do/0/ask",
        "error": "TillLocked",
        "details": {"till": 3},
    }
    assert bad.problem["type"].endswith("/runtime")


async def test_a_result_that_is_no_json(temporal: WorkflowEnvironment) -> None:
    async with running(temporal, **own(picture)) as runner:
        outcome = await runner.run(calling("picture"))
    assert outcome.problem["detail"] == "the activity picture has a result that is no JSON: binary/plain"


async def test_arguments_that_are_no_list(temporal: WorkflowEnvironment) -> None:
    async with running(temporal, **own(echo)) as runner:
        outcome = await runner.run(calling("echo", '"${ .a }"'), {"a": 1})
    assert outcome.problem["detail"] == "`arguments` of an activity has to yield a list"


async def test_deadlines(temporal: WorkflowEnvironment) -> None:
    async with running(temporal, **own(sleepy, start_to_close_timeout=0.2, attempts=1)) as runner:
        outcome = await runner.run(calling("sleepy"))
    assert outcome.problem["type"].endswith("/timeout")


async def test_another_task_queue(temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PATIENCE", polling.PATIENCE / 60)
    async with running(
        temporal, allowed_activities=[AllowedActivity(name="echo", task_queue="shop")]
    ) as runner:
        nobody = await runner.run(calling("echo", "[1]"))
        async with elsewhere(runner, "shop"):
            somebody = await runner.run(calling("echo", "[1]"))
    assert nobody.problem["error"] == "WorkerMissing"
    assert nobody.problem["detail"] == (
        "no worker polls the task queue shop, where the activity echo waits: start a worker there that has it"
    )
    assert somebody.output == [1]


def elsewhere(runner: Runner, task_queue: str) -> Worker:
    return Worker(runner.client, task_queue=task_queue, activities=[echo], plugins=[])
