"""The task lists inside a task: what they are called, and what their tasks see."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from httptask.dsl.faults import child_pointer
from httptask.dsl.functions import ChatCompletionArguments, MapArguments
from httptask.dsl.model import DoTask, ForTask, Task, TaskList

__all__ = ["Body", "bodies_of", "handler_key"]


@dataclass(frozen=True, slots=True)
class Body:
    """One task list inside a task.

    Attributes:
        key: its name among the task's sequences.
        scope: pointer of the scope that it opens for `$tasks`; None when it has none of its own.
        variables: what it binds for its tasks.
    """

    key: str
    pointer: str
    tasks: TaskList
    scope: str | None = None
    variables: frozenset[str] = frozenset()


def bodies_of(pointer: str, task: Task, arguments: BaseModel | None) -> Iterator[Body]:
    """The task lists directly inside a task.

    Args:
        pointer: of the task.
        task: the task.
        arguments: of its call, if it is one.
    """
    if isinstance(task, DoTask):
        yield Body("do", f"{pointer}/do", task.do)
    elif isinstance(task, ForTask):
        variables = frozenset({task.for_.each, task.for_.at})
        yield Body("do", f"{pointer}/do", task.do, pointer, variables)
    elif isinstance(arguments, MapArguments):
        variables = frozenset({arguments.each, arguments.at})
        yield Body("do", f"{pointer}/with/do", arguments.do, pointer, variables)
    elif isinstance(arguments, ChatCompletionArguments):
        for tool, handler in arguments.handlers.items():
            scope = child_pointer(f"{pointer}/with/handlers", tool)
            yield Body(handler_key(tool), f"{scope}/do", handler.do, scope)


def handler_key(tool: str) -> str:
    """The name of a tool's handler among the sequences of its task."""
    return f"handlers/{tool}"
