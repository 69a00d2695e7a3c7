"""Variants of a definition that are compared: the same but for one argument of its calls."""

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from httptask.diagnostics.fault import Severity
from httptask.dsl.canonical import canonical_json, packed
from httptask.dsl.compile import compile_definition
from httptask.dsl.locate import Token, tokens_of, value_at
from httptask.dsl.program import Program
from httptask.dsl.tasks.chat import CHAT_COMPLETION
from httptask.interpreter.batch_state import Variant

__all__ = ["VariantsInvalid", "variants_of"]


class VariantsInvalid(Exception):
    """There are no such variants; the message says why."""


def variants_of(data: Any, program: Program, compare: str | None = None) -> list[Variant]:
    """The definition itself, or one for each value of an argument.

    Args:
        data: the definition, as JSON data.
        program: what it was compiled to.
        compare: `ARGUMENT=VALUE,VALUE`, of all tasks that ask models, or `TASK.ARGUMENT=VALUE,VALUE` of one task;
            a value that is JSON is that, unless it takes the
            place of a text, and any other is text.

    Raises:
        VariantsInvalid: nothing has the argument, or a value does not fit.
    """
    if any(node.kind.listens for node in program.nodes.values()):
        raise VariantsInvalid("a task of it listens for events, which come to no row of a batch")
    if compare is None:
        return [Variant(packed=packed(canonical_json(data)))]
    name, equals, written = compare.partition("=")
    values = [value for value in written.split(",") if value]
    if not equals or not name or len(values) < 2 or len(set(values)) < len(values):
        raise VariantsInvalid(f"{compare}: write NAME=VALUE,VALUE, with two values or more")
    places = list(_places(data, program, name))
    if not places:
        raise VariantsInvalid(_nothing_has(program, name))
    found: list[Variant] = []
    for value in values:
        variant = copy.deepcopy(data)
        for place in places:
            value_at(variant, place[:-1])[place[-1]] = _value(value, value_at(data, place))
        _require_sound(variant, f"{name}={value}", places)
        found.append(Variant(label=f"{name}={value}", packed=packed(canonical_json(variant))))
    return found


def _places(data: Any, program: Program, name: str) -> Iterator[tuple[Token, ...]]:
    """Where the argument stands, or is to stand, in each task that is meant."""
    task, dot, argument = name.partition(".")
    for node in program.nodes.values():
        arguments = (*tokens_of(data, program.written_at(node.pointer)), "with")
        if not dot and node.kind is CHAT_COMPLETION:
            yield (*arguments, name)
        elif dot and node.name == task and value_at(data, arguments) is not None:
            place = (*arguments, *argument.split("."))
            if node.kind is CHAT_COMPLETION or value_at(data, place) is not None:
                yield place


def _nothing_has(program: Program, name: str) -> str:
    task, dot, argument = name.partition(".")
    if not dot:
        return f"{name}: no task asks a model; of another task, write TASK.{name}=VALUE,VALUE"
    if not program.find(task):
        names = ", ".join(sorted({node.name for node in program.nodes.values()}))
        return f"{name}: no task is called {task}; there are {names}"
    return f"{name}: {task} has no argument {argument}"


def _value(text: str, before: Any) -> Any:
    """What stands in place of a text is text, whatever it looks like."""
    if isinstance(before, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _require_sound(data: Any, label: str, places: Sequence[tuple[Token, ...]]) -> None:
    """Refuse what has an error, or of which even the value that was put in is warned of.

    Raises:
        VariantsInvalid: it names the first fault.
    """
    for fault in compile_definition(data).faults:
        if fault.severity is Severity.ERROR or tokens_of(data, fault.pointer) in places:
            raise VariantsInvalid(f"{label}: {fault.pointer}: {fault.message}; {fault.hint}")
