"""Branches that run at the same time inside a task, as far as the run goes before it continues as new."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from temporalio import workflow

from httptask.calls.problem import TaskFault
from httptask.interpreter.state import Branch, Frame, ParallelState
from httptask.interpreter.task_context import Finished, TaskContext
from httptask.scheduling.budget import is_stop
from httptask.scheduling.deadlines import take_up_ends

__all__ = ["Parallel"]


class Parallel:
    """A number of branches, some at once, each with a result.

    Args:
        context: of the task.
        state: where they are, from which a continued run goes on.
        end: index behind the last one.
        frame_of: where the branch of an index begins.
        concurrency: how many run at the same time.
        result_of: what is kept of how a branch ended, or raises the error that it ended in. It is not asked when a
            budget has ended the run.
        settle: is called whenever some more have a result, with their indices.
    """

    def __init__(
        self,
        context: TaskContext,
        state: ParallelState,
        *,
        end: int,
        frame_of: Callable[[int], Frame],
        concurrency: int,
        result_of: Callable[[Finished | TaskFault], Any],
        settle: Callable[["Parallel", Sequence[int]], Awaitable[None]] | None = None,
    ) -> None:
        self._context = context
        self.state = state
        self._end = end
        self._frame_of = frame_of
        self._concurrency = concurrency
        self._result_of = result_of
        self._settle = settle
        self._running: dict[asyncio.Task[Any], int] = {}
        self._paused: list[Branch] = []

    async def run(self) -> Mapping[int, Any] | None:
        """Run until every branch has a result, or until all have paused.

        Returns:
            The results by index; None when they paused, to be gone on with from the state.
        """
        for index, branch in list(self.state.branches.items()):
            self._start(index, branch)
        try:
            await self._run()
        except (Exception, asyncio.CancelledError):  # not GeneratorExit: a run that is thrown away can't wait
            await self._cancel()
            raise
        if self.state.branches or self.state.next < self._end:
            return None
        return self.state.results

    def end_early(self) -> None:
        """Begin no more of them."""
        self._end = self.state.next

    async def end_now(self) -> None:
        """Begin no more of them, and cancel those that are under way."""
        self.end_early()
        await self._cancel()
        self.state.branches.clear()

    async def _cancel(self) -> None:
        """Cancel what is under way; what has paused has nobody else to tell how it ended."""
        services = self._context.services
        await take_up_ends()
        for task in self._running:
            task.cancel()
        ends = await asyncio.gather(*self._running, return_exceptions=True)
        for index, end in zip(self._running.values(), ends, strict=True):
            if end is None:
                self._paused.append(self.state.branches[index])
        self._running.clear()
        for branch in self._paused:
            for execution in branch.executions():
                services.board.end(execution.id, "cancelled")
                services.listens.end(execution.id)

    async def _run(self) -> None:
        while True:
            self._start_more()
            if not self._running:
                return
            done, _ = await workflow.wait(list(self._running), return_when=asyncio.FIRST_COMPLETED)
            settled = [index for task in done if self._collect(index := self._running.pop(task), task)]
            if self._settle is not None:
                await self._settle(self, settled)

    def _start_more(self) -> None:
        while (
            len(self._running) < self._concurrency
            and self.state.next < self._end
            and not self._context.services.draining
        ):
            index = self.state.next
            self.state.next = index + 1
            branch = Branch(frames=[self._frame_of(index)], context=self._context.branch.context)
            self._start(index, branch)

    def _start(self, index: int, branch: Branch) -> None:
        self.state.branches[index] = branch
        task = asyncio.create_task(self._context.run_branch(branch))
        self._running[task] = index

    def _collect(self, index: int, task: "asyncio.Task[Any]") -> bool:
        """Keep the result of a branch that has ended; False when it paused, and stays in the state."""
        try:
            finished = task.result()
        except TaskFault as fault:
            if is_stop(fault):
                raise
            self.state.results[index] = self._result_of(fault)
        else:
            if finished is None:
                self._paused.append(self.state.branches[index])
                return False
            self.state.results[index] = self._result_of(finished)
        del self.state.branches[index]
        return True
