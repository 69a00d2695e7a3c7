"""Who counts the tokens of a limited connection: this process, or a workflow for all workers of a task queue."""

import asyncio
import random
import time
from typing import Any, Protocol

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from httptask.activities.names import TOKEN_LIMIT
from httptask.activities.token_limit import TAKE, TakeTokens, TokenLimitInput
from httptask.http.errors import Postponed
from httptask.http.log import get_logger
from httptask.http.token_bucket import TokenBucket

__all__ = ["OwnCount", "SharedCount", "TokenCount"]

_ANSWERS_WITHIN = 5.0
_COME_BACK = 3.0
_NO_ANSWER = "waits for the workflow that counts tokens for all workers, which does not answer"

_log = get_logger("httptask.activities")


class TokenCount(Protocol):
    """Lets calls of one connection through by its limit."""

    async def take(self, tokens: float) -> float:
        """Take tokens.

        Returns:
            0 when they are taken; otherwise seconds to wait before asking again.
        """
        ...

    def settle(self, tokens: float) -> None:
        """Correct an estimate: so many more were used, or fewer when negative."""
        ...


class OwnCount:
    """Counts in this process, for a task queue that no other one polls."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._bucket = TokenBucket(random.Random())  # noqa: S311 - no secret

    async def take(self, tokens: float) -> float:
        """See `TokenCount.take`."""
        return self._bucket.take(tokens, self._per_minute, time.monotonic())

    def settle(self, tokens: float) -> None:
        """See `TokenCount.settle`."""
        self._bucket.settle(tokens, self._per_minute)


class SharedCount:
    """Asks the workflow that counts for all workers; what is wanted while it is asked goes into the next question.

    Args:
        task_queue: the connection's own, whose workers run that workflow.
        per_minute: the limit, as this worker knows it.
    """

    def __init__(self, task_queue: str, per_minute: int) -> None:
        self._task_queue = task_queue
        self._per_minute = per_minute
        self._wanted: list[tuple[float, asyncio.Future[float]]] = []
        self._used = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def take(self, tokens: float) -> float:
        """See `TokenCount.take`.

        Raises:
            Postponed: the workflow does not answer; without it nothing is sent.
        """
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._wanted.append((tokens, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(activity.client()))
        return await answer

    def settle(self, tokens: float) -> None:
        """See `TokenCount.settle`; told with the next question."""
        self._used += tokens

    async def _ask(self, client: Client) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, []
            used, self._used = self._used, 0.0
            amounts = [tokens for tokens, _ in wanted]
            question = TakeTokens(per_minute=self._per_minute, amounts=amounts, used=used)
            waits = await self._waits(client, question)
            if not waits:
                self._used += used
            for index, (_, answer) in enumerate(wanted):
                if answer.done():  # its call was cancelled
                    continue
                if waits:
                    answer.set_result(waits[index])
                else:
                    answer.set_exception(Postponed(_NO_ANSWER, retry_after=_COME_BACK))

    async def _waits(self, client: Client, question: TakeTokens) -> list[float]:
        """The workflow's answer; an empty one when there is none."""
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            TOKEN_LIMIT,
            TokenLimitInput(),
            id=f"httptask-tokens/{self._task_queue}",
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                waits: list[float] = await client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType]
                    TAKE, question, start_workflow_operation=start, result_type=list[float]
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, calls must not wait for it
            _log.warning("tokens.uncounted", task_queue=self._task_queue, error=type(error).__name__)
            return []
        else:
            return waits
