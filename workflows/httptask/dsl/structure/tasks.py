"""The tasks of a definition that may be wrong in every way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from httptask.dsl.faults import Fault
from httptask.dsl.structure.locate import Token
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["RawTask", "list_faults", "raw_tasks", "task_prefix"]


@dataclass(frozen=True, slots=True)
class RawTask:
    """A task as it stands in the data: a mapping, nothing else is known."""

    tokens: tuple[Token, ...]
    body: dict[str, Any]


def raw_tasks(data: dict[str, Any], tokens: tuple[Token, ...] = ()) -> Iterator[RawTask]:
    """Every task that is a mapping, nested ones included."""
    for at, entries in _task_lists(data, tokens):
        for index, entry in enumerate(entries):
            for name, body in entry.items() if is_object(entry) else ():
                if is_object(body):
                    task = RawTask((*at, index, name), body)
                    yield task
                    yield from raw_tasks(body, task.tokens)


def _task_lists(
    body: dict[str, Any], tokens: tuple[Token, ...]
) -> Iterator[tuple[tuple[Token, ...], list[Any]]]:
    """The task lists directly in a task or definition: `do`, and those among the arguments of calls."""
    if is_array(body.get("do")):
        yield (*tokens, "do"), body["do"]
    arguments = body.get("with")
    if "call" not in body or not is_object(arguments):
        return
    if is_array(arguments.get("do")):
        yield (*tokens, "with", "do"), arguments["do"]
    handlers = arguments.get("handlers")
    for tool, handler in handlers.items() if is_object(handlers) else ():
        if is_object(handler) and is_array(handler.get("do")):
            yield (*tokens, "with", "handlers", tool, "do"), handler["do"]


def list_faults(data: dict[str, Any]) -> Iterator[Fault]:
    """Items of task lists and switches that don't hold exactly one name, as the standard's TaskItem asks."""
    owners = [RawTask((), data), *raw_tasks(data)]
    for owner in owners:
        for at, entries in _task_lists(owner.body, owner.tokens):
            yield from _item_faults(at, entries, "task")
        cases = owner.body.get("switch")
        if is_array(cases):
            yield from _item_faults((*owner.tokens, "switch"), cases, "case")


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
        yield Fault(json_pointer((*at, index, second)), f"two-{what}s", message, hint, at_key=True)


def task_prefix(tokens: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """The leading tokens that lead to the innermost task around a place."""
    for end in range(len(tokens), 2, -1):
        name, index, key = tokens[end - 1], tokens[end - 2], tokens[end - 3]
        if key == "do" and isinstance(index, int) and isinstance(name, str):
            return tokens[:end]
    return None
