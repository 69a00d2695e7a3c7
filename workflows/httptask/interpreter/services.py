"""What all branches of one run share."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from temporalio import workflow

from httptask.dsl.program import Program
from httptask.http.log import get_logger
from httptask.interpreter.evaluation import Evaluator
from httptask.interpreter.listens import ListensMemo
from httptask.interpreter.state import RunState
from httptask.interpreter.status import StatusBoard
from httptask.interpreter.variables import Variables, workflow_variables
from httptask.scheduling.budget import Spending
from httptask.scheduling.recorded_decisions import Pacer
from httptask.scheduling.scheduler import Scheduler
from httptask.scheduling.spending_state import SPENT_MEMO, search_attributes
from httptask.workflows.live_text import LiveStream

__all__ = ["LARGEST_HISTORY", "LONGEST_HISTORY", "ArgumentsOf", "Services", "log_event"]

_log = get_logger("httptask.workflow")

ArgumentsOf = Callable[[dict[str, Any]], Sequence[Any]]

LONGEST_HISTORY = 40_000
LARGEST_HISTORY = 40_000_000
"""Events, and bytes: Temporal ends a run at 51,200 events, or 50 MiB."""

LARGE_STATE = 100_000
TIMES_A_LARGE_STATE = 8
"""Of many short runs most bytes would be copies of it, for both a run and the one that continues it hold it."""
WARNED_LENGTH = 10_000
"""Events, of which Temporal warns."""
_LONGEST_ID = 1_000
"""Bytes that Temporal takes."""


class Services:
    """The program that runs, where it stands, and what evaluates, paces, schedules and shows it.

    Attributes:
        draining: set when the run is to continue as new; branches then stop at their next task boundary.
        stays: set where it could not, its state being too large for another one.
        arguments_of: of a workflow that goes on from a packed state.
        listens: tells others what tasks wait for.
        takers: take results of maps from workflows that run parts of them, by the ids of their executions.
        loading: held by a task, by its pointer, while it loads the document of an API.
        workflow_id: of the run, also in workflows that run parts of it.
        path: prefix of the ids of its tasks, where its workflow runs others beside it.
    """

    path = ""

    def __init__(
        self,
        program: Program,
        state: RunState,
        board: StatusBoard,
        stream: LiveStream,
        continue_as_new_after: int | None,
        arguments_of: ArgumentsOf,
    ) -> None:
        self.program = program
        self.state = state
        self.pacer = Pacer()
        self.evaluator = Evaluator(self.pacer)
        self.scheduler = Scheduler()
        self.board = board
        self.stream = stream
        self.budget = Spending.of(program.definition.document.metadata, state)
        self.draining = self.stays = False
        self.arguments_of = arguments_of
        self.listens = ListensMemo()
        self.takers: dict[str, Callable[[Mapping[int, Any]], None]] = {}
        self.loading: dict[str, asyncio.Lock] = {}
        self._sleepers: list[asyncio.Future[bool]] = []
        self._continue_as_new_after = continue_as_new_after
        self._stay_until_length = self._stay_until_bytes = 0
        info, part = workflow.info(), state.part
        self.workflow_id = info.workflow_id if part is None else part.workflow_id
        self._bytes_at_start = info.get_current_history_size()

    def consider_continuing_as_new(self) -> None:
        """Start to drain when the history, or what is computed anew in its replay, has become long."""
        info, limit = workflow.info(), self._continue_as_new_after
        length = info.get_current_history_length()
        is_long = (limit is not None and length > limit) or (
            info.is_continue_as_new_suggested() and self._outgrew_its_beginning()
        )
        if (is_long or self.pacer.replay_is_long) and (
            length >= self._stay_until_length or info.get_current_history_size() >= self._stay_until_bytes
        ):
            self.draining = True
            for sleeper in self._sleepers:
                _wake(sleeper, slept=False)

    async def sleep(self, seconds: float) -> bool:
        """Sleep; whether for all of that time, and not only until the run is to continue as new."""
        if self.draining:
            return False
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(seconds, partial(_wake, sleeper, slept=True))
        self._sleepers.append(sleeper)
        try:
            return await sleeper
        finally:
            timer.cancel()
            self._sleepers.remove(sleeper)

    def tell_end(self, event: str, **fields: str | None) -> None:
        """Log how the run ended, and leave in the memo what it has spent, where lists of runs can show it."""
        self._tell_spent()
        log_event(event, **fields)

    def _tell_spent(self) -> None:
        spent = self.state.spent
        if not spent.calls:
            return
        workflow.upsert_memo({SPENT_MEMO: spent.model_dump(mode="json", exclude_defaults=True)})
        settings: Any = self.program.definition.document.metadata.get("httptask", {})
        if settings.get("search_attributes"):
            attributes = search_attributes(spent)
            workflow.upsert_search_attributes(attributes)  # pyright: ignore[reportUnknownMemberType]

    def _outgrew_its_beginning(self) -> bool:
        """Whether the run has done much, compared with what it takes to hand its state on."""
        info = workflow.info()
        enough = self._bytes_at_start * TIMES_A_LARGE_STATE if self._bytes_at_start > LARGE_STATE else 0
        return info.get_current_history_size() >= enough or info.get_current_history_length() >= WARNED_LENGTH

    def may_stay(self) -> bool:
        """Whether the history has room for the run to go on in it, whose state is too large for another one.

        Then it is asked again when the history is twice as long, when less of the state may be left.
        """
        info = workflow.info()
        length, size = info.get_current_history_length(), info.get_current_history_size()
        self._stay_until_length = min(2 * length, LONGEST_HISTORY)
        self._stay_until_bytes = min(2 * size, LARGEST_HISTORY)
        self.stays = length < LONGEST_HISTORY and size < LARGEST_HISTORY
        return self.stays

    def id_inside(self, path: str) -> str:
        """The id of a workflow that the run starts, the same whenever it does so at that place."""
        id_ = f"{self.workflow_id}/{path}"
        if len(id_.encode()) <= _LONGEST_ID:
            return id_
        digest = hashlib.sha256(id_.encode()).hexdigest()
        return f"{id_.encode()[: _LONGEST_ID - len(digest) - 1].decode(errors='ignore')}~{digest}"

    def workflow_variables(self) -> Variables:
        """The variables that every expression may read."""
        return workflow_variables(self.program, self.state, self.workflow_id)


def log_event(event: str, **fields: str | float | None) -> None:
    """Log an event of this run, not again in a replay; never data, which may be anything."""
    if not workflow.unsafe.is_replaying():
        info = workflow.info()
        _log.info(event, workflow_id=info.workflow_id, run_id=info.run_id, **fields)


def _wake(sleeper: "asyncio.Future[bool]", *, slept: bool) -> None:
    if not sleeper.done():  # it may have been cancelled
        sleeper.set_result(slept)
