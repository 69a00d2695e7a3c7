"""Where definitions have lists of items with one name each: lists of tasks, and the cases of a switch."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from httptask.dsl.locate import Token, is_model, key_types, keys_of, unwrapped
from httptask.dsl.tasks import CALLS, KINDS, TASK_KEYS, TaskList, function_name
from httptask.json.types import is_array, is_object

__all__ = ["ITEM_LISTS", "ItemList", "item_lists_of", "task_lists"]

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


ITEM_LISTS: Final = tuple(dict.fromkeys(found for kind in KINDS for found in _lists_in(kind.spec_model, ())))
"""Those of the kinds with a keyword of their own, and of a definition; calls have no others among their arguments."""


def item_lists_of(owner: dict[str, Any]) -> tuple[ItemList, ...]:
    """The lists that a definition, or a task, may have; the arguments of a call that nobody knows may have any."""
    if "call" not in owner:
        return ITEM_LISTS
    call = owner["call"]
    function = function_name(call) if isinstance(call, str) else None
    return (*ITEM_LISTS, *_lists_of_calls(function if function in list(CALLS) else None))


@cache
def _lists_of_calls(function: str | None) -> tuple[ItemList, ...]:
    kinds = CALLS.values() if function is None else (CALLS[function],)
    return tuple(dict.fromkeys(found for kind in kinds for found in _lists_in(kind.spec_model, ("with",))))


def task_lists(
    owner: dict[str, Any], tokens: tuple[Token, ...]
) -> Iterator[tuple[tuple[Token, ...], list[Any]]]:
    """The lists of tasks directly in a definition, or in a task, behind the tokens that lead there."""
    for each in item_lists_of(owner):
        if each.item == "task":
            yield from each.find(owner, tokens)
