"""`call: http` and `call: httpRequest`."""

from httptask.dsl.functions import HttpArguments, HttpRequestArguments
from httptask.workflows.execution import Child, Complete, Step, TaskContext
from httptask.workflows.http_calls import http_output, plan_http_call

__all__ = ["run_http"]


async def run_http(context: TaskContext, _child: Child | None) -> Step:
    """Render the request here, send it in an activity."""
    arguments = context.node.arguments
    assert isinstance(arguments, HttpArguments | HttpRequestArguments)
    id_ = context.execution.id
    call = plan_http_call(
        context.node,
        context.execution.input,
        context.render,
        id_=id_,
        idempotency_key=context.idempotency_key(id_),
    )
    response = await context.call(call)
    context.answered(response)
    return Complete(http_output(arguments, response))
