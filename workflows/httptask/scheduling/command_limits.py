"""Keeps the activities of a run within what Temporal allows in one workflow task, and at one time.

A workflow task whose commands exceed the gRPC message limit gets the run TERMINATED, and having too many activities
pending hangs it for ever; neither can be caught. So activities wait for their turn.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from temporalio import workflow
from temporalio.api.common.v1 import Payload

from httptask.activities.storage import MAX_INLINE_BYTES
from httptask.scheduling.recorded_decisions import end_workflow_task

__all__ = ["CommandLimits"]

_MAX_COMMAND_BYTES = 1_900_000
_MAX_PENDING = 100
_MAX_LOCAL_PENDING = 32
_MAX_LOCAL_BYTES = 512 * 1024


class CommandLimits:
    """What one run may still ask for."""

    def __init__(self) -> None:
        """Begin with all of it."""
        self._pending = 0
        self._command_bytes = 0
        self._history_length = -1
        self._local_pending = 0
        self._local_bytes = 0
        self._letting_go = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, payloads: Sequence[Payload]) -> AsyncGenerator[None]:
        """Wait until an activity with these arguments has its turn, and hold its place until it has ended."""
        sizes = [payload.ByteSize() for payload in payloads]
        size = sum(
            size for size in sizes if size <= MAX_INLINE_BYTES
        )  # of others the command holds references
        while not self._is_there_for(size):
            await workflow.wait_condition(lambda: self._is_there_for(size))
        self._pending += 1
        self._command_bytes += size
        try:
            yield
        finally:
            self._pending -= 1

    @asynccontextmanager
    async def local_turn(self) -> AsyncGenerator[None]:
        """Wait until a local activity has its turn, and hold its place until it has ended."""
        while self._local_pending >= _MAX_LOCAL_PENDING:  # all that wait hear of the one that has ended
            await workflow.wait_condition(lambda: self._local_pending < _MAX_LOCAL_PENDING)
        self._local_pending += 1
        try:
            async with self._letting_go:
                if self._local_bytes > _MAX_LOCAL_BYTES:
                    await end_workflow_task()
                    self._local_bytes = 0
            yield
        finally:
            self._local_pending -= 1

    def took(self, size: int) -> None:
        """Count the bytes of what a local activity has come to, which its workflow task sends to the server."""
        self._local_bytes += size

    def _is_there_for(self, size: int) -> bool:
        history_length = workflow.info().get_current_history_length()
        if history_length != self._history_length:
            self._history_length = history_length
            self._command_bytes = 0
        fits = self._command_bytes == 0 or self._command_bytes + size <= _MAX_COMMAND_BYTES
        return fits and self._pending < _MAX_PENDING
