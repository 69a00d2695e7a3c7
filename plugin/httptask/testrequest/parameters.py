"""Parameters of a request, read as their styles write them, against those that an operation has."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from httptask.catalog.prepare.request_schemas import RequestSchemas, UnusableSchema, ValueFault
from httptask.catalog.prepare.variants import Variant, types_of, variants
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import closest, did_you_mean, hint_for_misspelt
from httptask.http.headers import FORM_TYPE, media_type
from httptask.http.models import HttpRequest
from httptask.http.parameters import encoded_query
from httptask.http.styles import Found, read_header, read_path, read_query
from httptask.json.pointer import child_pointer, json_pointer, pointer_tokens
from httptask.json.types import is_array, is_object
from httptask.openapi.operation import Operation, Parameter
from httptask.openapi.schemas import JsonSchema

__all__ = ["SentParameters", "reference_fault", "unlike", "wanted_otherwise"]

_ELSEWHERE: Final = frozenset({"accept", "authorization", "content-type"})
"""Headers that are told in other places than among the parameters (OpenAPI 3.1.1, section 4.8.12.1)."""
_LONGEST: Final = 300
_MOST_TOLD: Final = 20


class SentParameters:
    """What a request has for the parameters of an operation.

    Args:
        operation: that it calls.
        schemas: of the operation.
        request: as the task has it.
        headers: names of all that go out.
        in_path: what stands for each parameter of the path, encoded.
        in_query: names of all parameters of the query that go out.
    """

    def __init__(
        self,
        operation: Operation,
        schemas: RequestSchemas,
        request: HttpRequest,
        headers: Iterable[str],
        in_path: Mapping[str, str],
        in_query: Collection[str],
    ) -> None:
        self._operation = operation
        self._schemas = schemas
        self._query = _pairs(request)
        self._headers = {name.lower() for name in headers}
        self._own_headers = {name.lower(): text for name, text in request.headers.items()}
        self._in_path = in_path
        self._in_query = in_query
        self._secret = {reference.pointer for reference in request.secrets}
        self._known = {one.parameter for some in operation.authentication.alternatives for one in some}

    def faults(self) -> Iterator[Fault]:
        """Where they are missing, or not as the reference describes them."""
        for parameter in self._operation.parameters:
            pointer = json_pointer([parameter.location, parameter.name])
            found = [*self._readings(parameter)]
            self._known.update(*(one.names for one in found))
            if not found and parameter.required and self._is_missing(parameter):
                argument = "query" if parameter.location == "query" else "headers"
                hint = f"add `{parameter.name}` to `{argument}`"
                yield reference_fault(pointer, "missing", f"`{parameter.name}` is required here", hint)
            elif found and not self._is_secret(parameter, found):
                yield from self._value_faults(parameter, found, pointer)

    def unknown(self, operation: str) -> Iterator[Fault]:
        """What is in the query, and no parameter of it; to be asked behind `faults`."""
        names = [one.name for one in self._operation.parameters if one.location == "query"]
        known = self._known.union(names, (name.removesuffix("[]") for name in names))
        for name in dict.fromkeys(name for name, _ in self._query if name not in known):
            hint = hint_for_misspelt(name, names, mark="`") or f"see `httptask catalog show {operation}`"
            message = f"the reference knows no `{name}` in the query"
            yield reference_fault(json_pointer(["query", name]), "unknown", message, hint)

    def _readings(self, parameter: Parameter) -> Iterator[Found]:
        name, style = parameter.name, parameter.written
        match parameter.location:
            case "query":
                own = self._names_for(parameter)
                yield from read_query(name, style, [pair for pair in self._query if pair[0] in own])
            case "querystring" if self._query:
                yield from self._whole_query(parameter)
            case "path" if name in self._in_path:
                yield from read_path(name, style, self._in_path[name])
            case "header" if name.lower() in self._own_headers and name.lower() not in _ELSEWHERE:
                yield from read_header(style, self._own_headers[name.lower()])
            case "cookie" if (text := self._cookies().get(name)) is not None:
                yield from read_header(style, text)
            case _:
                pass

    def _names_for(self, parameter: Parameter) -> Collection[str]:
        """Names in the query that may be of a parameter: of an object also those of its members."""
        names = {name for name, _ in self._query}
        own = {name for name in names if name == parameter.name or name.startswith(f"{parameter.name}[")}
        style = parameter.written
        if style.separator is not None or style.media_type or style.name == "deepObject":
            return own
        others = {one.name for one in self._operation.parameters if one is not parameter}
        for one in self._variants(parameter.schema):
            if "object" not in types_of(one):
                continue
            members = set(one.get("properties", ()))
            is_told = is_object(one.get("properties")) and one.get("additionalProperties") is False
            if "type" in one or members:
                own |= names & members if is_told else names - others
        return own

    def _whole_query(self, parameter: Parameter) -> Iterator[Found]:
        names = frozenset(name for name, _ in self._query)
        if media_type(parameter.media_type)[0] == FORM_TYPE:
            yield Found({name: unquote(text) for name, text in self._query}, names)
        else:
            yield Found(unquote("&".join("=".join(pair).removesuffix("=") for pair in self._query)), names)

    def _cookies(self) -> dict[str, str]:
        pairs = (one.strip().partition("=") for one in self._own_headers.get("cookie", "").split(";"))
        return {name: text for name, _, text in pairs}

    def _is_missing(self, parameter: Parameter) -> bool:
        """Whether nobody sends a parameter that a request has to have."""
        match parameter.location:
            case "query":
                return parameter.name not in self._in_query
            case "header":
                return parameter.name.lower() not in self._headers | _ELSEWHERE
            case _:
                return False

    def _is_secret(self, parameter: Parameter, found: Sequence[Found]) -> bool:
        """Whether a secret stands in its place, which is not known here."""
        match parameter.location:
            case "path":
                return "/url" in self._secret
            case "header" | "cookie":
                name = "cookie" if parameter.location == "cookie" else parameter.name.lower()
                return any(one.lower() == json_pointer(["headers", name]) for one in self._secret)
            case _:
                places = [json_pointer(["query", name]) for one in found for name in one.names]
                return "/url" in self._secret or any(
                    f"{one}/".startswith(f"{place}/") for one in self._secret for place in places
                )

    def _value_faults(self, parameter: Parameter, found: Sequence[Found], pointer: str) -> Iterator[Fault]:
        """Of what fits in no way in which it can be read, what the likeliest is otherwise."""
        schema = self._schemas.of(parameter.schema)
        try:
            values = [one for reading in found for one in self._typed(reading.value, schema)]
            if any(self._schemas.fits(schema, one) for one in values):
                style = parameter.written
                if style.separator is not None and parameter.location == "query":
                    yield from self._repeated(parameter, pointer, style.separator)
                return
            likeliest = next(iter(values), found[0].value)
        except UnusableSchema:  # many documents have schemas that are none
            return
        yield from unlike(self._schemas, schema, likeliest, pointer)

    def _repeated(self, parameter: Parameter, pointer: str, separator: str) -> Iterator[Fault]:
        if sum(name == parameter.name for name, _ in self._query) > 1:
            message = f"the reference wants all items of `{parameter.name}` in one parameter"
            hint = f'write `separators: {{ {parameter.name}: "{separator}" }}` beside `query`'
            yield reference_fault(pointer, "repeated", message, hint)

    def _typed(self, texts: Any, schema: JsonSchema) -> Iterator[Any]:
        """What was read, as values of the types that a schema asks for there."""
        for one in self._variants(schema):
            types = types_of(one)
            if isinstance(texts, str):
                yield from _scalars(texts, types)
            elif is_array(texts) and "array" in types:
                yield [self._best(item, one.get("items", True)) for item in texts]
            elif is_object(texts):
                if "array" in types and texts and all(key.isdecimal() for key in texts):
                    yield [self._best(item, one.get("items", True)) for item in texts.values()]
                if "object" in types:
                    yield {key: self._best(text, _member(one, key)) for key, text in texts.items()}

    def _best(self, texts: Any, schema: JsonSchema) -> Any:
        values = [*self._typed(texts, schema)]
        return next((one for one in values if self._schemas.fits(schema, one)), (*values, texts)[0])

    def _variants(self, schema: JsonSchema) -> Iterator[Variant]:
        return variants(self._schemas.of(schema), self._schemas)


def unlike(
    schemas: RequestSchemas, schema: JsonSchema, value: Any, pointer: str, unknown: Iterable[str] = ()
) -> Iterator[Fault]:
    """What a schema has against a value; of a field that is missing for it is misspelt, that alone.

    Args:
        schemas: of the operation.
        schema: one of them.
        value: that is held against it.
        pointer: of the value.
        unknown: pointers in the value of fields that the schema does not name, though it may take them.
    """
    try:
        faults = [*schemas.faults(schema, value)]
    except UnusableSchema:
        return
    misspelt = _misspelt(faults, unknown)
    for fault in faults[:_MOST_TOLD]:
        written = misspelt.get((fault.place, fault.missing))
        others = [one for one in fault.unknown if (fault.place, one) not in misspelt.values()]
        if written is not None:
            _, name = written
            message = f"the reference knows no `{name}` here, and wants `{fault.missing}`"
            place = pointer + child_pointer(fault.place, name)
            yield reference_fault(place, "misspelt", message, did_you_mean(name, fault.missing or ""))
        elif others == [*fault.unknown]:
            yield wanted_otherwise(pointer + fault.place, fault.message)
        elif others:
            yield wanted_otherwise(pointer + fault.place, f"it has no {', '.join(others)}")


def _misspelt(
    faults: Iterable[ValueFault], unknown: Iterable[str]
) -> dict[tuple[str, str | None], tuple[str, str]]:
    """Fields that stand in the place of missing ones, by the place and the name of these."""
    faults = [*faults]
    unnamed = {(fault.place, name) for fault in faults for name in fault.unknown}
    unnamed |= {(place.rpartition("/")[0], pointer_tokens(place)[-1]) for place in unknown}
    found = dict[tuple[str, str | None], tuple[str, str]]()
    for fault in faults:
        for one in sorted(unnamed - {*found.values()}) if fault.missing is not None else ():
            if one[0] == fault.place and closest(one[1], [fault.missing or ""]) is not None:
                found[fault.place, fault.missing] = one
                break
    return found


def wanted_otherwise(pointer: str, message: str) -> Fault:
    """What a schema says, as a warning."""
    return reference_fault(
        pointer, "unlike-reference", shortened(f"the reference wants it otherwise: {message}", _LONGEST)
    )


def reference_fault(pointer: str, code: str, message: str, hint: str | None = None) -> Fault:
    """A warning: something is not as the reference describes it."""
    return Fault(shortened(pointer, _LONGEST), code, message, hint or None, Severity.WARNING)


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """Names, and encoded values, of what a task itself has in the query."""
    written = request.url.partition("#")[0].partition("?")[2]
    pairs = (one.partition("=") for one in written.split("&") if one)
    own = [(name, text) for name, _, text in pairs]
    return [(unquote(name), text) for name, text in (*own, *encoded_query(request.query, request.separators))]


def _scalars(text: str, types: Collection[str]) -> Iterator[Any]:
    if "string" in types:
        yield text
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        if "string" not in types:
            yield text


def _member(schema: Variant, name: str) -> JsonSchema:
    found: JsonSchema = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
    return found
