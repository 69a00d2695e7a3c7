"""JSON values: told apart, in a way type checkers follow, and in words."""

from typing import Any, TypeGuard

__all__ = ["is_list", "is_mapping", "is_number", "kind_of"]


def is_mapping(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a JSON number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case str():
            return "text"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"
