"""`httptask batch`, within this process: how a batch is begun, gone on with, and shown."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.cli.runs.batch import BatchLaunch, begin, follow
from httptask.cli.temporal.worker import new_worker
from httptask.cli.terminal.background import beside
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import Interrupts
from httptask.dsl.compile import compile_definition
from httptask.evaluations import Batch, DataRow, Evaluation, variants_of
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.definitions import parse
from support.runs import Runner, running

ASK = """
do:
  - ask: {{ call: http, with: {{ method: post, endpoint: {url}, body: {{ n: "${{ .n }}" }} }} }}
"""


def launch_of(
    runner: Runner, text: str, folder: Path, count: int = 3, compare: str | None = None
) -> BatchLaunch:
    program = compile_definition(parse(text)).program
    assert program is not None
    rows = [DataRow(number + 1, {"n": number}) for number in range(count)]
    variants = variants_of(parse(text), program, compare)
    return BatchLaunch(
        evaluation=Evaluation(variants, rows, stop_on_error=True, concurrency=1),
        name="rows",
        resume=None,
        retry_failed=False,
        plugin=runner.plugin,
        cluster=None,
        state_directory=folder,
        output=None,
        as_json=False,
        leaves_runs=False,
    )


@asynccontextmanager
async def working(runner: Runner, batch: Batch) -> AsyncGenerator[None]:
    """Its worker, as long as the context lasts."""
    async with beside(new_worker(runner.client, batch.task_queue).run()):
        yield


async def run(runner: Runner, launch: BatchLaunch) -> tuple[Batch, ExitCode]:
    batch = await begin(runner.client, launch)
    async with working(runner, batch):
        with Interrupts.caught() as interrupts:
            return batch, await follow(runner.client, launch, batch, interrupts)


async def test_a_batch_stops_at_an_error_and_goes_on_with_what_failed(
    temporal: WorkflowEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = {1}

    def answer(served: ServedRequest) -> Reply:
        n = served.json()["n"]
        return Reply.json({"n": n}, status=422 if n in failing else 200)

    async with ScriptedServer(answer) as server, running(temporal, allow_private=["127.0.0.1"]) as runner:
        text = ASK.format(url=server.url)
        first = launch_of(runner, text, tmp_path)
        batch, code = await run(runner, first)
        assert code is ExitCode.FAILED
        shown = capsys.readouterr()
        assert "stopped: a row has failed" in shown.err
        assert f"--resume {batch.id}" in shown.err
        assert "not run" in shown.out

        for other, why in (
            (launch_of(runner, text, tmp_path, count=2), "with other rows, 3 of them; there are 2 now"),
            (launch_of(runner, text, tmp_path, compare="ask.method=get,post"), "it compares nothing"),
        ):
            with pytest.raises(CliError, match=why):
                await begin(runner.client, replace(other, resume=batch.id))
        with pytest.raises(CliError, match="no such batch"):
            await begin(runner.client, replace(first, resume="other"))

        failing.clear()
        table = tmp_path / "table.jsonl"
        again = replace(first, resume=batch.id, retry_failed=True, output=table)
        resumed, code = await run(runner, again)
        assert (code, resumed.id != batch.id) == (ExitCode.DONE, True)
        assert [json.loads(line)["output"]["n"] for line in table.read_text().splitlines()] == [0, 1, 2]
        assert [served.json()["n"] for served in server.requests] == [0, 1, 1, 2]
        assert await begin(runner.client, replace(again, resume=resumed.id)) == resumed


async def test_a_batch_that_goes_on_keeps_what_it_was_started_with(
    temporal: WorkflowEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(temporal) as runner:
        text = "do: [{ rest: { wait: PT1H } }]"
        launch = launch_of(runner, text, tmp_path)
        batch = await begin(runner.client, launch)
        with pytest.raises(CliError, match="has not ended"):
            await begin(runner.client, replace(launch, resume=batch.id, retry_failed=True))
        other = replace(launch_of(runner, text.replace("1H", "2H"), tmp_path), resume=batch.id)
        other = replace(other, evaluation=replace(other.evaluation, concurrency=5))
        assert await begin(runner.client, other) == batch
        told = capsys.readouterr().err
        assert "the definition has changed since" in told
        assert "goes on with --concurrency 1" in told
        async with working(runner, batch):
            with Interrupts.caught() as interrupts:
                interrupts.asked.set()
                assert await follow(runner.client, launch, batch, interrupts) is ExitCode.INTERRUPTED
            assert "go on: " in capsys.readouterr().err
            await runner.client.get_workflow_handle(batch.id).cancel()
            with Interrupts.caught() as interrupts:
                code = await follow(runner.client, replace(launch, as_json=True), batch, interrupts)
        told_json = json.loads(capsys.readouterr().out)
        assert (code, told_json["state"], told_json["stopped"]) == (ExitCode.FAILED, "stopped", "cancelled")
        assert [row["state"] for row in told_json["rows"]] == ["not run"] * 3
