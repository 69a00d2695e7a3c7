"""The shape of a value, as far as its JSON Schema tells: which keys it can have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from httptask.diagnostics.words import Kind
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["MissingKey", "ValueShape"]

_NO_OBJECTS: Final = {
    "array": Kind.LIST,
    "boolean": Kind.BOOLEAN,
    "integer": Kind.WHOLE_NUMBER,
    "number": Kind.NUMBER,
    "string": Kind.TEXT,
}

_ALTERNATIVES: Final = frozenset({"$ref", "anyOf", "oneOf"})
_SHAPING: Final = frozenset({"allOf", "if", "items", "patternProperties", "prefixItems", "properties"})
_MORE_THAN_ITEMS: Final = frozenset({"allOf", "if", "prefixItems"})

_MOST_REFERENCES: Final = 16
"""References and alternatives one inside the other; more means a circle."""
_MOST_ALTERNATIVES: Final = 256
"""More say nothing that is worth the time."""


@dataclass(frozen=True, slots=True)
class MissingKey:
    """A key that a value doesn't have.

    Attributes:
        known: the keys that it declares.
        closed: whether it can't have others.
        kind: what the value is instead of an object, if it is something else.
    """

    known: tuple[str, ...] = ()
    closed: bool = True
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ValueShape:
    """A schema, and the whole that its local references (`#/...`) point into."""

    schema: Any
    root: Any

    @classmethod
    def of(cls, schema: Any) -> "ValueShape":
        """The shape of a whole schema."""
        return cls(schema, schema)

    @classmethod
    def any_of(cls, shapes: Iterable["ValueShape | None"]) -> "ValueShape":
        """The shape of a value that has one of these; of None nothing is known."""
        roots: dict[str, Any] = {}
        options: list[Any] = []
        for number, shape in enumerate(shapes):
            if shape is None:
                return cls.of({})
            roots[str(number)] = _rebased(shape.root, number)
            options.append(_rebased(shape.schema, number))
        return cls({"anyOf": options}, roots)

    def listed(self) -> "ValueShape":
        """The shape of a list of such values."""
        return ValueShape({"type": "array", "items": self.schema}, self.root)

    def item(self) -> "ValueShape | None":
        """What an item of a list is, whichever it is; None when nothing is known about it."""
        items: list[Any] = [
            option["items"]
            if _is_only(option, "array") and "items" in option and not option.keys() & _MORE_THAN_ITEMS
            else {}
            for option in self._options()
            if not _is_only(option, "null")
        ]
        return ValueShape({"anyOf": items}, self.root) if items else None

    def read(self, key: str) -> "ValueShape | MissingKey | None":
        """What stands behind a key; None when nothing is known about it."""
        options = [option for option in self._options() if not _is_only(option, "null")]
        objects = [option for option in options if not _is_only(option, *_NO_OBJECTS)]
        if not objects:
            kinds = [kind for kind in _types(options[0]) if kind != "null"] if options else []
            return MissingKey(kind=_NO_OBJECTS[kinds[0]]) if kinds else None
        if not all(_declares_its_keys(option) for option in objects):
            return None
        found = [_behind(option, key) for option in objects if _behind(option, key) is not None]
        if found:
            return ValueShape(found[0] if len(found) == 1 else {"anyOf": found}, self.root)
        known = dict.fromkeys(name for option in objects for name in option.get("properties", ()))
        return MissingKey(
            tuple(known), closed=all(option.get("additionalProperties") is False for option in objects)
        )

    def declared(self) -> Iterator[tuple[str, Any]]:
        """The keys that some alternative declares, each with its schema."""
        found: dict[str, Any] = {}
        for option in self._options():
            for name, schema in option.get("properties", {}).items():
                found.setdefault(name, schema)
        yield from found.items()

    def _options(self) -> list[dict[str, Any]]:
        """The alternatives of the schema, references followed; one that can be anything has no properties."""
        found = [*islice(self._alternatives(self.schema, depth=0), _MOST_ALTERNATIVES + 1)]
        return found if len(found) <= _MOST_ALTERNATIVES else [{}]

    def _alternatives(self, schema: Any, depth: int) -> Iterator[dict[str, Any]]:
        if not is_object(schema) or depth > _MOST_REFERENCES:
            yield {}
            return
        alternatives = schema.get("anyOf", schema.get("oneOf"))
        if schema.keys() & _ALTERNATIVES and schema.keys() & _SHAPING:
            yield {}  # what stands beside alternatives or a reference holds for them too
        elif is_array(alternatives):
            for alternative in alternatives:
                yield from self._alternatives(alternative, depth + 1)
        elif isinstance(schema.get("$ref"), str):
            yield from self._alternatives(self._referenced(schema["$ref"]), depth + 1)
        else:
            yield schema

    def _referenced(self, reference: str) -> Any:
        current = self.root
        for key in pointer_tokens(reference.removeprefix("#")):
            current = current.get(key) if is_object(current) else None
        return current if reference.startswith("#") else None


def _rebased(schema: Any, number: int) -> Any:
    """A schema whose local references point into a whole that stands under that number."""
    if is_array(schema):
        return [_rebased(item, number) for item in schema]
    if not is_object(schema):
        return schema
    return {
        key: f"#/{number}{value[1:]}"
        if key == "$ref" and isinstance(value, str) and value.startswith("#")
        else _rebased(value, number)
        for key, value in schema.items()
    }


def _types(option: dict[str, Any]) -> list[Any]:
    """The types that a schema allows; none when it allows any."""
    types: Any = option.get("type", [])
    return types if is_array(types) else [types]


def _is_only(option: dict[str, Any], *types: str) -> bool:
    """Whether a value can have no type but these, and null."""
    allowed = _types(option)
    return bool(allowed) and all(kind in (*types, "null") for kind in allowed)


def _declares_its_keys(option: dict[str, Any]) -> bool:
    """Whether an object's own keywords name its keys; conditions and patterns may allow more."""
    if not is_object(option.get("properties", {})) or option.keys() & {"patternProperties", "allOf", "if"}:
        return False
    more = option.get("additionalProperties")
    return "properties" in option or more is False or is_object(more)


def _behind(option: dict[str, Any], key: str) -> Any:
    """The schema behind a key, None when the object doesn't declare it."""
    more = option.get("additionalProperties")
    return option.get("properties", {}).get(key, more if is_object(more) else None)
