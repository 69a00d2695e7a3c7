"""Temporal's development server, as tests use it: in memory, and ready to skip the time that workflows wait."""

import shutil
import sys
from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

__all__ = ["UNDIVIDED_QUEUES", "find_temporal", "start_temporal"]

_SETTINGS = (
    'history.timerProcessorMaxTimeShift="10ms"',  # retries and continued runs come after 10 ms instead of a second
    "history.transferProcessorMaxPollRPS=1000",  # 20 make each task wait 50 ms behind the one before
    "history.timerProcessorMaxPollRPS=1000",
    'history.workflowIdReuseMinimalInterval="1ms"',
    "frontend.WorkflowTimeSkippingEnabled=true",  # for workflows whose client asks for it
    # Nobody reads these metrics, and one set for each of many queues takes a tenth of the server's time.
    "metrics.breakdownByTaskQueue=false",
    "metrics.breakdownByPartition=false",
)


UNDIVIDED_QUEUES = (
    *("--dynamic-config-value", "matching.numTaskqueueReadPartitions=1"),
    *("--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"),
)
"""Arguments for a server where each test has a task queue of its own: one in four parts takes a third more to make."""


def find_temporal() -> str:
    """The path of the `temporal` command.

    Raises:
        FileNotFoundError: it is not installed.
    """
    beside = shutil.which("temporal", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("temporal")
    if found is None:
        raise FileNotFoundError("tests need Temporal's development server: install httptask[server]")
    return found


async def start_temporal(*extra: str) -> WorkflowEnvironment:
    """Start a server of its own on a free port, which lives until its environment is shut down.

    Args:
        extra: arguments for the `temporal` command.
    """
    settings = [part for setting in _SETTINGS for part in ("--dynamic-config-value", setting)]
    return await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType] - the SDK's
        dev_server_existing_path=find_temporal(),
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(
            minutes=1
        ),  # the SDK's five seconds are too few on a busy machine
        dev_server_extra_args=[*settings, *extra],
    )
