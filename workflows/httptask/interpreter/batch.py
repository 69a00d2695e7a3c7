"""Many inputs, one definition or several: each row is run as a run of its own would be, many of them in one workflow.

Rows come in pieces, and their results leave with each continued run: no run of the chain holds all of them.
"""

import asyncio
import json
from collections.abc import Sequence
from copy import copy
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from httptask.activities.names import BATCH
from httptask.calls.problem import Problem, TaskFault, problem_of_failure
from httptask.dsl.program import Program
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
)
from httptask.interpreter.interpreter import Interpreter
from httptask.interpreter.services import LARGEST_HISTORY, LONGEST_HISTORY, Services
from httptask.interpreter.state import RunState
from httptask.interpreter.status import StatusBoard
from httptask.interpreter.workflow_types import unpacked_program
from httptask.scheduling.budget import Spending
from httptask.scheduling.deadlines import take_up_ends
from httptask.scheduling.spending_state import DECIMALS
from httptask.scheduling.worker_configuration import resolve_configuration
from httptask.workflows.live_text import LiveStream

__all__ = ["BatchWorkflow"]

WAITING_BYTES: Final = 300_000
"""Of JSON: rows that wait to be run, and travel with a continued run; more are asked for when they have begun."""
RESULT_BYTES: Final = 900_000
"""Of JSON: results that a run of the chain comes to before another one begins."""
LARGEST_RESULTS: Final = 1_400_000
"""Of JSON: with what waits, the most that Temporal carries."""


class _RowServices(Services):
    """Those of one row: the history is that of the batch, so the row goes no further than that has room.

    All rows share what counts decisions, which have their numbers in history, and what shares the time of each workflow
    task and its commands among them; those of one definition the documents of APIs, which are loaded once.
    """

    def __init__(self, program: Program, sha256: str, like: Services | None) -> None:
        """Of no row yet, `like` those of other rows."""
        state = RunState(origin_run_id="", input=None, started_at=0.0)
        super().__init__(program, state, StatusBoard(0), LiveStream(None, hosted=False), None, lambda _: ())
        self.sha256 = sha256
        if like is not None:
            self.pacer, self.evaluator, self.scheduler = like.pacer, like.evaluator, like.scheduler

    async def run(self, state: RunState, path: str) -> Any:
        """Run a row to its end, and return its output.

        Raises:
            ApplicationError: it ended in an error; its first detail is the RFC 7807 object.
        """
        row = copy(self)
        row.path, row.state = path, state
        row.workflow_id = f"{self.workflow_id}/{path}"
        row.budget = Spending.of(self.program.definition.document.metadata, state)
        state.operations = self.state.operations
        finished = await Interpreter(self.program, self.sha256, row).run()
        assert finished is not None  # a row never asks to be continued
        return finished.output

    def consider_continuing_as_new(self) -> None:
        info = workflow.info()
        if (
            info.get_current_history_length() > LONGEST_HISTORY
            or info.get_current_history_size() > LARGEST_HISTORY
        ):
            TaskFault.raise_standard(
                "runtime",
                "Too long",
                detail="the history of the batch has no more room for this row, which does too much: run it alone",
            )

    def tell_end(self, event: str, **fields: str | None) -> None:
        """The batch tells it with the row's result."""


