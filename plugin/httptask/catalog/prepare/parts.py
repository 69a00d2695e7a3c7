"""The parts of a request that an operation's reference tells of: parameters and body, with a value for each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import quote

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.named_secrets import NeededSecret, secret_name
from httptask.catalog.prepare.credentials import Recipe
from httptask.catalog.prepare.fields import Fields
from httptask.catalog.prepare.given import Given, UnknownField
from httptask.catalog.prepare.prepared import PreparedBody
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.prepare.sampling import Path, Sample, sample
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.expressions import as_literal
from httptask.http.headers import FORM_TYPE, KEYED_METHODS, media_type
from httptask.http.styles import header_text, path_text, query_fields
from httptask.json.pointer import json_pointer
from httptask.json.tree import map_texts
from httptask.json.types import is_array, is_object
from httptask.openapi.operation import Content, Operation, Parameter
from httptask.openapi.schemas import JsonSchema

__all__ = ["OptionalFields", "RequestParts", "WrittenBody"]

OptionalFields = Literal["none", "example", "all"]
"""Which fields are filled in that are not required: none, those of the document's example of the body, all."""

_OF_HTTP: Final = frozenset({"accept", "authorization", "content-type"})
"""Headers that are no parameters, whatever a document says (OpenAPI 3.1.1, section 4.8.12.1)."""
_CREDENTIALS: Final = frozenset({"accesstoken", "apikey", "apitoken", "authtoken", "token"})
"""Names of parameters that hold one, without `-` and `_`."""
_TOKENS: Final = frozenset({"bearer", "oauth2", "oidc"})
_IDEMPOTENCY_KEY: Final = "idempotencykey"
_KEY_OF_RUN: Final = r'${ "\($workflow.id)-\($task.startedAt.epoch.milliseconds)"[-36:] }'
"""The same for each attempt of a task, and as long as the UUIDs that APIs expect there."""
_UUID_OF_RUN: Final = (
    r'${ "\($workflow.id) \($task.startedAt.epoch.milliseconds)" | explode as $text'
    r" | [range(32) as $n | reduce $text[] as $c ($n; (. * ($n + 257) + $c) % 65521) % 16"
    r' | "0123456789abcdef"[.:. + 1]] | add'
    r' | "\(.[:8])-\(.[8:12])-4\(.[13:16])-a\(.[17:20])-\(.[20:])" }'
)
"""The same as a UUID (RFC 9562, section 5.4): each of its 32 digits is one of 32 sums over all letters of the text."""
_LIKE_KEY_OF_RUN: Final = "run-1764430000000"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IN_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_BEFORE_FRAGMENT: Final = re.compile(r"(?:\{[^{}]*\}|[^#])*")
"""What of a path is sent: never the fragment (RFC 3986, section 3.5), by which some documents tell operations apart."""
_OF_PATHS: Final = "!$&'()*+,;=:@/%?"
_BODILESS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True)
class WrittenBody:
    """A body in one media type, and how a definition has it."""

    content: Content
    prepared: PreparedBody
    written: Any


