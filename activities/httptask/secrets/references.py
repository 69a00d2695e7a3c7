"""`$secrets.NAME` in the texts of a configuration: found and cut out, to be inserted where the text is used."""

import re
from collections.abc import Iterator
from typing import Any

from httptask.http.secret_reference import SecretReference
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["cut_secrets"]

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$secrets\.(?P<name>{_NAME})(?:\.(?P<field>{_NAME}))?")
_OTHER_FORM = re.compile(r"\$secrets\b|\$\{\s*$")


def cut_secrets(value: Any, pointer: str = "") -> tuple[Any, tuple[SecretReference, ...]]:
    """Takes the references to secrets out of all texts of a tree.

    Args:
        value: the tree, as JSON has it.
        pointer: JSON Pointer that the tree stands at.

    Returns:
        The tree without them, and where each of them stood.

    Raises:
        ValueError: a text mentions `$secrets` in another form.
    """
    references: list[SecretReference] = []
    return _without(value, pointer, references), tuple(references)


def _without(value: Any, pointer: str, references: list[SecretReference]) -> Any:
    if isinstance(value, str):
        return "".join(_pieces(value, pointer, references))
    if is_array(value):
        return [_without(item, f"{pointer}/{index}", references) for index, item in enumerate(value)]
    if is_object(value):
        return {key: _without(item, pointer + json_pointer([key]), references) for key, item in value.items()}
    return value


def _pieces(text: str, pointer: str, references: list[SecretReference]) -> Iterator[str]:
    start = offset = 0
    for found in _REFERENCE.finditer(text):
        piece = text[start : found.start()]
        start = found.end()
        offset += len(piece)
        references.append(SecretReference(pointer=pointer, offset=offset, **found.groupdict()))
        yield _plain(piece, pointer)
    yield _plain(text[start:], pointer)


def _plain(piece: str, pointer: str) -> str:
    if _OTHER_FORM.search(piece):
        place = pointer.removeprefix("/").replace("/", ".")
        raise ValueError(f"{place}: a secret is written $secrets.NAME or $secrets.NAME.FIELD, without ${{ }}")
    return piece
