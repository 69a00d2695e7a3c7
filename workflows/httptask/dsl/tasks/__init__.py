"""The kinds of task. A new one is a module here, a line in `KINDS`, and its runner in `httptask.interpreter.tasks`."""

import operator
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, Discriminator, Field, Tag

from httptask.dsl.locate import keys_of
from httptask.dsl.model import CallTask, DefinitionModel, TaskBase
from httptask.dsl.tasks.activity import ACTIVITY
from httptask.dsl.tasks.chat import CHAT_COMPLETION
from httptask.dsl.tasks.do import DO
from httptask.dsl.tasks.for_each import FOR
from httptask.dsl.tasks.http import HTTP, HTTP_REQUEST
from httptask.dsl.tasks.kind import CallKind, TaskKind
from httptask.dsl.tasks.map_items import MAP
from httptask.dsl.tasks.raise_error import RAISE
from httptask.dsl.tasks.set_data import SET
from httptask.dsl.tasks.switch import SWITCH
from httptask.dsl.tasks.wait import WAIT
from httptask.json.types import is_object

__all__ = [
    "CALLS",
    "KEYWORDS",
    "KINDS",
    "TASK_KEYS",
    "UNSUPPORTED_CALLS",
    "UNSUPPORTED_KEYWORDS",
    "Task",
    "TaskList",
    "function_name",
    "keyword_of",
    "kind_of_task",
]

KINDS: Final[tuple[TaskKind[Any], ...]] = (
    FOR,  # before `do`, which it contains
    HTTP,
    HTTP_REQUEST,
    CHAT_COMPLETION,
    MAP,
    ACTIVITY,
    DO,
    RAISE,
    SET,
    SWITCH,
    WAIT,
)
"""Every kind; a mapping with the keywords of two is of the first."""

UNSUPPORTED_KEYWORDS: Final[Mapping[str, str | None]] = {
    "emit": None,
    "fork": "run the branches one after another, or use `call: map` for one task over many items",
    "listen": None,
    "run": "call a service with `call: httpRequest`",
    "try": "calls are retried by the policy of their connection; without `try` an error ends the workflow",
}
"""Keywords of the standard whose kinds are not run, and what to do instead."""
UNSUPPORTED_CALLS: Final = ("a2a", "asyncapi", "grpc", "mcp", "openapi")
"""Calls of the standard that are not made."""

CALLS: Final[Mapping[str, CallKind[Any]]] = {
    str(kind.function): kind for kind in KINDS if isinstance(kind, CallKind)
}
"""The kinds that `call` names, by function."""
_MODELS: Final[Mapping[str, type[TaskBase]]] = {
    kind.keyword: CallTask if isinstance(kind, CallKind) else kind.spec_model for kind in KINDS
}
"""The model of the tasks of each keyword."""
KEYWORDS: Final = tuple(sorted(_MODELS))
"""Of which a task has one."""
TASK_KEYS: Final = frozenset(
    {key for model in _MODELS.values() for key in keys_of(model)}.union(
        UNSUPPORTED_KEYWORDS, ("catch", "foreach")
    )
)
"""Whatever a task may have in the standard."""


def keyword_of(value: Any) -> str | None:
    """The keyword that says which kind of task a mapping, or a model of one, is."""
    if is_object(value):
        return next((keyword for keyword in _MODELS if keyword in value), None)
    return next((keyword for keyword, model in _MODELS.items() if isinstance(value, model)), None)


def kind_of_task(task: TaskBase) -> TaskKind[Any] | None:
    """The kind of a task; None of a call of a function that there is not."""
    if isinstance(task, CallTask):
        return CALLS.get(function_name(task.call))
    return next(kind for kind in KINDS if isinstance(task, kind.spec_model))


def function_name(call: str) -> str:
    """The function that a `call` names: `chatCompletion` or `chatCompletion:1.0.0@default`."""
    name, _, version = call.partition(":")
    return name if version in ("", "1.0.0@default") else call


if TYPE_CHECKING:
    Task = TaskBase
else:  # of which type checkers need not know each kind
    Task = Annotated[
        reduce(operator.or_, (Annotated[model, Tag(keyword)] for keyword, model in _MODELS.items())),
        Discriminator(keyword_of),
    ]
TaskList = Annotated[tuple[dict[str, Task], ...], Field(min_length=1)]
"""A list of single-key mappings: the key is the task's name."""


def _made_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for made in model.__subclasses__():
        yield made
        yield from _made_of(made)


for _model in (*_made_of(DefinitionModel), *(kind.spec_model for kind in KINDS)):
    _model.model_rebuild(_types_namespace={"TaskList": TaskList})  # until here each kind was on its own
