"""Schemas of an operation as they hold for one direction, and what they take."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from httptask.diagnostics.cutting import in_one_line
from httptask.json.pointer import json_pointer
from httptask.json.types import is_object
from httptask.openapi.operation import Operation
from httptask.openapi.schemas import JsonSchema, map_schemas
from httptask.openapi.words import reference_of

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["RequestSchemas", "UnusableSchema", "ValueFault", "references"]

_DEEPEST: Final = 16


class UnusableSchema(ValueError):
    """Nothing can be held against a schema; the text says why."""


class ValueFault(NamedTuple):
    """What a schema has against a value.

    Attributes:
        place: JSON Pointer in the value.
        missing: the field that has to be there.
        unknown: fields that must not be.
    """

    place: str
    message: str
    missing: str | None = None
    unknown: tuple[str, ...] = ()


class RequestSchemas:
    """The schemas of one operation, for its requests or for its answers.

    Nobody has to send what only answers have, and no answer has what is only sent: OpenAPI 3.1.1, section 4.8.24, as
    3.0 has it of `readOnly` and `writeOnly`.
    """

    def __init__(self, operation: Operation, *, of_answers: bool = False) -> None:
        self._definitions = operation.definitions
        self._mark = "writeOnly" if of_answers else "readOnly"
        self._sent: dict[str, JsonSchema] = {}
        self._checks: dict[int, tuple[Any, jsonschema_rs.Validator]] = {}

    def of(self, schema: JsonSchema) -> JsonSchema:
        """A schema that does not ask for what only the other direction has."""
        return self._of_direction(schema, frozenset())

    def definition(self, name: str) -> JsonSchema:
        """What `#/$defs/NAME` refers to, in the same way."""
        if name not in self._sent:
            self._sent[name] = self.of(self._definitions.get(name, True))
        return self._sent[name]

    def is_of_other_direction(self, schema: JsonSchema) -> bool:
        """Whether only answers have it, or, of schemas for these, only requests."""
        return any(part.get(self._mark) is True for part in self._parts(schema))

    def fits(self, schema: JsonSchema, value: Any) -> bool:
        """Whether a schema takes a value.

        Raises:
            UnusableSchema: the schema can't be used.
        """
        return self._check(schema).is_valid(value)

    def fits_with_formats(self, schema: JsonSchema, value: Any) -> bool:
        """Whether a schema takes a value, and this has the formats that are said to be its own.

        Raises:
            UnusableSchema: the schema can't be used.
        """
        return self._built(schema, validate_formats=True).is_valid(value)

    def faults(self, schema: JsonSchema, value: Any) -> Iterator[ValueFault]:
        """What a schema has against a value.

        Raises:
            UnusableSchema: the schema can't be used.
        """
        for error in self._check(schema).iter_errors(value):
            meant = _innermost(error)
            missing, unknown = getattr(meant.kind, "property", None), getattr(meant.kind, "unexpected", ())
            place = json_pointer(meant.instance_path)
            yield ValueFault(place, in_one_line(meant.message), missing, tuple(unknown))

    def _check(self, schema: JsonSchema) -> "jsonschema_rs.Validator":
        known = self._checks.get(id(schema))
        if known is None:
            found = self._built(schema, validate_formats=False)
            known = self._checks[id(schema)] = (schema, found)  # kept, so that its id stays its own
        return known[1]

    def _built(self, schema: JsonSchema, *, validate_formats: bool) -> "jsonschema_rs.Validator":
        import jsonschema_rs

        try:
            text = json.dumps(self._bundled(schema))
            return jsonschema_rs.validator_for(text, validate_formats=validate_formats)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            message = getattr(error, "message", str(error))
            raise UnusableSchema(in_one_line(message)) from None

    def _bundled(self, schema: JsonSchema) -> JsonSchema:
        """The schema with the definitions that it needs."""
        if isinstance(schema, bool):
            return schema
        names = dict[str, JsonSchema]()
        pending: list[JsonSchema] = [schema]
        while pending:
            for name in references(pending.pop()):
                if name not in names:
                    names[name] = self.definition(name)
                    pending.append(names[name])
        return {**schema, "$defs": names} if names else schema

    def _of_direction(self, schema: JsonSchema, also: frozenset[str]) -> JsonSchema:
        if not is_object(schema):
            return schema
        hidden = also | frozenset(self._hidden_names(schema))
        found = map_schemas(
            schema, lambda key, part: self._of_direction(part, hidden if key == "allOf" else frozenset())
        )
        if hidden and "required" in found:
            found["required"] = [name for name in found["required"] if name not in hidden]
        return found

    def _hidden_names(self, schema: Mapping[str, Any]) -> Iterator[str]:
        for part in self._parts(schema):
            for name, value in part.get("properties", {}).items():
                if self.is_of_other_direction(value):
                    yield name

    def _parts(self, schema: Any, level: int = 0) -> Iterator[dict[str, Any]]:
        """A schema and all that holds together with it."""
        if not is_object(schema) or level > _DEEPEST:
            return
        yield schema
        name = reference_of(schema)
        if name is not None:
            yield from self._parts(self._definitions.get(name), level + 1)
        for part in schema.get("allOf", ()):
            yield from self._parts(part, level + 1)


def _innermost(error: "jsonschema_rs.ValidationError") -> "jsonschema_rs.ValidationError":
    """Of a value that fits no branch, what the only branch of its type has against it."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    near = [one for one in branches if one and not _is_of_type(one[0], error)]
    return _innermost(near[0][0]) if len(near) == 1 else error


def _is_of_type(error: "jsonschema_rs.ValidationError", whole: "jsonschema_rs.ValidationError") -> bool:
    """Whether a branch is for values of another type."""
    return type(error.kind).__name__.endswith("Type") and error.instance_path == whole.instance_path


def references(schema: Any) -> Iterator[str]:
    """The names of all definitions that a schema refers to by itself, without those that these refer to."""
    pending = [schema]
    while pending:
        one = pending.pop()
        if is_object(one):
            name = reference_of(one)
            if name is not None:
                yield name
            map_schemas(one, lambda _, part: pending.append(part))
