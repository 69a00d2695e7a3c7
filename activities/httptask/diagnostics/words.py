"""JSON values, types and places in words: the same for what stands in a file and for what a run yields.

The words are YAML's and JSON's where both have one (`text` is shorter than "a string", and no jargon). An `object` is
what jq, JSON Schema and the documentation of APIs call it, all of which a definition quotes.
"""

from collections.abc import Sequence
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from httptask.diagnostics.cutting import in_one_line

__all__ = ["Kind", "accepts", "described", "kind_of", "kind_of_type", "name_of", "quoted", "wrong_kind"]

_MOST_QUOTED = 80
_MOST_DESCRIBED = 40


class Kind(StrEnum):
    """Each kind of JSON value."""

    TEXT = "text"
    NUMBER = "a number"
    WHOLE_NUMBER = "a whole number"
    BOOLEAN = "true or false"
    LIST = "a list"
    OBJECT = "an object"


_TYPES: dict[Any, Kind] = {str: Kind.TEXT, int: Kind.WHOLE_NUMBER, float: Kind.NUMBER, bool: Kind.BOOLEAN}


def kind_of(value: Any) -> str:
    """What a value is, without what it holds: `text`, `a list`, `null`, `true`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return Kind.NUMBER
        case str():
            return Kind.TEXT
        case list() | tuple():
            return Kind.LIST
        case _:
            return Kind.OBJECT


def described(value: Any) -> str:
    """What a value is, and what it holds if that is short: ``text (`yes`)``, `a number (10)`, `a list`."""
    match value:
        case bool():
            return kind_of(value)
        case int() | float():
            return f"{Kind.NUMBER} ({in_one_line(str(value), _MOST_DESCRIBED)})"
        case str() if value.strip():
            return f"{Kind.TEXT} ({quoted(value, _MOST_DESCRIBED)})"
        case str():
            return "empty text"
        case _:
            return kind_of(value)


def quoted(value: Any, most: int = _MOST_QUOTED) -> str:
    """A value as a message quotes it: text in backticks on one line, a number as it is, else what it is."""
    match value:
        case str():
            return f"`{in_one_line(value, most)}`" if value.strip() else '`""`'
        case int() | float() if not isinstance(value, bool):
            return in_one_line(str(value), _MOST_DESCRIBED)
        case _:
            return kind_of(value)


def wrong_kind(name: str, value: Any, expected: str) -> str:
    """The sentence for a value of another kind than its place takes."""
    return f"{name} is {described(value)}, not {expected}"


def name_of(path: Sequence[str | int]) -> str:
    """What a message calls the value at a path: its key, or which item it is, counted from 1."""
    last = path[-1]
    return quoted(last) if isinstance(last, str) else f"item {last + 1} of `{path[-2]}`"


def kind_of_type(annotation: Any) -> str:
    """What a type takes: `text`, `a whole number`, `a list or text`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return kind_of_type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        names = [kind_of_type(member) for member in get_args(annotation) if member is not NoneType]
        return " or ".join(dict.fromkeys(names))
    if origin is Literal:
        return "one of " + ", ".join(str(value) for value in get_args(annotation))
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return Kind.OBJECT
    return _TYPES.get(annotation, Kind.LIST)


def accepts(annotation: Any, value: Any) -> bool:
    """Whether a value has the JSON type that an alternative of a union takes, whatever is inside."""
    kind = kind_of_type(annotation)
    match value:
        case None:
            return False
        case bool():
            return kind == Kind.BOOLEAN
        case int() | float():
            return kind in (Kind.NUMBER, Kind.WHOLE_NUMBER)
        case _:
            return kind == kind_of(value)
