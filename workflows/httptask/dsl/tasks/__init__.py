"""The kinds of task. A new one is a module here, a line in `KINDS` or `CALLS`, and a runner in `interpreter.tasks`."""

import operator
from collections.abc import Iterator, Mapping
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, Discriminator, Field, Tag

from httptask.dsl.locate import keys_of
from httptask.dsl.model import CallTask, DefinitionModel, TaskBase
from httptask.dsl.tasks.do import DO
from httptask.dsl.tasks.emit import EMIT
from httptask.dsl.tasks.for_each import FOR
from httptask.dsl.tasks.fork import FORK
from httptask.dsl.tasks.kind import CallKind, TaskKind
from httptask.dsl.tasks.listen import LISTEN
from httptask.dsl.tasks.raise_error import RAISE
from httptask.dsl.tasks.run_workflow import RUN
from httptask.dsl.tasks.set_data import SET
from httptask.dsl.tasks.switch import SWITCH
from httptask.dsl.tasks.try_catch import TRY
from httptask.dsl.tasks.wait import WAIT
from httptask.json.types import is_object

__all__ = [
    "CALLS",
    "KEYWORDS",
    "KINDS",
    "TASK_KEYS",
    "UNSUPPORTED_CALLS",
    "Task",
    "TaskList",
    "function_name",
    "keyword_of",
    "kind_of_task",
]

KINDS: Final[tuple[TaskKind[Any], ...]] = (
    FOR,  # before `do`, which it contains
    DO,
    FORK,
    EMIT,
    LISTEN,
    RAISE,
    RUN,
    SET,
    SWITCH,
    TRY,
    WAIT,
)
"""The kinds with a keyword of their own; a mapping with the keywords of two is of the first."""

_OR_ACTIVITY: Final = "or do it in an activity of your own: `call: activity`"
UNSUPPORTED_CALLS: Final[Mapping[str, str]] = {
    "a2a": f"send the agent its JSON-RPC message with `call: httpRequest`, {_OR_ACTIVITY}",
    "asyncapi": f"publish with `call: httpRequest` where the broker takes HTTP, {_OR_ACTIVITY}",
    "grpc": f"call its HTTP gateway with `call: httpRequest`, {_OR_ACTIVITY}",
    "mcp": f"call the API behind the tool with `call: httpRequest`, {_OR_ACTIVITY}",
}
"""Calls of the standard that are not made, and what to do instead."""


class _Calls(Mapping[str, CallKind[Any]]):
    """Loads a kind when it is asked for: each knows a whole protocol, and few definitions use all of them."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, function: str) -> CallKind[Any]:
        module, _, name = self._places[function].partition(":")
        kind: CallKind[Any] = getattr(import_module(f"{__name__}.{module}"), name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


CALLS: Final[Mapping[str, CallKind[Any]]] = _Calls(
    {
        "http": "http:HTTP",
        "httpRequest": "http:HTTP_REQUEST",
        "openapi": "openapi:OPENAPI",
        "chatCompletion": "chat:CHAT_COMPLETION",
        "map": "map_items:MAP",
        "activity": "activity:ACTIVITY",
    }
)
"""The kinds that `call` names, by function."""
_MODELS: Final[Mapping[str, type[TaskBase]]] = {
    FOR.keyword: FOR.spec_model,
    CallKind.keyword: CallTask,
    **{kind.keyword: kind.spec_model for kind in KINDS},
}
"""The model of the tasks of each keyword."""
KEYWORDS: Final = tuple(sorted(_MODELS))
"""Of which a task has one."""
TASK_KEYS: Final = frozenset(
    {key for model in _MODELS.values() for key in keys_of(model)}.union(("catch", "foreach"))
)
"""Whatever a task may have in the standard."""


def keyword_of(value: Any) -> str | None:
    """The keyword that says which kind of task a mapping, or a model of one, is."""
    if is_object(value):
        return next((keyword for keyword in _MODELS if keyword in value), None)
    return next((keyword for keyword, model in _MODELS.items() if isinstance(value, model)), None)


def kind_of_task(task: TaskBase) -> TaskKind[Any] | None:
    """The kind of a task; None of a call of a function that is not built in."""
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


for _model in _made_of(DefinitionModel):
    _model.model_rebuild(
        _types_namespace={"Task": Task, "TaskList": TaskList}
    )  # until here each kind was on its own
