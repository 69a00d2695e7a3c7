"""`call: chatCompletion`."""

from typing import Any

from httptask.chat.models import Usage
from httptask.dsl.expressions.messages import excerpt
from httptask.dsl.functions import ChatCompletionArguments
from httptask.workflows.chat_calls import chat_output, plan_chat_call, sum_usage
from httptask.workflows.execution import Child, Complete, Step, TaskContext
from httptask.workflows.problem import Problem, TaskFault

__all__ = ["may_ask_again", "run_chat_completion"]

_ENDS_EARLY = frozenset({"length", "content_filter"})
"""Finish reasons of an answer that no complaint about its form would cure."""


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
    for question in range(arguments.reask + 1):
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
            used = _usage_of(fault.problem)
            context.services.budget.add_tokens(used.total_tokens or 0)
            if question == arguments.reask or not may_ask_again(fault.problem):
                raise
            context.note(_asking_again(fault.problem, question + 1, arguments.reask))
            asked = sum_usage(asked, used)
            body = {**body, "messages": [*body["messages"], *_complaint(fault.problem)]}
        else:
            context.answered(completion)
            context.services.budget.add_tokens((completion.usage or Usage()).total_tokens or 0)
            return Complete(chat_output(arguments, completion, asked))
    raise AssertionError  # the last question returns or raises


def may_ask_again(problem: Problem) -> bool:
    """Whether another question may cure what an answer was refused for."""
    return (
        problem.error == "OutputInvalid" and (problem.details or {}).get("finish_reason") not in _ENDS_EARLY
    )


def _usage_of(problem: Problem) -> Usage:
    return Usage.model_validate((problem.details or {}).get("usage") or {})


def _asking_again(problem: Problem, question: int, most: int) -> str:
    first = next(iter((problem.details or {}).get("errors", [])), None)
    why = f": {first['pointer'] or '/'}: {first['message']}" if first else ""
    return excerpt(f"asking again ({question} of {most}): the answer did not fit its schema{why}")


def _complaint(problem: Problem) -> list[dict[str, str]]:
    """The messages that ask again: what the model wrote, and what is wrong with it."""
    details = problem.details or {}
    faults = "\n".join(
        f"- {fault['pointer'] or '/'}: {fault['message']}" for fault in details.get("errors", [])
    )
    again = f"Your answer does not fit the required JSON schema:\n{faults}\nAnswer again, with JSON only."
    return [
        {"role": "assistant", "content": details.get("text") or ""},
        {"role": "user", "content": again},
    ]
