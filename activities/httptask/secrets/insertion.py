"""Putting secrets into the places of a request that refer to them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import RequestInvalid
from httptask.http.secret_reference import SecretReference
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["Insertions"]

Model = TypeVar("Model", bound=BaseModel)


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

    def fill(self, text: str, *path: str) -> str:
        """The text of a leaf with its secrets in place.

        Args:
            text: the leaf as it stands.
            path: where it stands, one token for each level.

        Raises:
            RequestInvalid: an offset lies outside the leaf.
        """
        filled, start = "", 0
        for reference in self._leaves.pop(path, ()):
            if not start <= reference.offset <= len(text):
                raise RequestInvalid(f"the secret reference at {reference.pointer} lies outside its text")
            filled += text[start : reference.offset] + self._value(reference)
            start = reference.offset
        return filled + text[start:]

    def fill_model(self, model: Model, *path: str) -> Model:
        """A model of JSON data with the secrets in its texts."""
        written = model.model_dump(mode="json", exclude_unset=True)
        filled = self.fill_tree(written, *path)
        return model if filled is written else type(model).model_validate(filled)

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
