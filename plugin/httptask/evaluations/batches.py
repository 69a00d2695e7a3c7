"""Batches on a Temporal server: started, given their rows while they go on, and read from their histories."""

import asyncio
import contextlib
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from httptask.activities.names import BATCH
from httptask.dsl.canonical import qualified_name, unpacked
from httptask.evaluations.dataset import DataRow
from httptask.interpreter.batch_state import (
    ADD_ROWS,
    PROGRESS_QUERY,
    RESULTS_QUERY,
    BatchInput,
    BatchProgress,
    BatchState,
    Row,
    RowResult,
    RowsPiece,
    Variant,
)
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.runs.executions import describe
from httptask.scheduling.spending_state import Spent

__all__ = [
    "Batch",
    "Evaluation",
    "fetch_results",
    "find_batch",
    "follow_batch",
    "has_left",
    "sha256_of_rows",
    "start_batch",
]

_T = TypeVar("_T")
_PIECE_BYTES: Final = 100_000
_LOOK_SECONDS: Final = 0.25
_PAUSE: Final = 10.0
"""Times as long as a look took is the pause behind it: while a worker answers, its batch does not go on."""
_LONGEST_PAUSE_SECONDS: Final = 3.0
_ANSWER_TIME: Final = timedelta(seconds=5)
"""How long a look may take: the worker may be busy, or gone."""
_RESULTS_TIME: Final = timedelta(seconds=30)
"""A batch that has ended is replayed for what it can tell."""
_PATIENCE_SECONDS: Final = 60.0
"""Without an answer of the server."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is to be run.

    Attributes:
        variants: the definitions, as `variants_of` makes them.
        rows: the inputs, as `read_rows` reads them.
        concurrency: how many are run at once.
        budget_usd: US dollars that all rows together may cost; None for no bound.
        stop_on_error: whether no more of them begin after one that has failed.
        simulated: whether answers come from fixtures.
        continue_as_new_after: history length after which it continues as new; None leaves it to the server.
    """

    variants: Sequence[Variant]
    rows: Sequence[DataRow]
    concurrency: int = 16
    budget_usd: float | None = None
    stop_on_error: bool = False
    simulated: bool = False
    continue_as_new_after: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that has been started.

    Attributes:
        task_queue: of the worker that runs it.
        begun: what it was started with.
        kept: results of the batch that it resumes, which it does not run again.
    """

    id: str
    task_queue: str
    begun: BatchInput
    kept: Sequence[RowResult] = ()

    @property
    def variants(self) -> Sequence[Variant]:
        """The definitions that it was started with."""
        return self.begun.variants

    @property
    def sha256(self) -> str:
        """Of its rows."""
        return self.begun.sha256

    def due(self) -> list[tuple[int, list[int] | None]]:
        """The rows that it runs, each with the indices of the definitions that run it, or None for all."""
        if self.begun.resumes is None:
            return [(number, None) for number in range(self.begun.rows)]
        kept: defaultdict[int, set[int]] = defaultdict(set)
        for result in self.kept:
            kept[result.row].add(result.variant)
        every = range(len(self.variants))
        left = ((row, [one for one in every if one not in kept[row]]) for row in range(self.begun.rows))
        return [(row, variants) for row, variants in left if variants]


async def start_batch(
    client: Client,
    evaluation: Evaluation,
    batch_id: str,
    *,
    task_queue: str,
    resumes: Batch | None = None,
    retry_failed: bool = False,
) -> Batch:
    """Start a batch, which is given its rows by `follow_batch`.

    Args:
        client: of its server.
        evaluation: what is to be run.
        batch_id: its id.
        task_queue: of the worker that runs it.
        resumes: a batch over the same rows, and variants, that has ended: rows that have a result there are not run
            again, and what it spent counts.
        retry_failed: whether those that have an error there are.
    """
    variants = list(evaluation.variants)
    begun = BatchInput(
        variants=variants,
        rows=len(evaluation.rows),
        sha256=sha256_of_rows(evaluation.rows),
        concurrency=evaluation.concurrency,
        budget_usd=evaluation.budget_usd,
        stop_on_error=evaluation.stop_on_error,
        continue_as_new_after=evaluation.continue_as_new_after,
        resumes=None if resumes is None else resumes.id,
        retries_failed=retry_failed,
    )
    before = [] if resumes is None else await fetch_results(client, resumes)
    kept = _kept(before, retry_failed=retry_failed)
    state = None if resumes is None else _state_behind(before, kept, begun.rows * len(variants))
    memo: dict[str, Any] = {"definition": qualified_name(json.loads(unpacked(variants[0].packed)))}
    if evaluation.simulated:
        memo[SIMULATED_MEMO] = True
    argument = begun.model_copy(update={"state": state})
    await client.start_workflow(BATCH, argument, id=batch_id, task_queue=task_queue, memo=memo)
    return Batch(batch_id, task_queue, begun, kept)


async def find_batch(client: Client, batch_id: str) -> Batch:
    """A batch that was started before.

    Raises:
        LookupError: there is none of that id.
        RPCError: the server gives no answer.
    """
    try:
        described = await describe(client, batch_id)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise LookupError(batch_id) from None
        raise
    if described.info.type.name != BATCH:
        raise LookupError(batch_id)
    begun, _ = await _beginning(client, batch_id, described.run_id)
    kept: list[RowResult] = []
    if begun.resumes is not None:
        before = await fetch_results(client, await find_batch(client, begun.resumes))
        kept = _kept(before, retry_failed=begun.retries_failed)
    begun.state = None
    return Batch(batch_id, described.info.task_queue, begun, kept)


async def follow_batch(
    client: Client,
    batch: Batch,
    rows: Sequence[DataRow],
    show: Callable[[BatchProgress], None] = lambda _: None,
) -> BatchProgress:
    """Give a batch its rows, as it has room for them, until it has ended; a worker has to run meanwhile.

    Args:
        client: of its server.
        batch: as it was started or found.
        rows: all of them.
        show: is told how far it is, some times a second.

    Raises:
        WorkflowFailureError: it was cancelled, or failed as a whole.
        RPCError: the server does not answer for a minute.
    """
    handle = client.get_workflow_handle(batch.id, result_type=BatchState)
    due = batch.due()
    ending = asyncio.ensure_future(_ended(client, handle))
    progress = BatchProgress(total=batch.begun.rows * len(batch.variants))
    try:
        while not ending.done():
            began = time.monotonic()
            told = await _asked(handle, PROGRESS_QUERY, BatchProgress, _ANSWER_TIME)
            if told is None:  # it ends, has not begun, or can't go on
                progress.impasse = await _impasse(client, batch.id)
                if progress.impasse is not None:
                    show(progress)
            else:
                progress = told
                show(progress)
                await _feed(handle, rows, due, progress)
            pause = max(_LOOK_SECONDS, _PAUSE * (time.monotonic() - began))
            await asyncio.wait([ending], timeout=min(pause, _LONGEST_PAUSE_SECONDS))
        return ending.result().progress
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def has_left(client: Client, batch: Batch, *, retry_failed: bool = False) -> bool:
    """Whether a batch that has ended leaves rows for another one: not run, or failed where those are to be retried."""
    described = await describe(client, batch.id)
    if described.state != "completed":
        return True
    last = client.get_workflow_handle(batch.id, run_id=described.run_id, result_type=BatchState)
    progress = (await last.result()).progress
    return progress.ended < progress.total or (retry_failed and progress.failed > 0)


async def fetch_results(client: Client, batch: Batch) -> list[RowResult]:
    """The results of a batch so far, by row and variant; unless it has completed, its worker has to run.

    What a worker doesn't tell is left out: the results since the batch continued as new last.
    """
    handle = client.get_workflow_handle(batch.id)
    described = await describe(client, batch.id)
    results = list(batch.kept)
    if described.state == "completed":
        last = client.get_workflow_handle(batch.id, run_id=described.run_id, result_type=BatchState)
        results += (await last.result()).results
    elif described.pause is None:  # a paused one answers no query
        results += await _asked(handle, RESULTS_QUERY, list[RowResult], _RESULTS_TIME) or []
    run_id: str | None = described.run_id
    while run_id:
        begun, run_id = await _beginning(client, batch.id, run_id)
        results += begun.state.results if begun.state else []
    return sorted(results, key=lambda result: (result.row, result.variant))


def sha256_of_rows(rows: Sequence[DataRow]) -> str:
    """What tells one data set from another."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row.input, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _kept(results: Sequence[RowResult], *, retry_failed: bool) -> list[RowResult]:
    """Those that a batch which resumes another one does not run again."""
    return [result for result in results if result.error is None or not retry_failed]