@workflow.defn(name=BATCH, sandboxed=False)
class BatchWorkflow:
    """Runs every row with every definition; an error of one is its result, and no more."""

    @workflow.init
    def __init__(self, batch: BatchInput) -> None:
        state, batch.state = batch.state, None
        total = batch.rows * len(batch.variants)
        self._batch = batch
        self._state = state or BatchState(progress=BatchProgress(total=total))
        self._state.results = []
        self._sizes = [_size_of(row.input) for row in self._state.waiting]
        self._result_bytes = 0
        self._running: dict[asyncio.Task[None], None] = {}  # a set has another order in a replay
        self._failure: BaseException | None = None
        self._variants: list[_RowServices] = []

    @workflow.run
    async def run(self, batch: BatchInput) -> BatchState:
        """Run the rows, and return what is left to tell: the results of this run of the chain.

        Raises:
            ApplicationError: a definition is not valid, or the worker lacks what it needs.
        """
        for definition in self._batch.variants:
            first = next(iter(self._variants), None)
            self._variants.append(_RowServices(*unpacked_program(definition.packed), first))
        await self._learn_bounds([services.program for services in self._variants])
        try:
            while await self._may_go_on():
                row, variant = self._take()
                task = asyncio.create_task(self._run_row(row, variant))
                self._running[task] = None
                task.add_done_callback(self._note_end)
        except (Exception, asyncio.CancelledError):  # not GeneratorExit: a run that is thrown away can't wait
            await take_up_ends()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            raise
        if not self._is_over:
            self._continue_as_new()
        return self._state

    @workflow.update(name=ADD_ROWS)
    def add_rows(self, piece: RowsPiece) -> int:
        """Take the rows that come next; tells how many have come by now."""
        self._state.waiting += piece.rows
        self._sizes += [_size_of(row.input) for row in piece.rows]
        self._state.progress.received += len(piece.rows)
        return self._state.progress.received

    @add_rows.validator
    def _check_rows(self, piece: RowsPiece) -> None:
        received = self._state.progress.received
        if piece.first != received:
            raise ValueError(f"{received} have come, not {piece.first}")
        if self._state.waiting and sum(self._sizes) + len(piece.model_dump_json()) > WAITING_BYTES:
            raise ValueError("there are enough for now")

    @workflow.query(name=PROGRESS_QUERY)
    def progress(self) -> BatchProgress:
        """How far it is."""
        has_room = not self._state.waiting or sum(self._sizes) < WAITING_BYTES // 2
        return self._state.progress.model_copy(update={"has_room": has_room})

    @workflow.query(name=RESULTS_QUERY)
    def results(self) -> list[RowResult]:
        """The results of this run of the chain, so far."""
        return self._state.results

    async def _learn_bounds(self, programs: Sequence[Program]) -> None:
        """A connection or activity that the worker does not have is an error before anything is sent."""
        try:
            self._variants[0].scheduler.configuration = await resolve_configuration(
                {name for program in programs for name in program.connections},
                {name for program in programs for name in program.activities},
                emits=any(program.emits for program in programs),
                definitions={name for program in programs for name in program.definitions},
            )
        except ApplicationError as error:
            raise problem_of_failure(error).to_failure() from None

    async def _may_go_on(self) -> bool:
        """Wait until another row may begin; False where all are over that this run of the chain begins."""
        await workflow.wait_condition(
            lambda: self._may_begin or self._failure is not None or (not self._running and self._is_at_end)
        )
        if self._failure is not None:
            raise self._failure
        return self._may_begin

    def _note_end(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        if not task.cancelled():
            self._failure = self._failure or task.exception()

    @property
    def _may_begin(self) -> bool:
        return (
            bool(self._state.waiting)
            and len(self._running) < self._batch.concurrency
            and not self._is_at_end
            and self._has_money
        )

    @property
    def _is_at_end(self) -> bool:
        return self._is_over or self._is_full or not (self._has_money or self._running)

    @property
    def _is_over(self) -> bool:
        progress = self._state.progress
        return progress.stopped is not None or progress.ended == progress.total

    @property
    def _is_full(self) -> bool:
        info, limit = workflow.info(), self._batch.continue_as_new_after
        is_long = limit is not None and info.get_current_history_length() > limit
        return is_long or info.is_continue_as_new_suggested() or self._result_bytes > RESULT_BYTES

    @property
    def _has_money(self) -> bool:
        """Whether one more row fits in the budget, should each cost what the dearest has: the first is alone."""
        budget, dearest = self._batch.budget_usd, self._state.dearest_usd
        if budget is None:
            return True
        if dearest is None:
            return not self._running
        reserved = (len(self._running) + 1) * dearest
        return round(self._state.progress.spent.cost_usd + reserved, DECIMALS) <= budget

    def _take(self) -> tuple[Row, int]:
        """The row that begins next, and the definition that runs it."""
        row, at = self._state.waiting[0], self._state.variant
        variants = range(len(self._batch.variants)) if row.variants is None else row.variants
        self._state.variant = (at + 1) % len(variants)
        if self._state.variant == 0:
            del self._state.waiting[0], self._sizes[0]
        return row, variants[at]

    async def _run_row(self, row: Row, variant: int) -> None:
        """Run a row to its end, and keep how it ended."""
        label, began = self._batch.variants[variant].label, workflow.time()
        path = f"{row.number + 1}/{label}" if label else str(row.number + 1)
        origin = f"{workflow.info().first_execution_run_id}/{path}"
        state = RunState(origin_run_id=origin, input=row.input, started_at=began)
        result = RowResult(row=row.number, variant=variant)
        try:
            result.output = await self._variants[variant].run(state, path)
        except ApplicationError as error:
            result.error = error.details[0]
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            result.error = Problem.standard(
                "runtime", "Cancelled", detail="somebody has cancelled a call"
            ).to_json()
        result.spent, result.seconds = state.spent, round(workflow.time() - began, 3)
        self._keep(result)

    def _keep(self, result: RowResult) -> None:
        size = len(result.model_dump_json())
        if self._result_bytes + size > LARGEST_RESULTS:
            result.output, result.error = None, _too_large(size).to_json()
            size = len(result.model_dump_json())
        self._result_bytes += size
        state, progress = self._state, self._state.progress
        state.results.append(result)
        state.dearest_usd = max(state.dearest_usd or 0.0, result.spent.cost_usd)
        progress.spent = progress.spent.plus(result.spent)
        progress.ended += 1
        if result.error is not None:
            progress.failed += 1
            if self._batch.stop_on_error:
                progress.stopped = "error"
        if self._batch.budget_usd is not None and progress.spent.unpriced is not None:
            progress.stopped = "price"

    def _continue_as_new(self) -> None:
        """Go on in a new run, with as many of the rows that wait as travel; others are asked for again."""
        state = self._state
        if not self._has_money:
            state.progress.stopped = "budget"
            return
        room = WAITING_BYTES
        kept: list[Row] = []
        for row, size in zip(state.waiting, self._sizes, strict=True):
            room -= size
            if room < 0:
                break
            kept.append(row)
        if len(kept) < len(state.waiting):
            state.progress.received -= len(state.waiting) - len(kept)
            state.waiting = kept
        workflow.continue_as_new(self._batch.model_copy(update={"state": state}))


def _size_of(value: Any) -> int:
    return len(json.dumps(value)) + len('{"number":1234567,"input":},')


def _too_large(size: int) -> Problem:
    return Problem.standard(
        "runtime",
        "Too large",
        detail=f"the output has {size:,} bytes, for which the batch has no room: keep a part of it with `output.as`",
        error="PayloadTooLarge",
    )
