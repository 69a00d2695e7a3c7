"""Keys that are indented too little: they stand beside the key they belong to, behind which there is nothing then."""

import copy
from typing import Any, Final

from pydantic import BaseModel

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.definition import Definition
from httptask.dsl.locate import Token, alternatives_of, is_model, key_types, keys_of, unwrapped
from httptask.dsl.model import Document, Input, Output, Use
from httptask.dsl.structure.item_lists import ITEM_LISTS, task_lists
from httptask.dsl.structure.tasks import raw_functions
from httptask.dsl.tasks import CALLS, KINDS, TASK_KEYS, function_name
from httptask.dsl.tasks.kind import CallKind
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["indented"]


def _inside(model: type[BaseModel]) -> dict[str, frozenset[str]]:
    """What may belong to each key of a model that has keys of its own."""
    return {
        key: frozenset(inner for member in members if is_model(member) for inner in keys_of(member))
        for key, annotation in key_types(model)
        if (members := alternatives_of(annotation) or (unwrapped(annotation),))
    }


_INSIDE: Final = {owner: inside for kind in KINDS for owner, inside in _inside(kind.spec_model).items()}
"""What may belong to a key of a task."""
_OF_ANY_NAME: Final = frozenset(key for kind in KINDS for key in kind.of_any_name)
"""Keys of tasks behind which the author chooses the names."""
_INSIDE_DEFINITION: Final = {
    "document": frozenset(keys_of(Document)),
    "use": frozenset(keys_of(Use)),
    "input": frozenset(keys_of(Input)),
    "output": frozenset(keys_of(Output)),
}


def indented(data: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The data with such keys where they belong, and a fault for each key that lacked them."""
    if not _has_nothing(data):
        return data, []
    changed, faults = copy.deepcopy(data), list[Fault]()
    for owner, inside in _INSIDE_DEFINITION.items():
        own = inside - {*keys_of(Definition)}
        _take_in(changed, (), owner, [key for key in changed if key in own], faults)
    _tasks(changed, (), faults)
    for function in raw_functions(changed):
        _task(function.body, function.tokens, faults)
        _tasks(function.body, function.tokens, faults)
    return (changed, faults) if faults else (data, [])


def _has_nothing(data: Any) -> bool:
    """Whether there is a key behind which there is nothing."""
    pending = [data]
    while pending:
        value = pending.pop()
        children = value.values() if is_object(value) else value if is_array(value) else ()
        if is_object(value) and None in children:
            return True
        pending += children
    return False


def _tasks(owner: dict[str, Any], tokens: tuple[Token, ...], faults: list[Fault]) -> None:
    for at, entries in task_lists(owner, tokens):
        for index, entry in enumerate(entries):
            if not is_object(entry) or not entry:
                continue
            name, *others = entry
            if others and name not in TASK_KEYS and all(key in TASK_KEYS for key in others):
                _take_in(entry, (*at, index), name, others, faults)
            body = entry[name]
            if is_object(body):
                _task(body, (*at, index, name), faults)
                _tasks(body, (*at, index, name), faults)


def _task(body: dict[str, Any], tokens: tuple[Token, ...], faults: list[Fault]) -> None:
    call = body.get("call")
    kind = CALLS.get(function_name(call)) if isinstance(call, str) else None
    of_function = isinstance(call, str) and kind is None
    unknown = [key for key in body if key not in TASK_KEYS]
    if kind is not None:
        known = keys_of(kind.spec_model)
        also = [key for key in known if key in TASK_KEYS and not is_object(body.get(key))]
        _take_in(body, tokens, "with", [key for key in body if key in (*unknown, *also)], faults)
        if is_object(arguments := body.get("with")):
            _arguments(kind, arguments, (*tokens, "with"), faults)
    for owner in (*_OF_ANY_NAME, *(("with",) if of_function else ())):
        _take_in(body, tokens, owner, unknown, faults)
    for cases in ITEM_LISTS:
        for at, entries in cases.find(body, tokens) if cases.item == "case" else ():
            for index, entry in enumerate(entries):
                if is_object(entry) and entry:
                    name, *others = entry
                    keys = [key for key in others if key in cases.keys]
                    _take_in(entry, (*at, index), name, keys, faults)
    for owner, inside in _INSIDE.items():
        _take_in(body, tokens, owner, [key for key in body if key in inside - TASK_KEYS], faults)


def _arguments(
    kind: CallKind[Any], body: dict[str, Any], tokens: tuple[Token, ...], faults: list[Fault]
) -> None:
    known = frozenset(keys_of(kind.spec_model))
    for owner, inside in {**_inside(kind.spec_model), **kind.inside}.items():
        _take_in(body, tokens, owner, [key for key in body if key in inside - known], faults)
    for owner in kind.of_any_name:
        _take_in(body, tokens, owner, [key for key in body if key not in known], faults)


def _take_in(
    around: dict[str, Any], tokens: tuple[Token, ...], owner: str, keys: list[str], faults: list[Fault]
) -> None:
    """Put keys under the one beside them that has nothing, and tell so once."""
    if not keys or owner not in around or around[owner] is not None:
        return
    around[owner] = {key: around.pop(key) for key in keys}
    shown = ", ".join(f"`{key}`" for key in keys[:-1]) + (" and " if keys[1:] else "") + f"`{keys[-1]}`"
    verb = "stand" if keys[1:] else "stands"
    message = f"{shown} {verb} beside `{owner}`, behind which there is nothing"
    hint = f"indent {'them' if keys[1:] else 'it'} deeper than `{owner}`"
    faults.append(TextFault(json_pointer((*tokens, keys[0])), "indentation", message, hint, at_key=True))
