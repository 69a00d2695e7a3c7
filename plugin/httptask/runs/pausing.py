"""Pausing a run and letting it go on, which Temporal does behind a setting of its server."""

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from temporalio.api.workflowservice.v1 import PauseWorkflowExecutionRequest, UnpauseWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

__all__ = ["CannotPause", "pause_run", "resume_run"]

_SETTING = "frontend.WorkflowPauseEnabled"


@dataclass
class CannotPause(Exception):
    """The server does not do it; `hint` is what can be done."""

    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return self.message


async def pause_run(client: Client, id_: str, reason: str = "") -> None:
    """Have a run begin nothing more until it is resumed: calls under way end, and timers and timeouts go on.

    Args:
        client: of its server.
        id_: of the run.
        reason: that is shown with it.

    Raises:
        CannotPause: it is paused already, or has ended, or the server has no such thing, or not switched on.
        RPCError: there is no such run, or no answer.
    """
    request = PauseWorkflowExecutionRequest(**_asked(client, id_, reason))
    with _explained(id_):
        await client.workflow_service.pause_workflow_execution(request)


async def resume_run(client: Client, id_: str, reason: str = "") -> None:
    """Have a paused run go on; what was due meanwhile is done now. Arguments and errors are those of `pause_run`."""
    request = UnpauseWorkflowExecutionRequest(**_asked(client, id_, reason))
    with _explained(id_):
        await client.workflow_service.unpause_workflow_execution(request)


def _asked(client: Client, id_: str, reason: str) -> dict[str, str]:
    """What both requests hold."""
    return {
        "namespace": client.namespace,
        "workflow_id": id_,
        "identity": client.identity,
        "reason": reason,
        "request_id": str(uuid.uuid4()),
    }


@contextmanager
def _explained(id_: str) -> Generator[None]:
    try:
        yield
    except RPCError as error:
        raise _explanation(error, id_) from None


def _explanation(error: RPCError, id_: str) -> Exception:
    told = error.message.rstrip(".")
    match error.status:
        case RPCStatusCode.UNIMPLEMENTED:
            return CannotPause(
                f"this Temporal server pauses no runs: {told}",
                f"Temporal 1.32 does where its operator sets {_SETTING}=true in its dynamic configuration",
            )
        case RPCStatusCode.FAILED_PRECONDITION:
            return CannotPause(f"{id_}: {told}")
        case RPCStatusCode.NOT_FOUND if "completed" in told:
            return CannotPause(f"{id_} has ended", "`httptask runs show` tells how")
        case _:
            return error
