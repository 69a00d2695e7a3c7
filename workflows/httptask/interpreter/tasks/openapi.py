"""`call: openapi`: the document once in a run, then its operation as any other request."""

import asyncio

from httptask.activities.api_operation import ApiOperation, OperationRequest
from httptask.calls.http import http_output
from httptask.calls.openapi import plan_document_call, plan_operation_call
from httptask.dsl.tasks.openapi import OPENAPI
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_openapi"]


async def run_openapi(context: TaskContext, _child: Child | None) -> Step:
    """Find the operation, render its request here, send it in an activity."""
    id_ = context.execution.id
    operation = await _operation(context)
    key = context.idempotency_key(id_)
    call = plan_operation_call(context.node, operation, context.render, id_=id_, idempotency_key=key)
    answer = await context.call(call)
    context.answered(answer)
    return Complete(http_output(OPENAPI.spec(context.node).output, answer))


async def _operation(context: TaskContext) -> ApiOperation:
    """The operation as the run found it first, whatever becomes of the document: one for each task and address."""
    services, pointer, id_ = context.services, context.node.pointer, context.execution.id
    call = plan_document_call(context.node, context.execution.input, context.render, id_=f"{id_}/document")
    assert isinstance(call.argument, OperationRequest)
    async with services.loading.setdefault(pointer, asyncio.Lock()):
        known = services.state.operations.get(pointer)
        if known is None or known.document != call.argument.url:
            known = services.state.operations[pointer] = await context.call(call)
        return known
