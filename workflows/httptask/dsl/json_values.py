"""JSON values: told apart, in a way type checkers follow."""

from typing import Any, TypeGuard

__all__ = ["is_list", "is_mapping", "is_number"]


def is_mapping(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a JSON number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
