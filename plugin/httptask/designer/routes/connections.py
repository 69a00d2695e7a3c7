"""Connections: made, checked, and asked which models they have."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from httptask.chat.usage import priced_models
from httptask.config import Config, ConfigInvalid
from httptask.config.editing import add_tables, change_connection, digest_of, read_tables
from httptask.connections.connection import Connection
from httptask.connections.providers import PROVIDERS
from httptask.designer.connection_form import (
    ConnectionForm,
    default_table,
    faults_of,
    form_of,
    networks_of,
    settings_of,
)
from httptask.designer.problems import Problem, not_written
from httptask.designer.routes.project import (
    ConnectionState,
    connection_states,
    file_of,
    fix_for,
    missing_secrets,
    not_set_up,
)
from httptask.designer.routes.testrequests import edge_of
from httptask.designer.workspace import AskedWorkspace, Settings
from httptask.diagnostics.suggest import closest
from httptask.http.errors import HttpTaskError
from httptask.http.files import FileChanged, replace_file
from httptask.http.models import HttpRequest
from httptask.json.types import is_array, is_object
from httptask.secrets.store import SecretStore
from httptask.testrequest.connection_check import check_connection

router = APIRouter(prefix="/connections", tags=["connections"])

PATIENCE_SECONDS: Final = 5.0
"""A form waits for the models of a server."""
_OPENAI: Final = "openai"
"""The connection that is always there, whoever's server it is."""
_TOLD: Final = "models"
_KEPT_SECONDS: Final = 300.0
_RETRIED_AFTER_SECONDS: Final = 15.0


class NewTables(BaseModel):
    """What `httptask.toml` gets, as `prepare` tells it: by section and name."""

    configuration: dict[str, dict[str, Any]]


class KnownProvider(BaseModel):
    """A server of chat completions that a connection can be made for by its name."""

    name: str
    title: str
    base_url: str | None
    """None where every customer has another."""
    example: str | None
    """Of such a one."""
    secret: str | None
    """The environment variable that its customers keep their key in; None where it takes none."""


class EditableConnection(BaseModel):
    """A connection as its form has it."""

    form: ConnectionForm
    is_written: bool
    """Whether `httptask.toml` has it; else it is there without, and what is saved is written there."""
    base: str
    """Of its table, by which a change is noticed."""


class ChangedConnection(BaseModel):
    """What a connection is to be."""

    form: ConnectionForm
    base: str
    """As it was read."""


class CheckedPath(BaseModel):
    """What of a server is asked for."""

    path: str | None = Field(None, max_length=2_000)
    """Below the base URL. Left out: the list of models of a provider of them, else the base URL itself."""


class CheckStep(BaseModel):
    """A step on the way to an answer."""

    step: str
    ok: bool
    told: str
    cure: str | None


class ConnectionCheck(BaseModel):
    """How a request by a connection fares, up to the first step that fails."""

    ok: bool
    asked: str
    """The path."""
    steps: list[CheckStep]


class Models(BaseModel):
    """Names of models that a connection may be asked for; others are possible."""

    models: list[str]
    of_server: bool
    """Whether its server has told them; else they are those whose prices are published."""
    reason: str | None = None
    """Why the server has not told them."""
    hint: str | None = None
    is_unlisted: bool = False
    """Whether the server has told them, and not the one that was asked about."""
    meant: str | None = None
    """The one that is likely meant by it."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of a connection, as it is set up, until a time of the monotonic clock."""

    connection: Connection
    missing: tuple[str, ...]
    until: float
    models: Models


@router.get("")
def list_connections(workspace: AskedWorkspace) -> list[ConnectionState]:
    """Each connection, and whether its secrets have values; never these."""
    return connection_states(workspace.settings())


@router.get("/providers")
def list_providers() -> list[KnownProvider]:
    """The servers of chat completions that are known."""
    return [
        KnownProvider(
            name=name,
            title=known.title,
            base_url=known.base_url,
            example=known.example,
            secret=known.secret,
        )
        for name, known in PROVIDERS.items()
    ]


