"""The fields of a schema as lines of Markdown: each definition once on a page, wherever it is met again."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.json.types import is_array, is_object
from httptask.openapi.schemas import JsonSchema
from httptask.openapi.words import reference_of, type_words, value_facts

__all__ = ["FieldLines", "one_line"]

_INSIDE: Final = frozenset(
    {"additionalProperties", "anyOf", "if", "items", "oneOf", "patternProperties", "prefixItems"}
)
"""Keywords of what a value holds besides its members."""
_STRUCTURE: Final = _INSIDE | {"$ref", "allOf", "properties"}
_MOST_LEVELS: Final = 12
"""Of lists in lists; deeper ones would have no room."""


class FieldLines:
    """Writes the fields of schemas that share their definitions."""

    def __init__(self, definitions: Mapping[str, JsonSchema]) -> None:
        self._definitions = definitions
        self._told: set[str] = set()
        self._with_inside: dict[str, bool] = {}

    def of(self, schema: JsonSchema) -> list[str]:
        """Lines for what is inside a value: its members, alternatives or items; none for what has no inside."""
        lines: list[str] = []
        self._of(schema, 0, lines)
        return lines

    def field(self, name: str, schema: JsonSchema, *, required: bool) -> list[str]:
        """Lines for a field, and what is inside of it."""
        lines: list[str] = []
        self._field(name, schema, required, 0, lines)
        return lines

    def _of(self, schema: JsonSchema, level: int, lines: list[str]) -> None:
        if not is_object(schema) or _STRUCTURE.isdisjoint(schema):
            return
        if level > _MOST_LEVELS:
            if self._has_inside(schema):
                lines.append(f"{'  ' * level}- …, which `--json` has")
            return
        name = reference_of(schema)
        if name is not None:
            if name in self._told:
                lines.append(f"{'  ' * level}- `{name}` is described above")
                return
            self._told.add(name)
            self._of(self._definitions.get(name, {}), level, lines)
            return
        told: list[str] = []
        parts = self._merged(schema, told)
        for key, (member, required) in _members(parts).items():
            self._field(key, member, required, level, lines)
        lines += (f"{'  ' * level}- all fields of `{other}`, which is described above" for other in told)
        for part in parts:
            if not _INSIDE.isdisjoint(part):
                self._inside(part, level, lines)

    def _field(
        self,
        name: str,
        schema: JsonSchema,
        required: bool,  # noqa: FBT001 - a fact about the field, no switch
        level: int,
        lines: list[str],
    ) -> None:
        target = self._target(schema)
        own = [] if target is schema or self._has_inside(target) else [type_words(target)]
        facts = [type_words(schema), *own, *(["**required**"] if required else []), *_facts(schema, target)]
        described = one_line(_description(schema) or _description(target))
        indent = "  " * level
        told = f"{indent}- `{name}` ({', '.join(facts)})"
        lines.append(f"{told}: {described}" if described else told)
        self._of(schema, level + 1, lines)

    def _inside(self, schema: dict[str, Any], level: int, lines: list[str]) -> None:
        indent = "  " * level
        items: Any = schema.get("items")
        if self._has_inside(items):
            lines.append(f"{indent}- each item:")
            self._of(items, level + 1, lines)
        for index, item in enumerate(schema.get("prefixItems", ())):
            self._field(f"[{index}]", item, False, level, lines)
        additional = schema.get("additionalProperties")
        if is_object(additional) and (additional or "properties" not in schema):
            self._field(
                "any other name" if "properties" in schema else "any name", additional, False, level, lines
            )
        for pattern, member in schema.get("patternProperties", {}).items():
            self._field(f"names like {pattern}", member, False, level, lines)
        for key, words in (("oneOf", "one of:"), ("anyOf", "any of:")):
            branches = [one for one in schema.get(key, ()) if one != {"type": "null"}]
            if len(branches) == 1:
                self._of(branches[0], level, lines)
            elif any(self._has_inside(branch) for branch in branches):
                lines.append(f"{indent}- {words}")
                for branch in branches:
                    self._branch(branch, level + 1, lines)
        self._conditions(schema, level, lines)

    def _branch(self, schema: JsonSchema, level: int, lines: list[str]) -> None:
        title = schema.get("title") if is_object(schema) else None
        facts = ", ".join(_facts(schema, self._target(schema)))
        described = one_line(_description(schema) or _description(self._target(schema)))
        told = f"{'  ' * level}- {title or type_words(schema)}{f' ({facts})' if facts else ''}"
        lines.append(f"{told}: {described}" if described else told)
        self._of(schema, level + 1, lines)

    def _conditions(self, schema: dict[str, Any], level: int, lines: list[str]) -> None:
        """What holds where a member has a certain value, as objects are told apart by their tag."""
        condition, then = schema.get("if"), schema.get("then")
        if not is_object(condition) or not is_object(then):
            return
        for key, member in condition.get("properties", {}).items():
            if is_object(member) and "const" in member:
                lines.append(f"{'  ' * level}- where `{key}` is `{member['const']}`:")
                self._of(then, level + 1, lines)

    def _merged(self, schema: dict[str, Any], told: list[str]) -> list[dict[str, Any]]:
        """The schema, and all that `allOf` adds to it: they hold for the same value.

        Args:
            schema: whose parts they are.
            told: is given the names of those that stand on the page already.
        """
        parts = [schema]
        for one in schema.get("allOf", ()):
            name = reference_of(one)
            target = one if name is None else self._definitions.get(name)
            if name is not None and name in self._told:
                told.append(name)
            elif is_object(target):
                self._told.update([name] if name is not None else [])
                parts += self._merged(target, told)
            if name is not None:
                parts.append({key: value for key, value in one.items() if key != "$ref"})
        return parts

    def _has_inside(self, schema: Any) -> bool:
        if not is_object(schema):
            return False
        name = reference_of(schema)
        if name is not None:
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
