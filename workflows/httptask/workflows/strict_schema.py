"""From a pydantic model to the JSON Schema of strict structured output: a part of the language, all objects closed."""

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from httptask.json.types import is_array, is_object
from httptask.workflows.errors import CallInvalid

__all__ = ["response_format_of"]

_CONSTRAINTS: Final = frozenset(
    {
        "const",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "multipleOf",
        "pattern",
        "format",
    }
)
_FORMATS: Final = frozenset(
    {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"}
)
_LOOKAROUND: Final = re.compile(r"\(\?<?[=!]")
_STRUCTURE: Final = frozenset(
    {
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "items",
        "oneOf",
        "patternProperties",
        "properties",
        "required",
        "type",
    }
)
_SAYS_NOTHING: Final = frozenset({"default", "deprecated", "discriminator", "readOnly", "writeOnly"})
"""Of the answer; a default is none where everything is required."""
_REFERENCE: Final = "#/$defs/"
_TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def response_format_of(output_type: Any) -> dict[str, Any]:
    """The `response_format` of a chat completion whose answer is an instance of a pydantic model.

    Raises:
        CallInvalid: it is no model, or one that strict structured output can't express.
    """
    if not (inspect.isclass(output_type) and issubclass(output_type, BaseModel)):
        raise CallInvalid(
            f"`output_type` is a pydantic model, and {output_type!r} is none: write one with a field that holds it"
        )
    name = output_type.__name__
    try:
        schema = _Conversion(output_type.model_json_schema()).root()
    except _NotStrict as reason:
        raise CallInvalid(f"{name} can't be asked for as strict structured output: {reason}") from None
    except PydanticUserError as error:
        raise CallInvalid(f"{name} has no JSON schema: {error.message}") from None
    api_name = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]  # the API takes no others: Box[int]
    return {"type": "json_schema", "json_schema": {"name": api_name, "schema": schema, "strict": True}}


class _NotStrict(ValueError):
    """Strict structured output has no form for a schema; the message names the place and the cure."""


class _Conversion:
    """Converts a schema that pydantic made, and those of its definitions that are still referred to.

    Constraints that strict mode does not know are told in the description of what they constrain.

    Strict mode takes a reference only where it stands alone. One with a description of its own is replaced by its
    definition, except within that definition.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = {key: value for key, value in schema.items() if key != "$defs"}
        self._given: Mapping[str, Any] = schema.get("$defs", {})
        self._definitions: dict[str, dict[str, Any]] = {}
        self._open: list[str] = []
        """The definitions that are being converted, each within the one before."""

    def root(self) -> dict[str, Any]:
        strict = self._converted(self._schema, "")
        while "$ref" in strict:
            strict = self._replaced(strict, "")
        if strict.get("type") != "object":
            _refuse("", "is not an object", "a model with one field that holds it")
        return {**strict, "$defs": self._definitions} if self._definitions else strict

    def _converted(self, given: Any, place: str) -> dict[str, Any]:
        node = _merged(given, place)
        if "$ref" in node:
            return self._referred(node, place)
        strict = _annotated(node)
        variants = node.get("anyOf") or node.get("oneOf")
        types = _types(node)
        if is_array(variants):
            strict["anyOf"] = [self._converted(variant, place) for variant in variants]
        elif not types:
            _refuse(place, "may be anything", "the types it may have, as in `int | str`, or a model")
        else:
            strict["type"] = types[0] if len(types) == 1 else types
        if "object" in types:
            strict |= self._object(node, place)
        if "array" in types:
            strict |= self._array(node, place)
        return strict

    def _object(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        properties: Mapping[str, Any] = node.get("properties", {})
        closed = "properties" in node and node.get("additionalProperties", False) is False
        if not properties and not closed:
            _refuse(
                place,
                "is a mapping with any keys",
                "a model with a field for each key, or a list of models with a field for the key and one for the value",
            )
        prefix = f"{place}." if place else ""
        return {
            "properties": {
                name: self._converted(schema, prefix + name) for name, schema in properties.items()
            },
            "required": list(properties),
            "additionalProperties": False,
        }

    def _array(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        if "prefixItems" in node:
            _refuse(place, "is a tuple", "a model with a field for each item, or a list")
        return {"items": self._converted(node.get("items", True), f"{place}[]")}

    def _referred(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        name = node["$ref"].removeprefix(_REFERENCE)
        beside = node.keys() - _SAYS_NOTHING - {"$ref"}
        if beside and name not in self._open:
            return self._replaced(node, place)
        if name not in self._definitions:
            self._definitions[name] = {}
            around, self._open = self._open, []
            self._definitions[name] = self._within(name, self._given[name], place)
            self._open = around
        reference = {"$ref": node["$ref"]}
        return {**_annotated(node), "anyOf": [reference]} if beside else reference

    def _replaced(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        """The definition that a node refers to, with what stands beside the reference."""
        name = node["$ref"].removeprefix(_REFERENCE)
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return self._within(name, {**self._given[name], **beside}, place)

    def _within(self, name: str, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        self._open.append(name)
        strict = self._converted(node, place)
        self._open.pop()
        return strict


def _merged(given: Any, place: str) -> Mapping[str, Any]:
    """A node without `allOf`, which strict mode does not know."""
    node = given if is_object(given) else {}  # `true` is the same as `{}`
    while is_array(parts := node.get("allOf")):
        if len(parts) != 1:
            _refuse(place, "combines several schemas", "one model that has the fields of all")
        node = {**parts[0], **{key: value for key, value in node.items() if key != "allOf"}}
    return node


def _annotated(node: Mapping[str, Any]) -> dict[str, Any]:
    """Title, description and constraints of a node."""
    strict: dict[str, Any] = {key: node[key] for key in ("title", "description") if key in node}
    told: list[str] = []
    for key, value in node.items():
        if key in strict or key in _STRUCTURE or key in _SAYS_NOTHING:
            continue
        if key in _CONSTRAINTS and not _is_unknown(key, value):
            strict[key] = value
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            told.append(f"{key}: {text}")
    if told:
        words = ", ".join(told)
        strict["description"] = f"{strict['description']} ({words})" if "description" in strict else words
    return strict


def _is_unknown(key: str, value: Any) -> bool:
    """Whether strict mode takes a constraint, but not with such a value."""
    if key == "format":
        return value not in _FORMATS
    return key == "pattern" and _LOOKAROUND.search(value) is not None


def _types(node: Mapping[str, Any]) -> Sequence[str]:
    """The types of a node; those of its values, when it only lists them."""
    declared = node.get("type")
    if declared is not None:
        return declared if is_array(declared) else [declared]
    values = node.get("enum", [node["const"]] if "const" in node else [])
    return list(dict.fromkeys(_TYPES[type(value)] for value in values if type(value) in _TYPES))


def _refuse(place: str, problem: str, cure: str) -> NoReturn:
    raise _NotStrict(f"{f'`{place}`' if place else 'it'} {problem}: write {cure}")
