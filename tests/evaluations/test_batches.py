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

from httptask.cli.terminal.background import first_of
from httptask.connections.connection import Price
from httptask.dsl.compile import compile_definition
from httptask.dsl.expressions.evaluation import LIMIT
from httptask.evaluations import (
    Batch,
    DataRow,
    Evaluation,
    fetch_results,
    find_batch,
    follow_batch,
    has_left,
    start_batch,
    variants_of,
)
from httptask.interpreter import evaluation
from httptask.interpreter.batch_state import BatchProgress, RowResult
from httptask.runs.pausing import pause_run, resume_run
from httptask.scheduling import recorded_decisions
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.definitions import parse
from support.runs import Runner, running, temporal_server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, worker={"max_cached_workflows": 0}, allow_private=["127.0.0.1"]) as found:
        yield found


def answer(served: ServedRequest) -> Reply:
    n = served.json()["n"]
    return Reply.json({"error": "odd"}, status=422) if n % 2 else Reply.json({"n": n})


async def begun(
    runner: Runner,
    text: str,
    inputs: Sequence[Any],
    compare: str | None = None,
    resumes: Batch | None = None,
    retry_failed: bool = False,
    **options: Any,
) -> tuple[Batch, list[DataRow]]:
    program = compile_definition(parse(text)).program
    assert program is not None
    rows = [DataRow(number, each) for number, each in enumerate(inputs, start=1)]
    evaluation = Evaluation(variants_of(parse(text), program, compare), rows, **options)
    batch = await start_batch(
        runner.client,
        evaluation,
        f"batch-{uuid.uuid4().hex[:8]}",
        task_queue=runner.task_queue,
        resumes=resumes,
        retry_failed=retry_failed,
    )
    return batch, rows


async def run(
    runner: Runner, text: str, inputs: Sequence[Any], compare: str | None = None, **options: Any
) -> tuple[BatchProgress, list[RowResult]]:
    batch, rows = await begun(runner, text, inputs, compare, **options)
    return await ended(runner, batch, rows)


async def ended(
    runner: Runner, batch: Batch, rows: Sequence[DataRow]
) -> tuple[BatchProgress, list[RowResult]]:
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
    progress, results = await run(runner, text, [{"n": 1}] * 5, concurrency=1, stop_on_error=True)
    assert (progress.ended, progress.stopped) == (1, "error")
    assert [result.error and result.error["title"] for result in results] == ["Odd"]


async def test_a_batch_that_is_cancelled_cancels_its_rows(runner: Runner) -> None:
    text = "do: [{ rest: { wait: PT1H } }]"
    batch, rows = await begun(runner, text, [{}, {}])
    handle = runner.client.get_workflow_handle(batch.id)

    cancelling: list[asyncio.Task[None]] = []

    def show(progress: BatchProgress) -> None:
        if progress.received == 2 and not cancelling:
            cancelling.append(asyncio.ensure_future(handle.cancel()))

    with pytest.raises(WorkflowFailureError) as failed:
        await follow_batch(runner.client, batch, rows, show)
    assert isinstance(failed.value.cause, CancelledError)
    await runner.replay(handle)


async def test_a_batch_goes_on_behind_one_that_was_cancelled_and_with_what_failed(
    temporal: WorkflowEnvironment,
) -> None:
    """Rows that had ended are kept, each variant of them on its own; what was spent counts."""
    held, failing, asked = asyncio.Event(), {"2"}, list[tuple[str, str]]()

    async def hold(served: ServedRequest) -> Reply:
        model, question = served.json()["model"], served.json()["messages"][0]["content"]
        asked.append((question, model))
        if question in failing and model == "b":
            return Reply.json({"error": "odd"}, status=422)
        if question == "3" and not held.is_set():
            held.set()
            await asyncio.sleep(60)
        return Reply.chat(f"I am {model}", tokens=(10, 10))

    questions = [{"q": str(number)} for number in range(1, 5)]
    async with ScriptedServer(hold) as server:
        connection = local_connection("local", server.url, price=Price(input=1_000_000, output=0))
        async with running(temporal, connections={"local": connection}) as runner:
            first, rows = await begun(runner, CHAT, questions, "model=a,b", concurrency=1)
            following = asyncio.create_task(follow_batch(runner.client, first, rows))
            await held.wait()
            await runner.client.get_workflow_handle(first.id).cancel()
            with pytest.raises(WorkflowFailureError):
                await following
            assert await has_left(runner.client, first)
            told = await fetch_results(runner.client, first)
            assert [(one.row, one.variant, one.error is None) for one in told] == [
                *((0, 0, True), (0, 1, True), (1, 0, True), (1, 1, False))
            ]
            asked.clear()
            second, _ = await begun(
                runner, CHAT, questions, "model=a,b", resumes=first, budget_usd=69, concurrency=1
            )
            progress, results = await ended(runner, second, rows)
            assert (progress.total, progress.ended, progress.failed) == (8, 7, 1)
            assert (progress.stopped, progress.spent.cost_usd) == ("budget", 60)
            assert asked == [("3", "a"), ("3", "b"), ("4", "a")]
            failing.clear()
            asked.clear()
            third, _ = await begun(runner, CHAT, questions, "model=a,b", resumes=second, retry_failed=True)
            progress, results = await ended(runner, third, rows)
            assert (progress.total, progress.ended, progress.failed) == (8, 8, 0)
            assert sorted(asked) == [("2", "b"), ("4", "b")]
            assert [one.output for one in results] == ["I am a", "I am b"] * 4
            assert not await has_left(runner.client, third, retry_failed=True)


async def test_a_paused_batch_is_told_as_paused() -> None:
    extra = ("--dynamic-config-value", "frontend.WorkflowPauseEnabled=true")
    async with temporal_server(*extra) as environment, running(environment) as runner:
        batch, rows = await begun(runner, "do: [{ rest: { wait: { milliseconds: 1 } } }]", [{}, {}])
        await pause_run(runner.client, batch.id, "lunch")
        shown: list[str] = []
        stuck = asyncio.Event()

        def show(progress: BatchProgress) -> None:
            if progress.impasse is not None and not stuck.is_set():
                shown.append(progress.impasse)
                stuck.set()

        following = asyncio.create_task(follow_batch(runner.client, batch, rows, show))
        await first_of(following, asyncio.create_task(stuck.wait()))
        assert shown[0].endswith(": lunch")
        assert await find_batch(runner.client, batch.id) == batch
        assert await fetch_results(runner.client, batch) == []
        await resume_run(runner.client, batch.id, "")
        assert (await following).ended == 2
