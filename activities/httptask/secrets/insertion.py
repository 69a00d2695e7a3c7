"""Putting secrets into the places of a request that refer to them."""

from collections.abc import Callable, Sequence
from typing import Any

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import RequestInvalid
from httptask.http.models import SecretReference
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["Insertions"]

Encode = Callable[[str, str], str]
"""Encodes a piece of text for its place, given all the text before it."""


class Insertions:
    """The secret references of one request, found by the leaf they stand in.

    Args:
        references: where secrets are inserted.
        value: gives what to insert for a reference.

    Raises:
        RequestInvalid: a pointer is not a JSON Pointer.
    """

    def __init__(
        self, references: Sequence[SecretReference], value: Callable[[SecretReference], str]
    ) -> None:
        self._value = value
        self._leaves: dict[tuple[str, ...], list[SecretReference]] = {}
        for reference in references:
            self._leaves.setdefault(_tokens(reference.pointer), []).append(reference)
        for leaf in self._leaves.values():
            leaf.sort(key=lambda reference: reference.offset)

    def begins_with_secret(self, *path: str) -> bool:
        """Whether the leaf's first character comes from a secret."""
        return path in self._leaves and self._leaves[path][0].offset == 0

    def fill(self, text: str, *path: str, literal: Encode | None = None, secret: Encode | None = None) -> str:
        """The text of a leaf with its secrets in place.

        Args:
            text: the leaf as it stands.
            path: where it stands, one token for each level.
            literal: encodes what stands in the leaf.
            secret: encodes what is inserted.

        Raises:
            RequestInvalid: an offset lies outside the leaf.
        """
        filled, start = "", 0
        for reference in self._leaves.pop(path, ()):
            if not start <= reference.offset <= len(text):
                raise RequestInvalid(f"the secret reference at {reference.pointer} lies outside its text")
            piece = text[start : reference.offset]
            filled += literal(filled, piece) if literal else piece
            value = self._value(reference)
            filled += secret(filled, value) if secret else value
            start = reference.offset
        return filled + (literal(filled, text[start:]) if literal else text[start:])

    def take(self, *path: str) -> tuple[SecretReference, ...]:
        """The references below a place, for someone else to fill in."""
        inside = [leaf for leaf in self._leaves if leaf[: len(path)] == path]
        return tuple(reference for leaf in inside for reference in self._leaves.pop(leaf))

    def fill_tree(self, value: Any, *path: str) -> Any:
        """The JSON value with the secrets in its texts; parts without a secret are not copied."""
        if isinstance(value, str):
            return self.fill(value, *path)
        inside = {
            leaf[len(path)] for leaf in self._leaves if len(leaf) > len(path) and leaf[: len(path)] == path
        }
        if not inside:
            return value
        if is_object(value):
            return {
                **value,
                **{key: self.fill_tree(value[key], *path, key) for key in inside if key in value},
            }
        if is_array(value):
            items = list(value)
            for token in inside:
                if token.isdecimal() and int(token) < len(items):
                    items[int(token)] = self.fill_tree(items[int(token)], *path, token)
            return items
        return value

    def check_all_used(self) -> None:
        """Refuses a reference to what is not a text of the request.

        Raises:
            RequestInvalid: naming its pointer.
        """
        for references in self._leaves.values():
            raise RequestInvalid(
                f"the secret {references[0].name} refers to {references[0].pointer}, no text of the request"
            )


def _tokens(pointer: str) -> tuple[str, ...]:
    if not pointer.startswith("/"):
        raise RequestInvalid(f"{shortened(pointer, 100)!r} is not a JSON Pointer to a part of the request")
    return pointer_tokens(pointer)