@dataclass
class RequestParts:
    """The parts of one request, as they grow.

    Attributes:
        api: its name.
        recipe: what the connection sends to authenticate.
        separators: of lists in the query that are one parameter.
        in_path: what stands for each parameter of the path, encoded.
        whole_query: a query that is no list of parameters, with its `?`.
        secrets: that stand in parameters, by name.
        fill_in: names of those whose values were made up.
        made_up: JSON Pointers of those that are none of few values, such as `/path/id` or `/body/title`.
        from_examples: names of those whose values are examples of the document.
        problems: what does not fit the reference.
    """

    api: str
    operation: Operation
    schemas: RequestSchemas
    fields: Fields
    optional: OptionalFields
    recipe: Recipe
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    separators: dict[str, str] = field(default_factory=dict[str, str])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cookies: list[str] = field(default_factory=list[str])
    in_path: dict[str, str] = field(default_factory=dict[str, str])
    whole_query: str = ""
    secrets: dict[str, NeededSecret] = field(default_factory=dict[str, NeededSecret])
    fill_in: list[str] = field(default_factory=list[str])
    made_up: list[str] = field(default_factory=list[str])
    from_examples: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def add_parameters(self) -> None:
        """Give all parameters that are required, or given, their value."""
        for parameter in self.operation.parameters:
            self._add(parameter)

    def _add(self, parameter: Parameter) -> None:
        given = self.fields.parameters.get((parameter.location, parameter.name))
        is_of_http = parameter.location == "header" and parameter.name.lower() in _OF_HTTP
        is_wanted = parameter.required or (self.optional == "all" and not parameter.deprecated)
        if given is None and (not is_wanted or is_of_http):
            return
        where = f"{parameter.location}.{parameter.name}"
        shown = [one.value for one in parameter.examples if not one.url]
        if given is None and self._is_sent_anyway(parameter, where):
            return
        if given is None and _is_credential(parameter):
            given = Given(self._secret(parameter.name, where))
        found = self._sample(self.schemas.of(parameter.schema), where, parameter.name, shown, given)
        name, value, style = as_literal(parameter.name), _written(found), parameter.written
        match parameter.location:
            case "path":
                text = path_text(name, value, style, [*found.expressions.values()])
                if not text:
                    self.problems.append(f"{where}: an empty value can't stand in a path")
                self.in_path[parameter.name] = text
            case "query":
                self.query |= query_fields(name, value, style)
                if style.separator is not None and (is_array(found.value) or is_object(found.value)):
                    self.separators[name] = style.separator
            case "header":
                self.headers[name] = header_text(value, style)
            case "cookie":
                self.cookies.append(f"{name}={header_text(value, style)}")
            case "querystring":
                self._add_querystring(parameter, value)
            case _:
                self.problems.append(f"{where}: there is no such place for a parameter")

    def _is_sent_anyway(self, parameter: Parameter, where: str) -> bool:
        """Whether the connection, or the task by itself, sends what a parameter is for."""
        plain, ways = _plain_name(parameter.name), self.recipe.authentication
        key = ways.get("api_key", {})
        is_token = _is_credential(parameter) and "token" in plain and not ways.keys().isdisjoint(_TOKENS)
        if is_token or (key.get("in"), key.get("name")) == (parameter.location, parameter.name):
            self.notes.append(f"{where} is left out: the connection sends that credential; --field gives it")
            return True
        is_keyed = self.operation.method in KEYED_METHODS and parameter.location == "header"
        if is_keyed and parameter.name.lower() == "idempotency-key":
            self.notes.append(f"{where} is left out: a task sends one of its own")
            return True
        return False

    def _secret(self, name: str, where: str) -> str:
        """An expression for a credential that is a parameter: no definition holds one as it is."""
        secret = secret_name(self.api, name)
        self.secrets[secret] = NeededSecret(secret, where)
        return f"${{ $secrets.{secret} }}"

    def _add_querystring(self, parameter: Parameter, value: Any) -> None:
        """The whole query: the members of a form are its parameters, any other text stands as it is."""
        if media_type(parameter.media_type)[0] == FORM_TYPE and is_object(value):
            for name, one in value.items():
                self.query |= query_fields(name, one, Parameter(name, "query").written)
        else:
            self.whole_query = f"?{quote(header_text(value, parameter.written), safe='')}"

    @property
    def path(self) -> str:
        """The path with its parameters, percent-encoded; expressions in it as they are."""
        sent = _BEFORE_FRAGMENT.match(self.operation.path)
        assert sent is not None  # which even an empty one is
        pieces = _IN_BRACES.split(sent[0])
        names = pieces[1::2]
        pieces[0::2] = [quote(text, safe=_OF_PATHS) for text in pieces[0::2]]
        pieces[1::2] = [self.in_path.get(name, f"%7B{quote(name)}%7D") for name in names]
        path = "".join(re.sub(r"\$$", "%24", one) if at % 2 == 0 else one for at, one in enumerate(pieces))
        return ("" if path.startswith("/") else "/") + path + self.whole_query

    def body(self, content: Content | None) -> WrittenBody | None:
        """The body in one media type; None where none is needed, or nothing would stand in it."""
        if self.operation.body is None or content is None:
            return None
        schema, given = self.schemas.of(content.schema), self.fields.body
        shown = [one.value for one in content.examples if not one.url]
        if given is None and self.optional == "example":
            whole = self._example(shown, schema)
            if whole is not None:
                self.from_examples.append("body")
                self._vary_keys(schema, whole, "body", "", None)
                return WrittenBody(content, PreparedBody(content.media_type, whole.value), _written(whole))
            self.notes.append("the document shows no example of the body that fits its schema")
        kept = [(names, len(names)) for names in (self.fill_in, self.made_up, self.from_examples)]
        found = self._sample(schema, "body", "", shown, given)
        is_needed = self.operation.body.required or given is not None or self.optional == "all"
        if not is_needed and (not found.value or self.operation.method in _BODILESS):
            for names, count in kept:
                del names[count:]
            if self.operation.method not in _BODILESS:
                self.notes.append(
                    "the body is left out, for nothing of it is required: --field gives some of it"
                )
            return None
        return WrittenBody(
            content, PreparedBody(content.media_type, found.value, found.fault), _written(found)
        )

    def _example(self, shown: list[Any], schema: JsonSchema) -> Sample | None:
        """The first example of the whole body that fits."""
        inside: list[Any] = schema.get("examples", []) if is_object(schema) else []
        return next((Sample(one) for one in [*shown, *inside] if self.schemas.fits(schema, one)), None)

    def _sample(
        self, schema: JsonSchema, where: str, name: str, shown: list[Any], given: Given | None
    ) -> Sample:
        is_whole = self.optional == "all"
        try:
            found = sample(schema, self.schemas, name=name, shown=shown, given=given, with_optional=is_whole)
        except UnknownField as unknown:
            at = ".".join([where, *map(str, unknown.path)])
            hint = hint_for_unknown(str(unknown.path[-1]), unknown.known, "fields")
            raise CatalogError(f"--field {at}: there is no such field", hint) from None
        if found.fault is not None:
            place, message = found.fault
            at = where + place.replace("/", ".")
            if given is not None:
                raise CatalogError(f"--field {at}: {message}", "`httptask catalog show` tells what it takes")
            self.problems.append(f"{at}: {message}")
        varied = self._vary_keys(schema, found, where, name, given)
        for names, paths in ((self.fill_in, found.invented), (self.from_examples, found.shown)):
            names += [_name(where, path) for path in paths if path not in varied]
        part, _, of_part = where.partition(".")
        self.made_up += [
            json_pointer([part, *([of_part] if of_part else ()), *path])
            for path in found.invented
            if path not in varied and path not in found.chosen
        ]
        return found

    def _vary_keys(
        self, schema: JsonSchema, found: Sample, where: str, name: str, given: Given | None
    ) -> list[Path]:
        """Put an expression for each idempotency key that nobody gave: with a fixed one only the first run counts."""
        varied = {
            path: self._key(schema, found.value, path, key)
            for path, key in _keys_in(found.value, (), name)
            if path not in found.expressions and not _is_given(given, path)
        }
        found.expressions = {**found.expressions, **varied}
        self.notes += [
            f"{_name(where, path)} is another in each run, and the same in each attempt; in a loop put $index into it"
            for path in varied
        ]
        return [*varied]

    def _key(self, schema: JsonSchema, value: Any, path: Path, key: str) -> str:
        """The expression for an idempotency key: a UUID where it is to be one."""
        if not _UUID.fullmatch(key):
            return _KEY_OF_RUN
        with_another = _with_expressions(value, {path: _LIKE_KEY_OF_RUN}, ())
        return _KEY_OF_RUN if self.schemas.fits_with_formats(schema, with_another) else _UUID_OF_RUN


