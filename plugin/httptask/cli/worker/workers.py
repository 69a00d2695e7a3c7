"""The workers that commands run."""

from datetime import timedelta
from importlib.metadata import version

from temporalio.client import Client
from temporalio.worker import Worker

__all__ = ["new_worker"]


def new_worker(client: Client, task_queue: str, grace: timedelta = timedelta(0)) -> Worker:
    """A worker for what the plugins of the client bring along, which gives calls in flight so long to end.

    It names the release as what it runs. Without a name the SDK reads the code of every loaded module again, to tell
    one state of an application from another, which takes a third of a command's time.
    """
    return Worker(
        client,
        task_queue=task_queue,
        graceful_shutdown_timeout=grace,
        build_id=f"httptask-{version('httptask')}",
    )
