"""JSON values and Python types in words for messages."""

from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel

__all__ = ["accepts", "kind_of_type", "kind_of_value", "shown"]

_MOST_SHOWN: Final = 40
_NAMES: Final[dict[Any, str]] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def kind_of_value(value: Any) -> str:
    """What a value is: `text`, `a number (10)`, `a list`."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"a number ({value})"
        case str():
            return f"text ({shown(value)})"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def kind_of_type(annotation: Any) -> str:
    """What a type takes: `text`, `a whole number`, `a mapping`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return kind_of_type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        names = [kind_of_type(member) for member in get_args(annotation) if member is not type(None)]
        return " or ".join(dict.fromkeys(names))
    if origin is Literal:
        return "one of " + ", ".join(str(value) for value in get_args(annotation))
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return "a mapping"
    return _NAMES.get(annotation, "a list")


def accepts(annotation: Any, value: Any) -> bool:
    """Whether a value has the JSON type that an alternative of a union takes, whatever is inside."""
    kind = kind_of_type(annotation)
    match value:
        case bool():
            return kind == "true or false"
        case int() | float():
            return kind in ("a number", "a whole number")
        case str():
            return kind == "text"
        case dict():
            return kind == "a mapping"
        case list() | tuple():
            return kind == "a list"
        case _:
            return False


def shown(text: str) -> str:
    """Text in a message: in backticks, on one line, not too long."""
    line = text.strip().replace("\n", " ")
    return f"`{line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 1] + '…'}`"
