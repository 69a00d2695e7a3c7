"""Batches on a server: every row once, whatever becomes of the others; each run of the chain is replayed."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from httptask.connections.connection import Price
from httptask.dsl.compile import compile_definition
from httptask.dsl.expressions.evaluation import LIMIT
from httptask.evaluations import (
    DataRow,
    Evaluation,
    fetch_results,
    find_batch,
    follow_batch,
    start_batch,
    variants_of,
)
from httptask.interpreter import evaluation
from httptask.interpreter.batch_state import BatchProgress, RowResult
from httptask.scheduling import recorded_decisions
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
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
        assert [result.spent.calls for result in results] == [1] * 5
        assert sorted(served.json()["n"] for served in server.requests) == [0, 1, 2, 3, 4]
        assert len({served.headers["idempotency-key"] for served in server.requests}) == 5


async def test_rows_of_a_long_batch_come_while_it_goes_on_in_new_runs(runner: Runner) -> None:
    inputs = [{"n": n, "text": "x" * 40_000} for n in range(30)]
    text = """
    do:
      - rest: { wait: { milliseconds: 1 } }
      - kept: { set: "${ { n: .n, text: .text } }" }
    """
    progress, results = await run(runner, text, inputs, concurrency=3, continue_as_new_after=60)
    assert (progress.ended, progress.failed) == (30, 0)
    assert [result.output for result in results] == inputs


async def test_outputs_that_have_no_room_are_errors_of_their_rows(runner: Runner) -> None:
    text = """do: [{ rest: { wait: PT0.1S } }, { large: { set: '${ "x" * .n }' } }]"""
    progress, results = await run(runner, text, [{"n": 800_000}, {"n": 700_000}, {"n": 3}], concurrency=3)
    assert (progress.ended, progress.failed) == (3, 1)
    [error] = [result.error for result in results if result.error]
    assert error["error"] == "PayloadTooLarge"


async def test_what_a_row_has_decided_is_no_decision_of_another(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each workflow task is a replay, which would find them under the numbers of the other's."""
    monkeypatch.setattr(evaluation, "LIMIT", LIMIT._replace(processor=0.1))
    monkeypatch.setattr(recorded_decisions, "_SECONDS_PER_YIELD", 0.05)
    text = """
    do:
      - rest: { wait: { milliseconds: 1 } }
      - count: { set: { count: "${ [limit(.n; repeat(1))] | length }" } }
      - again: { wait: { milliseconds: 1 } }
      - last: { set: "${ .count }" }
    """
    counts = [3, 300_000_000, 2_000, 4, 5]
    progress, results = await run(runner, text, [{"n": n} for n in counts], concurrency=5)
    assert (progress.ended, progress.failed) == (5, 1)
    assert [result.output for result in results] == [3, None, 2_000, 4, 5]
    assert [result.error["title"] for result in results if result.error] == ["The expression was stopped"]


def chat(served: ServedRequest) -> Reply:
    return Reply.chat(f"I am {served.json()['model']}", tokens=(10, 10))


CHAT = """
do:
  - ask:
      call: chatCompletion
      with: { connection: local, model: a, messages: [{ role: user, content: "${ .q }" }] }
      output: { as: .text }
"""


@asynccontextmanager
async def asking(temporal: WorkflowEnvironment) -> AsyncGenerator[tuple[Runner, ScriptedServer]]:
    async with ScriptedServer(chat) as server:
        connection = local_connection("local", server.url, price=Price(input=1_000_000, output=0))
        async with running(temporal, connections={"local": connection}) as runner:
            yield runner, server


async def test_variants_run_each_row(temporal: WorkflowEnvironment) -> None:
    async with asking(temporal) as (runner, server):
        progress, results = await run(runner, CHAT, [{"q": "1"}, {"q": "2"}], "model=a,b")
        assert [(result.row, result.variant, result.output) for result in results] == [
            (0, 0, "I am a"),
            (0, 1, "I am b"),
            (1, 0, "I am a"),
            (1, 1, "I am b"),
        ]
        assert progress.spent.cost_usd == 40
        assert {result.spent.tokens for result in results} == {20}
        assert len(server.requests) == 4


async def test_a_budget_bounds_all_rows_together(temporal: WorkflowEnvironment) -> None:
    async with asking(temporal) as (runner, server):
        progress, results = await run(runner, CHAT, [{"q": "1"}] * 9, concurrency=9, budget_usd=35)
        assert (progress.ended, progress.stopped, progress.spent.cost_usd) == (3, "budget", 30)
        assert len(results) == len(server.requests) == 3


async def test_an_error_stops_the_others_where_that_is_asked_for(runner: Runner) -> None:
    text = "do: [{ odd: { raise: { error: { type: 'https://example.com/odd', status: 400, title: Odd } } } }]"
    progress, results = await run(runner, text, [{}] * 5, concurrency=1, stop_on_error=True)
    assert (progress.ended, progress.stopped) == (1, "error")
    assert [result.error and result.error["title"] for result in results] == ["Odd"]


async def test_a_batch_that_is_cancelled_cancels_its_rows(runner: Runner) -> None:
    text = "do: [{ rest: { wait: PT1H } }]"
    program = compile_definition(parse(text)).program
    assert program is not None
    rows = [DataRow(1, {}), DataRow(2, {})]
    name = f"batch-{uuid.uuid4().hex[:8]}"
    evaluation = Evaluation(variants_of(parse(text), program), rows)
    batch = await start_batch(runner.client, evaluation, name, task_queue=runner.task_queue)
    handle = runner.client.get_workflow_handle(batch.id)

    cancelling: list[asyncio.Task[None]] = []

    def show(progress: BatchProgress) -> None:
        if progress.received == 2 and not cancelling:
            cancelling.append(asyncio.ensure_future(handle.cancel()))

    with pytest.raises(WorkflowFailureError) as failed:
        await follow_batch(runner.client, batch, rows, show)
    assert isinstance(failed.value.cause, CancelledError)
    await runner.replay(handle)
