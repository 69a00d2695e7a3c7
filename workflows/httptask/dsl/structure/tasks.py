"""The tasks of a definition that may be wrong in every way: their lists, and what they call."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from httptask.chat.strictness import Level
from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.diagnostics.words import quoted
from httptask.dsl.locate import Token, keys_of
from httptask.dsl.model import CallTask
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.item_lists import ITEM_LISTS, item_lists_of, task_lists
from httptask.dsl.structure.nulls import null_faults
from httptask.dsl.structure.unsupported import unsupported_call
from httptask.dsl.structure.validate import errors_of
from httptask.dsl.tasks import CALLS, function_name
from httptask.json.pointer import json_pointer
from httptask.json.types import is_object

__all__ = [
    "TASK_LIST_KEYS",
    "RawTask",
    "argument_errors",
    "call_faults",
    "list_faults",
    "raw_tasks",
    "task_prefix",
]

TASK_LIST_KEYS: Final = frozenset(each.path[-1] for each in ITEM_LISTS if each.item == "task")
"""The keys behind which there are tasks."""


@dataclass(frozen=True, slots=True)
class RawTask:
    """A task as it stands in the data: a mapping, nothing else is known."""

    tokens: tuple[Token, ...]
    body: dict[str, Any]


def raw_tasks(data: dict[str, Any], tokens: tuple[Token, ...] = ()) -> Iterator[RawTask]:
    """Every task that is a mapping, nested ones included."""
    for at, entries in task_lists(data, tokens):
        for index, entry in enumerate(entries):
            for name, body in entry.items() if is_object(entry) else ():
                if is_object(body):
                    task = RawTask((*at, index, name), body)
                    yield task
                    yield from raw_tasks(body, task.tokens)


def list_faults(data: dict[str, Any]) -> Iterator[Fault]:
    """Items of task lists and switches that don't hold exactly one name, as the standard's TaskItem asks."""
    for owner in (RawTask((), data), *raw_tasks(data)):
        for item_list in item_lists_of(owner.body):
            for at, entries in item_list.find(owner.body, owner.tokens):
                yield from _item_faults(at, entries, item_list.item)


def _item_faults(at: tuple[Token, ...], entries: list[Any], what: str) -> Iterator[Fault]:
    for index, entry in enumerate(entries):
        if not is_object(entry) or len(entry) == 1:
            continue
        pointer = json_pointer((*at, index))
        if not entry:
            yield Fault(
                pointer, f"no-{what}", f"this item has no {what}", f"write `- NAME:` and the {what} under it"
            )
            continue
        first, second = list(entry)[:2]
        message = f"one item holds two {what}s, `{first}` and `{second}`"
        hint = f"begin each {what} with `- `; if `{second}` belongs to `{first}`, indent it deeper"
        yield TextFault(json_pointer((*at, index, second)), f"two-{what}s", message, hint, at_key=True)


def task_prefix(tokens: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """The leading tokens that lead to the innermost task around a place."""
    for end in range(len(tokens), 2, -1):
        name, index, key = tokens[end - 1], tokens[end - 2], tokens[end - 3]
        if key in TASK_LIST_KEYS and isinstance(index, int) and isinstance(name, str):
            return tokens[:end]
    return None


def argument_errors(task: RawTask) -> list[Found]:
    """Arguments that the called function doesn't take or takes in another form."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    kind = CALLS.get(function_name(call)) if isinstance(call, str) else None
    if kind is None or not is_object(arguments) or _misspells_with(task):
        return []
    return errors_of(kind.spec_model, arguments, (*task.tokens, "with"))


def _misspells_with(task: RawTask) -> bool:
    """Whether the arguments stand under a key that is reported already."""
    others = task.body.keys() - set(keys_of(CallTask))
    return "with" not in task.body and closest("with", sorted(others)) is not None


def call_faults(task: RawTask, rules: Level) -> Iterator[Fault]:
    """An unknown function, or arguments that its kind refuses: a chat request as strictly as `rules` says."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    if not isinstance(call, str):
        return
    name = function_name(call)
    kind = CALLS.get(name)
    pointer = json_pointer((*task.tokens, "call"))
    refused = unsupported_call(pointer, call)
    if refused is not None:
        yield refused
    elif kind is None:
        yield Fault(pointer, "unknown-function", f"unknown function {quoted(call)}", _hint_for_function(call))
    elif is_object(arguments):
        at = (*task.tokens, "with")
        yield from null_faults(kind.spec_model, arguments, at)
        if not _misspells_with(task):
            yield from kind.argument_faults(json_pointer(at), arguments, rules)


def _hint_for_function(call: str) -> str:
    name, _, version = call.partition(":")
    if version and name in CALLS:
        return f"write `{name}` or `{name}:1.0.0@default`"
    return hint_for_unknown(name, CALLS, "functions")
