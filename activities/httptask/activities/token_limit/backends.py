"""Who counts the tokens of a limited connection: this process, or a workflow for all workers of a task queue."""

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from httptask.activities.names import TOKEN_LIMIT
from httptask.activities.token_limit.counter import TokenCounter
from httptask.activities.token_limit.messages import TAKE, Correction, Need, Question, Taken, TokenLimitInput
from httptask.http.errors import Postponed
from httptask.http.log import get_logger

__all__ = ["OwnCount", "SharedCount", "TokenCount"]

_ANSWERS_WITHIN = 5.0
_ON_ITS_WAY = 1.0
"""Seconds that an answer may take from the workflow to here, and the clocks be apart."""
_COME_BACK = 3.0
_NO_ANSWER = "waits for the workflow that counts tokens for all workers, which does not answer"

_log = get_logger("httptask.activities")


class TokenCount(Protocol):
    """Lets calls of one connection through by its limit."""

    async def take(self, need: Need) -> Taken:
        """Take tokens for a call, if there are any."""
        ...

    def correct(self, correction: Correction) -> None:
        """Count what a call used in place of what was taken for it."""
        ...


class OwnCount:
    """Counts in this process, for a task queue that no other one polls."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._counter = TokenCounter(random.Random())  # noqa: S311 - no secret

    async def take(self, need: Need) -> Taken:
        """See `TokenCount.take`."""
        return self._counter.take(need, self._per_minute, time.monotonic())

    def correct(self, correction: Correction) -> None:
        """See `TokenCount.correct`."""
        self._counter.correct(correction, self._per_minute)


class SharedCount:
    """Asks the workflow that counts for all workers; what is wanted while it is asked goes into the next question.

    Args:
        task_queue: the connection's own, whose workers run that workflow.
        per_minute: the limit, as this worker knows it.
    """

    def __init__(self, task_queue: str, per_minute: int) -> None:
        self._task_queue = task_queue
        self._per_minute = per_minute
        self._name = uuid.uuid4().hex[:12]
        self._asked = self._answered = 0
        self._batch = 0
        self._telling: list[Correction] = []
        self._untold: list[Correction] = []
        self._wanted: list[tuple[Need, asyncio.Future[Taken]]] = []
        self._asking: asyncio.Task[None] | None = None
        self._ahead: float | None = None
        """Seconds by which the server's clock is ahead of this machine's, as far as was seen."""

    async def take(self, need: Need) -> Taken:
        """See `TokenCount.take`.

        Raises:
            Postponed: the workflow does not answer; without it nothing is sent.
        """
        # An attempt begins here a little after the server says that it does, never before.
        ahead = activity.info().started_time.timestamp() - time.time()
        self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._wanted.append((need, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(activity.client()))
        return await answer

    def correct(self, correction: Correction) -> None:
        """See `TokenCount.correct`; told with the next question."""
        self._untold.append(correction)

    async def _ask(self, client: Client) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, []
            question = self._question([need for need, _ in wanted])
            found = await self._answer(client, question)
            if found:
                self._answered = question.number
                self._telling = []
            for index, (_, answer) in enumerate(wanted):
                if answer.done():  # its call was cancelled
                    continue
                if found:
                    answer.set_result(found[index])
                else:
                    answer.set_exception(Postponed(_NO_ANSWER, retry_after=_COME_BACK))

    def _question(self, needs: Sequence[Need]) -> Question:
        if not self._telling:
            self._telling, self._untold = self._untold, []
            self._batch += 1
        self._asked += 1
        return Question(
            asker=self._name,
            number=self._asked,
            answered=self._answered,
            until=time.time() + (self._ahead or 0.0) + _ANSWERS_WITHIN,
            per_minute=self._per_minute,
            needs=needs,
            batch=self._batch,
            corrections=self._telling,
        )

    async def _answer(self, client: Client, question: Question) -> Sequence[Taken]:
        """The workflow's answer; an empty one when there is none."""
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            TOKEN_LIMIT,
            TokenLimitInput(),
            id=f"httptask-tokens/{self._task_queue}",
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN + _ON_ITS_WAY):
                found: list[Taken] = await client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType]
                    TAKE,
                    question,
                    start_workflow_operation=start,
                    id=f"{question.asker}-{question.number}",
                    result_type=list[Taken],
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, calls must not wait for it
            _log.warning("tokens.uncounted", task_queue=self._task_queue, error=type(error).__name__)
            return []
        else:
            return found
