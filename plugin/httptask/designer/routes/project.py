"""The project: where it is, which connections it has, and whether a worker is there."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from temporalio.service import RPCError

from httptask.activities.configuration_activities import has_pollers
from httptask.catalog.importing.credentials import without_credentials
from httptask.config import Config
from httptask.config.find import DOTENV_NAME
from httptask.config.origins import origins_of
from httptask.connections.connection import Connection
from httptask.designer.problems import Problem
from httptask.designer.workspace import AskedWorkspace, Settings, Temporal
from httptask.http.errors import SecretUnavailable
from httptask.secrets.store import SecretStore

router = APIRouter(tags=["project"])


class ConnectionState(BaseModel):
    """A connection, without any value of it that is secret."""

    name: str
    provider: str | None
    base_url: str | None
    """None where a secret tells it."""
    is_written: bool
    """Whether `httptask.toml` has it; else it is there without."""
    ready: bool
    missing: list[str]
    """Names of the secrets that have no value."""
    fix: str | None
    """What to do about those."""
    origins: list[str]
    """Where its base URL comes from, and each of its secrets, in words: never a value."""


class WorkerState(BaseModel):
    """Whether somebody does what is asked for."""

    state: Literal["ready", "none", "unreachable"]
    where: str | None
    hint: str | None


class ProjectState(BaseModel):
    """What the designer works on."""

    folder: str
    configuration: str
    """Where `httptask.toml` is, or would be written."""
    dotenv: str
    """Where a `.env` counts."""
    version: str
    connections: list[ConnectionState]
    worker: WorkerState
    task_queue: str | None
    namespace: str | None


@router.get("/project")
async def get_project(workspace: AskedWorkspace) -> ProjectState:
    """The folder, its connections, and the worker that runs go to."""
    settings = workspace.settings()
    temporal = workspace.temporal()
    return ProjectState(
        folder=str(workspace.folder.root),
        configuration=str(file_of(settings.config)),
        dotenv=str(dotenv_of(settings.config)),
        version=version("httptask"),
        connections=connection_states(settings),
        worker=await _worker(temporal),
        task_queue=None if temporal is None else temporal.task_queue,
        namespace=None if temporal is None else temporal.client.namespace,
    )


def connection_states(settings: Settings) -> list[ConnectionState]:
    """Each connection, and whether its secrets have values."""
    return [_state_of(connection, settings) for connection in settings.config.connections.values()]


def file_of(config: Config) -> Path:
    """The file of a configuration, whether or not there is one."""
    return config.path.absolute()


def dotenv_of(config: Config) -> Path:
    """The `.env` that counts beside a configuration, whether or not there is one."""
    return file_of(config).with_name(DOTENV_NAME)


def fix_for(names: Sequence[str], config: Config) -> str:
    """What to do about secrets without a value, by where each is to come from."""
    sources = config.secrets
    known = [sources[name] for name in names if name in sources]
    variables = [source.environment for source in known if source.environment]
    told = [f"write the value of {source.name} into {source.file}" for source in known if source.file]
    told += [
        f"add [secrets.{name}] with `environment` or `file` to httptask.toml"
        for name in names
        if name not in sources
    ]
    if variables:
        exports = "; ".join(f"export {name}=…" for name in variables)
        lines = " and ".join(f"{name}=…" for name in variables)
        told.append(f"write {lines} into {dotenv_of(config)}, which counts at once; or {exports} and restart")
    return "; ".join(told)


def not_set_up(connection: str | None, missing: Sequence[str], config: Config) -> Problem:
    """What is to be done before a request can be sent.

    Args:
        connection: that it goes by, if it does.
        missing: names of the secrets that have no value.
        config: tells where secrets are to come from.
    """
    what = f"Connection {connection}" if connection else "The request"
    are = "is" if len(missing) == 1 else "are"
    detail = f"{what} is not set up: {', '.join(missing)} {are} missing"
    return Problem(422, detail, fix_for(missing, config), missing=list(missing))


def missing_secrets(names: Iterable[str], store: SecretStore) -> list[str]:
    """Those that have no value, which is all that is told of them."""
    return [name for name in names if not _has_value(name, store)]


def _state_of(connection: Connection, settings: Settings) -> ConnectionState:
    store = SecretStore(settings.config.secrets, settings.environment)
    missing = missing_secrets(connection.secret_origins(), store)
    url = connection.base_url
    return ConnectionState(
        name=connection.name,
        provider=connection.provider,
        base_url=None if url is None or "$secrets." in url else without_credentials(url),
        is_written=connection.name not in settings.config.defaults,
        ready=not missing,
        missing=missing,
        fix=fix_for(missing, settings.config) if missing else None,
        origins=[
            str(one)
            for one in origins_of(
                connection, settings.config, settings.environment, settings.dotenv, settings.passed_over
            )
        ],
    )


def _has_value(name: str, store: SecretStore) -> bool:
    try:
        store.resolve(name)
    except SecretUnavailable:
        return False
    return True


async def _worker(temporal: Temporal | None) -> WorkerState:
    """Whether somebody polls the queue."""
    if temporal is None:
        return WorkerState(state="unreachable", where=None, hint="the Temporal server is starting")
    if temporal.own_worker:
        return WorkerState(state="ready", where=temporal.where, hint=None)
    try:
        is_polled = await has_pollers(temporal.client, temporal.task_queue)
    except RPCError:
        hint = f"Temporal at {temporal.where} does not answer"
        return WorkerState(state="unreachable", where=temporal.where, hint=hint)
    if is_polled:
        return WorkerState(state="ready", where=temporal.where, hint=None)
    hint = f"no worker polls the task queue {temporal.task_queue}; start one: {temporal.start_worker}"
    return WorkerState(state="none", where=temporal.where, hint=hint)
