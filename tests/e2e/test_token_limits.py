"""Limits of tokens, shared by all workers of a task queue."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from httptask.plugin import HttpTaskPlugin, fetch_status
from httptask.scheduling.token_limit_workflow import TokenLimitWorkflow
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import run_ids
from support.connections import local_connection
from support.runs import Runner, running, temporal_server

ASKS = """
input: { schema: { document: { type: integer } } }
do:
  - all:
      call: map
      with:
        in: ${ [range(.)] }
        concurrency: 200
        do:
          - ask:
              call: chatCompletion
              with: { connection: model, model: m, messages: [{ role: user, content: "Question ${ $item }" }] }
  - count: { set: "${ length }" }
"""


class Model:
    """A server whose answers use a random number of tokens."""

    def __init__(self) -> None:
        self.used: list[tuple[float, int]] = []
        self._chance = random.Random(7)

    async def __call__(self, _: ServedRequest) -> Reply:
        await asyncio.sleep(self._chance.uniform(0.05, 0.3))
        tokens = self._chance.randint(50, 350)
        self.used.append((time.monotonic(), tokens))
        choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]
        return Reply.json({"id": "c", "model": "m", "choices": choices, "usage": {"total_tokens": tokens}})

    @property
    def tokens(self) -> int:
        return sum(tokens for _, tokens in self.used)


def limited(url: str, per_minute: int) -> dict[str, Any]:
    return {"connections": {"model": local_connection("model", url, tokens_per_minute=per_minute)}}


@pytest.mark.long
async def test_four_workers_keep_one_limit(fewer: Callable[[int], int]) -> None:
    calls = 4 * fewer(20)
    per_minute = 1_500 * calls
    model = Model()
    async with (
        temporal_server() as environment,
        ScriptedServer(model) as server,
        running(environment, **limited(server.url, per_minute)) as runner,
        AsyncExitStack() as others,
    ):
        for _ in range(3):
            plugin = HttpTaskPlugin(allow_inline=True, **limited(server.url, per_minute))
            client = await Client.connect(runner.client.service_client.config.target_host, plugins=[plugin])
            await others.enter_async_context(Worker(client, task_queue=runner.task_queue))
        started = time.monotonic()
        outcomes = await asyncio.gather(*(runner.run(ASKS, calls) for _ in range(4)))
        await replay_count(runner)
    took = model.used[-1][0] - started
    allowed = per_minute * took / 60
    print(
        f"{model.tokens} tokens in {took:.1f} s, {model.tokens / allowed:.2f} of the limit; {len(server.requests)} requests"
    )
    assert [outcome.output for outcome in outcomes] == [calls] * 4
    assert len(server.requests) == 4 * calls
    assert 0.7 * allowed <= model.tokens <= 1.1 * allowed


async def replay_count(runner: Runner) -> None:
    """Replay the workflow that counted, and every run of it."""
    handle = runner.client.get_workflow_handle(f"httptask-tokens/{runner.task_queue}/model")
    replayer = Replayer(workflows=[TokenLimitWorkflow], plugins=[runner.plugin])
    async for run_id in run_ids(runner.client, handle):
        history = await runner.client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        await replayer.replay_workflow(history)


@pytest.mark.parametrize("share", [True, False])
async def test_a_call_that_waits_for_tokens_says_so_and_uses_up_no_attempt(
    temporal: WorkflowEnvironment, share: bool
) -> None:
    model = Model()
    async with (
        ScriptedServer(model) as server,
        running(temporal, share_queue=share, **limited(server.url, 12_000)) as runner,
    ):
        handle = await runner.start(ASKS, 12)
        waiting = await asyncio.wait_for(a_waiting_call(handle), 10)
        assert await handle.result() == 12
        await runner.replay(handle)
        found = [
            run
            async for run in runner.client.list_workflows(
                f"WorkflowId = 'httptask-tokens/{runner.task_queue}/model'"
            )
        ]

    assert waiting.last_failure == "waits for tokens of the connection model, which has 12000 a minute"
    assert (waiting.attempt, waiting.max_attempts, waiting.retry_after) == (1, 5, None)
    assert len(server.requests) == 12
    assert len(found) == share


async def a_waiting_call(handle: Any) -> Any:
    while True:
        for task in (await fetch_status(handle)).tasks:
            if task.name == "ask" and task.state == "waiting":
                return task
        await asyncio.sleep(0.05)
