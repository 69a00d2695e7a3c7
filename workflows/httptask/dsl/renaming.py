"""A task gets another name, and with it what names the task: `then` of its list, and `$tasks` of expressions.

What names a task is what the compiled definition says that does: data that only looks like it, as a body with a `then`
of its own, stays as it is.
"""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from httptask.dsl.compile import compile_definition
from httptask.dsl.expressions import ExpressionsBusy
from httptask.dsl.model import FLOW_DIRECTIVES
from httptask.dsl.program import Program
from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.editing import EditRefused, Node, edited
from httptask.dsl.yaml.text_changes import BY_HAND, LOOK, Change, applied, as_key, found
from httptask.dsl.yaml.value_edits import OTHER_NAME, held_at, with_key_renamed
from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.types import is_array

__all__ = ["rename_task"]

_IDENTIFIER: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def rename_task(text: str, pointer: str, name: str) -> str:
    """Give a task another name, everywhere.

    Args:
        text: of the definition, which may have faults.
        pointer: of the task, as `/do/0/find`.
        name: that it gets.

    Raises:
        EditRefused: there is no such task, the name can't be written or is taken in its list, or something would name
            another task then.
    """
    if not name.isprintable() or not name.strip() or any(sign in name for sign in "\"'\\"):
        raise EditRefused("a task's name is made of letters, digits, `_` and `-`", OTHER_NAME)
    before = _program(read_yaml(text.removeprefix("\ufeff")).data)
    renaming = _Renaming(before, pointer, name)
    return edited(text, renaming.change, renaming.meant, BY_HAND)


class _Renaming:
    """What a new name of a task changes, in a text and in its data."""

    def __init__(self, before: Program, pointer: str, name: str) -> None:
        self._before = before
        self._pointer = pointer
        self._name = name
        *self._around, self._old = pointer_tokens(pointer) or ("",)
        if not any(before.written_at(task) == pointer for task in before.nodes):
            raise EditRefused(f"there is no task at {pointer}", LOOK)
        if name in FLOW_DIRECTIVES:
            raise EditRefused(f"`then: {name}` means something else than a task", OTHER_NAME)
        self._jumps = frozenset(_jumps(before, json_pointer(self._around[:-1]), self._old))
        self._readings = frozenset(at for at, _, tasks in _named(before) if tasks == frozenset([pointer]))
        old = re.escape(self._old)
        self._mention = re.compile(
            rf"""\$tasks(?:\s*\.{old}(?![A-Za-z0-9_])|\s*\.?\s*\[\s*(\\?"){old}\1\s*\]|\s*\.(\\?"){old}\2)"""
        )

    def change(self, plain: str, root: Node) -> str:
        place = found(plain, root, (*self._around, self._old))
        assert place.parent is not None  # a key has one
        key = place.parent.node.keys[place.index].token
        changes = [Change(key.start, key.end, as_key(self._name, flow=place.in_flow))]
        for at in self._jumps:
            token = found(plain, root, pointer_tokens(at)).node.token
            changes.append(Change(token.start, token.end, as_key(self._name, flow=True)))
        for at in self._readings:
            token = found(plain, root, pointer_tokens(at)).node.token
            source = plain[token.start : token.end]
            quote = r"\"" if source.startswith('"') else '"'
            changes.append(Change(token.start, token.end, self._followed(source, quote)))
        return applied(plain, changes)

    def meant(self, data: Any) -> None:
        if any(self._name in item for item in held_at(data, self._around[:-1])):
            raise EditRefused(f"there is a {self._name} already", OTHER_NAME)
        for at in self._jumps:
            *to, last = pointer_tokens(at)
            held_at(data, to)[last] = self._name
        for at in self._readings:
            *to, last = pointer_tokens(at)
            holder = held_at(data, to)
            key: Any = int(last) if is_array(holder) else last
            holder[key] = self._followed(holder[key], '"')
        with_key_renamed(held_at(data, self._around), self._old, self._name)
        _require_same_tasks(
            self._before, _program(data), self._pointer, json_pointer([*self._around, self._name])
        )

    def _followed(self, text: str, quote: str) -> str:
        is_plain = _IDENTIFIER.fullmatch(self._name)
        written = f"$tasks.{self._name}" if is_plain else f"$tasks[{quote}{self._name}{quote}]"
        return self._mention.sub(lambda _: written, text)


def _program(data: Any) -> Program:
    try:
        draft = compile_definition(data).draft
    except ExpressionsBusy as busy:
        raise EditRefused(f"the expressions can't be read: {busy}", "try again") from None
    if draft is None:
        raise EditRefused("the definition can't be read", "`httptask validate` tells why")
    return draft


def _jumps(program: Program, task_list: str, name: str) -> Iterator[str]:
    """Where flow directives of a list name a task of it."""
    for node in program.nodes.values():
        written = program.written_at(node.pointer)
        if json_pointer(pointer_tokens(written)[:-2]) == task_list:
            yield from (program.written_at(jump.pointer) for jump in node.jumps if jump.target == name)


def _named(program: Program) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Where expressions name a task, by what name, and which it may be."""
    for use in program.uses:
        scope = "" if use.task is None else program.nodes[use.task].scope
        for name in dict.fromkeys(filter(None, use.expression.keys_of("tasks"))):
            seen = program.resolve_task(scope, name)
            tasks: Collection[str] = () if seen is None else seen.names[name]
            yield program.written_at(use.pointer), name, frozenset(map(program.written_at, tasks))


def _require_same_tasks(before: Program, after: Program, old: str, new: str) -> None:
    """Refuse what would have an expression read another task."""

    def renamed(pointer: str) -> str:
        return new + pointer.removeprefix(old) if f"{pointer}/".startswith(f"{old}/") else pointer

    meant = {
        (renamed(at), frozenset(map(renamed, tasks))) for at, _, tasks in _named(before) if len(tasks) == 1
    }
    lost = sorted(at for at, _ in meant - {(at, tasks) for at, _, tasks in _named(after)})
    if lost:
        raise EditRefused(
            f"{lost[0]} would read another task", "choose another name, or change both in the text"
        )
