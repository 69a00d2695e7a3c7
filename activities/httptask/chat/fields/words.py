"""Shapes in words, as messages and pages have them."""

from collections.abc import Callable, Iterable

from httptask.chat.fields.annotations import Length, Range
from httptask.chat.fields.shapes import (
    Anything,
    Choice,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    ObjectOf,
    Shape,
    Text,
)
from httptask.diagnostics.words import Kind

__all__ = ["kind_words", "listed", "words"]

_INT64 = 2**63


def words(shape: Shape) -> str:
    """What to write, with its bounds: `a whole number, 1 to 128`."""
    match shape:
        case Choice():
            return f"one of {listed(shape.values)}" if len(shape.values) > 1 else listed(shape.values)
        case Text():
            bounds = shape.form.words if shape.form else _length(shape.length, "character")
        case Number():
            bounds = _range(shape.range)
        case ListOf():
            bounds = _length(shape.length, "item")
            return f"{Kind.LIST} of {bounds}" if bounds else Kind.LIST
        case MapOf():
            bounds = _length(shape.length, "item")
        case Either():
            return " or ".join(_kinds(shape, words))
        case Flag() | ObjectOf() | Anything():
            bounds = ""
    return f"{kind_words(shape)}, {bounds}" if bounds else kind_words(shape)


def kind_words(shape: Shape) -> str:
    """The JSON type: `a whole number`."""
    match shape:
        case Text() | Choice():
            return Kind.TEXT
        case Number():
            return Kind.WHOLE_NUMBER if shape.whole else Kind.NUMBER
        case Flag():
            return Kind.BOOLEAN
        case ListOf():
            return Kind.LIST
        case MapOf() | ObjectOf():
            return Kind.OBJECT
        case Either():
            return " or ".join(_kinds(shape, kind_words))
        case Anything():
            return "any value"


def listed(values: Iterable[str]) -> str:
    """Values as code, one after the other."""
    return ", ".join(f"`{value}`" for value in values)


def _kinds(shape: Either, told: Callable[[Shape], str]) -> list[str]:
    parts = [told(part) for part in (shape.plain, shape.list) if part is not None]
    return [*parts, Kind.OBJECT] if shape.objects else parts


def _range(bounds: Range) -> str:
    least, greatest = bounds.least, bounds.greatest
    if least == -_INT64:
        return "64 bits"
    if least is None:
        return "" if greatest is None else f"at most {greatest}"
    return f"at least {least}" if greatest is None else f"{least} to {greatest}"


def _length(length: Length, unit: str) -> str:
    if length.most is None:
        return f"at least {length.fewest} {unit}{'' if length.fewest == 1 else 's'}" if length.fewest else ""
    return f"{length.fewest} to {length.most} {unit}s" if length.fewest else f"at most {length.most} {unit}s"
