"""Connections: made, checked, and asked which models they have."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from httptask.catalog.importing.credentials import without_credentials
from httptask.catalog.importing.recognition import KNOWN_TOKEN
from httptask.catalog.prepare.connections import tables_of
from httptask.chat.usage import priced_models
from httptask.config import Config, ConfigInvalid
from httptask.config.editing import add_tables
from httptask.connections.connection import BASE_URL_VARIABLE, Connection
from httptask.connections.providers import PROVIDERS, ProviderName
from httptask.designer.problems import Problem, not_written
from httptask.designer.routes.project import (
    ConnectionState,
    connection_states,
    dotenv_of,
    file_of,
    fix_for,
    missing_secrets,
    not_set_up,
)
from httptask.designer.routes.testrequests import edge_of
from httptask.designer.workspace import AskedWorkspace, Settings
from httptask.egress.address import network_of, parse_networks, refusal
from httptask.egress.guard import Guard
from httptask.http.errors import AddressForbidden, ConnectFailed, HttpTaskError, RequestInvalid
from httptask.http.files import replace_file
from httptask.http.models import HttpRequest
from httptask.http.url import Url
from httptask.json.types import is_array, is_object
from httptask.secrets.store import SecretStore
from httptask.testrequest.connection_check import check_connection

router = APIRouter(prefix="/connections", tags=["connections"])

_OPENAI: Final = "openai"
"""The connection that is always there, whoever's server it is."""
_TOLD: Final = "models"
_WITH_SECRET: Final = ("bearer", "header")
"""Of the ways to authenticate, those for which somebody names a secret."""
_KEPT_SECONDS: Final = 300.0
_RETRIED_AFTER_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 5.0
"""A form waits for it."""
_NAME: Final = re.compile("[A-Za-z][A-Za-z0-9_-]{0,62}")
"""Of a connection, and of a header."""
_SECRET: Final = re.compile("[A-Z][A-Z0-9_]{0,62}")
_LOOKS_MADE_UP: Final = re.compile(r"(?=.*\d)[A-Z0-9]{16,}")
"""Words of a name have `_` between them; what an issuer makes up has none."""


class NewTables(BaseModel):
    """What `httptask.toml` gets, as `prepare` tells it: by section and name."""

    configuration: dict[str, dict[str, Any]]


class NewConnection(BaseModel):
    """A server as a person describes it: of what it authenticates by the name, never the value."""

    name: str = Field(max_length=100)
    """That tasks name it by."""
    provider: ProviderName | None = None
    """Of chat completions: what is known of it holds where nothing else is told."""
    base_url: str = Field(max_length=2_000)
    """Absolute, without a credential; empty for that of the provider."""
    authentication: Literal["none", "bearer", "header", "provider"] = "none"
    """`provider`: as its own customers do."""
    header: str = "X-Api-Key"
    """That the key is sent in, where `authentication` says so."""
    secret: str = ""
    """Name of the secret, and of the environment variable that holds its value where it is a new one."""
    allow_private: bool = False
    """Whether requests may go to the address though it is of this machine or of a private network."""


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


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one value of a `NewConnection`, and what to do."""

    field: str
    message: str
    hint: str


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
def add_connections(new: NewTables, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Add connections and declared secrets to `httptask.toml`, whose other lines stay as they are."""
    _write(file_of(workspace.settings().config), new.configuration)
    return connection_states(workspace.settings())


