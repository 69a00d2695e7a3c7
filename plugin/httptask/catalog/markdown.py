"""References as pages of Markdown."""

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from httptask.catalog.fields import FieldLines, one_line
from httptask.catalog.reference import ApiOverview, FieldReference, Preset, Reference
from httptask.diagnostics.cutting import first_characters, in_one_line
from httptask.diagnostics.fault import Fault
from httptask.openapi.depth import SHOWN, Depth
from httptask.openapi.operation import (
    Authentication,
    Body,
    Content,
    Example,
    Operation,
    Parameter,
    Response,
    Scheme,
    Server,
)
from httptask.openapi.words import type_words, value_facts, value_words

__all__ = ["counted", "field_page", "overview_page", "problems_page", "reference_page"]

_LONGEST_EXAMPLE: Final = 4_000


def overview_page(api: ApiOverview) -> str:
    """An API and all its operations."""
    about = api.about
    facts = [f"version {about.version}" if about.version else "", about.format]
    facts += [counted(len(api.operations), "operation"), _problems_told(about.problems, api.name)]
    lines = [f"# {api.name}: {one_line(about.title)}", "", ", ".join(filter(None, facts))]
    if api.source:
        lines += ["", f"From {api.source}"]
    if about.description:
        lines += ["", about.description.strip()]
    lines += ["", "## Operations", ""]
    for one in api.operations:
        words = one_line(one.summary) or in_one_line(one.description)
        told = f"- `{one.name}`: {one.method} {one.path}{f': {words}' if words else ''}"
        lines.append(f"{told} (deprecated)" if one.deprecated else told)
    return "\n".join(lines)


def problems_page(name: str, problems: Iterable[Fault]) -> str:
    """What is wrong in a document."""
    lines = [f"- {one.pointer}: {one.message} ({one.code})" for one in problems]
    return "\n".join([f"# {name}: problems of its document", "", *(lines or ["None were found."])])


def reference_page(reference: Reference, depth: Depth = SHOWN) -> str:
    """An operation, with what it takes and gives.

    Args:
        reference: with definitions as deep as that, or deeper.
        depth: levels of fields that are written.
    """
    operation = reference.operation
    sent = FieldLines(operation.definitions, depth.request)
    received = sent.with_levels(depth.answers)
    problems = _problems_told(len(operation.problems), reference.name)
    lines = [
        *_heading(reference.name, operation),
        *_section("Servers", _servers(operation.servers, reference.presets)),
        *_section("Authentication", _authentication(operation.authentication)),
        *_section("Parameters", _parameters(operation.parameters, sent)),
        *(_body(operation.body, sent, reference.name) if operation.body else ()),
        *_responses(operation.responses, received, reference.name),
        *_section("Document", [f"It has {problems}."] if problems else []),
    ]
    return "\n".join(lines)


def field_page(field: FieldReference, levels: int = SHOWN.request) -> str:
    """A field of a body, or of an answer, with what is inside of it.

    Args:
        field: with definitions as deep as that, or deeper.
        levels: of fields that are written.
    """
    fields = FieldLines(field.definitions, levels)
    facts = ", ".join((type_words(field.schema), *value_facts(field.schema)))
    described = " ".join(filter(None, (_sentence(facts), one_line(field.description))))
    lines = [f"# {field.operation} {field.name}", "", described]
    if inside := fields.of(field.schema):
        lines += ["", *inside, *_more(fields, field.operation, field.name)]
    return "\n".join(lines)


def _heading(name: str, operation: Operation) -> Iterator[str]:
    yield f"# {name}"
    yield ""
    summary = one_line(operation.summary)
    yield f"`{operation.method} {operation.path}`{f': {summary}' if summary else ''}"
    if operation.deprecated:
        yield ""
        yield "**Deprecated.**"
    if operation.description.strip() and operation.description.strip() != operation.summary.strip():
        yield ""
        yield operation.description.strip()
    if operation.documentation:
        yield ""
        yield f"More: {operation.documentation}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    written = list(lines)
    if written:
        yield from ("", f"## {title}", "", *written)


def _servers(servers: Iterable[Server], presets: Iterable[Preset]) -> Iterator[str]:
    for one in servers:
        whose = {"operation": "of this operation", "path": "of this path"}.get(one.declared_by, "")
        relative = "" if "://" in one.url else "relative to where the document was found"
        told = [fact for fact in (one_line(one.description), whose, relative) if fact]
        yield f"- {': '.join(filter(None, (one.url, ', '.join(told))))}"
        for name, variable in one.variables.items():
            values = f", one of {', '.join(map(value_words, variable.values))}" if variable.values else ""
            described = one_line(variable.description)
            default = f"default {value_words(variable.default)}"
            yield f"  - `{name}` ({default}{values}){f': {described}' if described else ''}"
    for preset in presets:
        credential = f", credential in `{preset.secret}`" if preset.secret else ""
        where = preset.base_url or f"such as {preset.example}"
        yield f'- `provider = "{preset.provider}"`: {preset.title}, {where}{credential} (as of {preset.as_of})'


