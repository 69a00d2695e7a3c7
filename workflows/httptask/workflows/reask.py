"""Asking again, in definitions and in Python alike, when an answer does not have the form that was asked for."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from httptask.calls.chat import sum_usage
from httptask.calls.problem import Problem, TaskFault
from httptask.chat.models import Usage
from httptask.diagnostics.cutting import in_one_line
from httptask.workflows.errors import OutputInvalid

__all__ = ["ask", "may_ask_again", "refused_answer", "usage_in"]

Answer = TypeVar("Answer")

_ENDS_EARLY: Final = frozenset({"length", "content_filter"})
"""Finish reasons of an answer that no complaint about its form would cure."""
_NOTHING: Final = "(nothing)"


async def ask(
    body: Mapping[str, Any],
    send: Callable[[Mapping[str, Any], int], Awaitable[Answer]],
    *,
    reask: int,
    note: Callable[[str], None],
) -> tuple[Answer, Usage]:
    """Ask a model; while its answer is not what was asked for, show it what is wrong and ask again.

    Args:
        body: the request body.
        send: asks one question; its second argument is the number of the question, from 0.
        reask: how often to ask again, at most.
        note: is told of each further question.

    Returns:
        The answer, and the usage of the questions before the last.

    Raises:
        TaskFault: or OutputInvalid, or whatever else the last question ended in.
    """
    asked = Usage()
    for question in range(reask):
        try:
            return await send(body, question), asked
        except (TaskFault, OutputInvalid) as refused:
            details = _details(refused)
            if not may_ask_again(details):
                raise
        note(_asking_again(details, question + 1, reask))
        asked = sum_usage(asked, usage_in(details))
        body = {**body, "messages": [*body["messages"], *_complaint(details)]}
    return await send(body, reask), asked


def may_ask_again(details: Mapping[str, Any]) -> bool:
    """Whether another question may cure what an answer was refused for, by the details of the error."""
    return bool(details.get("errors")) and details.get("finish_reason") not in _ENDS_EARLY


def usage_in(details: Mapping[str, Any]) -> Usage:
    """What an answer cost that was refused."""
    return Usage.model_validate(details.get("usage") or {})


def refused_answer(problem: Problem) -> Mapping[str, Any]:
    """What is known of an answer that was not what was asked for; nothing when something else went wrong."""
    return (problem.details or {}) if problem.error == OutputInvalid.__name__ else {}


def _details(refused: TaskFault | OutputInvalid) -> Mapping[str, Any]:
    return refused.info if isinstance(refused, OutputInvalid) else refused_answer(refused.problem)


def _asking_again(details: Mapping[str, Any], question: int, most: int) -> str:
    first = details["errors"][0]
    why = f"{first['pointer'] or '/'}: {first['message']}"
    return in_one_line(f"asking again ({question} of {most}): the answer did not fit its schema: {why}")


def _complaint(details: Mapping[str, Any]) -> list[dict[str, str]]:
    """The messages that ask again: what the model wrote, and what is wrong with it.

    A message of it that is empty, some servers refuse.
    """
    faults = "\n".join(f"- {fault['pointer'] or '/'}: {fault['message']}" for fault in details["errors"])
    again = f"Your answer does not fit the required JSON schema:\n{faults}\nAnswer again, with JSON only."
    return [
        {"role": "assistant", "content": details.get("text") or details.get("reasoning") or _NOTHING},
        {"role": "user", "content": again},
    ]
