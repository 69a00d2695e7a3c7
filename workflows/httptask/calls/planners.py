"""How the call of a task is planned, and its answer read, by the kind of the task: for who makes that call alone."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from httptask.calls.activity_call import ActivityCall
from httptask.calls.chat import chat_output, plan_chat_call
from httptask.calls.http import http_output, plan_http_call
from httptask.calls.url import RenderPart
from httptask.chat.models import Completion
from httptask.dsl.program import Program
from httptask.dsl.tasks.chat import BODY, CHAT_COMPLETION
from httptask.dsl.tasks.http import HTTP, HTTP_REQUEST
from httptask.dsl.tasks.http.arguments import AnyHttpArguments
from httptask.dsl.tasks.http.pagination import PaginateArguments
from httptask.dsl.tasks.kind import TaskKind, TaskNode
from httptask.http.models import HttpAnswer

__all__ = ["PLANNERS", "Answering", "Planner"]


class Answering(NamedTuple):
    """That a task answers tools which a model calls, and asks again."""

    tools: Collection[str]
    turns: int
    """How often it asks at most."""


@dataclass(frozen=True, slots=True)
class Planner:
    """What a kind of task does with the one call that it makes, or makes first.

    Attributes:
        call: the call, of the program, the task, its input, what renders its parts, and the id of the activity.
        output: the task's raw output, of the task and the result of the activity.
        reask: how often the task asks again for an answer that does not fit.
        paginate: how the task asks for the pages of a list.
        answering: which tools the task answers.
    """

    call: Callable[[Program, TaskNode, Any, RenderPart, str], ActivityCall[Any]]
    output: Callable[[TaskNode, Any], Any]
    reask: Callable[[TaskNode], int] = lambda _: 0
    paginate: Callable[[TaskNode], PaginateArguments | None] = lambda _: None
    answering: Callable[[TaskNode], Answering] = lambda _: Answering((), 1)


def _http_call(
    _program: Program, node: TaskNode, data: Any, render: RenderPart, id_: str
) -> ActivityCall[HttpAnswer]:
    return plan_http_call(node, data, render, id_=id_, idempotency_key=id_)


def _http_output(node: TaskNode, answer: HttpAnswer) -> Any:
    assert isinstance(node.spec, AnyHttpArguments)
    return http_output(node.spec.output, answer)


def _answering(node: TaskNode) -> Answering:
    arguments = CHAT_COMPLETION.spec(node)
    return Answering(arguments.handlers.keys(), arguments.max_turns)


def _chat_call(
    program: Program, node: TaskNode, _data: Any, render: RenderPart, id_: str
) -> ActivityCall[Completion]:
    body = render(BODY)
    assert body is not None  # every call has one
    return plan_chat_call(
        CHAT_COMPLETION.spec(node),
        body.value,
        body.secrets,
        id_=id_,
        idempotency_key=id_,
        rules=program.rules_for(node),
        incomplete=program.incomplete_for(node),
    )


PLANNERS: Final[Mapping[TaskKind[Any], Planner]] = {
    HTTP: Planner(_http_call, _http_output),
    HTTP_REQUEST: Planner(_http_call, _http_output, paginate=lambda node: HTTP_REQUEST.spec(node).paginate),
    CHAT_COMPLETION: Planner(
        _chat_call,
        lambda node, completion: chat_output(CHAT_COMPLETION.spec(node), completion),
        lambda node: CHAT_COMPLETION.spec(node).reask,
        answering=_answering,
    ),
}
"""Every kind that sends requests which its task alone tells."""
