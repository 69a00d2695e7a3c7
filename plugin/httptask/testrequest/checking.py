"""What is known to be wrong with a planned call before anything of it is sent."""

from collections.abc import Mapping, Sequence

from httptask.activities.failure import to_application_error
from httptask.calls.problem import Problem, problem_of_failure
from httptask.chat.check import require_sendable
from httptask.chat.models import ChatRequest
from httptask.connections.connection import Connection, find_connection
from httptask.diagnostics.fault import Fault
from httptask.http.errors import HttpTaskError
from httptask.testrequest.planning import PlannedRequest

__all__ = ["check_planned"]


def check_planned(
    planned: PlannedRequest, connections: Mapping[str, Connection]
) -> tuple[Sequence[Fault], Problem | None]:
    """Hold a chat completion to the rules of its model, its server and its level.

    Args:
        planned: the call.
        connections: by name.

    Returns:
        What the server may reject, and the problem that a run would end in.
    """
    request = planned.call.argument
    if not isinstance(request, ChatRequest):
        return (), None
    try:
        return require_sendable(request, find_connection(connections, request.connection)), None
    except HttpTaskError as error:
        problem = problem_of_failure(to_application_error(error, attempt=1, attempts=request.attempts))
        return (), problem.model_copy(update={"instance": planned.node.pointer})
