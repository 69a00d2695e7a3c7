"""Schemas in words, for people: types, bounds and what else a line can hold."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.diagnostics.cutting import in_one_line
from httptask.json.types import is_array, is_object
from httptask.openapi.schemas import JsonSchema

__all__ = ["reference_of", "type_words", "value_facts", "value_words"]

_NULL: Final = "null"
_NAMES: Final[dict[type, str]] = {
    bool: "boolean",
    dict: "object",
    float: "number",
    int: "integer",
    list: "array",
    str: "string",
}
_LONGEST_VALUE: Final = 60
_MOST_VALUES: Final = 30
_MOST_ALTERNATIVES: Final = 6
_BOUNDS: Final = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("multipleOf", "a multiple of {}"),
    ("minLength", "at least {} long"),
    ("maxLength", "at most {} long"),
    ("minItems", "items: at least {}"),
    ("maxItems", "items: at most {}"),
    ("minProperties", "members: at least {}"),
    ("maxProperties", "members: at most {}"),
)
_BOUNDED: Final = frozenset(key for key, _ in _BOUNDS)
_MARKS: Final = (
    ("readOnly", "only in answers"),
    ("writeOnly", "only in requests"),
    ("deprecated", "deprecated"),
)
_FACTS: Final = frozenset(
    {"anyOf", "const", "default", "enum", "format", "oneOf", "pattern", "uniqueItems"}
    | _BOUNDED
    | {key for key, _ in _MARKS}
)


def reference_of(schema: Any) -> str | None:
    """The name of the definition that a schema refers to; None where it refers to none."""
    reference = schema.get("$ref") if is_object(schema) else None
    return reference.removeprefix("#/$defs/") if isinstance(reference, str) else None


def type_words(schema: JsonSchema) -> str:
    """The type: `string`, `array of Pet`, `integer or null`, `Cat or Dog`."""
    if isinstance(schema, bool):
        return "any value" if schema else "no value"
    return " or ".join(dict.fromkeys(_types(schema))) or "any value"


def value_facts(schema: JsonSchema) -> Iterator[str]:
    """What bounds a value, each in a few words: its format, values, range, default."""
    if not is_object(schema) or _FACTS.isdisjoint(schema):
        return
    if isinstance(schema.get("format"), str):
        yield schema["format"]
    if "const" in schema:
        yield f"only {value_words(schema['const'])}"
    if is_array(values := schema.get("enum")):
        yield f"one of {_listed(values)}"
    yield from _alternatives(schema)
    for key, words in () if _BOUNDED.isdisjoint(schema) else _BOUNDS:
        if key in schema and not (key.startswith("min") and schema[key] == 0 and key != "minimum"):
            yield words.format(schema[key])
    if isinstance(schema.get("pattern"), str):
        yield f"pattern {value_words(schema['pattern'])}"
    if schema.get("uniqueItems") is True:
        yield "no item twice"
    if "default" in schema:
        yield f"default {value_words(schema['default'])}"
    yield from (words for key, words in _MARKS if schema.get(key) is True)


def value_words(value: Any) -> str:
    """A value as code, on one line."""
    return f"`{in_one_line(json.dumps(value, ensure_ascii=False), _LONGEST_VALUE)}`"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(map(value_words, values[:_MOST_VALUES]))
    return f"{shown} and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else shown


def _alternatives(schema: Mapping[str, Any]) -> Iterator[str]:
    """What is known of a value that may be of several kinds, or null."""
    branches = [
        one
        for key in ("oneOf", "anyOf")
        for one in schema.get(key, ())
        if is_object(one) and one != {"type": "null"}
    ]
    if len(branches) == 1:
        yield from value_facts(branches[0])
        return
    for branch in branches:
        if is_array(values := branch.get("enum")):
            yield f"known values {_listed(values)}"


def _types(schema: dict[str, Any]) -> Iterator[str]:
    name = reference_of(schema)
    if name is not None:
        yield name
        return
    alternatives = [one for key in ("oneOf", "anyOf") for one in schema.get(key, ())]
    if alternatives and "properties" not in schema:
        words = [word for one in alternatives for word in type_words(one).split(" or ")]
        named = [word for word in dict.fromkeys(words) if word != _NULL]
        yield from named[:_MOST_ALTERNATIVES]
        if len(named) > _MOST_ALTERNATIVES:
            yield f"{len(named) - _MOST_ALTERNATIVES} others"
        if _NULL in words:
            yield _NULL
        return
    written = schema.get("type")
    for one in written if is_array(written) else [written] if isinstance(written, str) else _implied(schema):
        yield _array(schema) if one == "array" else one


def _implied(schema: dict[str, Any]) -> Iterator[str]:
    """What a schema without a type means by its other keys."""
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        yield from dict.fromkeys(map(_type_of, values))
    elif "properties" in schema or "additionalProperties" in schema:
        yield "object"
    elif "items" in schema:
        yield "array"
    elif is_array(parts := schema.get("allOf")):
        named = [name for part in parts if (name := reference_of(part)) is not None]
        yield " with ".join(named) if named and len(named) == len(parts) else "object"


def _type_of(value: object) -> str:
    return _NAMES.get(type(value), _NULL)


def _array(schema: dict[str, Any]) -> str:
    items = schema.get("items")
    if not is_object(items) or not items:
        return "array"
    words = type_words(items)
    return f"array of ({words})" if " or " in words else f"array of {words}"
