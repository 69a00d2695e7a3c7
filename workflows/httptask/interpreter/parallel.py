"""Branches that run at the same time inside a task, as far as the run goes before it continues as new."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import workflow

from httptask.calls.problem import TaskFault
from httptask.interpreter.state import Branch, Frame, ParallelState
from httptask.interpreter.task_context import TaskContext
from httptask.scheduling.budget import is_stop

__all__ = ["Parallel"]


class Parallel:
    """A number of branches, some at once, each with a result.

    Args:
        context: of the task.
        count: how many there are.
        frame_of: where the branch of an index begins.
        concurrency: how many run at the same time.
        result_of: what stands for the result of a branch that ended in an error, or raises it. It is not asked when a
            budget has ended the run.
        note: is told how many have a result, whenever one more has.
    """

    def __init__(
        self,
        context: TaskContext,
        *,
        count: int,
        frame_of: Callable[[int], Frame],
        concurrency: int,
        result_of: Callable[[TaskFault], Any],
        note: Callable[[str], None] | None = None,
    ) -> None:
        if context.execution.parallel is None:
            context.execution.parallel = ParallelState()
        self._context = context
        self._state = context.execution.parallel
        self._count = count
        self._frame_of = frame_of
        self._concurrency = concurrency
        self._result_of = result_of
        self._note = note
        self._running: dict[asyncio.Task[Any], int] = {}

    async def run(self) -> list[Any] | None:
        """Run until every branch has a result, or until all have paused.

        Returns:
            The results in order; None when they paused, to be gone on with from the state.
        """
        for index, branch in list(self._state.branches.items()):
            self._start(index, branch)
        try:
            await self._run()
        except (Exception, asyncio.CancelledError):  # not GeneratorExit: a run that is thrown away can't wait
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            raise
        results = self._state.results
        if len(results) < self._count:
            return None
        return [results[index] for index in range(self._count)]

    async def _run(self) -> None:
        while True:
            self._start_more()
            if not self._running:
                return
            done, _ = await workflow.wait(list(self._running), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._collect(self._running.pop(task), task)

    def _start_more(self) -> None:
        while (
            len(self._running) < self._concurrency
            and self._state.next < self._count
            and not self._context.services.draining
        ):
            index = self._state.next
            self._state.next = index + 1
            branch = Branch(frames=[self._frame_of(index)], context=self._context.branch.context)
            self._start(index, branch)

    def _start(self, index: int, branch: Branch) -> None:
        self._state.branches[index] = branch
        task = asyncio.create_task(self._context.run_branch(branch))
        self._running[task] = index

    def _collect(self, index: int, task: "asyncio.Task[Any]") -> None:
        try:
            finished = task.result()
        except TaskFault as fault:
            if is_stop(fault):
                raise
            self._state.results[index] = self._result_of(fault)
        else:
            if finished is None:  # paused; its branch stays in the state
                return
            self._state.results[index] = finished.output
        del self._state.branches[index]
        if self._note is not None:
            self._note(f"{len(self._state.results)} of {self._count}")
