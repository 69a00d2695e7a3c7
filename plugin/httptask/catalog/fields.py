"""The fields of a schema as lines of Markdown: some levels of them, each definition once, wherever it is met again."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from httptask.json.types import is_array, is_object
from httptask.openapi.depth import branches, levels_of
from httptask.openapi.schemas import JsonSchema
from httptask.openapi.words import reference_of, type_words, value_facts

__all__ = ["FieldLines", "one_line"]

_INSIDE: Final = frozenset(
    {"additionalProperties", "anyOf", "if", "items", "oneOf", "patternProperties", "prefixItems"}
)
"""Keywords of what a value holds besides its members."""
_STRUCTURE: Final = _INSIDE | {"$ref", "allOf", "properties"}
_MOST_INDENT: Final = 12
"""Of lists in lists; deeper ones would have no room."""


class FieldLines:
    """Writes the fields of schemas that share their definitions.

    Args:
        definitions: those that are known.
        levels: of fields that are written; 1 for those of an object itself.
    """

    def __init__(self, definitions: Mapping[str, JsonSchema], levels: int) -> None:
        self._levels = levels
        self._definitions = definitions
        self._told: dict[str, int] = {}
        self._with_inside: dict[str, bool] = {}
        self._path: list[str] = []
        self._cut: tuple[str, ...] | None = None

    def of(self, schema: JsonSchema) -> list[str]:
        """Lines for what is inside a value: its members, alternatives or items; none for what has no inside."""
        lines: list[str] = []
        self._of(schema, 0, self._levels, lines)
        return lines

    def field(self, name: str, schema: JsonSchema, *, required: bool) -> list[str]:
        """Lines for a field, and what is inside of it."""
        lines: list[str] = []
        self._field(name, schema, required, 0, self._levels + 1, lines)
        return lines

    def cut(self) -> tuple[str, ...] | None:
        """Names of fields that lead to the first whose inside was left out since this was asked; None for none."""
        found, self._cut = self._cut, None
        return found

    def with_levels(self, levels: int) -> "FieldLines":
        """Another one for the same page, that writes as many levels."""
        other = FieldLines(self._definitions, levels)
        other._told = self._told
        return other

    def _of(self, schema: JsonSchema, indent: int, left: int, lines: list[str]) -> None:
        if not is_object(schema) or _STRUCTURE.isdisjoint(schema):
            return
        if left <= 0 or indent > _MOST_INDENT:
            if self._has_inside(schema) and self._cut is None:
                self._cut = tuple(self._path)
            return
        name = reference_of(schema)
        if name is not None:
            if self._told.get(name, 0) >= left:
                lines.append(f"{'  ' * indent}- `{name}` is described above")
                return
            self._told[name] = left
            self._of(self._definitions.get(name, {}), indent, left, lines)
            return
        told: list[str] = []
        parts = self._merged(schema, left, told)
        for key, (member, required) in _members(parts).items():
            self._field(key, member, required, indent, left, lines)
        lines += (f"{'  ' * indent}- all fields of `{other}`, which is described above" for other in told)
        for part in parts:
            if not _INSIDE.isdisjoint(part):
                self._inside(part, indent, left, lines)

    def _field(
        self,
        name: str,
        schema: JsonSchema,
        required: bool,  # noqa: FBT001 - a fact about the field, no switch
        indent: int,
        left: int,
        lines: list[str],
    ) -> None:
        target = self._target(schema)
        own = [] if target is schema or self._has_inside(target) else [type_words(target)]
        facts = [type_words(schema), *own, *(["**required**"] if required else []), *_facts(schema, target)]
        facts += self._more(schema, indent + 1, left - 1)
        described = one_line(_description(schema) or _description(target))
        told = f"{'  ' * indent}- `{name}` ({', '.join(facts)})"
        lines.append(f"{told}: {described}" if described else told)
        with self._within(name):
            self._of(schema, indent + 1, left - 1, lines)

    def _more(self, schema: JsonSchema, indent: int, left: int) -> list[str]:
        """The mark of what has an inside that is left out."""
        is_left_out = left <= 0 or indent > _MOST_INDENT
        return ["…"] if is_left_out and self._has_inside(schema) else []

    @contextmanager
    def _within(self, name: str) -> Generator[None]:
        self._path.append(name)
        yield
        self._path.pop()

    def _inside(self, schema: dict[str, Any], indent: int, left: int, lines: list[str]) -> None:
        space = "  " * indent
        items: Any = schema.get("items")
        if self._has_inside(items):
            lines.append(f"{space}- each item:")
            self._of(items, indent + 1, left, lines)
        for index, item in enumerate(schema.get("prefixItems", ())):
            self._field(f"[{index}]", item, False, indent, left, lines)
        additional = schema.get("additionalProperties")
        if is_object(additional) and (additional or "properties" not in schema):
            named = "any other name" if "properties" in schema else "any name"
            self._field(named, additional, False, indent, left, lines)
        for pattern, member in schema.get("patternProperties", {}).items():
            self._field(f"names like {pattern}", member, False, indent, left, lines)
        for key, words in (("oneOf", "one of:"), ("anyOf", "any of:")):
            found = branches(schema, key)
            if len(found) == 1:
                self._of(found[0], indent, left, lines)
            elif any(self._has_inside(branch) for branch in found):
                lines.append(f"{space}- {words}")
                for branch in found:
                    self._branch(branch, indent + 1, left - levels_of(len(found)), lines)
        self._conditions(schema, indent, left, lines)

    def _branch(self, schema: JsonSchema, indent: int, left: int, lines: list[str]) -> None:
        title = schema.get("title") if is_object(schema) else None
        facts = ", ".join([*_facts(schema, self._target(schema)), *self._more(schema, indent + 1, left)])
        described = one_line(_description(schema) or _description(self._target(schema)))
        told = f"{'  ' * indent}- {title or type_words(schema)}{f' ({facts})' if facts else ''}"
        lines.append(f"{told}: {described}" if described else told)
        self._of(schema, indent + 1, left, lines)

    def _conditions(self, schema: dict[str, Any], indent: int, left: int, lines: list[str]) -> None:
        """What holds where a member has a certain value, as objects are told apart by their tag."""
        condition, then = schema.get("if"), schema.get("then")
        if not is_object(condition) or not is_object(then):
            return
        for key, member in condition.get("properties", {}).items():
            if is_object(member) and "const" in member:
                lines.append(f"{'  ' * indent}- where `{key}` is `{member['const']}`:")
                self._of(then, indent + 1, left, lines)

    def _merged(self, schema: dict[str, Any], left: int, told: list[str]) -> list[dict[str, Any]]:
        """The schema, and all that `allOf` adds to it: they hold for the same value.

        Args:
            schema: whose parts they are.
            left: levels that are written of them.
            told: is given the names of those that stand on the page already.
        """
        parts = [schema]
        for one in schema.get("allOf", ()):
            name = reference_of(one)
            target = one if name is None else self._definitions.get(name)
            if name is not None and self._told.get(name, 0) >= left:
                told.append(name)
            elif is_object(target):
                self._told.update({name: left} if name is not None else {})
                parts += self._merged(target, left, told)
            if name is not None:
                parts.append({key: value for key, value in one.items() if key != "$ref"})
        return parts

    def _has_inside(self, schema: Any) -> bool:
        if not is_object(schema):
            return False
        name = reference_of(schema)
        if name is not None:
            if name not in self._definitions:
                return True  # it stands deeper
            if name not in self._with_inside:
                self._with_inside[name] = True  # whatever leads back to itself
                self._with_inside[name] = self._has_inside(self._definitions.get(name))
            return self._with_inside[name]
        if any(key in schema for key in ("if", "patternProperties", "prefixItems", "properties")):
            return True
        parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
        return is_object(schema.get("additionalProperties")) or any(
            map(self._has_inside, (*parts, schema.get("items")))
        )

    def _target(self, schema: JsonSchema) -> JsonSchema:
        name = reference_of(schema)
        return schema if name is None else self._definitions.get(name, {})


def one_line(text: str) -> str:
    """A description as the rest of a line."""
    return " ".join(text.split())


def _members(parts: list[dict[str, Any]]) -> dict[str, tuple[JsonSchema, bool]]:
    """The members of an object by their names, and whether they have to be there; first those that have to."""
    required = {name for part in parts for name in part.get("required", ())}
    found: dict[str, JsonSchema] = {}
    for part in parts:
        for name, schema in part.get("properties", {}).items():
            known = found.get(name)
            found[name] = {**schema, **known} if is_object(known) and is_object(schema) else schema
    if not found:
        return {}
    absent: dict[str, JsonSchema] = {name: {} for name in sorted(required - found.keys())}
    members = {name: (schema, name in required) for name, schema in {**found, **absent}.items()}
    return dict(sorted(members.items(), key=lambda member: not member[1][1]))


def _facts(schema: JsonSchema, target: JsonSchema) -> Iterator[str]:
    """Facts of a field, and of what it refers to."""
    yield from value_facts(schema)
    if target is not schema:
        own = set(value_facts(schema))
        yield from (fact for fact in value_facts(target) if fact not in own)
    items = schema.get("items") if is_object(schema) else None
    if is_object(items) and is_array(items.get("enum")):
        yield f"items {next(fact for fact in value_facts(items) if fact.startswith('one of'))}"


def _description(schema: JsonSchema) -> str:
    described = schema.get("description") if is_object(schema) else None
    return described if isinstance(described, str) else ""
