"""The recipes that are no definitions: a schedule of Temporal's, and a program that takes webhooks."""

import asyncio
import shlex
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from support.cluster import address_of, temporal_cli
from support.definitions import parse
from support.fences import ROOT, fences
from support.runs import Runner, running

REPORT = {
    **parse("do: [{ report: { set: { of: '${ .days }' } } }]"),
    "document": {"dsl": "1.0.3", "namespace": "recipes", "name": "report", "version": "1.0.0"},
}
FENCES = list(fences(ROOT / "docs/recipes.md"))


async def test_the_schedule_starts_the_definition(temporal: WorkflowEnvironment) -> None:
    [command] = [fence.text for fence in FENCES if fence.text.startswith("temporal schedule create")]
    async with running(temporal, definitions=[REPORT]) as runner:
        words = shlex.split(command.replace("--task-queue httptask", f"--task-queue {runner.task_queue}"))[1:]
        address = address_of(temporal)
        try:
            await temporal_cli(address, *words)
            await temporal_cli(address, "schedule", "trigger", "--schedule-id", "nightly")
            assert await output_of_the_only_run(runner) == {"of": 1}
        finally:
            await temporal_cli(address, "schedule", "delete", "--schedule-id", "nightly")


async def output_of_the_only_run(runner: Runner) -> Any:
    async with asyncio.timeout(30):
        while True:
            async for run in runner.client.list_workflows(f"TaskQueue = '{runner.task_queue}'"):
                return await runner.client.get_workflow_handle(run.id, run_id=run.run_id).result()
            await asyncio.sleep(0.05)


async def test_a_webhook_starts_one_run_however_often_it_is_delivered(temporal: WorkflowEnvironment) -> None:
    [source] = [fence.text for fence in FENCES if fence.tag == "recipe"]
    names: dict[str, Any] = {}
    exec(source, names)
    async with running(temporal, definitions=[REPORT]) as runner:
        application = names["application"](runner.client, runner.task_queue)
        async with TestClient(TestServer(application)) as sender:
            headers = {"X-Delivery-Id": runner.task_queue}
            answers = [await sender.post("/webhook", json={"days": 7}, headers=headers) for _ in range(2)]
            assert [(answer.status, await answer.text()) for answer in answers] == [
                (202, "started"),
                (200, "known"),
            ]
        assert await output_of(runner.client, f"delivery-{runner.task_queue}") == {"of": 7}


async def output_of(client: Client, id_: str) -> Any:
    return await client.get_workflow_handle(id_).result()
