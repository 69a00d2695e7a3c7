"""Values that a schema takes: what somebody gave, what the document shows, and otherwise the least that fits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

from httptask.catalog.prepare.given import Given, has_expressions, known_first, read_value
from httptask.catalog.prepare.request_schemas import RequestSchemas, UnusableSchema, references
from httptask.catalog.prepare.scalars import sample_numbers, sample_texts
from httptask.catalog.prepare.variants import Variant, as_schema, types_of, variants
from httptask.dsl.expressions import has_expression
from httptask.json.types import is_array, is_number, is_object
from httptask.openapi.schemas import JsonSchema

__all__ = ["Path", "Sample", "sample"]

Path = tuple[str | int, ...]

_DEEPEST: Final = 40
_MOST_VALUES: Final = 5000
"""That are made, with those that are tried in vain."""
_MOST_TRIES: Final = 64
_MOST_ADDED: Final = 24
_CHECKED: Final = ("not", "if", "contains", "dependentSchemas", "propertyNames")


class Place(NamedTuple):
    """Where a value stands.

    Attributes:
        path: the keys that lead to it.
        refs: definitions that it is within.
        shown: values that the document shows there.
        given: what somebody gave there.
    """

    path: Path = ()
    refs: frozenset[str] = frozenset()
    shown: tuple[Any, ...] = ()
    given: Given | None = None

    @property
    def members(self) -> Mapping[str, Given]:
        """What somebody gave within the value."""
        return {} if self.given is None else self.given.members


@dataclass
class Sample:
    """A value, and where it comes from.

    Attributes:
        invented: places whose value nobody gave or showed.
        chosen: those of them whose value is one of few: of a list, or a boolean.
        shown: places whose value is one that the document shows.
        expressions: what is to stand in place of a value, by its place.
        fault: what the schema has against it, with the place; None where it fits.
    """

    value: Any
    invented: tuple[Path, ...] = ()
    expressions: Mapping[Path, str] = field(default_factory=dict[Path, str])
    fault: tuple[str, str] | None = None
    shown: tuple[Path, ...] = ()
    chosen: tuple[Path, ...] = ()


class _Impossible(Exception):
    """No value was found."""


def sample(
    schema: JsonSchema,
    schemas: RequestSchemas,
    *,
    name: str = "",
    shown: Sequence[Any] = (),
    given: Given | None = None,
    with_optional: bool = False,
) -> Sample:
    """A value for a schema.

    Args:
        schema: as `schemas.of` gives it.
        schemas: what it refers to.
        name: of the field that it is for.
        shown: examples; they count where they fit.
        given: what somebody gave, which is taken as it is, fitting or not.
        with_optional: whether fields that are not required get a value, too.

    Raises:
        UnknownField: the schema has no field of a name that was given.
    """
    best: Sample | None = None
    for is_thorough in (False, True):
        sampler = _Sampler(schemas, with_optional=with_optional, is_thorough=is_thorough)
        found = sampler.sample(schema, name, Place(shown=tuple(shown), given=given))
        if found.fault is None:
            return found
        best = best if best is not None and found.value is None else found
    assert best is not None
    return best


class _Sampler:
    """Makes one value.

    Args:
        schemas: of the operation.
        with_optional: whether fields that are not required get a value.
        is_thorough: whether each value of several kinds is held against its schema as it is made.
    """

    def __init__(self, schemas: RequestSchemas, *, with_optional: bool, is_thorough: bool) -> None:
        self._schemas = schemas
        self._with_optional = with_optional
        self._is_thorough = is_thorough
        self._left = _MOST_VALUES
        self._invented: dict[Path, Any] = {}
        self._shown: dict[Path, Any] = {}
        self._chosen: dict[Path, Any] = {}
        self._expressions: dict[Path, str] = {}

    def sample(self, schema: JsonSchema, name: str, place: Place) -> Sample:
        """A value, and what the schema has against it.

        Raises:
            UnknownField: the schema has no field of a name that was given.
        """
        value: Any = None
        try:
            value = self.value(schema, name, place)
            found = next(self._schemas.faults(schema, value), None)
            fault = None if found is None else (found.place, found.message)
        except _Impossible as error:
            fault = ("", str(error))
        except UnusableSchema as error:
            fault = ("", f"the schema can't be used: {error}")
        return Sample(
            value,
            self._kept(self._invented, value),
            self._expressions,
            fault,
            self._kept(self._shown, value),
            self._kept(self._chosen, value),
        )

    def _kept(self, places: Mapping[Path, Any], value: Any) -> tuple[Path, ...]:
        """Those whose value is in the whole, where no expression fills them."""
        return tuple(
            path for path, one in places.items() if path not in self._expressions and _at(value, path) == one
        )

    def value(self, schema: JsonSchema, name: str, place: Place) -> Any:
        """A value for a schema.

        Raises:
            _Impossible: none was found.
            UnknownField: the schema has no field of a name that was given.
        """
        self._left -= 1
        if len(place.path) > _DEEPEST or self._left < 0:
            raise _Impossible("it is nested without end")
        found = list(variants(schema, self._schemas, place.refs))
        if not found:
            raise _Impossible("no value fits all that it says")
        found = known_first(found, place.given, place.path, self._schemas)
        is_checked = self._is_thorough and (
            len(found) > 1 or any(key in variant for variant in found for key in _CHECKED)
        )
        failed: _Impossible | None = None
        first: list[Any] = []
        for variant in found[:_MOST_TRIES]:
            try:
                for value in islice(self._values(variant, name, place), _MOST_TRIES if is_checked else 1):
                    if not is_checked or self._fits(schema, value):
                        return value
                    first.append(value)
            except _Impossible as error:
                failed = error
        if first:
            return first[0]
        raise failed or _Impossible("no value fits all that it says")

    def _fits(self, schema: Any, value: Any) -> bool:
        try:
            return self._schemas.fits(schema, value)
        except UnusableSchema:
            return True

    def _values(self, variant: Variant, name: str, place: Place) -> Iterator[Any]:
        """Values for what all parts of a schema say, the best first."""
        given = place.given
        if given is not None and not given.members:
            yield self._given(variant, given, name, place)
            return
        if given is None:
            yield from self._told(variant, place)
        for kind in types_of(variant):
            if given is not None and kind not in ("object", "array"):
                continue
            yield from self._of_type(kind, variant, name, place)

    def _given(self, variant: Variant, given: Given, name: str, place: Place) -> Any:
        plain = as_schema(variant)
        value = read_value(given.value, variant)
        if (is_object(value) or is_array(value)) and has_expressions(value):
            return self.value(plain, name, place._replace(given=Given.of(value)))
        if not isinstance(value, str) or not has_expression(value):
            return value
        self._expressions[place.path] = value
        try:
            return self.value(plain, name, place._replace(given=None))
        except _Impossible:
            return value

    def _told(self, variant: Variant, place: Place) -> Iterator[Any]:
        """Values that the document tells: the only one, what it shows, the one by default, one of a list."""
        if "const" in variant:
            yield variant["const"]
        plain = as_schema(variant)
        is_container = types_of(variant)[0] in ("object", "array")
        for value in (*place.shown, *variant.get("examples", ())):
            is_taken_apart = is_container and is_object(value) and not self._is_thorough
            if not is_taken_apart and self._fits(plain, value):
                self._shown[place.path] = value
                yield value
        if "default" in variant and variant["default"] is not None and self._fits(plain, variant["default"]):
            yield variant["default"]
        for value in variant.get("enum", ()):
            if value is not None and self._fits(plain, value):
                if len(variant["enum"]) > 1:
                    self._invented[place.path] = self._chosen[place.path] = value
                yield value

    def _of_type(self, kind: str, variant: Variant, name: str, place: Place) -> Iterator[Any]:
        if ("enum" in variant or "const" in variant) and kind not in ("object", "array"):
            return
        match kind:
            case "object":
                yield from self._objects(variant, place)
            case "array":
                yield from self._arrays(variant, name, place)
            case "string":
                plain = as_schema(variant)
                for text in sample_texts(variant, name):
                    if self._fits(plain, text):
                        self._invented[place.path] = text
                        yield text
            case "integer" | "number":
                for number in sample_numbers(variant, is_whole=kind == "integer"):
                    self._invented[place.path] = number
                    yield number
            case "boolean":
                for choice in (True, False):
                    self._invented[place.path] = self._chosen[place.path] = choice
                    yield choice
            case _:
                yield None

    def _objects(self, variant: Variant, place: Place) -> Iterator[Any]:
        """Objects with what is required and given; then with more, where they do not fit yet."""
        properties: dict[str, Any] = variant.get("properties", {})
        known: dict[str, Any] = {}
        needed = {*variant.get("required", ()), *place.members}
        for name in dict.fromkeys((*properties, *variant.get("required", ()), *place.members)):
            if name in needed:
                known[name] = self._member(variant, name, place)
        optional = [name for name, part in properties.items() if name not in known and self._is_offered(part)]
        if self._with_optional:
            for name in optional:
                self._add(known, variant, name, place)
            optional = []
        least = variant.get("minProperties", 0)
        for name in [*optional, *(f"key{count}" for count in range(1, min(least, _MOST_ADDED) + 1))]:
            if len(known) >= least:
                break
            self._add(known, variant, name, place)
        ordered = _in_order(known, properties)
        yield ordered
        more = [name for name in optional if name not in known][:_MOST_ADDED]
        for name in more:
            if self._add(one := dict(known), variant, name, place):
                yield _in_order(one, properties)
        whole = dict(known)
        for name in more:
            self._add(whole, variant, name, place)
        yield _in_order(whole, properties)
        if self._is_thorough and not self._with_optional:
            self._with_optional = True
            yield from islice(self._objects(variant, place), 1)
            self._with_optional = False
        if self._with_optional:
            yield {name: value for name, value in ordered.items() if name in needed}

    def _is_offered(self, part: Any) -> bool:
        return part is not False and not (
            is_object(part) and (part.get("deprecated") is True or self._schemas.is_of_other_direction(part))
        )

    def _add(self, known: dict[str, Any], variant: Variant, name: str, place: Place) -> bool:
        """Put an optional field into an object, unless that would go on within itself."""
        try:
            known[name] = self._member(variant, name, place, is_optional=True)
        except _Impossible:
            return False
        return True

    def _member(self, variant: Variant, name: str, place: Place, *, is_optional: bool = False) -> Any:
        part = _schema_of(variant, name)
        if variant.get("$tag", ("",))[0] == name and name not in place.members:
            tag: Any = {"const": variant["$tag"][1]}
            if self._fits({"allOf": [part, tag]}, variant["$tag"][1]):
                part = {"allOf": [part, tag]}
        refs = place.refs | variant["$refs"]
        if is_optional and (_is_within(part, refs) or len(place.path) > _DEEPEST // 4):
            raise _Impossible("it is nested without end")
        shown = tuple(
            one[name]
            for one in (*place.shown, *variant.get("examples", ()))
            if is_object(one) and name in one
        )
        return self.value(part, name, Place((*place.path, name), refs, shown, place.members.get(name)))

    def _arrays(self, variant: Variant, name: str, place: Place) -> Iterator[Any]:
        least, most = variant.get("minItems", 0), variant.get("maxItems", _MOST_ADDED)
        given = max((int(index) + 1 for index in place.members if index.isdecimal()), default=0)
        prefix: list[Any] = variant.get("prefixItems", [])
        wanted = max(least, min(1, most), len(prefix) if least else 0, given)
        items: list[Any] = []
        refs = place.refs | variant["$refs"]
        shown = [one for one in (*place.shown, *variant.get("examples", ())) if is_array(one)]
        try:
            for index in range(min(wanted, 1000)):
                part = prefix[index] if index < len(prefix) else variant.get("items", True)
                told = tuple(one[index] for one in shown if index < len(one))
                at = Place((*place.path, index), refs, told, place.members.get(str(index)))
                items.append(self._item(part, name, at, items if variant.get("uniqueItems") else ()))
            yield items
        except _Impossible:
            if least > 0 or given:
                raise
        if least == 0 and not given:
            yield []

    def _item(self, part: Any, name: str, place: Place, others: Sequence[Any]) -> Any:
        value = self.value(part, name, place)
        if value not in others:
            return value
        for variant in variants(part, self._schemas, place.refs):
            for one in islice(self._values(variant, f"{name}{len(others) + 1}", place), _MOST_TRIES):
                if one not in others:
                    return one
            if is_number(value) and (value := max(others) + variant.get("multipleOf", 1)) not in others:
                return value
        raise _Impossible("there are not enough different items")


def _schema_of(variant: Variant, name: str) -> Any:
    found = variant.get("properties", {}).get(name)
    if found is not None:
        return found
    patterned = list(variant.get("patternProperties", {}).values())
    return patterned[0] if patterned else variant.get("additionalProperties", True)


def _is_within(schema: Any, refs: frozenset[str]) -> bool:
    """Whether a value would begin again what it stands in."""
    return not refs.isdisjoint(references(schema))


def _in_order(known: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: known[name]
        for name in [*(n for n in properties if n in known), *(n for n in known if n not in properties)]
    }


def _at(value: Any, path: Path) -> Any:
    for key in path:
        if is_object(value) and key in value:
            value = value[str(key)]
        elif is_array(value) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return _NOTHING
    return value


_NOTHING: Final = object()
