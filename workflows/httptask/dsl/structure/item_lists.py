"""Where definitions have lists of items with one name each: lists of tasks, and the cases of a switch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from httptask.dsl.locate import Token, is_model, key_types, keys_of, unwrapped
from httptask.dsl.tasks import KINDS, TASK_KEYS, TaskList
from httptask.dsl.tasks.kind import CallKind
from httptask.json.types import is_array, is_object

__all__ = ["CASE_LISTS", "ITEM_LISTS", "TASK_LISTS", "ItemList"]

_ANY: Final = "*"
"""In a path: whatever the author calls it."""
_TASKS: Final = unwrapped(TaskList)


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of items with one name each.

    Attributes:
        path: the keys that lead to it from the task.
        item: what an item is: a task, or a case.
        keys: that stand behind the name of an item.
    """

    path: tuple[str, ...]
    item: str
    keys: frozenset[str]

    def find(
        self, owner: dict[str, Any], tokens: tuple[Token, ...]
    ) -> Iterator[tuple[tuple[Token, ...], list[Any]]]:
        """The lists that stand there in a task, which may be wrong in every way, behind the tokens that lead there."""
        if self.path[0] != "with" or "call" in owner:
            yield from _behind(owner, self.path, tokens)


def _behind(
    value: Any, path: tuple[str, ...], tokens: tuple[Token, ...]
) -> Iterator[tuple[tuple[Token, ...], list[Any]]]:
    if not path:
        yield from ((tokens, value),) if is_array(value) else ()
    elif is_object(value):
        for key in value if path[0] == _ANY else path[:1]:
            yield from _behind(value.get(key), path[1:], (*tokens, key))


def _lists_in(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[ItemList]:
    for key, annotation in key_types(model):
        yield from _lists_of(unwrapped(annotation), (*path, key))


def _lists_of(annotation: Any, path: tuple[str, ...]) -> Iterator[ItemList]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation == _TASKS:
        yield ItemList(path, "task", TASK_KEYS)
    elif is_model(annotation):
        yield from _lists_in(annotation, path)
    elif origin is dict:
        yield from _lists_of(unwrapped(arguments[1]), (*path, _ANY))
    elif origin is tuple and get_origin(arguments[0]) is dict:
        yield ItemList(path, "case", frozenset(keys_of(get_args(arguments[0])[1])))


ITEM_LISTS: Final = tuple(
    dict.fromkeys(
        found
        for kind in KINDS
        for found in _lists_in(kind.spec_model, ("with",) if isinstance(kind, CallKind) else ())
    )
)
"""Those of all kinds."""
TASK_LISTS: Final = tuple(each for each in ITEM_LISTS if each.item == "task")
CASE_LISTS: Final = tuple(each for each in ITEM_LISTS if each.item == "case")
