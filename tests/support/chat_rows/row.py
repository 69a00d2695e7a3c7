"""Rows of the table of chat requests: what is sound, and what is wrong with the rest."""

from dataclasses import dataclass
from typing import Any

__all__ = ["HELLO", "Row", "doubtful", "function", "sound", "spoken", "wrong"]

HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}


@dataclass(frozen=True)
class Row:
    """One request body.

    Attributes:
        name: what about it is sound or wrong.
        body: the whole body.
        faults: pointer, rule and severity of everything that is wrong with it.
    """

    name: str
    body: dict[str, Any]
    faults: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        return self.name


def sound(name: str, **fields: Any) -> Row:
    """A body without a fault."""
    return Row(name, _body(fields))


def wrong(name: str, pointer: str, rule: str, **fields: Any) -> Row:
    """A body that the server is sure to reject."""
    return Row(name, _body(fields), ((pointer, rule, "error"),))


def doubtful(name: str, pointer: str, rule: str, **fields: Any) -> Row:
    """A body that the server may reject."""
    return Row(name, _body(fields), ((pointer, rule, "warning"),))


def spoken(*messages: dict[str, Any]) -> dict[str, Any]:
    """The field `messages`."""
    return {"messages": [*messages]}


def function(name: str = "f", **fields: Any) -> dict[str, Any]:
    """A function as a tool."""
    return {"type": "function", "function": {"name": name, **fields}}


def _body(fields: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": [HELLO], **fields}
