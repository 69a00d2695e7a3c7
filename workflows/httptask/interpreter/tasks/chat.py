"""`call: chatCompletion`."""

from httptask.dsl.functions import ChatCompletionArguments
from httptask.interpreter.conversation import Conversation
from httptask.interpreter.task_context import Child, Complete, Paused, Step, TaskContext
from httptask.interpreter.tool_calls import ToolCalls

__all__ = ["run_chat_completion"]


async def run_chat_completion(context: TaskContext, _child: Child | None) -> Step:
    """Ask the model; answer the tools it calls and ask again, until it answers without.

    Each question is an activity of its own: visible, counted, and with an Idempotency-Key of its own.
    """
    arguments = context.node.arguments
    assert isinstance(arguments, ChatCompletionArguments)
    conversation = Conversation(context, arguments)
    calls = ToolCalls(context, conversation)
    while True:
        if calls.pending:
            if not await calls.answer():
                return Paused()
            if context.services.draining:
                return Paused()
        completion = await conversation.ask()
        if not calls.take(completion):
            context.answered(completion)
            return Complete(conversation.output(completion))
