"""The request body as JSON Schema (2020-12), for editors and for pages that describe it."""

from typing import Any, Final

from httptask.chat.fields.annotations import ABSENT, FIRST_REVISION
from httptask.chat.fields.content_parts import misplaced
from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import (
    Anything,
    Choice,
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    Number,
    ObjectOf,
    Shape,
    Text,
    shape_of,
)

__all__ = ["body_schema"]

Schema = dict[str, Any]
_NULL: Final[Schema] = {"type": "null"}


def body_schema(*, prefix: str = "", also: Schema | None = None) -> tuple[Schema, dict[str, Schema]]:
    """The schema of the body, and the definitions that it refers to as `#/$defs/NAME`.

    Args:
        prefix: begins the names of the definitions.
        also: schema of what may stand in the place of every value, such as an expression.
    """
    writer = _Writer(prefix, also)
    return writer.object(shape_of(ChatBody)), writer.definitions


class _Writer:
    """Describes shapes, and keeps each kind of object as a definition of its own."""

    def __init__(self, prefix: str, also: Schema | None) -> None:
        self.definitions: dict[str, Schema] = {}
        self._prefix = prefix
        self._also = also

    def object(self, shape: ObjectOf, tag: str | None = None) -> Schema:
        """An object; whoever refers to it by its tag has said what the tag is."""
        fields = shape.fields.values()
        properties = {field.name: self.field(field) for field in fields if field.name != tag}
        required = [field.name for field in fields if field.required and field.name != tag]
        described: Schema = {"description": shape.doc} if shape.doc else {}
        schema = {"type": "object", **described, "properties": properties}
        return {**schema, "required": required} if required else schema

    def field(self, field: Field) -> Schema:
        about = field.about
        since = f" Since {about.since}." if about.since != FIRST_REVISION else ""
        instead = f": use {about.deprecated}" if about.deprecated else ""
        fate = "" if about.deprecated is None else f" Deprecated{instead}."
        notes: Schema = {"description": f"{about.text}{since}{fate}"}
        if about.default is not ABSENT:
            notes["default"] = about.default
        if about.deprecated is not None:
            notes["deprecated"] = True
        alternatives = [_NULL] if field.nullable else []
        return {**notes, **self.value(field.shape, alternatives)}

    def value(self, shape: Shape, alternatives: list[Schema]) -> Schema:
        """A shape, or null, or what else may stand in its place."""
        others = [*alternatives, *([self._also] if self._also else [])]
        kinds = self.kinds(shape)
        return kinds[0] if len(kinds) + len(others) == 1 else {"anyOf": [*kinds, *others]}

    def kinds(self, shape: Shape) -> list[Schema]:
        if not isinstance(shape, Either):
            return [self.schema(shape)]
        parts = [self.schema(part) for part in (shape.plain, shape.list) if part is not None]
        if shape.tag is not None:
            return [*parts, self.tagged(shape, shape.tag)]
        return [*parts, *(self.reference(part) for part in shape.objects.values())]

    def schema(self, shape: Shape) -> Schema:
        match shape:
            case Text():
                pattern = {"pattern": f"^(?:{shape.form.pattern})$"} if shape.form else {}
                return {
                    "type": "string",
                    **pattern,
                    **_bounds("Length", shape.length.fewest, shape.length.most),
                }
            case Number():
                least, greatest = shape.range.least, shape.range.greatest
                bounds = {"minimum": least, "maximum": greatest}
                given = {key: bound for key, bound in bounds.items() if bound is not None}
                return {"type": "integer" if shape.whole else "number", **given}
            case Flag():
                return {"type": "boolean"}
            case Choice():
                own = (value for note in shape.own for value in note.values)
                known: Schema = {"enum": list(dict.fromkeys((*shape.values, *own)))}
                return {"anyOf": [known, {"type": "string"}]} if shape.is_open else known
            case ListOf():
                items = self.value(shape.item, [])
                return {
                    "type": "array",
                    "items": items,
                    **_bounds("Items", shape.length.fewest, shape.length.most),
                }
            case MapOf():
                values = self.value(shape.value, [])
                bounds = _bounds("Properties", shape.length.fewest, shape.length.most)
                keys = _bounds("Length", shape.key.length.fewest, shape.key.length.most)
                names = {"propertyNames": keys} if keys else {}
                return {"type": "object", "additionalProperties": values, **names, **bounds}
            case ObjectOf():
                return self.reference(shape)
            case Either():
                return {"anyOf": self.kinds(shape)}
            case Anything():
                return {}

    def tagged(self, either: Either, tag: str) -> Schema:
        """Objects told apart by a tag: with a condition for each, an editor tells what is wrong with the one meant."""
        closed, objects = tag == "role", either.objects
        known = self.value(Choice(tuple(objects), is_open=not closed), [])
        if elsewhere := misplaced(either) - {kind for note in either.own for kind in note.values}:
            known["not"] = {"enum": sorted(elsewhere)}
        cases = [
            {
                "if": {"properties": {tag: {"const": value}}, "required": [tag]},
                "then": self.reference(shape, tag),
            }
            for value, shape in objects.items()
        ]
        described = {"description": f"One of {', '.join(objects)}.", **known}
        return {"type": "object", "properties": {tag: described}, "required": [tag], "allOf": cases}

    def reference(self, shape: ObjectOf, tag: str | None = None) -> Schema:
        name = f"{self._prefix}{shape.name}"
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.object(shape, tag)
        return {"$ref": f"#/$defs/{name}"}


def _bounds(unit: str, least: float, greatest: float | None) -> Schema:
    fewest = {f"min{unit}": least} if least else {}
    return fewest if greatest is None else {**fewest, f"max{unit}": greatest}
