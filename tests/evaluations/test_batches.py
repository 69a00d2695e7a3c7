"""Batches on a server: every row once, whatever becomes of the others; each run of the chain is replayed."""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.canonical import canonical_json, packed
from httptask.dsl.compile import compile_definition
from httptask.evaluations import (
    Batch,
    DataRow,
    Evaluation,
    fetch_results,
    find_batch,
    follow_batch,
    start_batch,
    variants_of,
)
from httptask.interpreter.batch import BatchProgress, RowResult, Variant
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.definitions import parse
from support.runs import Runner, running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, worker={"max_cached_workflows": 0}, allow_private=["127.0.0.1"]) as found:
        yield found


def answer(served: ServedRequest) -> Reply:
    n = served.json()["n"]
    return Reply.json({"error": "odd"}, status=422) if n % 2 else Reply.json({"n": n})


async def run(
    runner: Runner, text: str, inputs: Sequence[Any], compare: str | None = None, **options: Any
) -> tuple[BatchProgress, list[RowResult]]:
    program = compile_definition(parse(text)).program
    assert program is not None
    rows = [DataRow(number, each) for number, each in enumerate(inputs, start=1)]
    evaluation = Evaluation(variants_of(parse(text), program, compare), rows, **options)
    batch = await start_batch(
        runner.client, evaluation, f"batch-{uuid.uuid4().hex[:8]}", task_queue=runner.task_queue
    )
    progress = await follow_batch(runner.client, batch, rows)
    assert await find_batch(runner.client, batch.id) == batch
    results = await fetch_results(runner.client, batch)
    await runner.replay(runner.client.get_workflow_handle(batch.id))
    return progress, results


async def test_every_row_is_run_once_and_an_error_is_its_own(runner: Runner) -> None:
    async with ScriptedServer(answer) as server:
        text = f"""
        do:
          - ask:
              call: http
              with: {{ method: post, endpoint: {server.url}, body: {{ n: "${{ .n }}" }} }}
          - named: {{ set: "${{ {{ n: .n, run: $workflow.id }} }}" }}
        """
        progress, results = await run(runner, text, [{"n": n} for n in range(5)], concurrency=2)
        assert (progress.ended, progress.failed, progress.stopped) == (5, 2, None)
        assert [result.output and result.output["n"] for result in results] == [0, None, 2, None, 4]
        assert results[2].output["run"].endswith("/3")
        assert [result.error["instance"] for result in results if result.error] == ["/do/0/ask"] * 2
        assert sorted(served.json()["n"] for served in server.requests) == [0, 1, 2, 3, 4]
        assert len({served.headers["idempotency-key"] for served in server.requests}) == 5
