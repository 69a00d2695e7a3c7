"""Keys that are indented too little: they stand beside the key they belong to, behind which there is nothing then."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.dsl.faults import Fault
from httptask.dsl.functions import FUNCTIONS, function_name
from httptask.dsl.model import (
    TASK_KEYWORDS,
    UNSUPPORTED_TASK_KEYWORDS,
    Definition,
    Document,
    Endpoint,
    ForLoop,
    Input,
    Output,
    Raise,
    SwitchCase,
    TaskBase,
    Timeout,
    Use,
)
from httptask.dsl.reading_arguments import PaginateArguments, StreamArguments
from httptask.dsl.structure.locate import Token, keys_of
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["indented"]

_OF_TASKS: Final = frozenset(
    {*keys_of(TaskBase), *TASK_KEYWORDS, *UNSUPPORTED_TASK_KEYWORDS, "with", "while", "catch", "foreach"}
)
_OF_CASES: Final = frozenset(keys_of(SwitchCase))
_INSIDE: Final[Mapping[str, frozenset[str]]] = {
    "for": frozenset(keys_of(ForLoop)),
    "input": frozenset(keys_of(Input)),
    "output": frozenset(keys_of(Output)),
    "export": frozenset(keys_of(Output)),
    "raise": frozenset(keys_of(Raise)),
    "timeout": frozenset(keys_of(Timeout)),
}
"""What may belong to a key of a task."""
_INSIDE_ARGUMENTS: Final[Mapping[str, frozenset[str]]] = {
    "endpoint": frozenset(keys_of(Endpoint)),
    "paginate": frozenset(keys_of(PaginateArguments)),
    "stream": frozenset(keys_of(StreamArguments)),
    "response_format": frozenset({"type", "json_schema"}),
}
"""What may belong to an argument of a call."""
_OF_ANY_NAME: Final = ("headers", "query", "form", "body")
"""Arguments whose keys are the author's."""
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
    for at, entries in _lists(owner, tokens):
        for index, entry in enumerate(entries):
            if not is_object(entry) or not entry:
                continue
            name, *others = entry
            if others and name not in _OF_TASKS and all(key in _OF_TASKS for key in others):
                _take_in(entry, (*at, index), name, others, faults)
            body = entry[name]
            if is_object(body):
                _task(body, (*at, index, name), faults)
                _tasks(body, (*at, index, name), faults)


def _task(body: dict[str, Any], tokens: tuple[Token, ...], faults: list[Fault]) -> None:
    call = body.get("call")
    model = FUNCTIONS.get(function_name(call)) if isinstance(call, str) else None
    unknown = [key for key in body if key not in _OF_TASKS]
    if model is not None:
        also = [key for key in ("do", "output") if key in keys_of(model) and not is_object(body.get(key))]
        _take_in(body, tokens, "with", [key for key in body if key in (*unknown, *also)], faults)
        if is_object(arguments := body.get("with")):
            _arguments(arguments, (*tokens, "with"), frozenset(keys_of(model)), faults)
    elif "set" in body:
        _take_in(body, tokens, "set", unknown, faults)
    cases = body.get("switch")
    for index, entry in enumerate(cases if is_array(cases) else ()):
        if is_object(entry) and entry:
            name, *others = entry
            _take_in(
                entry, (*tokens, "switch", index), name, [key for key in others if key in _OF_CASES], faults
            )
    for owner, inside in _INSIDE.items():
        _take_in(body, tokens, owner, [key for key in body if key in inside - _OF_TASKS], faults)


def _arguments(
    body: dict[str, Any], tokens: tuple[Token, ...], known: frozenset[str], faults: list[Fault]
) -> None:
    for owner, inside in _INSIDE_ARGUMENTS.items():
        _take_in(body, tokens, owner, [key for key in body if key in inside - known], faults)
    for owner in _OF_ANY_NAME:
        if owner in known:
            _take_in(body, tokens, owner, [key for key in body if key not in known], faults)


def _lists(owner: dict[str, Any], tokens: tuple[Token, ...]) -> Iterator[tuple[tuple[Token, ...], list[Any]]]:
    arguments = owner.get("with")
    inner = arguments.get("do") if is_object(arguments) else None
    for at, found in (((*tokens, "do"), owner.get("do")), ((*tokens, "with", "do"), inner)):
        if is_array(found):
            yield at, found


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
    faults.append(Fault(json_pointer((*tokens, keys[0])), "indentation", message, hint, at_key=True))
