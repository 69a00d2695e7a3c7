"""Batches on a Temporal server: started, given their rows while they go on, and read from their histories."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.service import RPCError

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

__all__ = [
    "Batch",
    "Evaluation",
    "fetch_results",
    "find_batch",
    "follow_batch",
    "sha256_of_rows",
    "start_batch",
]

_PIECE_BYTES: Final = 100_000
_LOOK_SECONDS: Final = 0.25


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
        variants: the definitions that it was started with.
        sha256: of its rows.
        task_queue: of the worker that runs it.
    """

    id: str
    variants: Sequence[Variant]
    sha256: str
    task_queue: str


async def start_batch(client: Client, evaluation: Evaluation, batch_id: str, *, task_queue: str) -> Batch:
    """Start a batch, which is given its rows by `follow_batch`."""
    variants = list(evaluation.variants)
    batch = BatchInput(
        variants=variants,
        rows=len(evaluation.rows),
        sha256=sha256_of_rows(evaluation.rows),
        concurrency=evaluation.concurrency,
        budget_usd=evaluation.budget_usd,
        stop_on_error=evaluation.stop_on_error,
        continue_as_new_after=evaluation.continue_as_new_after,
    )
    memo: dict[str, Any] = {"definition": qualified_name(json.loads(unpacked(variants[0].packed)))}
    if evaluation.simulated:
        memo[SIMULATED_MEMO] = True
    await client.start_workflow(BATCH, batch, id=batch_id, task_queue=task_queue, memo=memo)
    return Batch(batch_id, variants, batch.sha256, task_queue)


async def find_batch(client: Client, batch_id: str) -> Batch:
    """A batch that was started before.

    Raises:
        LookupError: there is none of that id.
    """
    try:
        described = await client.get_workflow_handle(batch_id).describe()
    except RPCError:
        raise LookupError(batch_id) from None
    if described.workflow_type != BATCH:
        raise LookupError(batch_id)
    begun, _ = await _beginning(client, batch_id, described.run_id)
    return Batch(batch_id, begun.variants, begun.sha256, described.task_queue)


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
    """
    handle = client.get_workflow_handle(batch.id, result_type=BatchState)
    ending = asyncio.ensure_future(handle.result())
    try:
        while not ending.done():
            with contextlib.suppress(WorkflowQueryFailedError, RPCError):  # it ends, or has not begun
                progress = await handle.query(PROGRESS_QUERY, result_type=BatchProgress)
                show(progress)
                await _feed(handle, rows, progress.received)
            await asyncio.wait([ending], timeout=_LOOK_SECONDS)
        ended: BatchState = ending.result()
        return ended.progress
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def fetch_results(client: Client, batch: Batch) -> list[RowResult]:
    """The results of a batch so far, by row and variant; while it goes on, its worker has to run."""
    handle = client.get_workflow_handle(batch.id)
    described = await handle.describe()
    results: list[RowResult] = []
    if described.status is WorkflowExecutionStatus.COMPLETED:
        last = client.get_workflow_handle(batch.id, run_id=described.run_id, result_type=BatchState)
        results += (await last.result()).results
    elif described.status is WorkflowExecutionStatus.RUNNING:
        results += await handle.query(RESULTS_QUERY, result_type=list[RowResult])
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


async def _feed(handle: WorkflowHandle[Any, Any], rows: Sequence[DataRow], first: int) -> None:
    """Give pieces until there are enough."""
    while first < len(rows):
        piece, room = [Row(number=first, input=rows[first].input)], _PIECE_BYTES
        for number in range(first + 1, len(rows)):
            room -= len(json.dumps(rows[number].input))
            if room < 0:
                break
            piece.append(Row(number=number, input=rows[number].input))
        try:
            first = await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]
                ADD_ROWS, RowsPiece(rows=piece), result_type=int
            )
        except WorkflowUpdateFailedError:
            return


async def _beginning(client: Client, batch_id: str, run_id: str) -> tuple[BatchInput, str]:
    """What a run of the chain was started with, and the id of the run before it, empty for the first."""
    handle = client.get_workflow_handle(batch_id, run_id=run_id)
    async for event in handle.fetch_history_events(page_size=1):
        started = event.workflow_execution_started_event_attributes
        [begun] = await client.data_converter.decode(started.input.payloads, [BatchInput])
        return begun, started.continued_execution_run_id
    raise AssertionError(run_id)  # every history has a first event
