"""One batch from start to end: its worker, its progress, its table, and how it is gone on with."""

import asyncio
import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client, WorkflowFailureError

from httptask.cli.runs.following import wait_for_left_runs
from httptask.cli.runs.launch import RUN_QUEUE_PREFIX
from httptask.cli.temporal.cluster import Cluster, connect
from httptask.cli.temporal.worker import new_worker, while_working
from httptask.cli.terminal.background import beside, first_of
from httptask.cli.terminal.console import harmless, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.failures import problem_of, state_after
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import show_notice
from httptask.evaluations import (
    Batch,
    Evaluation,
    Table,
    as_csv,
    as_jsonl,
    as_markdown,
    fetch_results,
    find_batch,
    follow_batch,
    sha256_of_rows,
    start_batch,
    summary_text,
)
from httptask.interpreter.batch_state import BatchProgress
from httptask.plugin import HttpTaskPlugin

__all__ = ["BatchLaunch", "run_batch"]

_FORMATS: Final = {".jsonl": as_jsonl, ".csv": as_csv, ".md": as_markdown}
_MOST_SHOWN: Final = 50
"""Rows of a table on a terminal."""
_LINE_SECONDS: Final = 10.0
"""Between two lines of progress where no line is redrawn."""
_REASONS: Final = {
    "budget": "the budget is used up",
    "price": "a budget can't be kept, for what an answer has cost is not known",
    "error": "a row has failed, and --stop-on-error was given",
}


@dataclass(frozen=True, slots=True)
class BatchLaunch:
    """What is to be run, and where.

    Attributes:
        name: of the definition.
        resume: id of the batch that is gone on with; None for a new one.
        cluster: None for the embedded server of `state_directory`.
        output: the file that the table is written to.
        as_json: whether stdout gets one JSON object.
        leaves_runs: whether its rows may leave runs of other definitions to themselves.
    """

    evaluation: Evaluation
    name: str
    resume: str | None
    plugin: HttpTaskPlugin
    cluster: Cluster | None
    state_directory: Path
    output: Path | None
    as_json: bool
    leaves_runs: bool


def run_batch(launch: BatchLaunch) -> ExitCode:
    """Run to the end, or until interrupted; the rows that have ended are shown in either case."""
    return asyncio.run(_run(launch))


async def _run(launch: BatchLaunch) -> ExitCode:
    with Interrupts.caught() as interrupts:
        async with connect(launch.cluster, launch.state_directory, interrupts, [launch.plugin]) as client:
            show_notice("starting the batch")
            batch = await _begun(client, launch)
            print_note(f"batch {batch.id}")
            worker = new_worker(client, batch.task_queue)
            return await while_working(worker, _follow(client, launch, batch, interrupts))


async def _begun(client: Client, launch: BatchLaunch) -> Batch:
    """The batch, started or found again.

    Raises:
        CliError: there is no such batch, or it has other rows.
    """
    if launch.resume is None:
        token = secrets.token_hex(4)
        queue = f"{RUN_QUEUE_PREFIX}{token}"
        return await start_batch(client, launch.evaluation, f"{launch.name}-batch-{token}", task_queue=queue)
    try:
        batch = await find_batch(client, launch.resume)
    except LookupError:
        raise CliError(
            f"--resume {launch.resume}: there is no such batch", "its first line on stderr told its id"
        ) from None
    if batch.sha256 != sha256_of_rows(launch.evaluation.rows):
        raise CliError(
            f"--resume {launch.resume}: it was started with other rows",
            "give the same --inputs and --limit, or leave out --resume for a new batch",
        )
    if list(batch.variants) != list(launch.evaluation.variants):
        print_note("the definition has changed since: the batch goes on with what it was started with")
    return batch


