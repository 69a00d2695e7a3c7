"""`call: http` and `call: httpRequest`."""

from functools import partial

from httptask.calls.http import http_output, plan_http_call
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpRequestArguments
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext
from httptask.interpreter.tasks.pages import run_pages

__all__ = ["run_http"]


async def run_http(context: TaskContext, _child: Child | None) -> Step:
    """Render the request here, send it in an activity."""
    arguments = context.node.spec
    assert isinstance(arguments, AnyHttpArguments)
    plan = partial(plan_http_call, context.node, context.execution.input, context.render)
    id_ = context.execution.id
    if isinstance(arguments, HttpRequestArguments) and arguments.paginate is not None:
        return await run_pages(context, arguments.paginate, plan(id_=id_, idempotency_key=id_))
    answer = await context.call(plan(id_=id_, idempotency_key=context.idempotency_key(id_)))
    context.answered(answer)
    return Complete(http_output(arguments.output, answer))
