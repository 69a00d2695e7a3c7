"""A task or a variable gets another name, and with it what names it.

That is `then` of a task's list and `$tasks` of expressions; of a variable, the expressions that read it. What names it
is what the compiled definition says does: data that only looks like it, as a body with a `then` of its own, stays.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from httptask.dsl.checks.names import RESERVED_VARIABLES
from httptask.dsl.compile import compile_definition
from httptask.dsl.expression_parts import ExpressionUse
from httptask.dsl.expressions import ExpressionsBusy
from httptask.dsl.expressions.lexer import lex
from httptask.dsl.model import FLOW_DIRECTIVES
from httptask.dsl.program import Program
from httptask.dsl.tasks.try_catch import TRY
from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.editing import EditRefused, Node, edited
from httptask.dsl.yaml.text_changes import BY_HAND, LOOK, Change, ChangeFinder, applied, as_key, found
from httptask.dsl.yaml.value_edits import OTHER_NAME, held_at, remove_value, with_key_renamed
from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.types import is_array

__all__ = ["rename_task", "rename_variable", "unname_variable", "variables_of"]

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


def variables_of(program: Program, pointer: str) -> dict[str, str]:
    """The variables that a task binds: their names by the pointers of where these stand, or would."""
    node = program.nodes[pointer]
    found = {at: name for body in node.bodies for at, name in body.variables.items()}
    if node.kind is TRY:  # whose conditions read it even where nothing is run for an error
        found[f"{pointer}/catch/as"] = TRY.spec(node).catch.as_
    return found


def rename_variable(text: str, pointer: str, name: str) -> str:
    """Give a variable another name, where it is bound and in every expression that reads it.

    Args:
        text: of the definition, which may have faults.
        pointer: of where its name stands, or would where it has none of its own, as `/do/0/each/for/each`.
        name: that it gets, without `$`.

    Raises:
        EditRefused: nothing is bound there, the name can't be one or is taken, or something would read another variable
            then.
    """
    if not _IDENTIFIER.fullmatch(name) or name in RESERVED_VARIABLES:
        why = (
            f"`${name}` exists already"
            if name in RESERVED_VARIABLES
            else f"`{name}` can't be a variable's name"
        )
        raise EditRefused(why, "use letters, digits and `_`, and write the name without `$`")
    before = _program(read_yaml(text.removeprefix("\ufeff")).data)
    renaming = _VariableRenaming(before, pointer, name)
    return edited(text, renaming.change, renaming.meant, BY_HAND)


def unname_variable(text: str, pointer: str) -> str:
    """Take out the name of a variable, which has another one then: what reads it follows.

    Raises:
        EditRefused: as of `rename_variable`, or no name stands there.
    """
    left = _program(read_yaml(remove_value(text, pointer).removeprefix("\ufeff")).data)
    names = [each[pointer] for task in left.nodes if pointer in (each := _written_variables(left, task))]
    if not names:
        raise EditRefused(f"no variable is named at {pointer}", LOOK)
    return remove_value(rename_variable(text, pointer, names[0]), pointer)


class _VariableRenaming:
    """What a new name of a variable changes, in a text and in its data."""

    def __init__(self, before: Program, pointer: str, name: str) -> None:
        self._before = before
        self._pointer = pointer
        self._name = name
        self._path = pointer_tokens(pointer)
        bound = [each for task in before.nodes if pointer in (each := _written_variables(before, task))]
        if not bound:
            raise EditRefused(f"no variable is named at {pointer}", LOOK)
        self._old = bound[0].pop(pointer)
        if name in bound[0].values():
            raise EditRefused(f"there is a ${name} already", OTHER_NAME)
        self._readers = _readers(before, self._old)
        shared = [at for at, places in self._readers.items() if pointer in places and len(places) > 1]
        if shared:
            raise EditRefused(
                f"{shared[0]} reads ${self._old} of other tasks, too", "change both in the text"
            )
        self._mention = re.compile(rf"\${re.escape(self._old)}(?![A-Za-z0-9_])")

    def change(self, plain: str, root: Node) -> str:
        changes = ChangeFinder(plain).set(root, self._path, self._name)
        for at in self._own_readers:
            token = found(plain, root, pointer_tokens(at)).node.token
            source = plain[token.start : token.end]
            changes.append(Change(token.start, token.end, self._followed(source, self._read[at])))
        return applied(plain, changes)

    def meant(self, data: Any) -> None:
        self._read: dict[str, list[bool]] = {}
        for at in self._own_readers:
            *to, last = pointer_tokens(at)
            holder = held_at(data, to)
            key: Any = int(last) if is_array(holder) else last
            places = self._places(at, holder[key])
            self._read[at] = [found.start() in places for found in self._mention.finditer(holder[key])]
            holder[key] = self._followed(holder[key], self._read[at])
        held_at(data, self._path[:-1])[self._path[-1]] = self._name
        after = _program(data)
        meant = {at: places for at, places in self._readers.items() if self._pointer in places}
        if _readers(after, self._name) != {**_readers(self._before, self._name), **meant}:
            raise EditRefused(f"an expression would read another ${self._name}", OTHER_NAME)

    @property
    def _own_readers(self) -> list[str]:
        return [at for at, places in self._readers.items() if self._pointer in places]

    def _places(self, at: str, text: str) -> set[int]:
        """Where expressions of a text read the variable: elsewhere, as in words, it means nothing."""
        braced = "${" in text  # else all of it is one
        uses = [use for use in self._before.uses if self._before.written_at(use.pointer) == at]
        starts = {use.expression.offset if braced else 0 for use in uses}
        return {
            token.start
            for start in starts
            for token in lex(text, start, braced=braced).tokens
            if token.kind == "variable" and token.text == f"${self._old}"
        }

    def _followed(self, text: str, read: Sequence[bool]) -> str:
        """A text with those mentions renamed that are read; as it is written it has as many, in the same order."""
        mentions = self._mention.findall(text)
        if len(mentions) != len(read):
            raise EditRefused(f"${self._old} is written in a form that can't be renamed", BY_HAND)
        each = iter(read)
        return self._mention.sub(lambda one: f"${self._name}" if next(each) else one[0], text)


def _readers(program: Program, name: str) -> dict[str, frozenset[str]]:
    """Where expressions read a variable of a name, each with where the variables are bound that it may be."""
    found: dict[str, set[str]] = {}
    for use in program.uses:
        if name in use.expression.variables and (place := _bound_at(program, use, name)) is not None:
            found.setdefault(program.written_at(use.pointer), set()).add(place)
    return {at: frozenset(places) for at, places in found.items()}


def _bound_at(program: Program, use: ExpressionUse, name: str) -> str | None:
    """Where the variable is bound that an expression reads: by the task itself, else by the innermost one around it."""
    if use.task is None:
        return None
    if name in use.variables:
        own = _written_variables(program, use.task)
        return next((at for at, bound in own.items() if bound == name), None)
    around = (task for task in program.nodes if use.task.startswith(f"{task}/"))
    for task in sorted(around, key=len, reverse=True):
        for body in program.nodes[task].bodies:
            if not f"{use.task}/".startswith(f"{body.pointer}/"):
                continue
            if body.is_function:
                return None
            for at, bound in body.variables.items():
                if bound == name:
                    return program.written_at(at)
    return None


def _written_variables(program: Program, task: str) -> dict[str, str]:
    return {program.written_at(at): name for at, name in variables_of(program, task).items()}


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
