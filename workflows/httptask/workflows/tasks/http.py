"""`call: http` and `call: httpRequest`."""

from httptask.activities.names import HTTP_REQUEST
from httptask.dsl.functions import HttpArguments, HttpRequestArguments
from httptask.http.models import HttpResponse
from httptask.workflows.execution import Child, Complete, Step, TaskContext
from httptask.workflows.requests import build_http_request, http_output, request_summary
from httptask.workflows.scheduling import HTTP_SECONDS, ActivityCall

__all__ = ["run_http"]


async def run_http(context: TaskContext, _child: Child | None) -> Step:
    """Render the request here, send it in an activity."""
    arguments = context.node.arguments
    assert isinstance(arguments, HttpArguments | HttpRequestArguments)
    id_ = context.execution.id
    request = build_http_request(
        arguments, context.execution.input, context.render, context.idempotency_key(id_)
    )
    call = ActivityCall(
        HTTP_REQUEST, request, id_=id_, summary=request_summary(request), total_seconds=HTTP_SECONDS
    )
    response = await context.call(call, HttpResponse)
    context.interpreter.board.update(id_, simulated=response.simulated)
    return Complete(http_output(arguments, response))