@router.post("", status_code=201)
async def add_connection(new: NewConnection, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Add one connection to `httptask.toml`, whose other lines stay as they are.

    What is wrong with a value of it is told as `faults` of the problem, each with its `field`.
    """
    config = workspace.settings().config
    faults = list(_faults_of(new, config))
    networks: Mapping[str, str] = {}
    if new.base_url and not any(fault.field == "base_url" for fault in faults):
        networks = await _closed_networks(Url.parse(new.base_url))
        if networks and not new.allow_private:
            told = "; ".join(networks.values())
            hint = "requests go there only where it is allowed: tick the box if you mean it"
            faults.append(FieldFault("allow_private", told, hint))
    if faults:
        detail = "; ".join(dict.fromkeys(fault.message for fault in faults))
        raise Problem(422, detail, faults=[asdict(fault) for fault in faults])
    settings: dict[str, Any] = {"provider": new.provider} if new.provider else {}
    if new.base_url:
        settings["base_url"] = new.base_url
    if networks:
        settings["allow_private"] = list(networks)
    value = f"$secrets.{new.secret}"
    if new.authentication == "bearer":
        settings["authentication"] = {"bearer": {"token": value}}
    elif new.authentication == "header":
        settings["authentication"] = {"api_key": {"in": "header", "name": new.header, "value": value}}
    secrets = {new.secret: None} if new.authentication in _WITH_SECRET else {}
    tables = tables_of(new.name, settings, secrets, config.secrets)
    await asyncio.to_thread(_write, file_of(config), tables)
    return connection_states(workspace.settings())


def _write(file: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Add tables to a file.

    Raises:
        Problem: they can't be.
    """
    try:
        replace_file(file, partial(add_tables, file, tables))
    except ConfigInvalid as error:
        raise Problem(422, "; ".join(error.faults), "write it there by hand") from None
    except OSError as error:
        raise not_written(file.name, error) from None


def _faults_of(new: NewConnection, config: Config) -> Iterator[FieldFault]:
    """What is wrong with single values, none of which is told: it may be the secret itself."""
    if not _NAME.fullmatch(new.name):
        hint = "begin with a letter; go on with letters, digits, - and _"
        yield FieldFault("name", "this is no name of a connection", hint)
    elif new.name in config.connections and not (new.name in config.defaults and new.name == new.provider):
        is_default = new.name in config.defaults
        where = "is there without being written" if is_default else "is there already"
        hint = "choose another name"
        if is_default:
            hint += (
                f"; to have it at another server choose its provider here, or write {BASE_URL_VARIABLE}=… "
                f"into {dotenv_of(config)}"
            )
        yield FieldFault("name", f"the connection {new.name} {where}", hint)
    provider = PROVIDERS[new.provider] if new.provider else None
    if new.base_url or provider is None:
        yield from _faults_of_url(new.base_url)
    elif provider.base_url is None:
        fault = f"{provider.title} has another one for every customer"
        yield FieldFault("base_url", fault, f"write yours, as in {provider.example}")
    takes_key = provider is not None and provider.secret is not None
    if new.authentication == "provider" and not takes_key:
        yield FieldFault("authentication", "no provider is chosen that takes a key", "choose another way")
    elif new.authentication == "none" and provider is not None and takes_key:
        fault = f"a connection of {provider.title} always sends a key"
        yield FieldFault("authentication", fault, "choose another way, or no provider")
    if new.authentication not in _WITH_SECRET:
        return
    if new.authentication == "header" and not _NAME.fullmatch(new.header):
        yield FieldFault(
            "header", "this is no name of a header", "write one such as X-Api-Key, without a value"
        )
    is_value = KNOWN_TOKEN.search(new.secret) or not _SECRET.fullmatch(new.secret)
    if new.secret not in config.secrets and (is_value or _LOOKS_MADE_UP.fullmatch(new.secret)):
        hint = (
            "write the name of an environment variable, in capitals, such as MODEL_KEY; "
            f"its value belongs into {dotenv_of(config)}, as MODEL_KEY=…, or into the environment of `httptask dev`"
        )
        yield FieldFault("secret", "this is no name of a secret, and its value does not belong here", hint)


def _faults_of_url(base_url: str) -> Iterator[FieldFault]:
    try:
        Url.parse(base_url)
    except RequestInvalid as error:
        yield FieldFault("base_url", error.message, "write it from http:// or https:// on")
        return
    if any(sign in base_url for sign in "#${}"):
        fault = "no address that a person writes out has a #, $ or a brace in it"
        yield FieldFault("base_url", fault, "write it as it is, up to where paths of requests begin")
    elif without_credentials(base_url) != base_url or KNOWN_TOKEN.search(base_url):
        hint = "write the address without it, and how to authenticate below"
        yield FieldFault("base_url", "the address holds a credential, which would be kept as it is", hint)


async def _closed_networks(url: Url) -> dict[str, str]:
    """What `allow_private` needs so that a server may be reached, each with what is said of its address."""
    closed: dict[str, str] = {}
    while True:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await Guard(parse_networks(tuple(closed))).resolve(url.host, url.port)
        except AddressForbidden as error:
            address = str(error.details["address"])
            network = network_of(address)
            if network in closed:
                return closed
            where = url.host if url.host == address else f"{url.host} is at {address}, which"
            closed[network] = f"{where} is {refusal(address)}"
        except (ConnectFailed, TimeoutError):
            return closed  # the check tells of a name that has no address
        else:
            return closed


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
            raise not_set_up(name, missing, settings.config)
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
