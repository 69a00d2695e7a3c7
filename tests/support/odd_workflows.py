"""Workflows that tests of the test environment run: some that users get wrong, some that wait."""

import asyncio
import itertools
from datetime import timedelta

from temporalio import workflow

from httptask.workflows import http_request

__all__ = [
    "Doubles",
    "Fails",
    "GoesAnotherWay",
    "ParentOfOneThatGoesAnotherWay",
    "WaitsBesideACall",
    "WaitsForASignal",
]

_turns = itertools.count()


@workflow.defn(sandboxed=False)
class GoesAnotherWay:
    """Reads from outside what it does, and so does something else when it is replayed."""

    @workflow.run
    async def run(self) -> None:
        if next(_turns) % 2:
            await http_request("GET", "https://api.example.com/")
        else:
            await asyncio.sleep(60)


@workflow.defn
class ParentOfOneThatGoesAnotherWay:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_child_workflow(GoesAnotherWay.run)


@workflow.defn
class WaitsForASignal:
    def __init__(self) -> None:
        self.word: str | None = None

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.word is not None)
        return self.word or ""

    @workflow.signal
    def say(self, word: str) -> None:
        self.word = word


@workflow.defn
class WaitsBesideACall:
    @workflow.run
    async def run(self) -> list[float]:
        """Whether an hour passed first, and how many seconds it took."""
        begin = workflow.now()
        call = asyncio.ensure_future(http_request("GET", "https://api.example.com/"))
        pause = asyncio.ensure_future(asyncio.sleep(3600))
        await workflow.wait([call, pause], return_when=asyncio.FIRST_COMPLETED)
        return [float(call.done()), (workflow.now() - begin) / timedelta(seconds=1)]


@workflow.defn
class Fails:
    @workflow.run
    async def run(self) -> None:
        raise ValueError("not mine to handle")


@workflow.defn
class Doubles:
    @workflow.run
    async def run(self, number: int, times: int) -> int:
        return number << times
