"""References of a JSON Schema that lead back to where they began, or fan out: to hold a value against them never ends.

JSON Schema 2020-12, core, section 9.4.1 ("Guarding Against Infinite Recursion"), forbids schemas whose references come
back to themselves without having gone into the value.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["reference_fault"]

_LISTS: Final = ("allOf", "anyOf", "oneOf")
_SINGLE: Final = ("else", "if", "not", "then")
_REFERENCES: Final = ("$dynamicRef", "$recursiveRef", "$ref")
_DATA: Final = frozenset({"const", "default", "enum", "examples"})
_MAPS: Final = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
"""Keys behind which names stand, and not keywords."""
_MOST_PARTS: Final = 10_000
"""Schemas that hold for one value at the same time, references followed."""


class _Part(NamedTuple):
    """A schema inside the schema; `base` is the pointer that its references begin at."""

    pointer: str
    schema: dict[str, Any]
    base: str


def reference_fault(schema: Any) -> tuple[str, str] | None:
    """Pointer and message of what is wrong with the references of a schema; None when they come to an end."""
    parts = {part.pointer: part for part in _parts(schema)}
    anchors = {
        (part.base, name): pointer
        for pointer, part in parts.items()
        for key in ("$anchor", "$dynamicAnchor")
        if isinstance(name := part.schema.get(key), str)
    }
    sizes: dict[str, int] = {}
    """Of each part that is done: how many schemas hold where it holds, itself included."""
    for start in parts:
        under_way: dict[str, Iterator[str]] = {}
        pending = [start] if start not in sizes else []
        while pending:
            pointer = pending[-1]
            inner = under_way.setdefault(pointer, iter(_in_place(parts[pointer], anchors)))
            following = next((found for found in inner if found in parts and found not in sizes), None)
            if following is None:
                pending.pop()
                del under_way[pointer]
                sizes[pointer] = 1 + sum(sizes.get(found, 0) for found in _in_place(parts[pointer], anchors))
                if sizes[pointer] > _MOST_PARTS:
                    return pointer, f"more than {_MOST_PARTS} schemas hold for one value, references followed"
            elif following in under_way:
                return following, "its references lead back to it without going into the value"
            else:
                pending.append(following)
    return None


def _parts(schema: Any) -> Iterator[_Part]:
    """Every object of a schema that may be one itself."""
    pending: list[tuple[str, Any, str, bool]] = [("", schema, "", False)]
    while pending:
        pointer, value, base, is_map = pending.pop()
        children: list[tuple[str | int, Any]] = list(enumerate(value)) if is_array(value) else []
        if is_object(value):
            base = pointer if isinstance(value.get("$id"), str) else base
            yield _Part(pointer, value, base)
            children += [(key, child) for key, child in value.items() if is_map or key not in _DATA]
        pending += [
            (pointer + json_pointer([key]), child, base, not is_map and key in _MAPS)
            for key, child in children
        ]


def _in_place(part: _Part, anchors: dict[tuple[str, str], str]) -> Iterator[str]:
    """Pointers of the schemas that hold for the same value as this one."""
    for key in _LISTS:
        options: Any = part.schema.get(key)
        yield from (
            f"{part.pointer}/{key}/{index}" for index, _ in enumerate(options if is_array(options) else ())
        )
    yield from (f"{part.pointer}/{key}" for key in _SINGLE)
    dependent: Any = part.schema.get("dependentSchemas")
    for name in dependent if is_object(dependent) else ():
        yield part.pointer + json_pointer(["dependentSchemas", name])
    for key in _REFERENCES:
        reference = part.schema.get(key)
        if isinstance(reference, str) and reference.startswith("#"):
            name = reference[1:]
            local = name == "" or name.startswith("/")
            yield (
                part.base + json_pointer(pointer_tokens(name))
                if local
                else anchors.get((part.base, name), "-")
            )