@router.post("/prepared", status_code=201)
async def add_connections(new: NewTables, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Add connections and declared secrets to `httptask.toml`, whose other lines stay as they are."""
    await asyncio.to_thread(_write, file_of(workspace.settings().config), new.configuration)
    workspace.look()
    return connection_states(workspace.settings())


@router.post("", status_code=201)
async def add_connection(new: ConnectionForm, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Add one connection to `httptask.toml`, whose other lines stay as they are.

    What is wrong with a value of it is told as `faults` of the problem, each with its `field`.
    """
    config = workspace.settings().config
    networks = await _judged(new, config, None)
    own, secrets = settings_of(new, {}, networks, config)
    tables = {"connections": {new.name: own}, **({"secrets": secrets} if secrets else {})}
    await asyncio.to_thread(_write, file_of(config), tables)
    workspace.look()
    return connection_states(workspace.settings())


@router.get("/{name}/form")
def get_form(name: str, workspace: AskedWorkspace) -> EditableConnection:
    """What of a connection can be changed, by names and never by values."""
    settings = workspace.settings()
    connection = _connection(settings, name)
    table = _written(settings.config, name)
    shown = default_table(connection) if table is None else table
    return EditableConnection(form=form_of(name, shown), is_written=table is not None, base=digest_of(table))


@router.put("/{name}")
async def change(name: str, changed: ChangedConnection, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Change a connection in `httptask.toml`; one that is there without is written into it.

    Faults are told as by `POST`; 409 where its table was changed meanwhile.
    """
    settings = workspace.settings()
    connection = _connection(settings, name)
    config, table = settings.config, _written(settings.config, name)
    before = default_table(connection) if table is None else table
    form = changed.form.model_copy(update={"name": name})
    networks = await _judged(form, config, before)
    own, secrets = settings_of(form, before, networks, config)
    await asyncio.to_thread(_change, config, name, own, secrets, changed.base)
    workspace.look()
    return connection_states(workspace.settings())


@router.delete("/{name}")
async def remove(name: str, base: str, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Take a connection out of `httptask.toml`; 409 where its table was changed meanwhile."""
    config = workspace.settings().config
    if _written(config, name) is None:
        raise Problem(404, f"there is no connection {name} in httptask.toml")
    await asyncio.to_thread(_change, config, name, None, {}, base)
    workspace.look()
    return connection_states(workspace.settings())


async def _judged(form: ConnectionForm, config: Config, before: Mapping[str, Any] | None) -> Sequence[str]:
    """What of its address has to be opened.

    Raises:
        Problem: something in the form is wrong.
    """
    faults = list(faults_of(form, config, before))
    networks: Sequence[str] = ()
    if not any(fault.field == "base_url" for fault in faults):
        networks, closed = await networks_of(form, before or {})
        faults += [closed] if closed else []
    if faults:
        detail = "; ".join(dict.fromkeys(fault.message for fault in faults))
        raise Problem(422, detail, faults=[asdict(fault) for fault in faults])
    return networks


def _written(config: Config, name: str) -> dict[str, Any] | None:
    """The table of a connection, as the file has it now.

    Raises:
        Problem: the file can't be read.
    """
    try:
        table = read_tables(file_of(config))[1].get("connections", {}).get(name)
    except (ConfigInvalid, OSError) as error:
        raise Problem(422, f"httptask.toml can't be read: {error}", "correct it") from None
    return table if is_object(table) else None


def _change(
    config: Config, name: str, settings: Mapping[str, Any] | None, secrets: Mapping[str, Any], base: str
) -> None:
    file = file_of(config)
    try:
        _replace(file, partial(change_connection, file, name, settings, secrets, base))
    except FileChanged:
        detail = f"[connections.{name}] was changed in {file.name} meanwhile: nothing was written"
        raise Problem(409, detail, "look at it again") from None


def _write(file: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    _replace(file, partial(add_tables, file, tables))


def _replace(file: Path, edited: Callable[[], str]) -> None:
    """Write `httptask.toml`.

    Raises:
        Problem: it can't be.
    """
    try:
        replace_file(file, edited)
    except ConfigInvalid as error:
        raise Problem(422, "; ".join(error.faults), "write it there by hand") from None
    except OSError as error:
        raise not_written(file.name, error) from None


@router.post("/{name}/check")
async def check(name: str, asked: CheckedPath, workspace: AskedWorkspace) -> ConnectionCheck:
    """Send one GET over a connection from here, as `httptask connections check` does."""
    settings = workspace.settings()
    connection = _connection(settings, name)
    path = ("/models" if connection.provider or name == _OPENAI else "") if asked.path is None else asked.path
    store = SecretStore(settings.config.secrets, settings.environment)
    steps = [step.as_json() for step in await check_connection(connection, store, path)]
    missing = missing_secrets(connection.secret_origins(), store)
    if missing:
        steps[-1]["cure"] = fix_for(missing, settings.config)
    ok = all(step["ok"] for step in steps)
    return ConnectionCheck(ok=ok, asked=path, steps=[CheckStep.model_validate(step) for step in steps])


@router.get("/{name}/models")
async def list_models(
    name: str,
    workspace: AskedWorkspace,
    request: Request,
    model: Annotated[str | None, Query(max_length=200)] = None,
) -> Models:
    """The names that `GET /models` of a connection gives, asked for once in five minutes.

    With `model`, whether that one is among them, or another one is likely meant.
    """
    told = await _models(name, workspace, request)
    if model is None or not told.of_server or _is_listed(model, told.models):
        return told
    return told.model_copy(update={"is_unlisted": True, "meant": closest(model, told.models)})


def _is_listed(model: str, models: Sequence[str]) -> bool:
    """Whether a server may well know a model: by its name, or by one that servers take for it.

    Ollama takes a name without its tag, OpenRouter one with another variant; a gateway lists patterns.
    """
    base = model.partition(":")[0]
    return any(one in (model, base, f"{model}:latest") or "*" in one for one in models)


async def _models(name: str, workspace: AskedWorkspace, request: Request) -> Models:
    settings = workspace.settings()
    connection = _connection(settings, name)
    missing = tuple(
        missing_secrets(
            connection.secret_origins(), SecretStore(settings.config.secrets, settings.environment)
        )
    )
    known: dict[str, _Told] = request.app.state.__dict__.setdefault(_TOLD, {})
    told = known.get(name)
    if told and told.until > monotonic() and (told.connection, told.missing) == (connection, missing):
        return told.models
    try:
        if missing:
            raise not_set_up(f"Connection {name}", missing, settings)
        models = Models(models=await _models_of(settings, name), of_server=True)
    except Problem as problem:
        models = Models(
            models=await priced_models(connection),
            of_server=False,
            reason=problem.detail,
            hint=problem.facts.get("hint"),
        )
    seconds = _KEPT_SECONDS if models.of_server else _RETRIED_AFTER_SECONDS
    known[name] = _Told(connection, missing, monotonic() + seconds, models)
    return models


async def _models_of(settings: Settings, name: str) -> list[str]:
    """Ask a connection's server.

    Raises:
        Problem: it does not tell.
    """
    edge = edge_of(settings.config, settings.environment)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await edge.send(HttpRequest(method="GET", url="/models", connection=name))
    except TimeoutError:
        raise Problem(504, f"{name} does not answer within {PATIENCE_SECONDS:g} s") from None
    except HttpTaskError as error:
        raise Problem(502, error.message) from None
    finally:
        await edge.aclose()
    listed = answer.content.get("data") if is_object(answer.content) else None
    found = [one.get("id") for one in listed if is_object(one)] if is_array(listed) else []
    if not found:
        raise Problem(502, f"GET /models of {name} lists no models")
    return sorted(one for one in found if isinstance(one, str))


def _connection(settings: Settings, name: str) -> Connection:
    connection = settings.config.connections.get(name)
    if connection is None:
        raise Problem(404, f"there is no connection {name}", "add it to httptask.toml")
    return connection
