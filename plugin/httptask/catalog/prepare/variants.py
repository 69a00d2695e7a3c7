"""A schema taken apart: what all of its parts say together, for each choice that it leaves."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.json.types import is_array, is_object
from httptask.openapi.schemas import JsonSchema
from httptask.openapi.words import reference_of

__all__ = ["Variant", "as_schema", "members", "types_of", "variants"]

Variant = dict[str, Any]
"""A schema without references, `allOf`, `anyOf` and `oneOf` of its own.

Under `$refs` it has the definitions it was made of, under `$tag` the property that names its branch, and its value.
"""

_ANY_TYPE: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
_MOST_VARIANTS: Final = 256
_MOST_STEPS: Final = 2000
_DEEPEST: Final = 200
"""Parts of a schema that hold together."""
_GREATER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SMALLER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_IMPLIED: Final = (
    ("object", ("properties", "required", "additionalProperties", "minProperties", "patternProperties")),
    ("array", ("items", "prefixItems", "minItems", "uniqueItems")),
    ("string", ("pattern", "minLength", "maxLength", "format", "contentEncoding")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)


def variants(
    schema: JsonSchema, schemas: RequestSchemas, refs: frozenset[str] = frozenset()
) -> Iterator[Variant]:
    """Each way in which a value can fit, as far as the choices of the schema tell; those that can't are left out.

    Args:
        schema: of the value.
        schemas: what it refers to.
        refs: definitions that the value is within already.
    """
    found = islice(_Variants(schemas).of([schema], {"$refs": frozenset()}), _MOST_VARIANTS)
    yield from sorted(found, key=lambda one: (_is_null(one), _goes_on(one) if one["$refs"] & refs else 0))


def members(schema: JsonSchema, schemas: RequestSchemas) -> dict[str, JsonSchema]:
    """What a schema says of the members of an object, by their names: of each in the first variant that has it."""
    found: dict[str, JsonSchema] = {}
    for variant in variants(schema, schemas):
        for name, part in variant.get("properties", {}).items():
            found.setdefault(name, part)
    return found


def as_schema(variant: Variant) -> dict[str, Any]:
    """A variant without what no schema has: a value can be held against it."""
    return {key: part for key, part in variant.items() if key[0] != "$"}


def _is_null(variant: Variant) -> bool:
    return types_of(variant) == ("null",)


def _goes_on(variant: Variant) -> int:
    """How likely a value begins again what it stands in: a text never does, an object with required fields may."""
    kind = types_of(variant)[0]
    if kind not in ("object", "array"):
        return 0
    return 2 if variant.get("required") or variant.get("minItems") else 1


class _Variants:
    """Takes one schema apart, within so many steps: choices multiply, also those of which nothing comes."""

    def __init__(self, schemas: RequestSchemas) -> None:
        self._schemas = schemas
        self._left = _MOST_STEPS

    def of(self, rest: Sequence[Any], known: Variant, level: int = 0) -> Iterator[Variant]:
        """What is known together with what the rest says."""
        if not rest:
            yield known
            return
        schema, *others = rest
        self._left -= 1
        if schema is False or level > _DEEPEST or self._left < 0:
            return
        if not is_object(schema):
            yield from self.of(others, known, level + 1)
            return
        plain = {
            key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")
        }
        together = _conjoined(known, plain)
        if together is None:
            return
        also: list[Any] = list(schema.get("allOf", ()))
        name = reference_of(schema)
        if name is not None:
            together["$refs"] = together["$refs"] | {name}
            also.append(self._schemas.definition(name))
        choices = [[*_tagged(schema, key)] for key in ("oneOf", "anyOf") if key in schema]
        for picked in _picked(choices):
            yield from self.of([*picked, *also, *others], together, level + 1)


def _picked(choices: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    if not choices:
        yield []
        return
    first, *others = choices
    for one in first:
        for rest in _picked(others):
            yield [one, *rest]


def _tagged(schema: dict[str, Any], key: str) -> Iterator[Any]:
    """The branches of a choice, each with the value of the discriminator that names it."""
    discriminator = schema.get("discriminator")
    property_name = discriminator.get("propertyName") if is_object(discriminator) else None
    mapping: dict[str, str] = discriminator.get("mapping", {}) if is_object(discriminator) else {}
    by_target = {target: value for value, target in reversed(mapping.items())}
    for branch in schema[key]:
        name = reference_of(branch)
        if property_name is None or name is None:
            yield branch
            continue
        tag = by_target.get(f"#/$defs/{name}", name)
        yield {"allOf": [branch], "$tag": (property_name, tag), "required": [property_name]}


def _conjoined(one: Variant, other: Variant) -> Variant | None:
    """What both say; None where nothing can fit both."""
    found = dict(one)
    for key, value in other.items():
        if key not in found:
            found[key] = value
        elif key in _GREATER or key in _SMALLER:
            found[key] = max(found[key], value) if key in _GREATER else min(found[key], value)
        elif key == "type":
            shared = _shared_types(found[key], value)
            if not shared:
                return None
            found[key] = shared
        elif key == "enum":
            found[key] = [item for item in found[key] if item in value]
            if not found[key]:
                return None
        elif key == "const" and found[key] != value:
            return None
        elif key in ("required", "examples"):
            found[key] = [*found[key], *(item for item in value if item not in found[key])]
        elif key in ("properties", "patternProperties"):
            found[key] = {
                **found[key],
                **{name: _both(found[key].get(name, True), part) for name, part in value.items()},
            }
        elif key in ("items", "additionalProperties"):
            found[key] = _both(found[key], value)
    return found


def _both(one: Any, other: Any) -> Any:
    if one is True or one == other:
        return other
    return one if other is True else {"allOf": [one, other]}


def _shared_types(one: Any, other: Any) -> list[str]:
    left, right = (value if is_array(value) else [value] for value in (one, other))
    shared = [kind for kind in left if kind in right]
    if "integer" not in shared and {"integer", "number"} <= {*left, *right}:
        shared.append("integer")
    return shared


def types_of(variant: Variant) -> tuple[str, ...]:
    """The types that a value may have, as written or as other keys mean them; all where nothing tells."""
    written = variant.get("type")
    if is_array(written):
        return tuple(kind for kind in written if kind != "null") + (("null",) if "null" in written else ())
    if isinstance(written, str):
        return (written,)
    implied = tuple(kind for kind, keys in _IMPLIED if any(key in variant for key in keys))
    return (*implied, *(kind for kind in _ANY_TYPE if kind not in implied)) if implied else _ANY_TYPE
