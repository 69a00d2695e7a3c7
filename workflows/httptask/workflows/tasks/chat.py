"""`call: chatCompletion`."""

from collections.abc import Mapping
from typing import Any

from httptask.chat.models import Completion, Usage
from httptask.dsl.functions import ChatCompletionArguments
from httptask.workflows.chat_calls import chat_output, plan_chat_call
from httptask.workflows.execution import Child, Complete, Step, TaskContext
from httptask.workflows.problem import TaskFault
from httptask.workflows.reask import ask, usage_in

__all__ = ["run_chat_completion"]


async def run_chat_completion(context: TaskContext, _child: Child | None) -> Step:
    """Ask the model; when its answer does not fit its schema, ask again up to `reask` times.

    Each question is an activity of its own: visible, counted, and with an Idempotency-Key of its own.
    """
    arguments = context.node.arguments
    assert isinstance(arguments, ChatCompletionArguments)
    rendered = context.render("body")
    assert rendered is not None  # every call has one
    budget = context.services.budget

    async def send(body: Mapping[str, Any], question: int) -> Completion:
        id_ = context.execution.id + (f"~{question}" if question else "")
        call = plan_chat_call(
            arguments,
            body,
            rendered.secrets,
            id_=id_,
            idempotency_key=context.idempotency_key(id_),
            rules=context.services.program.rules_for(context.node),
        )
        try:
            completion = await context.call(call)
        except TaskFault as fault:
            budget.add_tokens(usage_in(fault.problem.details or {}).total_tokens or 0)
            raise
        budget.add_tokens((completion.usage or Usage()).total_tokens or 0)
        return completion

    completion, asked = await ask(rendered.value, send, reask=arguments.reask, note=context.note)
    context.answered(completion)
    return Complete(chat_output(arguments, completion, asked))
