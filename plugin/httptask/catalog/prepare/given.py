"""What somebody gives for a request: by the names of parameters and fields, as data or as text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from httptask.catalog.prepare.request_schemas import RequestSchemas, UnusableSchema
from httptask.catalog.prepare.variants import Variant, as_schema, types_of
from httptask.dsl.expressions import has_expression
from httptask.json.tree import texts_of
from httptask.json.types import is_array, is_object

__all__ = ["Given", "UnknownField", "has_expressions", "known_first", "read_value"]


class UnknownField(Exception):
    """There is no field of a name that was given.

    Attributes:
        path: to it.
        known: the names that there are.
    """

    def __init__(self, path: Sequence[str | int], known: Sequence[str]) -> None:
        super().__init__()
        self.path = path
        self.known = known


@dataclass
class Given:
    """A value, or members of one.

    Attributes:
        value: JSON data or text; what it means is told by the schema.
        members: where it is not the whole that is given.
    """

    value: Any = None
    members: dict[str, "Given"] = field(default_factory=dict[str, "Given"])

    def put(self, tokens: Sequence[str], value: Any) -> None:
        """Give a value below."""
        if not tokens:
            self.value = value
            return
        first, *others = tokens
        self.members.setdefault(first, Given()).put(others, value)

    @staticmethod
    def of(value: Any) -> "Given":
        """Data as given member by member, so that expressions in it are found."""
        members: Mapping[str, Any] = {}
        if is_object(value):
            members = value
        elif is_array(value):
            members = {str(index): one for index, one in enumerate(value)}
        return Given(value, {name: Given.of(one) for name, one in members.items()})


def has_expressions(value: Any) -> bool:
    """Whether a text of a tree has an expression."""
    return any(has_expression(text) for text in texts_of(value))


def read_value(value: Any, variant: Variant) -> Any:
    """A text as the value that a schema asks for: JSON where that is no text; any other value is what it is."""
    types = types_of(variant)
    if not isinstance(value, str) or types == ("string",):
        return value
    try:
        parsed: Any = json.loads(value)
    except ValueError:
        return value
    is_scalar = parsed is None or isinstance(parsed, bool | int | float)
    return value if is_scalar and types[0] == "string" else parsed


def known_first(
    found: list[Variant], given: Given | None, path: Sequence[str | int], schemas: RequestSchemas
) -> list[Variant]:
    """The variants, those with all fields that were given first.

    Raises:
        UnknownField: none has one of them.
    """
    if given is None:
        return found
    if not given.members:
        expected = [one for one in found if _takes(one, given.value, schemas)]
        return [*expected, *(one for one in found if one not in expected)]
    names = list(given.members)
    fitting = [one for one in found if all(_has(one, name) for name in names)]
    if not fitting:
        for name in names:
            if not any(_has(one, name) for one in found):
                known = dict.fromkeys(key for one in found for key in one.get("properties", {}))
                raise UnknownField((*path, name), list(known))
    return fitting or found


def _takes(variant: Variant, value: Any, schemas: RequestSchemas) -> bool:
    try:
        return schemas.fits(as_schema(variant), read_value(value, variant))
    except UnusableSchema:
        return False


def _has(variant: Variant, name: str) -> bool:
    """Whether an object or array of a variant may have a member, as far as its document tells."""
    types = types_of(variant)
    if "array" in types and name.isdecimal() and "object" not in variant.get("type", "array"):
        return True
    if "object" not in types:
        return False
    if name in variant.get("properties", {}) or variant.get("additionalProperties", False) is not False:
        return True
    return "properties" not in variant or bool(variant.get("patternProperties"))
