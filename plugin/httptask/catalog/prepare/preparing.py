"""From the reference of an operation to a task: `prepare`."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from httptask.catalog import chat_completion
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import without_credentials
from httptask.catalog.importing.named_secrets import NeededSecret
from httptask.catalog.prepare.bodies import BodyArguments, body_arguments, chosen_content
from httptask.catalog.prepare.connections import (
    Chosen,
    choose_server,
    closed_server,
    tables_of,
    way_to,
)
from httptask.catalog.prepare.credentials import chosen_schemes, recipe_of
from httptask.catalog.prepare.fields import read_fields
from httptask.catalog.prepare.parts import OptionalFields, RequestParts, WrittenBody
from httptask.catalog.prepare.prepared import Prepared
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.reference import Reference
from httptask.config import Config
from httptask.connections.providers import PROVIDERS
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.expressions import as_literal
from httptask.dsl.locate import tokens_of, value_at
from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.types import is_object
from httptask.openapi.naming import unused_name
from httptask.openapi.operation import Operation

__all__ = ["placeholders", "prepare"]


def prepare(
    reference: Reference,
    config: Config,
    *,
    name: str | None = None,
    taken: Container[str] = (),
    values: Mapping[str, Any] | None = None,
    optional: OptionalFields = "none",
    authentication: str | None = None,
    server: str | None = None,
    media_type: str | None = None,
) -> Prepared:
    """Make the task that calls an operation, with a valid value for everything that is required.

    Args:
        reference: of the operation.
        config: with the connections and secrets that there are.
        name: of the task; by default that of the operation.
        taken: names that other tasks have.
        values: of parameters and fields by name, such as `limit`, `body.customer.name`, `server.region`: data, text
            that the schema tells the meaning of, or text with expressions.
        optional: which other fields are filled in.
        authentication: a scheme of the document by its name, or `bearer`, `basic`, `digest`, `header:NAME`,
            `query:NAME`, `cookie:NAME`, `none`; by default the first that the document names and a connection has.
        server: URL; of a chat completion the name of a provider or connection. By default the document's first.
        media_type: of the body; by default JSON before forms, and these before all others.

    Raises:
        CatalogError: a name is unknown, or a value does not fit.
        ServerUnknown: it is not known where to send the request.
    """
    operation = reference.operation
    schemas = RequestSchemas(operation)
    content = None if operation.body is None else chosen_content(operation.body, media_type)
    fields = read_fields(values or {}, operation, content, schemas)
    way = authentication or (None if operation.authentication.is_declared else reference.authentication)
    schemes, choice = chosen_schemes(operation.authentication, way)
    recipe = recipe_of(schemes, reference.api)
    recipe.notes[:0] = choice
    parts = RequestParts(reference.api, operation, schemas, fields, optional, recipe)
    parts.add_parameters()
    body = parts.body(content)
    own_name = name or unused_name(operation.name, taken)
    if _is_chat(reference) and body is not None:
        return _chat(reference, parts, body, own_name, server or "openai", config)
    return _http(parts, body, own_name, config, server, reference.source, is_chosen=way is not None)


def placeholders(reference: Reference) -> Mapping[str, Any]:
    """What `prepare` makes up for what a request has to have, and a task is to have something else in place of.

    A value of the document (an example, a default, one of a list) is none, and neither is one of two.

    Args:
        reference: of the operation.

    Returns:
        The values by JSON Pointers into the task's arguments; `/path/NAME` is the text that stands, encoded, for a
        variable of the path.
    """
    operation = reference.operation
    schemas = RequestSchemas(operation)
    content = None if operation.body is None else chosen_content(operation.body, None)
    fields = read_fields({}, operation, content, schemas)
    schemes, _ = chosen_schemes(operation.authentication, reference.authentication)
    recipe = recipe_of(schemes, reference.api)
    parts = RequestParts(reference.api, operation, schemas, fields, "none", recipe)
    parts.add_parameters()
    body = parts.body(content)
    arguments: dict[str, Any] = {"path": parts.in_path, "query": parts.query, "headers": parts.headers}
    if body is not None and _is_chat(reference):
        arguments = body.written
    elif body is not None:
        arguments |= body_arguments(body.content, body.written, schemas).arguments
    found: dict[str, Any] = {}
    for pointer in parts.made_up:
        part, *inner = pointer_tokens(pointer)
        names = {"header": ["headers"], "body": [] if _is_chat(reference) else ["body"]}.get(part, [part])
        if names == ["body"] and "form" in arguments:
            names = ["form"]
        place = json_pointer([*names, *(inner[:1] if part == "header" else inner)])
        value = value_at(arguments, tokens_of(arguments, place))
        if value is not None:
            found[place] = value
    return found


def _is_chat(reference: Reference) -> bool:
    return reference.api == chat_completion.API and reference == chat_completion.reference()


def _http(
    parts: RequestParts,
    body: WrittenBody | None,
    name: str,
    config: Config,
    server: str | None,
    source: str | None,
    *,
    is_chosen: bool,
) -> Prepared:
    operation, recipe = parts.operation, parts.recipe
    chosen = choose_server(operation, server, parts.fields.server)
    way = way_to(parts.api, chosen, recipe, config.connections, source, is_chosen=is_chosen)
    connection, settings, is_new = way.connection, way.settings, way.settings is not None
    own = {"query": recipe.query} if way.authenticates else recipe.in_task() or {}
    own_secrets = recipe.task_secrets if way.authenticates else [one.name for one in recipe.secrets]
    secrets = {one.name: one for one in recipe.secrets} | parts.secrets
    declared = [*dict.fromkeys((*own_secrets, *parts.secrets))]
    of_connection = [one.name for one in recipe.secrets if one.name not in own_secrets]
    origin = None if chosen is None else chosen.origin
    needed = dict.fromkeys(declared, origin) | dict.fromkeys(of_connection if is_new else ())
    sent = BodyArguments()
    if body is not None:
        sent = body_arguments(body.content, body.written, parts.schemas)
    headers = dict(parts.headers) | own.get("headers", {})
    headers |= {"Content-Type": as_literal(sent.content_type)} if sent.content_type else {}
    headers |= {"Cookie": "; ".join(parts.cookies)} if parts.cookies else {}
    task: dict[str, Any] = {"method": operation.method.lower(), "connection": connection}
    task |= {"path": f"{way.prefix}{parts.path}"}
    task |= {
        key: value
        for key, value in (
            ("query", parts.query | own["query"]),
            ("separators", parts.separators),
            ("headers", headers),
        )
        if value
    }
    task |= sent.arguments
    if _is_streamed(operation, body):
        task |= {"stream": {"take": "all"}}
    if settings is not None:
        invented = [f"server.{one}" for one in chosen.invented] if chosen else []
        shared = [one for one in needed if one in config.secrets]
        notes = [*recipe.notes, *_shared(connection, chosen, shared), *closed_server(connection, settings)]
    else:
        invented = list[str]()
        server_of = config.connections[connection].base_url
        elsewhere = f", whose server is another one: {server_of}" if way.is_elsewhere else ""
        notes = [f"calls through the connection {connection}{elsewhere}"]
    return Prepared(
        name,
        {"call": "httpRequest", "with": task},
        connection,
        tables_of(connection, settings, needed, config.secrets),
        tuple(secrets[one] for one in needed),
        declared,
        (*parts.fill_in, *invented),
        (*parts.problems, *sent.notes),
        (*parts.notes, *notes),
        asks_authentication=is_new and not (is_chosen or operation.authentication.is_declared),
        body=None if body is None else body.prepared,
        from_examples=tuple(parts.from_examples),
    )


def _shared(connection: str, chosen: Chosen | None, secrets: Sequence[str]) -> Sequence[str]:
    """That a new connection sends secrets which there are already to another server."""
    if not secrets or chosen is None:
        return ()
    names = ", ".join(secrets)
    return [
        f"the new connection {connection} sends {names}, which httptask.toml has already, to {chosen.url}"
    ]


def _is_streamed(operation: Operation, body: WrittenBody | None) -> bool:
    """Whether the answer comes in events: in nothing else, or because the body asks for them."""
    good = [one for one in operation.responses if one.status[:1] == "2"]
    answers = [content for one in good for content in one.contents]
    if not any(one.is_stream for one in answers):
        return False
    data = body.prepared.data if body is not None else None
    asked = data.get("stream") if is_object(data) else None
    return asked is True or (asked is None and all(one.is_stream for one in answers))


def _chat(
    reference: Reference, parts: RequestParts, body: WrittenBody, name: str, provider: str, config: Config
) -> Prepared:
    """`call: chatCompletion`, over a connection to the provider."""
    preset = next((one for one in reference.presets if one.provider == provider), None)
    is_known = provider in config.connections
    if preset is None and not is_known:
        names = dict.fromkeys((*(one.provider for one in reference.presets), *config.connections))
        hint = hint_for_unknown(provider, names, "providers")
        if "://" in provider:
            hint = "write [connections.NAME] with that base_url into httptask.toml, and give --server NAME"
        shown = without_credentials(provider)
        raise CatalogError(f"--server: there is no provider or connection `{shown}`", hint)
    fill_in, secrets, tables = list(parts.fill_in), list[NeededSecret](), dict[str, Any]()
    if preset is not None and not is_known:
        settings = {"provider": provider}
        if not preset.base_url:
            settings["base_url"] = preset.example
            fill_in.append(f"base_url of [connections.{provider}]")
        tables = {"connections": {provider: settings}}
        secret = PROVIDERS[provider].secret  # type: ignore[index]
        secrets = [NeededSecret(secret, f"the key of {preset.title}")] if secret is not None else []
    is_chosen = parts.fields.body is not None and "model" in parts.fields.body.members
    if provider != "openai" and not is_chosen:
        fill_in.append("body.model")
    via = {} if provider == "openai" else {"connection": provider}
    return Prepared(
        name,
        {"call": "chatCompletion", "with": via | body.written},
        provider,
        tables,
        secrets,
        (),
        tuple(fill_in),
        tuple(parts.problems),
        tuple(parts.notes),
        body=body.prepared,
    )
