"""Connections: made, checked, and asked which models they have."""

import asyncio
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from httptask.chat.usage import priced_models
from httptask.config import ConfigInvalid
from httptask.config.editing import add_tables
from httptask.config.find import CONFIG_NAME
from httptask.connections.connection import Connection
from httptask.designer.problems import Problem
from httptask.designer.routes.project import (
    ConnectionState,
    connection_states,
    fix_for,
    missing_secrets,
    not_set_up,
)
from httptask.designer.routes.testrequests import edge_of
from httptask.designer.workspace import AskedWorkspace, Settings
from httptask.http.errors import HttpTaskError
from httptask.http.files import replace_file
from httptask.http.models import HttpRequest
from httptask.json.types import is_array, is_object
from httptask.secrets.store import SecretStore
from httptask.testrequest.connection_check import check_connection

router = APIRouter(prefix="/connections", tags=["connections"])

_OPENAI: Final = "openai"
"""The connection that is always there, whoever's server it is."""
_TOLD: Final = "models"
_KEPT_SECONDS: Final = 300.0
_RETRIED_AFTER_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 5.0
"""A form waits for it."""


class NewTables(BaseModel):
    """What `httptask.toml` gets, as `prepare` tells it: by section and name."""

    configuration: dict[str, dict[str, Any]]


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


@router.post("", status_code=201)
def add_connections(new: NewTables, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Add connections and declared secrets to `httptask.toml`, whose other lines stay as they are."""
    config = workspace.settings().config
    file = config.file or config.root / CONFIG_NAME
    try:
        replace_file(file, partial(add_tables, file, new.configuration))
    except ConfigInvalid as error:
        raise Problem(422, "; ".join(error.faults), "write it there by hand") from None
    except OSError as error:
        raise Problem(422, f"{file.name} can't be written: {error.strerror}") from None
    return connection_states(workspace.settings())


@router.post("/{name}/check")
async def check(name: str, asked: CheckedPath, workspace: AskedWorkspace) -> ConnectionCheck:
    """Send one GET over a connection from here, as `httptask connections check` does."""
    settings = workspace.settings()
    connection = _connection(settings, name)
    path = ("/models" if connection.provider or name == _OPENAI else "") if asked.path is None else asked.path
    sources = settings.config.secrets
    store = SecretStore(sources, settings.environment)
    steps = [step.as_json() for step in await check_connection(connection, store, path)]
    missing = missing_secrets(connection.secret_origins(), store)
    if missing:
        steps[-1]["cure"] = fix_for(missing, sources)
    ok = all(step["ok"] for step in steps)
    return ConnectionCheck(ok=ok, asked=path, steps=[CheckStep.model_validate(step) for step in steps])


@router.get("/{name}/models")
async def list_models(name: str, workspace: AskedWorkspace, request: Request) -> Models:
    """The names that `GET /models` of a connection gives, asked for once in five minutes."""
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
            raise not_set_up(name, missing, settings.config.secrets)
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
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await edge.send(HttpRequest(method="GET", url="/models", connection=name))
    except TimeoutError:
        raise Problem(504, f"{name} does not answer within {_PATIENCE_SECONDS:g} s") from None
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
