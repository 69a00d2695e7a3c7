"""`call: chatCompletion`."""

from typing import Any

from httptask.activities.names import CHAT_COMPLETION
from httptask.chat.models import ChatRequest, Completion, Usage
from httptask.dsl.functions import ChatCompletionArguments
from httptask.workflows.execution import Child, Complete, Step, TaskContext
from httptask.workflows.problem import Problem, TaskFault
from httptask.workflows.scheduling import CHAT_SECONDS, ActivityCall

__all__ = ["run_chat_completion"]


async def run_chat_completion(context: TaskContext, _child: Child | None) -> Step:
    """Ask the model; when its answer does not fit its schema, ask again up to `reask` times.

    Each question is an activity of its own: visible, counted, and with an Idempotency-Key of its own.
    """
    arguments = context.node.arguments
    assert isinstance(arguments, ChatCompletionArguments)
    rendered = context.render("body")
    assert rendered is not None  # every call has one
    body: dict[str, Any] = rendered.value
    asked = Usage()
    for round_ in range(arguments.reask + 1):
        id_ = context.execution.id + (f"~{round_}" if round_ else "")
        request = ChatRequest(
            body=body,
            connection=arguments.connection,
            secrets=rendered.secrets,
            idempotency_key=context.idempotency_key(id_),
            include_response=arguments.output == "response",
        )
        summary = f"POST {arguments.connection}/chat/completions"
        call = ActivityCall(CHAT_COMPLETION, request, id_=id_, summary=summary, total_seconds=CHAT_SECONDS)
        try:
            completion = await context.call(call, Completion)
        except TaskFault as fault:
            if fault.problem.error != "OutputInvalid" or round_ == arguments.reask:
                raise
            asked = _sum(asked, _usage_of(fault.problem))
            body = {**body, "messages": [*body["messages"], *_complaint(fault.problem)]}
        else:
            context.interpreter.board.update(context.execution.id, simulated=completion.simulated)
            context.interpreter.budget.add_tokens((completion.usage or Usage()).total_tokens or 0)
            return Complete(_output(arguments, completion, asked))
    raise AssertionError  # the last round returns or raises


def _output(arguments: ChatCompletionArguments, completion: Completion, asked: Usage) -> Any:
    if arguments.output == "response":
        return completion.response
    if completion.usage is not None:
        completion = completion.model_copy(update={"usage": _sum(asked, completion.usage)})
    left_out = {"response", "simulated"} | (set[str]() if completion.choices else {"choices"})
    return completion.model_dump(mode="json", exclude=left_out)


def _usage_of(problem: Problem) -> Usage:
    return Usage.model_validate((problem.details or {}).get("usage") or {})


def _sum(first: Usage, second: Usage) -> Usage:
    """Token counts of all questions together; details are the last answer's."""
    counts = {
        name: (getattr(first, name) or 0) + (getattr(second, name) or 0)
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    }
    return second.model_copy(update=counts)


def _complaint(problem: Problem) -> list[dict[str, str]]:
    """The messages that ask again: what the model wrote, and what is wrong with it."""
    details = problem.details or {}
    faults = "\n".join(
        f"- {fault['pointer'] or '/'}: {fault['message']}" for fault in details.get("errors", [])
    )
    return [
        {"role": "assistant", "content": details.get("text") or ""},
        {
            "role": "user",
            "content": f"Your answer does not fit the required JSON schema:\n{faults}\nAnswer again with JSON only.",
        },
    ]
