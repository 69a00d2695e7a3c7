"""`call: map`: every item on its own, some at once; the output is the list of results in order."""

import asyncio
from typing import Any

from temporalio import workflow

from httptask.dsl.functions import MapArguments
from httptask.workflows.execution import Child, Complete, Paused, Step, TaskContext
from httptask.workflows.problem import TaskFault
from httptask.workflows.state import Frame, Strand

__all__ = ["run_map"]


async def run_map(context: TaskContext, _child: Child | None) -> Step:
    """Each item gets the task's input and a copy of `$context`; an `export` inside stays inside."""
    arguments = context.node.arguments
    assert isinstance(arguments, MapArguments)
    state = context.execution.state
    if not state:
        items = context.value("in")
        if not isinstance(items, list):
            TaskFault.raise_standard(
                "expression", "Not a list", detail=f"`in` yields {type(items).__name__}; it needs a list"
            )
        state.update(items=items, next=0, results={}, strands={})
    await _Items(context, arguments).run()
    if len(state["results"]) < len(state["items"]):
        return Paused()
    return Complete([state["results"][str(index)] for index in range(len(state["items"]))])


class _Items:
    """The items of one `map` in flight."""

    def __init__(self, context: TaskContext, arguments: MapArguments) -> None:
        self._context = context
        self._arguments = arguments
        self._state = context.execution.state
        self._running: dict[asyncio.Task[Any], str] = {}

    async def run(self) -> None:
        """Run until every item has a result, or until every strand has paused."""
        for key, strand in list(self._state["strands"].items()):
            self._start(key, Strand.model_validate(strand))
        try:
            while True:
                self._start_more()
                if not self._running:
                    return
                done, _ = await workflow.wait(list(self._running), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._collect(self._running.pop(task), task)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _start_more(self) -> None:
        items = self._state["items"]
        while (
            len(self._running) < self._arguments.concurrency
            and self._state["next"] < len(items)
            and not self._context.services.draining
        ):
            index: int = self._state["next"]
            self._state["next"] = index + 1
            frame = Frame(
                sequence=self._context.node.sequences["do"].pointer,
                data=self._context.execution.input,
                path=f"{self._context.execution.id}/{index}",
                variables={self._arguments.each: items[index], self._arguments.at: index},
                scope=self._context.node.pointer,
            )
            self._start(str(index), Strand(frames=[frame], context=self._context.strand.context))

    def _start(self, key: str, strand: Strand) -> None:
        self._state["strands"][key] = strand
        task = asyncio.create_task(self._context.run_strand(strand))
        self._running[task] = key

    def _collect(self, key: str, task: "asyncio.Task[Any]") -> None:
        try:
            finished = task.result()
        except TaskFault as fault:
            if self._arguments.on_error == "stop":
                raise
            self._state["results"][key] = {"error": fault.problem.to_json()}
        else:
            if finished is None:  # paused; its strand stays in the state
                return
            self._state["results"][key] = finished.output
        del self._state["strands"][key]