def _state_behind(before: Sequence[RowResult], kept: Sequence[RowResult], total: int) -> BatchState:
    """What a batch begins with that resumes one with such results."""
    spent = Spent()
    for result in before:
        spent = spent.plus(result.spent)
    progress = BatchProgress(
        total=total,
        ended=len(kept),
        failed=sum(result.error is not None for result in kept),
        spent=spent,
    )
    dearest = max((result.spent.cost_usd for result in before), default=None)
    return BatchState(progress=progress, dearest_usd=dearest)


async def _ended(client: Client, handle: WorkflowHandle[Any, BatchState]) -> BatchState:
    """Wait for the end, also where a connection breaks meanwhile."""
    while True:
        try:
            return await handle.result()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND or not await _answers(client, handle.id):
                raise
        except RuntimeError:  # the server lets go of who waits for one that was paused before it began
            await asyncio.sleep(_LOOK_SECONDS)


async def _answers(client: Client, id_: str) -> bool:
    """Wait until the server answers; not for longer than it may take."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                with contextlib.suppress(RPCError):
                    await describe(client, id_)
                    return True
    return False


async def _asked(
    handle: WorkflowHandle[Any, Any], query: str, answer: type[_T], patience: timedelta
) -> _T | None:
    """The answer to a query; None where there is none."""
    told: _T | None = None
    try:
        told = await handle.query(query, result_type=answer, rpc_timeout=patience)
    except ValidationError:
        raise
    # The SDK's enum of states lacks that of a paused workflow, for which queries are refused.
    except (WorkflowQueryFailedError, RPCError, ValueError):
        pass
    return told


async def _impasse(client: Client, id_: str) -> str | None:
    """Why a batch does not answer, as far as its server knows."""
    with contextlib.suppress(RPCError):
        return await (await describe(client, id_)).impasse(client)
    return None


async def _feed(
    handle: WorkflowHandle[Any, Any],
    rows: Sequence[DataRow],
    due: Sequence[tuple[int, list[int] | None]],
    progress: BatchProgress,
) -> None:
    """Give pieces until there are enough."""
    first = progress.received
    while progress.has_room and first < len(due):
        piece: list[Row] = []
        room = _PIECE_BYTES
        for number, variants in due[first:]:
            room -= len(json.dumps(rows[number].input))
            if piece and room < 0:
                break
            piece.append(Row(number=number, input=rows[number].input, variants=variants))
        try:
            first = await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]
                ADD_ROWS, RowsPiece(first=first, rows=piece), result_type=int, rpc_timeout=_ANSWER_TIME
            )
        except (WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError):
            return


async def _beginning(client: Client, batch_id: str, run_id: str) -> tuple[BatchInput, str]:
    """What a run of the chain was started with, and the id of the run before it, empty for the first."""
    handle = client.get_workflow_handle(batch_id, run_id=run_id)
    async for event in handle.fetch_history_events(page_size=1):
        started = event.workflow_execution_started_event_attributes
        [begun] = await client.data_converter.decode(started.input.payloads, [BatchInput])
        return begun, started.continued_execution_run_id
    raise AssertionError(run_id)  # every history has a first event
