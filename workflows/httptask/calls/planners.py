"""How the call of a task is planned, and its answer read, by the kind of the task: for who makes that call alone.

What belongs to one kind is loaded with the first task of it: few definitions have all of them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from httptask.calls.activity_call import ActivityCall
from httptask.calls.url import RenderPart
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.models import HttpAnswer

if TYPE_CHECKING:
    from httptask.activities.api_operation import ApiOperation
    from httptask.chat.models import Completion
    from httptask.dsl.tasks.chat.arguments import ChatCompletionArguments
    from httptask.dsl.tasks.http.pagination import PaginateArguments

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
        call: the call, of the program, the task, its input, what renders its parts, the id of the activity, and the
            operation where an API document tells what the task sends.
        output: the task's raw output, of the task and the result of the activity.
        reask: how often the task asks again for an answer that does not fit.
        paginate: how the task asks for the pages of a list.
        answering: which tools the task answers.
        is_safe: whether the call changes nothing at its server, whatever its method.
    """

    call: "Callable[[Program, TaskNode, Any, RenderPart, str, ApiOperation | None], ActivityCall[Any]]"
    output: Callable[[TaskNode, Any], Any]
    reask: Callable[[TaskNode], int] = lambda _: 0
    paginate: "Callable[[TaskNode], PaginateArguments | None]" = lambda _: None
    answering: Callable[[TaskNode], Answering] = lambda _: Answering((), 1)
    is_safe: bool = False


def _http_call(
    _program: Program, node: TaskNode, data: Any, render: RenderPart, id_: str, _: "ApiOperation | None"
) -> ActivityCall[HttpAnswer]:
    from httptask.calls.http import plan_http_call

    return plan_http_call(node, data, render, id_=id_, idempotency_key=id_)


def _http_output(node: TaskNode, answer: HttpAnswer) -> Any:
    from httptask.calls.http import http_output
    from httptask.dsl.tasks.http.arguments import AnyHttpArguments

    assert isinstance(node.spec, AnyHttpArguments)
    return http_output(node.spec.output, answer)


def _pages(node: TaskNode) -> "PaginateArguments | None":
    from httptask.dsl.tasks.http import HTTP_REQUEST

    return HTTP_REQUEST.spec(node).paginate


def _chat_arguments(node: TaskNode) -> "ChatCompletionArguments":
    from httptask.dsl.tasks.chat import CHAT_COMPLETION

    return CHAT_COMPLETION.spec(node)


def _answering(node: TaskNode) -> Answering:
    arguments = _chat_arguments(node)
    return Answering(arguments.handlers.keys(), arguments.max_turns)


def _operation_call(
    _program: Program,
    node: TaskNode,
    _data: Any,
    render: RenderPart,
    id_: str,
    operation: "ApiOperation | None",
) -> ActivityCall[HttpAnswer]:
    from httptask.calls.openapi import plan_operation_call

    assert operation is not None  # whoever plans such a call has found it
    return plan_operation_call(node, operation, render, id_=id_, idempotency_key=id_)


def _operation_output(node: TaskNode, answer: HttpAnswer) -> Any:
    from httptask.calls.http import http_output
    from httptask.dsl.tasks.openapi import OPENAPI

    return http_output(OPENAPI.spec(node).output, answer)


def _chat_call(
    program: Program, node: TaskNode, _data: Any, render: RenderPart, id_: str, _: "ApiOperation | None"
) -> "ActivityCall[Completion]":
    from httptask.calls.chat import plan_chat_call
    from httptask.dsl.tasks.chat import BODY

    body = render(BODY)
    assert body is not None  # every call has one
    return plan_chat_call(
        _chat_arguments(node),
        body.value,
        body.secrets,
        id_=id_,
        idempotency_key=id_,
        rules=program.rules_for(node),
        incomplete=program.incomplete_for(node),
    )


def _chat_output(node: TaskNode, completion: "Completion") -> Any:
    from httptask.calls.chat import chat_output

    return chat_output(_chat_arguments(node), completion)


PLANNERS: Final[Mapping[str | None, Planner]] = {
    "http": Planner(_http_call, _http_output),
    "httpRequest": Planner(_http_call, _http_output, paginate=_pages),
    "chatCompletion": Planner(
        _chat_call,
        _chat_output,
        reask=lambda node: _chat_arguments(node).reask,
        answering=_answering,
        is_safe=True,
    ),
    "openapi": Planner(_operation_call, _operation_output),
}
"""Every kind that sends requests, by the function that its call names."""
