"""How deep schemas are read: one answer may reach a thousand definitions, and whoever asks for it wants the first."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from httptask.json.types import is_object
from httptask.openapi.schemas import SUBSCHEMAS, JsonSchema, subschemas
from httptask.openapi.words import reference_of

__all__ = ["SHOWN", "Depth", "Reached", "branches", "definitions_within", "levels_of"]

_FIELDS: Final = frozenset(
    {"additionalProperties", "dependentSchemas", "patternProperties", "prefixItems", "properties"}
)
_HOLDING: Final = SUBSCHEMAS | {"$ref"}


class Depth(NamedTuple):
    """Levels of fields: 1 for those of an object itself, or of each item of a list; alternatives are levels, too.

    Attributes:
        request: of parameters and body.
        answers: of what comes back.
    """

    request: int
    answers: int


_FEW: Final = 8
SHOWN: Final = Depth(3, 2)
"""Where nobody says otherwise: a body is written, of an answer a few fields are read."""


class Reached(NamedTuple):
    """Definitions by their names.

    Attributes:
        deeper: names of those that are referred to, and stand deeper.
    """

    definitions: dict[str, JsonSchema]
    deeper: tuple[str, ...]


def definitions_within(
    schemas: Iterable[tuple[JsonSchema, int]], look_up: Callable[[str], JsonSchema]
) -> Reached:
    """The definitions that schemas reach within their levels of fields.

    Args:
        schemas: each with its levels.
        look_up: gives the definition of a name.
    """
    found: dict[str, JsonSchema] = {}
    uses: dict[str, list[tuple[str, int]]] = {}
    levels: dict[str, int] = {}
    pending = [(name, left - below) for schema, left in schemas for name, below in _references(schema)]
    named = [name for name, _ in pending]
    while pending:
        name, left = pending.pop()
        if left <= levels.get(name, -1):
            continue
        levels[name] = left
        if name not in found:
            found[name] = look_up(name)
            uses[name] = _references(found[name])
            named += [used for used, _ in uses[name]]
        pending += [(used, left - below) for used, below in uses[name]]
    return Reached(found, tuple(name for name in dict.fromkeys(named) if name not in found))


def _references(schema: JsonSchema) -> list[tuple[str, int]]:
    """The names of all definitions that a schema refers to by itself, and how many levels below it."""
    found: list[tuple[str, int]] = []
    pending: list[tuple[Any, int]] = [(schema, 0)]
    while pending:
        one, level = pending.pop()
        if not is_object(one) or _HOLDING.isdisjoint(one):
            continue
        name = reference_of(one)
        if name is not None:
            found.append((name, level))
        for key, part in subschemas(one):
            below = levels_of(len(branches(one, key))) if key in ("anyOf", "oneOf") else key in _FIELDS
            pending.append((part, level + below))
    return found


def branches(schema: dict[str, Any], key: str) -> list[Any]:
    """The alternatives of a schema, under `anyOf` or `oneOf`, that are more than null."""
    return [one for one in schema.get(key, ()) if one != {"type": "null"}]


def levels_of(alternatives: int) -> int:
    """How many levels alternatives are: with many of them the fields of each would bury all others."""
    return 0 if alternatives < 2 else 1 if alternatives <= _FEW else 2