def _is_credential(parameter: Parameter) -> bool:
    """Whether a parameter is one by its name; what stands in a path names what is called, and no secret does."""
    return parameter.location != "path" and _plain_name(parameter.name) in _CREDENTIALS


def _plain_name(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _name(where: str, path: Path) -> str:
    return ".".join([where, *map(str, path)])


def _keys_in(value: Any, path: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Idempotency keys in a value, each with its place."""
    if isinstance(value, str) and _plain_name(name).endswith(_IDEMPOTENCY_KEY):
        yield path, value
    elif is_object(value):
        for key, one in value.items():
            yield from _keys_in(one, (*path, key), key)
    elif is_array(value):
        for index, one in enumerate(value):
            yield from _keys_in(one, (*path, index), "")


def _is_given(given: Given | None, path: Path) -> bool:
    for key in path:
        if given is None or not given.members:
            break
        given = given.members.get(str(key))
    return given is not None


def _written(found: Sample) -> Any:
    """The value as a definition has it: with its expressions, and with what looks like one as text."""
    escaped = map_texts(found.value, as_literal)
    return _with_expressions(escaped, found.expressions, ()) if found.expressions else escaped


def _with_expressions(value: Any, expressions: Mapping[Path, str], path: Path) -> Any:
    if path in expressions:
        return expressions[path]
    if is_object(value):
        return {key: _with_expressions(one, expressions, (*path, key)) for key, one in value.items()}
    if is_array(value):
        return [_with_expressions(one, expressions, (*path, index)) for index, one in enumerate(value)]
    return value
