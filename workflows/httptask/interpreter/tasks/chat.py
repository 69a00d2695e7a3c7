"""`call: chatCompletion`."""

from collections.abc import Collection, Sequence
from typing import Any

from httptask.calls.chat import chat_output
from httptask.calls.problem import TaskFault
from httptask.chat.tools import failed, handler_faults
from httptask.dsl.tasks.chat import BODY, CHAT_COMPLETION, handler_key
from httptask.dsl.tasks.chat.arguments import ChatCompletionArguments
from httptask.interpreter.fallback import Candidates
from httptask.interpreter.parallel import Parallel
from httptask.interpreter.state import Frame, ParallelState
from httptask.interpreter.task_context import Child, Complete, Finished, Paused, Step, TaskContext
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array
from httptask.workflows.conversation import Account, Conversation, ConversationState, PendingCall, Turns

__all__ = ["run_chat_completion"]


async def run_chat_completion(context: TaskContext, _child: Child | None) -> Step:
    """Ask the model; answer the tools it calls and ask again, until it answers without.

    Each question is an activity of its own: visible, counted, and with an Idempotency-Key of its own.
    """
    arguments = CHAT_COMPLETION.spec(context.node)
    rendered = context.render(BODY)
    assert rendered is not None  # every call has one
    body = rendered.value
    _check_handlers(body.get("tools"), arguments)
    state = ConversationState.model_validate(context.execution.state.get("conversation", {}))
    context.execution.state["conversation"] = state
    account = Account(context.services.budget, state)
    candidates = Candidates(context, arguments, rendered.secrets, account)
    turns = Turns(arguments.max_turns, "maxTurns", arguments.reask)
    try:
        completion = await Conversation(body, state, candidates, _Handlers(context, arguments), turns).run()
    except _PausedInside:
        return Paused()
    context.answered(completion)
    of_all = {
        "usage": completion.usage and state.usage,
        "cost": state.cost,
        "unavailable": candidates.unavailable,
    }
    return Complete(chat_output(arguments, completion.model_copy(update=of_all)))


class _PausedInside(Exception):
    """The tasks that answer calls have paused; the conversation goes on from its state."""


class _Handlers:
    """Answers each call by tasks that have its arguments for their input; an error of theirs is an answer too."""

    def __init__(self, context: TaskContext, arguments: ChatCompletionArguments) -> None:
        self._context = context
        self._handlers = arguments.handlers
        self._state = context.execution.state

    @property
    def names(self) -> Collection[str]:
        return self._handlers.keys()

    async def outputs(self, calls: Sequence[PendingCall], *, in_parallel: bool) -> Sequence[Any]:
        """See `Tools`.

        Raises:
            _PausedInside: the run is to continue as new.
        """
        context, answered = self._context, self._state.setdefault("answered", 0)

        def frame_of(index: int) -> Frame:
            name = str(calls[index].call.name)
            return Frame(
                sequence=context.node.sequences[handler_key(name)].pointer,
                data=calls[index].arguments,
                path=f"{context.execution.id}/{name}/{answered + index}",
                scope=child_pointer(f"{context.node.pointer}/with/handlers", name),
            )

        if calls:
            context.note("answering " + ", ".join(str(pending.call.name) for pending in calls))
        state = context.execution.parallel = context.execution.parallel or ParallelState()
        outputs = await Parallel(
            context,
            state,
            end=len(calls),
            frame_of=frame_of,
            concurrency=max(1, len(calls)) if in_parallel else 1,
            result_of=_output_of,
        ).run()
        if outputs is None or context.services.draining:
            raise _PausedInside
        context.execution.parallel = None
        self._state["answered"] = answered + len(calls)
        return [outputs[index] for index in range(len(calls))]


def _check_handlers(tools: Any, arguments: ChatCompletionArguments) -> None:
    for _, message, hint in handler_faults(tools if is_array(tools) else [], arguments.handlers):
        TaskFault.raise_standard("validation", "No such tool", detail=f"{message}: {hint}")


def _output_of(end: Finished | TaskFault) -> Any:
    if isinstance(end, Finished):
        return end.output
    problem = end.problem
    return failed(f"{problem.title}: {problem.detail}" if problem.detail else problem.title)
