"""The tasks of a definition that may be wrong in every way: their lists, and what they call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.chat.strictness import Level
from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import closest, hint_for_misspelt, hint_for_unknown
from httptask.diagnostics.words import quoted
from httptask.dsl.locate import Token, keys_of, value_at
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
    "FUNCTIONS",
    "TASK_LIST_KEYS",
    "RawTask",
    "argument_errors",
    "call_faults",
    "list_faults",
    "raw_functions",
    "raw_tasks",
    "task_prefix",
]

TASK_LIST_KEYS: Final = frozenset(each.path[-1] for each in ITEM_LISTS if each.item == "task")
"""The keys behind which there are tasks."""
FUNCTIONS: Final[tuple[Token, ...]] = ("use", "functions")


@dataclass(frozen=True, slots=True)
class RawTask:
    """A task as it stands in the data: a mapping, nothing else is known."""

    tokens: tuple[Token, ...]
    body: dict[str, Any]


def raw_tasks(data: dict[str, Any], tokens: tuple[Token, ...] = ()) -> Iterator[RawTask]:
    """Every task of a definition that is a mapping, those of functions and nested ones included; or inside a task."""
    for function in () if tokens else raw_functions(data):
        yield function
        yield from raw_tasks(function.body, function.tokens)
    for at, entries in task_lists(data, tokens):
        for index, entry in enumerate(entries):
            for name, body in entry.items() if is_object(entry) else ():
                if is_object(body):
                    task = RawTask((*at, index, name), body)
                    yield task
                    yield from raw_tasks(body, task.tokens)


def raw_functions(data: dict[str, Any]) -> Iterator[RawTask]:
    """The tasks under `use.functions` that are mappings."""
    functions = value_at(data, FUNCTIONS)
    for name, body in functions.items() if is_object(functions) else ():
        if is_object(body):
            yield RawTask((*FUNCTIONS, name), body)


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
    return tokens[:3] if tokens[:2] == FUNCTIONS and len(tokens) > 2 else None


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


def call_faults(task: RawTask, rules: Level, use: Mapping[str, Any]) -> Iterator[Fault]:
    """An unknown function, or arguments that its kind refuses.

    Args:
        task: that may be a call.
        rules: how strictly a chat request is checked.
        use: the definition's, whatever stands there.
    """
    call, arguments = task.body.get("call"), task.body.get("with", {})
    if not isinstance(call, str):
        return
    name = function_name(call)
    kind = CALLS.get(name)
    pointer = json_pointer((*task.tokens, "call"))
    functions, catalogs = (use.get(key) for key in ("functions", "catalogs"))
    if is_object(functions) and call in functions and kind is None:
        return
    refused = unsupported_call(pointer, call)
    if refused is not None:
        yield refused
    elif "@" in call and kind is None:
        yield _not_in_catalog(pointer, call, catalogs if is_object(catalogs) else {})
    elif kind is None:
        known = [*CALLS, *(functions if is_object(functions) else ())]
        hint = _hint_for_function(call, known)
        yield Fault(pointer, "unknown-function", f"unknown function {quoted(call)}", hint)
    elif is_object(arguments):
        at = (*task.tokens, "with")
        yield from null_faults(kind.spec_model, arguments, at)
        if not _misspells_with(task):
            yield from kind.argument_faults(json_pointer(at), arguments, rules)


def _hint_for_function(call: str, known: Sequence[str]) -> str:
    name, _, version = call.partition(":")
    if version and name in CALLS:
        return f"write `{name}` or `{name}:1.0.0@default`"
    return hint_for_unknown(name, known, "functions")


def _not_in_catalog(pointer: str, call: str, catalogs: Mapping[str, Any]) -> Fault:
    """The fault for a function of a catalogue whose task is not there: whoever loads a file has told why."""
    name = call.rpartition("@")[2]
    if name == "default":
        hint = f"those are {', '.join(f'`{function}:1.0.0@default`' for function in CALLS)}"
        return Fault(pointer, "unknown-function", f"{quoted(call)} is no function of httptask's own", hint)
    if name in catalogs:
        message = (
            f"the task of {quoted(call)} is not there: it is read where a definition is loaded from a file"
        )
        return Fault(
            pointer, "unknown-function", message, f"write its task under `use.functions`, as `{call}`"
        )
    hint = (
        hint_for_misspelt(name, catalogs)
        or f"add it: use: {{ catalogs: {{ {name}: {{ endpoint: file://./FOLDER }} }} }}"
    )
    return Fault(pointer, "unknown-catalog", f"there is no catalogue `{name}` under `use.catalogs`", hint)
