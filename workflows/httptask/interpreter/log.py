"""What a run logs: once, when it happens, and not again in a replay."""

from temporalio import workflow

from httptask.http.log import get_logger

__all__ = ["log_event"]

_log = get_logger("httptask.workflow")


def log_event(event: str, **fields: str | int | None) -> None:
    """Log an event of this run; never data, which may be anything."""
    if not workflow.unsafe.is_replaying():
        info = workflow.info()
        _log.info(event, workflow_id=info.workflow_id, run_id=info.run_id, **fields)
