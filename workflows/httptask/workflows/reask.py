"""Asking again, in definitions and in Python alike, when an answer does not have the form that was asked for."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from httptask.calls.problem import TaskFault
from httptask.diagnostics.cutting import in_one_line
from httptask.workflows.errors import OutputInvalid

__all__ = ["ask", "known_of", "may_ask_again"]

Answer = TypeVar("Answer")

_ENDS_EARLY: Final = frozenset({"length", "content_filter"})
"""Finish reasons of an answer that no complaint about its form would cure."""
_NOTHING: Final = "(nothing)"


async def ask(
    body: Mapping[str, Any],
    send: Callable[[Mapping[str, Any]], Awaitable[Answer]],
    *,
    reask: int,
    note: Callable[[str], None],
) -> Answer:
    """Ask a model; while its answer is not what was asked for, show it what is wrong and ask again.

    Args:
        body: the request body.
        send: asks one question.
        reask: how often to ask again, at most.
        note: is told of each further question.

    Raises:
        TaskFault: or OutputInvalid, or whatever else the last question ended in.
    """
    for question in range(reask):
        try:
            return await send(body)
        except (TaskFault, OutputInvalid) as refused:
            details = known_of(refused)
            if not may_ask_again(details):
                raise
        note(_asking_again(details, question + 1, reask))
        body = {**body, "messages": [*body["messages"], *_complaint(details)]}
    return await send(body)


def may_ask_again(details: Mapping[str, Any]) -> bool:
    """Whether another question may cure what failed a call: an answer that did not have the form that was asked for."""
    return bool(details.get("errors")) and details.get("finish_reason") not in _ENDS_EARLY


def known_of(failure: TaskFault | OutputInvalid) -> Mapping[str, Any]:
    """What is known of a call that failed, and of the answer if there was one."""
    return failure.info if isinstance(failure, OutputInvalid) else failure.problem.details or {}


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
