"""Workers of the task queues that limited connections have of their own, beside the worker of a plugin."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from temporalio.worker import Worker, WorkerConfig

from httptask.activities.connection_profile import queue_of
from httptask.connections.connection import Connection

__all__ = ["ConnectionQueues"]

Run = Callable[[Worker], Awaitable[None]]


class ConnectionQueues:
    """Lets Temporal dispatch the calls of each limited connection no faster than its limit.

    The limit is the queue's, so it holds for all workers of one task queue together, in whatever processes.
    """

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._limited = {
            name: connection for name, connection in connections.items() if connection.is_limited
        }
        self._connections: dict[str, Connection] = {}
        self._beside: dict[Worker, Sequence[Worker]] = {}

    def connection_of(self, task_queue: str) -> Connection | None:
        """The connection whose own queue this is."""
        return self._connections.get(task_queue)

    def beside(self, worker: Worker) -> Sequence[Worker]:
        """The workers that run beside one, for its limited connections."""
        return self._beside.get(worker, ())

    async def run_beside(self, worker: Worker, run: Run) -> None:
        """Run a worker, and beside it one for each limited connection; the first that fails ends all."""
        if self.connection_of(worker.task_queue) is not None:
            await run(worker)
            return
        beside = [self._worker(worker, connection) for connection in self._limited.values()]
        self._beside[worker] = beside
        try:
            async with asyncio.TaskGroup() as group:
                for own in beside:
                    group.create_task(own.run())
                await run(worker)
                for own in beside:
                    group.create_task(own.shutdown())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None  # as a worker fails that has none beside it
        finally:
            del self._beside[worker]

    def _worker(self, worker: Worker, connection: Connection) -> Worker:
        """Like the worker of the workflows, for a connection's calls only; the plugin adds what it runs."""
        task_queue = queue_of(worker.task_queue, connection.name)
        self._connections[task_queue] = connection
        config: WorkerConfig = {
            **worker.config(),
            "task_queue": task_queue,
            "workflows": [],
            "activities": [],
            "nexus_service_handlers": [],
        }
        per_minute = connection.requests_per_minute
        if per_minute is not None:
            config["max_task_queue_activities_per_second"] = per_minute / 60
        return Worker(**config)
