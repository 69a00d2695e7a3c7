"""The recipes that are no definitions alone: a schedule, and a program that takes webhooks."""

import shlex
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from support.cluster import address_of
from support.commands import Shell
from support.definitions import parse
from support.fences import ROOT, fences
from support.runs import running

REPORT = {
    **parse("do: [{ report: { set: { of: '${ .days }' } } }]"),
    "document": {"dsl": "1.0.3", "namespace": "recipes", "name": "report", "version": "1.0.0"},
}
FENCES = list(fences(ROOT / "docs/recipes.md"))


async def test_the_schedule_starts_the_definition(shell: Shell, temporal: WorkflowEnvironment) -> None:
    shell.environment["TEMPORAL_ADDRESS"] = address_of(temporal)
    [served] = [fence.text for fence in FENCES if "\nschedule: " in fence.text]
    [command] = [fence.text for fence in FENCES if fence.text.startswith("httptask schedule create")]
    async with running(temporal, definitions=[parse(served)], share_queue=False) as runner:
        queue = ("--task-queue", runner.task_queue)
        code, created = await shell.run(*shlex.split(command)[1:], "--yes", *queue)
        assert code == 0, created.stderr
        try:
            code, begun = await shell.run("schedule", "trigger", "nightly")
            assert code == 0, begun.stderr
            assert await output_of(runner.client, begun.stdout.strip()) == {"text": "orders of 1 days"}
        finally:
            await shell.run("schedule", "delete", "nightly", "--yes")


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
