"""What was expected, held against what came: each difference with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.words import kind_of
from httptask.dsl.expressions import (
    ExpressionFailed,
    ExpressionLimitExceeded,
    as_literal,
    is_whole_expression,
    parse_expression,
    read_literal,
)
from httptask.dsl.expressions.evaluation import Scope, evaluate
from httptask.json.pointer import child_pointer
from httptask.json.tree import canonical
from httptask.json.types import is_array, is_object

__all__ = ["NOTHING", "Difference", "conditions", "differences"]

NOTHING: Final = object()
"""In place of a value that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not as expected.

    Attributes:
        pointer: of what is expected, in the file of tests.
        path: of the value, from what is compared: `output.items[2]`.
        expected: as it is written; NOTHING where no value was expected.
        got: NOTHING where there is no value.
        message: what more there is to say.
    """

    pointer: str
    path: str
    expected: Any
    got: Any
    message: str | None = None


def conditions(expected: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """The pointer and text of each condition in what is expected."""
    if isinstance(expected, str) and is_whole_expression(expected):
        yield pointer, expected
    elif is_object(expected):
        for key, member in expected.items():
            yield from conditions(member, child_pointer(pointer, key))
    elif is_array(expected):
        for index, item in enumerate(expected):
            yield from conditions(item, child_pointer(pointer, index))


def differences(
    expected: Any, got: Any, pointer: str, path: str, *, exact: bool = False
) -> Iterator[Difference]:
    """What differs, in the order of what is expected.

    Args:
        expected: JSON data; a text `${ }` in it is a condition on the value there, `$${` stands for `${`.
        got: JSON data.
        pointer: where it is expected.
        path: what is compared.
        exact: whether objects may not have more members than expected. Lists always agree in length.

    Raises:
        ExpressionsBusy: the machine is too busy to evaluate a condition.
    """
    if isinstance(expected, str) and is_whole_expression(expected):
        yield from _unmet(expected, got, pointer, path)
    elif is_object(expected) and is_object(got):
        yield from _of_members(expected, got, pointer, path, exact=exact)
    elif is_array(expected) and is_array(got):
        if len(expected) != len(got):
            told = f"has {len(got)} items, not {len(expected)}"
            yield Difference(pointer, path, expected, got, told)
            return
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from differences(one, other, child_pointer(pointer, index), f"{path}[{index}]", exact=exact)
    elif not _is_same(expected, got):
        yield Difference(pointer, path, expected, got)


def _is_same(expected: Any, got: Any) -> bool:
    if isinstance(expected, str):
        return isinstance(got, str) and read_literal(expected) == got
    return canonical(expected) == canonical(got)


def _of_members(
    expected: Mapping[str, Any], got: Mapping[str, Any], pointer: str, path: str, *, exact: bool
) -> Iterator[Difference]:
    written = {read_literal(key): key for key in expected}
    for key, as_written in written.items():
        at, name = child_pointer(pointer, as_written), f"{path}.{key}" if path else key
        if key in got:
            yield from differences(expected[as_written], got[key], at, name, exact=exact)
        else:
            yield Difference(at, name, expected[as_written], NOTHING)
    if exact:
        for key in (key for key in got if key not in written):
            name = f"{path}.{key}" if path else key
            yield Difference(child_pointer(pointer, as_literal(key)), name, NOTHING, got[key])


def _unmet(condition: str, got: Any, pointer: str, path: str) -> Iterator[Difference]:
    expression = parse_expression(condition, pointer, [])
    assert expression is not None  # checked when it was loaded
    try:
        found = evaluate(expression, Scope(got, {}))
    except (ExpressionFailed, ExpressionLimitExceeded) as error:
        yield Difference(pointer, path, condition, got, f"the condition failed: {error}")
        return
    if found is not True:
        told = (
            "the condition is not met" if found is False else f"the condition gave {kind_of(found)}, not true"
        )
        yield Difference(pointer, path, condition, got, told)
