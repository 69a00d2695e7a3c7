"""What the catalogue tells of an API, and of an operation: for people as Markdown, for programs as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from httptask.catalog.errors import CatalogError
from httptask.catalog.index import About
from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.json.types import is_array, is_object
from httptask.openapi.depth import SHOWN, definitions_within
from httptask.openapi.operation import Operation, as_json
from httptask.openapi.reader import Listed
from httptask.openapi.schemas import JsonSchema
from httptask.openapi.words import reference_of

__all__ = ["ApiOverview", "FieldReference", "Preset", "Reference"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider that a connection can name, whose server has the operation.

    Attributes:
        base_url: empty where every customer has another; `example` then shows its form.
        secret: the environment variable that the credential is in, empty for none.
        as_of: the month by which it was so.
    """

    provider: str
    title: str
    base_url: str
    example: str
    secret: str
    as_of: str


@dataclass(frozen=True, slots=True)
class ApiOverview:
    """An API and its operations.

    Attributes:
        source: the URL that its document was loaded from; None for a file.
        problems: of its document.
    """

    name: str
    source: str | None
    about: About
    operations: tuple[Listed, ...]
    problems: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "name": self.name,
            "source": self.source,
            **asdict(self.about),
            "operations": [{**one._asdict(), "tags": list(one.tags)} for one in self.operations],
            "problems": as_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class FieldReference:
    """A field of a body, or of an answer, of an operation.

    Attributes:
        operation: `API.OPERATION`.
        name: with those of the part and the fields that it is in: `200.data.customer`.
        definitions: what the schema refers to as `#/$defs/NAME`.
        deeper: names of such that are not among them, for they stand deeper.
    """

    operation: str
    name: str
    schema: JsonSchema
    definitions: Mapping[str, JsonSchema]
    deeper: tuple[str, ...]

    @property
    def description(self) -> str:
        """What the document says of it, or of what it refers to; empty for nothing."""
        target = self.definitions.get(reference_of(self.schema) or "")
        described = (one.get("description") for one in (self.schema, target) if is_object(one))
        return next((one for one in described if isinstance(one, str)), "")

    def as_json(self) -> dict[str, Any]:
        """As a program reads it: the schema is JSON Schema 2020-12."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reference:
    """An operation of an API.

    Attributes:
        presets: providers whose servers have it, where httptask knows them.
        authentication: how its requests are authenticated, as somebody told for a document that does not say it.
        source: the URL that its document was loaded from; None for a file.
    """

    api: str
    operation: Operation
    presets: tuple[Preset, ...] = ()
    authentication: str | None = None
    source: str | None = None

    @property
    def name(self) -> str:
        """By which people name it."""
        return f"{self.api}.{self.operation.name}"

    def as_json(self) -> dict[str, Any]:
        """As a program reads it: every key is there, also where it is empty; schemas are JSON Schema 2020-12."""
        return {"api": self.api, **as_json(self.operation), "presets": as_json(self.presets)}

    def field(self, name: str, levels: int = SHOWN.request) -> FieldReference:
        """A field of a body or of an answer; of an operation that was read with all of its definitions.

        Args:
            name: `body` or the status of an answer, and names of fields with dots between: `200.data.customer`. Of
                lists and alternatives nothing has to be named.
            levels: of fields within it, whose definitions are wanted.

        Raises:
            CatalogError: there is none of that name.
        """
        part, *names = name.split(".")
        found = self._part(part)
        for index, one in enumerate(names):
            members = _members(found, self.operation.definitions)
            if one.isdecimal() and one not in members:
                continue
            if one not in members and "" not in members:
                where = ".".join((part, *names[:index]))
                hint = hint_for_unknown(one, members, f"fields of `{where}`")
                raise CatalogError(f"there is no field `{one}` in `{where}` of `{self.name}`", hint)
            found = members.get(one, members.get("", []))
        schema = found[0] if len(found) == 1 else {"anyOf": found}
        reached = definitions_within(
            [(schema, levels)], lambda key: self.operation.definitions.get(key, True)
        )
        return FieldReference(self.name, name, schema, reached.definitions, reached.deeper)

    def _part(self, name: str) -> list[JsonSchema]:
        """The schemas of a body or an answer, one of each kind."""
        contents = {one.status: one.contents for one in self.operation.responses}
        if self.operation.body is not None:
            contents["body"] = self.operation.body.contents
        if not (schemas := [content.schema for content in contents.get(name, ())]):
            known = [part for part, described in contents.items() if described]
            hint = hint_for_unknown(name, known, f"parts of `{self.name}`")
            raise CatalogError(f"there is no part `{name}` of `{self.name}`, or it has no content", hint)
        return [one for index, one in enumerate(schemas) if one not in schemas[:index]]


def _members(schemas: list[JsonSchema], definitions: Mapping[str, JsonSchema]) -> dict[str, list[JsonSchema]]:
    """What values of schemas have inside: by the names of fields, and under an empty one what any other name has."""
    found: dict[str, list[JsonSchema]] = {}
    for part in _parts(schemas, definitions):
        members = [
            *part.get("properties", {}).items(),
            *((f"[{index}]", one) for index, one in enumerate(part.get("prefixItems", ()))),
            *(("", one) for one in part.get("patternProperties", {}).values()),
            *([("", part["additionalProperties"])] if is_object(part.get("additionalProperties")) else []),
        ]
        for name, schema in members:
            known = found.setdefault(name, [])
            if schema not in known:
                known.append(schema)
    return found


def _parts(schemas: list[JsonSchema], definitions: Mapping[str, JsonSchema]) -> Iterator[dict[str, Any]]:
    """All that schemas say of a value, of its items where it is a list, in any alternative."""
    passed: set[str] = set()
    pending: list[Any] = [*reversed(schemas)]
    while pending:
        schema = pending.pop()
        if not is_object(schema):
            continue
        yield schema
        name = reference_of(schema)
        if name is not None and name not in passed:
            passed.add(name)
            pending.append(definitions.get(name))
        pending += [schema.get("items"), schema.get("then")]
        pending += [
            one for key in ("allOf", "anyOf", "oneOf") if is_array(parts := schema.get(key)) for one in parts
        ]
