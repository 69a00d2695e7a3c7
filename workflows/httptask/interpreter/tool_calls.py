"""Answers the tools that a model calls, with the tasks that a definition gives them."""

from typing import Any

from httptask.calls.problem import TaskFault
from httptask.chat.models import Completion, ToolCall
from httptask.chat.tools import (
    ToolCallInvalid,
    answer,
    answered_calls,
    complaint,
    question_so_far,
    read_arguments,
)
from httptask.dsl.bodies import handler_key
from httptask.dsl.faults import child_pointer
from httptask.dsl.functions import ChatCompletionArguments
from httptask.interpreter.conversation import Conversation
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.state import Frame
from httptask.interpreter.task_context import TaskContext

__all__ = ["ToolCalls"]


class ToolCalls:
    """The calls of one answer at a time, each a strand of tasks with the parsed arguments for its input.

    They are kept in the state of the task, and survive into a continued run.
    """

    def __init__(self, context: TaskContext, conversation: Conversation) -> None:
        arguments = context.node.arguments
        assert isinstance(arguments, ChatCompletionArguments)
        self._context = context
        self._conversation = conversation
        self._handlers = arguments.handlers
        self._state = context.execution.state

    @property
    def pending(self) -> bool:
        """Whether there are calls that wait for their answers."""
        return bool(self._state.get("calls"))

    def take(self, completion: Completion) -> bool:
        """Take up the calls of an answer; False when they are for the author, or there are none."""
        tools, messages = self._conversation.tools, self._conversation.messages
        calls = answered_calls(completion, self._handlers, tools, messages) if self._handlers else ()
        if not calls:
            return False
        self._conversation.go_on_with([question_so_far(completion, calls)])
        self._state["calls"] = [{"call": call.model_dump(), **_read(call, tools)} for call in calls]
        self._state["answering"] = {}
        return True

    async def answer(self) -> bool:
        """Run the tasks of every call; False when they paused, because the run is to continue as new.

        What a call can't be answered for goes to the model, which may do better: arguments that do not fit, and
        errors that its tasks ended in.
        """
        calls: list[dict[str, Any]] = self._state["calls"]
        good = [entry for entry in calls if entry["fault"] is None]
        numbered = self._state.get("answered", 0)

        def frame_of(index: int) -> Frame:
            tool: str = good[index]["call"]["name"]
            node = self._context.node
            return Frame(
                sequence=node.sequences[handler_key(tool)].pointer,
                data=good[index]["arguments"],
                path=f"{self._context.execution.id}/{tool}/{numbered + index}",
                scope=child_pointer(f"{node.pointer}/with/handlers", tool),
            )

        self._context.note("answering " + ", ".join(str(entry["call"]["name"]) for entry in calls))
        outputs = await Parallel(
            self._context,
            self._state["answering"],
            count=len(good),
            frame_of=frame_of,
            concurrency=max(1, len(good)) if self._conversation.answers_in_parallel else 1,
            result_of=_described,
        ).run()
        if outputs is None:
            return False
        left = iter(outputs)
        self._conversation.go_on_with([_message(entry, left) for entry in calls])
        self._state.update(calls=[], answering={}, answered=numbered + len(good))
        return True


def _read(call: ToolCall, tools: Any) -> dict[str, Any]:
    try:
        return {"arguments": read_arguments(call, tools), "fault": None}
    except ToolCallInvalid as invalid:
        return {"arguments": None, "fault": str(invalid)}


def _described(fault: TaskFault) -> dict[str, str]:
    problem = fault.problem
    return {"error": f"{problem.title}: {problem.detail}" if problem.detail else problem.title}


def _message(entry: dict[str, Any], outputs: Any) -> dict[str, Any]:
    call = ToolCall.model_validate(entry["call"])
    return answer(call, next(outputs)) if entry["fault"] is None else complaint(call, entry["fault"])