async def _follow(client: Client, launch: BatchLaunch, batch: Batch, interrupts: Interrupts) -> ExitCode:
    """Give the rows and show how far they are until the batch ends or is left; then its table."""
    view = _Progress()
    rows = launch.evaluation.rows
    async with (
        beside(follow_batch(client, batch, rows, view.show)) as following,
        beside(interrupts.asked.wait()) as asked,
    ):
        await first_of(following, asked)
        if not following.done():
            done = view.last.ended if view.last else 0
            print_note(
                f"stopped: {done:,} of {batch_size(batch, rows):,} rows are done\n  go on: {_resuming(batch)}"
            )
            return ExitCode.INTERRUPTED
        try:
            progress = following.result()
        except WorkflowFailureError as failure:
            problem = problem_of(failure)
            if launch.as_json:
                print_json({"batch": batch.id, "state": state_after(failure), "error": problem})
            raise CliError(
                f"the batch did not end: {problem['title']}: {problem.get('detail') or ''}",
                exit_code=ExitCode.FAILED,
            ) from None
    table = Table(rows, [variant.label for variant in batch.variants], await fetch_results(client, batch))
    _show(launch, batch, table, progress)
    if launch.leaves_runs:
        await wait_for_left_runs(client, batch.id, interrupts)
    is_done = progress.ended == progress.total and not progress.failed
    return ExitCode.DONE if is_done else ExitCode.FAILED


def batch_size(batch: Batch, rows: Sequence[Any]) -> int:
    """How many rows there are, counted for each variant."""
    return len(rows) * len(batch.variants)


def _show(launch: BatchLaunch, batch: Batch, table: Table, progress: BatchProgress) -> None:
    if progress.stopped is not None:
        print_note(f"stopped: {_REASONS[progress.stopped]}")
    if launch.output is not None:
        launch.output.write_text(_FORMATS[launch.output.suffix](table), encoding="utf-8")
        print_note(f"table: {launch.output}")
    if launch.as_json:
        state = "completed" if progress.stopped is None else "stopped"
        told = {"batch": batch.id, "state": state, "stopped": progress.stopped, "summary": table.summary()}
        print_json({**told, "rows": list(table.lines)})
    elif launch.output is not None:
        print_note(summary_text(table))
    else:
        sys.stdout.write(harmless(as_markdown(table, table.telling(_MOST_SHOWN))))
        left = len(table.rows) - _MOST_SHOWN
        if left > 0:
            print_note(f"and {left:,} more rows; --output FILE.jsonl has them all")


def _resuming(batch: Batch) -> str:
    """The command that goes on: the one that was given, with the id."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    if not any(word.startswith("--resume") for word in words):
        words += ["--resume", batch.id]
    return harmless(shlex.join(words))


class _Progress:
    """How far a batch is, on one line that is redrawn, or on a line now and then."""

    def __init__(self) -> None:
        self.last: BatchProgress | None = None
        self._began: tuple[float, int] | None = None
        self._told_at = time.monotonic()

    def show(self, progress: BatchProgress) -> None:
        now = time.monotonic()
        if self._began is None:
            self._began = (now, progress.ended)
        changed = self.last is None or progress != self.last
        self.last = progress
        if not changed:
            return
        told = self._words(progress, now)
        if sys.stderr.isatty():
            show_notice(told)
        elif now - self._told_at >= _LINE_SECONDS:
            self._told_at = now
            print_note(told)

    def _words(self, progress: BatchProgress, now: float) -> str:
        parts = [f"{progress.ended:,} of {progress.total:,}"]
        if progress.failed:
            parts.append("1 error" if progress.failed == 1 else f"{progress.failed:,} errors")
        if progress.spent.cost_usd:
            parts.append(f"${progress.spent.cost_usd:.2f}")
        assert self._began is not None  # set before
        began, first = self._began
        ran = progress.ended - first
        if ran >= 5 and progress.ended < progress.total:
            parts.append(_left((progress.total - progress.ended) * (now - began) / ran))
        return ", ".join(parts)


def _left(seconds: float) -> str:
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"
