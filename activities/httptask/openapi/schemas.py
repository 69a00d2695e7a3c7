"""Schemas of a document as JSON Schema 2020-12, whatever version and dialect they were written in.

What a document's version does not have is honoured where it means something: `nullable` in 3.1, an exclusive bound that
is true or false. What means nothing is named, and left out.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from posixpath import basename, splitext
from typing import Any, ClassVar, Final

from httptask.diagnostics.words import described
from httptask.json.types import is_array, is_number, is_object
from httptask.openapi.document import Document, Node, Place, Problems
from httptask.openapi.naming import unused_name

__all__ = ["SUBSCHEMAS", "JsonSchema", "SchemaReader", "map_schemas", "subschemas"]

JsonSchema = dict[str, Any] | bool
_Reader = Callable[[Any, str, Node, dict[str, Any]], None]

_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_NUMBERS: Final = ("maximum", "minimum", "multipleOf")
_EXCLUSIVE: Final = {"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}
_COUNTS: Final = ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties")
_TEXTS: Final = frozenset(
    {"contentEncoding", "contentMediaType", "description", "format", "pattern", "title"}
)
_FLAGS: Final = ("deprecated", "readOnly", "uniqueItems", "writeOnly")
_SINGLE: Final = (
    *("additionalItems", "contains", "else", "if", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("dependentSchemas", "patternProperties", "properties")
_STRUCTURE: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if"})
_RANGES: Final = (
    ("minimum", "maximum"),
    ("minItems", "maxItems"),
    ("minLength", "maxLength"),
    ("minProperties", "maxProperties"),
)
_BOUNDS: Final = frozenset(key for pair in _RANGES for key in pair)
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_NOTES: Final = ("default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly")
_DEFINITIONS: Final = "#/$defs/"
_UNSAFE: Final = re.compile(r"[^\w.-]")


class SchemaReader:
    """Reads schemas of one document, each place once; what they refer to are its definitions, by name."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self._document = document
        self._problems = problems
        self._names: dict[Place, str] = {}
        self._definitions: dict[str, JsonSchema] = {}
        self._unread: dict[str, Node] = {}
        self._uses: dict[str, dict[str, None]] = {}
        self._used: dict[str, None] = {}

    def read(self, node: Node) -> JsonSchema:
        """A schema; its references are `#/$defs/NAME`."""
        self._used = {}
        return self._schema(node)

    def definition(self, name: str) -> JsonSchema:
        """What `#/$defs/NAME` stands for."""
        target = self._unread.pop(name, None)
        if target is not None:
            self._used = self._uses[name] = {}
            self._definitions[name] = self._schema(target)
        return self._definitions[name]

    def read_definitions(self) -> None:
        """Read all that anything refers to, for the sake of its problems."""
        while self._unread:
            self.definition(next(reversed(self._unread)))

    def definitions_of(self, *schemas: Any) -> dict[str, JsonSchema]:
        """The definitions that trees with schemas in them refer to, directly or not."""
        names: list[str] = []
        rest: list[Any] = list(schemas)
        while rest:
            one = rest.pop()
            if is_array(one):
                rest += one
            elif is_object(one):
                rest += one.values()
            elif isinstance(one, str) and one.startswith(_DEFINITIONS):
                names.append(one.removeprefix(_DEFINITIONS))
        found: dict[str, JsonSchema] = {}
        while names:
            name = names.pop()
            if name not in found and name in self._definitions:
                found[name] = self.definition(name)
                names += self._uses[name]
        return found

    def _schema(self, node: Node) -> JsonSchema:
        value = node.value
        if isinstance(value, bool):
            return value
        if not is_object(value):
            if value is not None:
                self._malformed(node, "a schema is an object")
            return {}
        schema: dict[str, Any] = {}
        if not _REFERENCES.isdisjoint(value):
            self._reference(node, schema)
        self._type(node, schema)
        for key, written in value.items():
            reader = self._READERS.get(key)
            if reader is not None:
                reader(self, key, Node(written, node.place.child(key)), schema)
            elif key in _TEXTS and isinstance(written, str):
                schema[key] = written
        if not _EXCLUSIVE.keys().isdisjoint(value):
            self._exclusive_bounds(node, schema)
        if "example" in value:
            schema.setdefault("examples", []).append(value["example"])
        if not _BOUNDS.isdisjoint(schema):
            self._check_ranges(node, schema)
        return (
            _with_null(schema) if value.get("nullable") is True or value.get("x-nullable") is True else schema
        )

    def _reference(self, node: Node, schema: dict[str, Any]) -> None:
        reference = node.value.get("$ref")
        if isinstance(reference, str):
            target = self._document.follow(Node({"$ref": reference}, node.place), self._problems)
            if target is not None:
                schema["$ref"] = _DEFINITIONS + self._name(target)
        for key in ("$dynamicRef", "$recursiveRef"):
            if key in node.value:
                message = f"`{key}` is not followed: any value is shown to fit"
                self._problems.add(node.place, "dynamic-reference", message)

    def _name(self, target: Node) -> str:
        place = target.place
        if place not in self._names:
            last = str(place.path[-1]) if place.path else splitext(basename(place.file))[0]
            name = unused_name(_UNSAFE.sub("_", last) or "schema", self._definitions)
            self._names[place] = name
            self._definitions[name] = {}
            self._unread[name] = target
        self._used[self._names[place]] = None
        return self._names[place]

    def _type(self, node: Node, schema: dict[str, Any]) -> None:
        written = node.value.get("type")
        if isinstance(written, str) and written in _TYPES:
            schema["type"] = written
            return
        types: list[str] = []
        for one in written if is_array(written) else () if written is None else (written,):
            if one == "file":
                types.append("string")
                schema["format"] = "binary"
            elif isinstance(one, str) and one.lower() in _TYPES:
                types.append(one.lower())
            elif one != "any":
                self._problems.add(node.place.child("type"), "unknown-type", f"no type: {described(one)}")
                return
        types = list(dict.fromkeys(types))
        if types:
            schema["type"] = types[0] if len(types) == 1 else types

    def _flag(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        if child.value is True:
            schema[key] = True

    def _number(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        number = self._read_number(child)
        if number is not None and (key != "multipleOf" or number > 0):
            schema[key] = number

    def _count(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        number = self._read_number(child)
        if number is not None and number >= 0:
            schema[key] = int(number)

    def _read_number(self, child: Node) -> float | None:
        value = child.value
        if is_number(value):
            return value
        try:
            number = float(value) if isinstance(value, str) else math.nan
        except ValueError:
            number = math.nan
        told = "is taken for a number" if math.isfinite(number) else "is no number"
        self._problems.add(child.place, "malformed-number", f"{described(value)} {told}")
        if not math.isfinite(number):
            return None
        return int(number) if number.is_integer() else number

    def _single(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        schema[key] = self._schema(child)

    def _list(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        if not is_array(child.value):
            self._malformed(child, f"`{key}` is a list")
        elif child.value:
            schema[key] = [self._schema(item) for item in child.items()]

    def _map(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        if not is_object(child.value):
            self._malformed(child, f"`{key}` is an object")
            return
        members = {name: Node(value, child.place.child(name)) for name, value in child.value.items()}
        schema[key] = {name: self._schema(member) for name, member in members.items()}
        if key == "properties":
            flagged = [name for name, value in child.value.items() if _is_flagged_required(value)]
            _require(schema, flagged)

    def _items(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        if is_array(child.value):  # as before 2020-12
            schema["prefixItems"] = [self._schema(item) for item in child.items()]
        else:
            schema[key] = self._schema(child)

    def _required(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        if is_array(child.value):
            _require(schema, [name for name in child.value if isinstance(name, str)])
        elif not isinstance(child.value, bool):  # of a property, or of a parameter that is its own schema
            self._malformed(child, f"`{key}` is a list")

    def _enum(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        if not is_array(child.value):
            self._malformed(child, f"`{key}` is a list")
        elif child.value:
            schema[key] = child.value
        else:
            self._problems.add(child.place, "no-value-possible", f"`{key}` is empty, so that no value fits")

    def _value(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        schema[key] = child.value

    def _examples(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        value = child.value
        found = list(value) if is_array(value) else list(value.values()) if is_object(value) else [value]
        schema[key] = [*found, *schema.get(key, [])]

    def _discriminator(self, key: str, child: Node, schema: dict[str, Any]) -> None:
        name = child.text("propertyName") or (child.value if isinstance(child.value, str) else "")
        if not name:
            return
        mapping: dict[str, str] = {}
        for value, target in child.get("mapping").members():
            if isinstance(target.value, str):
                path = (
                    target.value
                    if re.search(r"[#/.]", target.value)
                    else f"#/components/schemas/{target.value}"
                )
                found = self._document.follow(Node({"$ref": path}, target.place), self._problems)
                if found is not None:
                    mapping[value] = _DEFINITIONS + self._name(found)
        schema[key] = {"propertyName": name, **({"mapping": mapping} if mapping else {})}

    def _exclusive_bounds(self, node: Node, schema: dict[str, Any]) -> None:
        for key, bound in _EXCLUSIVE.items():
            if key not in node.value:
                continue
            child = node.get(key)
            if child.value is True and bound in schema:  # as in 3.0
                schema[key] = schema.pop(bound)
            elif child.value is not None and not isinstance(child.value, bool):
                self._number(key, child, schema)

    def _check_ranges(self, node: Node, schema: dict[str, Any]) -> None:
        for least, most in _RANGES:
            if least in schema and most in schema and schema[least] > schema[most]:
                message = f"`{least}` {schema[least]} is above `{most}` {schema[most]}, so that no value fits"
                self._problems.add(node.place, "no-value-possible", message)

    def _malformed(self, node: Node, expected: str) -> None:
        self._problems.add(node.place, "malformed", f"{expected}, and this is {described(node.value)}")

    _READERS: ClassVar[Mapping[str, _Reader]] = {
        **dict.fromkeys(_FLAGS, _flag),
        **dict.fromkeys(_NUMBERS, _number),
        **dict.fromkeys(_COUNTS, _count),
        **dict.fromkeys(_SINGLE, _single),
        **dict.fromkeys(_LISTS, _list),
        **dict.fromkeys(_MAPS, _map),
        "additionalProperties": _single,
        "const": _value,
        "default": _value,
        "discriminator": _discriminator,
        "enum": _enum,
        "examples": _examples,
        "items": _items,
        "required": _required,
    }


SUBSCHEMAS: Final = frozenset({"additionalProperties", "items", *_SINGLE, *_LISTS, *_MAPS})
"""Keywords under which schemas stand."""


def map_schemas(schema: dict[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    """A schema that was read, with each schema in it changed; `$defs` and values are none.

    Args:
        schema: as `SchemaReader` gives it.
        change: of the key that a schema stands under, and the schema.
    """
    found = dict(schema)
    for key, value in schema.items():
        if key in _SINGLE or key in ("additionalProperties", "items"):
            found[key] = change(key, value)
        elif key in _LISTS and is_array(value):
            found[key] = [change(key, part) for part in value]
        elif key in _MAPS and is_object(value):
            found[key] = {name: change(key, part) for name, part in value.items()}
    return found


def subschemas(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each schema in a schema that was read, with the key that it stands under."""
    for key, value in schema.items():
        if key in _SINGLE or key in ("additionalProperties", "items"):
            yield key, value
        elif key in _LISTS and is_array(value):
            yield from ((key, part) for part in value)
        elif key in _MAPS and is_object(value):
            yield from ((key, part) for part in value.values())


def _require(schema: dict[str, Any], names: list[str]) -> None:
    if names:
        schema["required"] = list(dict.fromkeys([*schema.get("required", []), *names]))


def _is_flagged_required(value: Any) -> bool:
    return is_object(value) and value.get("required") is True


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with null beside its values; where a part of it does not tell of types, as another branch."""
    if _STRUCTURE & schema.keys():
        notes: dict[str, Any] = {key: schema.pop(key) for key in _NOTES if key in schema}
        return {**notes, "anyOf": [schema, {"type": "null"}]}
    written = schema.get("type")
    if written is not None:
        types = written if is_array(written) else [written]
        schema["type"] = [*types, *(["null"] if "null" not in types else [])]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema
