"""One batch from start to end: its worker, its progress, its table, and how it is gone on with."""

import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client, WorkflowFailureError

from httptask.cli.runs.following import wait_for_left_runs
from httptask.cli.temporal.cluster import Cluster, connect
from httptask.cli.temporal.worker import new_worker, while_working
from httptask.cli.terminal.background import beside, first_of, run_async
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
    has_left,
    sha256_of_rows,
    start_batch,
    summary_text,
)
from httptask.interpreter.batch_state import BatchProgress
from httptask.plugin import HttpTaskPlugin
from httptask.runs.ending import RUN_QUEUE_PREFIX
from httptask.runs.executions import describe

__all__ = ["BatchLaunch", "begin", "follow", "run_batch"]

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
        retry_failed: whether rows of it that failed are run again.
        cluster: None for the embedded server of `state_directory`.
        output: the file that the table is written to.
        as_json: whether stdout gets one JSON object.
        leaves_runs: whether its rows may leave runs of other definitions to themselves.
    """

    evaluation: Evaluation
    name: str
    resume: str | None
    retry_failed: bool
    plugin: HttpTaskPlugin
    cluster: Cluster | None
    state_directory: Path
    output: Path | None
    as_json: bool
    leaves_runs: bool


def run_batch(launch: BatchLaunch) -> ExitCode:
    """Run to the end, and show the table; or until interrupted, and show how to go on."""
    return run_async(_run(launch))


async def _run(launch: BatchLaunch) -> ExitCode:
    with Interrupts.caught() as interrupts:
        async with connect(launch.cluster, launch.state_directory, interrupts, [launch.plugin]) as client:
            show_notice("starting the batch")
            batch = await begin(client, launch)
            print_note(f"batch {batch.id}")
            worker = new_worker(client, batch.task_queue)
            return await while_working(worker, follow(client, launch, batch, interrupts))


async def begin(client: Client, launch: BatchLaunch) -> Batch:
    """The batch: a new one, the one that is to go on, or one that resumes it if it has ended.

    Raises:
        CliError: there is no such batch, or it has other rows or variants.
    """
    token = secrets.token_hex(4)
    id_, queue = f"{launch.name}-batch-{token}", f"{RUN_QUEUE_PREFIX}{token}"
    if launch.resume is None:
        return await start_batch(client, launch.evaluation, id_, task_queue=queue)
    try:
        batch = await find_batch(client, launch.resume)
    except LookupError:
        raise CliError(
            f"--resume {launch.resume}: there is no such batch", "its first line on stderr told its id"
        ) from None
    _require_same(batch, launch)
    if (await describe(client, batch.id)).ended_at is None:
        _tell_what_stays(batch, launch)
        return batch
    if not await has_left(client, batch, retry_failed=launch.retry_failed):
        return batch
    evaluation = launch.evaluation
    if evaluation.budget_usd is None:
        evaluation = replace(evaluation, budget_usd=batch.begun.budget_usd)
    # One that was cancelled tells what it has not told yet by a replay, which takes a worker.
    async with beside(new_worker(client, batch.task_queue).run()):
        resumed = await start_batch(
            client, evaluation, id_, task_queue=queue, resumes=batch, retry_failed=launch.retry_failed
        )
    print_note(f"goes on behind {batch.id}, of which it keeps {len(resumed.kept):,} results")
    return resumed


def _require_same(batch: Batch, launch: BatchLaunch) -> None:
    """Refuse to go on with something else.

    Raises:
        CliError: it says what is another.
    """
    rows, labels = launch.evaluation.rows, [variant.label for variant in launch.evaluation.variants]
    if batch.sha256 != sha256_of_rows(rows):
        count = f", {batch.begun.rows:,} of them" if batch.begun.rows != len(rows) else ""
        raise CliError(
            f"--resume {batch.id}: it was started with other rows{count}; there are {len(rows):,} now",
            "give the same --inputs and --limit, or leave out --resume for a new batch",
        )
    began_with = [variant.label for variant in batch.variants]
    if began_with != labels:
        raise CliError(
            f"--resume {batch.id}: it compares {', '.join(began_with) if any(began_with) else 'nothing'}",
            "give the same --compare, or leave out --resume for a new batch",
        )


def _tell_what_stays(batch: Batch, launch: BatchLaunch) -> None:
    """Name what a batch that has not ended was started with, and goes on with.

    Raises:
        CliError: rows that failed are to be run again, which is for one that has ended.
    """
    begun, wanted = batch.begun, launch.evaluation
    if launch.retry_failed:
        raise CliError(
            f"--retry-failed: {batch.id} has not ended", "let it end first: leave out --retry-failed"
        )
    if list(begun.variants) != list(wanted.variants):
        print_note("the definition has changed since: the batch goes on with what it was started with")
    kept = [
        f"{option} {was}"
        for option, was, now in (
            ("--concurrency", begun.concurrency, wanted.concurrency),
            ("--budget-usd", begun.budget_usd, wanted.budget_usd),
        )
        if was is not None and was != now
    ]
    if kept:
        print_note(f"the batch has not ended, and goes on with {' and '.join(kept)}")


async def follow(client: Client, launch: BatchLaunch, batch: Batch, interrupts: Interrupts) -> ExitCode:
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
            size = batch_size(batch, rows)
            print_note(f"stopped: {done:,} of {size:,} rows are done\n  go on: {_resuming(batch)}")
            return ExitCode.INTERRUPTED
        stopped, problem, progress = None, None, None
        try:
            progress = following.result()
            stopped = progress.stopped
        except WorkflowFailureError as failure:
            problem, stopped = problem_of(failure), state_after(failure)
    table = Table(rows, [variant.label for variant in batch.variants], await fetch_results(client, batch))
    if problem is not None:
        print_note(f"the batch did not end: {problem['title']}: {problem.get('detail') or ''}")
    _show(launch, batch, table, stopped, problem)
    if stopped is not None:
        more = " with a larger --budget-usd" if stopped == "budget" else ""
        print_note(f"  go on{more}: {_resuming(batch)}")
    if launch.leaves_runs:
        await wait_for_left_runs(client, batch.id, interrupts)
    is_done = progress is not None and progress.ended == progress.total and not progress.failed
    return ExitCode.DONE if is_done else ExitCode.FAILED


def batch_size(batch: Batch, rows: Sequence[Any]) -> int:
    """How many rows there are, counted for each variant."""
    return len(rows) * len(batch.variants)


def _show(
    launch: BatchLaunch, batch: Batch, table: Table, stopped: str | None, problem: dict[str, Any] | None
) -> None:
    if stopped is not None:
        print_note(f"stopped: {_REASONS.get(stopped, stopped)}")
    if launch.output is not None:
        launch.output.write_text(_FORMATS[launch.output.suffix](table), encoding="utf-8")
        print_note(f"table: {launch.output}")
    if launch.as_json:
        state = "completed" if stopped is None else "stopped"
        told = {"batch": batch.id, "state": state, "stopped": stopped, "error": problem}
        print_json({**told, "summary": table.summary(), "rows": list(table.lines)})
    elif launch.output is not None:
        print_note(summary_text(table))
    else:
        sys.stdout.write(harmless(as_markdown(table, table.telling(_MOST_SHOWN))))
        left = len(table.rows) - _MOST_SHOWN
        if left > 0:
            print_note(f"and {left:,} more rows; --output FILE.jsonl has them all")


def _resuming(batch: Batch) -> str:
    """The command that goes on: the one that was given, with the id."""
    words = [Path(sys.argv[0]).name]
    given = iter(word for word in sys.argv[1:] if word != "--retry-failed")
    for word in given:
        if word == "--resume":
            next(given, None)
        elif not word.startswith("--resume="):
            words.append(word)
    return harmless(shlex.join([*words, "--resume", batch.id]))


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
        self.last = progress.model_copy()
        if not changed:
            return
        told = self._words(progress, now)
        if sys.stderr.isatty():
            show_notice(told)
        elif now - self._told_at >= _LINE_SECONDS:
            self._told_at = now
            print_note(told)

    def _words(self, progress: BatchProgress, now: float) -> str:
        if progress.impasse is not None:
            return f"{progress.ended:,} of {progress.total:,}: {progress.impasse}"
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