def _authentication(authentication: Authentication) -> Iterator[str]:
    if not authentication.is_declared:
        yield "The document does not say; many APIs that need a token leave it out."
    elif not authentication.alternatives:
        yield "None."
    elif len(authentication.alternatives) == 1:
        [schemes] = authentication.alternatives
        if len(schemes) > 1:
            yield "All of these together:"
            yield ""
        yield from (f"- {_scheme(scheme)}" for scheme in schemes)
    else:
        yield "One of these:"
        yield ""
        for schemes in authentication.alternatives:
            yield f"- {' and '.join(map(_scheme, schemes))}"
    if authentication.is_optional and authentication.alternatives:
        yield "- or none"


def _scheme(scheme: Scheme) -> str:
    match scheme.type:
        case "apiKey":
            words = f"an API key in the {scheme.location} `{scheme.parameter}`"
        case "http":
            words = f"HTTP {scheme.http_scheme}"
        case "oauth2":
            words = f"OAuth2 ({', '.join(scheme.flows)})"
        case "openIdConnect":
            words = f"OpenID Connect ({scheme.discovery_url})"
        case "":
            words = "which the document does not describe"
        case other:
            words = other
    scopes = f", scopes {', '.join(f'`{scope}`' for scope in scheme.scopes)}" if scheme.scopes else ""
    described = one_line(scheme.description)
    return f"`{scheme.name}`: {words}{scopes}{f'. {in_one_line(described)}' if described else ''}"


def _parameters(parameters: Iterable[Parameter], fields: FieldLines) -> Iterator[str]:
    for one in sorted(parameters, key=lambda parameter: not parameter.required):
        yield from _parameter(one, fields)


def _parameter(parameter: Parameter, fields: FieldLines) -> Iterator[str]:
    schema = parameter.schema
    if isinstance(schema, dict):
        notes = {"description": parameter.description} if parameter.description else {}
        schema = {**schema, **notes, **({"deprecated": True} if parameter.deprecated else {})}
    first, *others = fields.field(parameter.name, schema, required=parameter.required)
    name = f"- `{parameter.name}` ("
    where = ", ".join(filter(None, (parameter.location, _written(parameter))))
    yield f"{name}{where}, {first.removeprefix(name)}"
    yield from others
    yield from _examples(parameter.examples, "  ")


def _written(parameter: Parameter) -> str:
    """How its value is written, where that is not as everywhere."""
    if parameter.media_type:
        return f"as {parameter.media_type}"
    style = parameter.style if parameter.style not in ("form", "simple") else ""
    return " ".join(filter(None, (style, "in one value" if parameter.explode is False else "")))


def _body(body: Body, fields: FieldLines, name: str) -> Iterator[str]:
    yield from ("", "## Body", "")
    yield " ".join(filter(None, ("Required." if body.required else "Optional.", one_line(body.description))))
    for content in body.contents:
        yield from ("", f"### {content.media_type}", "")
        yield from _content(content, fields)
        yield from _more(fields, name, "body")


def _content(content: Content, fields: FieldLines) -> Iterator[str]:
    words = type_words(content.schema)
    yield f"A stream; each item is: {words}." if content.is_stream else _sentence(words)
    lines = fields.of(content.schema)
    if lines:
        yield from ("", *lines)
    yield from _examples(content.examples, "")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _more(fields: FieldLines, operation: str, part: str) -> Iterator[str]:
    """How to see what was left out, if anything was.

    Args:
        fields: that were written.
        operation: `API.OPERATION`.
        part: of it, that the fields are in.
    """
    if (path := fields.cut()) is not None:
        field = shlex.quote(".".join((part, *path)))
        yield from ("", f"`…` has more inside: `httptask catalog show {operation} {field}`, or `--depth`.")


def _examples(examples: Iterable[Example], indent: str) -> Iterator[str]:
    """Examples in blocks of code; they are the document's, and nobody held them against the schema."""
    for one in examples:
        title = one_line(one.summary) or one.name
        if one.value is None and one.url:
            yield from ("", f"{indent}Example{f' ({title})' if title else ''}: {one.url}")
            continue
        text = (
            one.value if isinstance(one.value, str) else json.dumps(one.value, indent=2, ensure_ascii=False)
        )
        shown = text if len(text) <= _LONGEST_EXAMPLE else f"{first_characters(text, _LONGEST_EXAMPLE)}\n…"
        block = ["```json" if not isinstance(one.value, str) else "```", *shown.splitlines(), "```"]
        yield from ("", f"{indent}Example of the document{f' ({title})' if title else ''}:", "")
        yield from (f"{indent}{line}" for line in block)


def _responses(responses: Iterable[Response], fields: FieldLines, name: str) -> Iterator[str]:
    written = list(responses)
    if written:
        yield from ("", "## Responses")
    for one in written:
        described = one_line(one.description)
        yield from ("", f"### {one.status}{f': {described}' if described else ''}")
        if one.headers:
            yield from ("", "Headers:", "")
            for header in one.headers:
                yield from _parameter(header, fields)
        for content in one.contents:
            yield from ("", f"{content.media_type}:")
            yield from _content(content, fields)
            yield from _more(fields, name, one.status)


def _problems_told(count: int, name: str) -> str:
    return f"{counted(count, 'problem')} (`httptask catalog show {name} --problems`)" if count else ""


def counted(count: int, noun: str) -> str:
    """`1 operation`, `2 operations`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
