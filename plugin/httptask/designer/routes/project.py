"""The project: where it is, which connections it has, and whether a worker is there."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from temporalio.service import RPCError

from httptask.activities.configuration_activities import has_pollers
from httptask.catalog.importing.credentials import without_credentials
from httptask.config import Config
from httptask.config.find import DOTENV_NAME
from httptask.config.origins import origin_of_secret, origin_of_url
from httptask.connections.connection import Connection
from httptask.designer.problems import Problem
from httptask.designer.safety import came_over_network
from httptask.designer.workspace import AskedWorkspace, Settings, Temporal
from httptask.http.errors import SecretUnavailable
from httptask.http.files import open_file
from httptask.secrets.store import SecretStore

router = APIRouter(tags=["project"])

_README: Final = "README.md"
_LONGEST_README: Final = 100_000
"""Bytes."""


class SecretState(BaseModel):
    """A secret by its name, and never its value."""

    name: str
    has_value: bool
    told: str
    """Where its value comes from, in words, or that it has none."""
    why_not: str | None
    """Why it can't be given a value from here; None where it can."""


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
    origin: str
    """Where its base URL comes from, in words."""
    secrets: list[SecretState]
    """Those that it names."""


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
    dotenv_changed: str | None
    """When that was, by which a page sees that values may be others."""
    why_no_values: str | None
    """Why values of secrets are not taken from who asks; None where they are."""
    version: str
    connections: list[ConnectionState]
    worker: WorkerState
    task_queue: str | None
    namespace: str | None


class Readme(BaseModel):
    """What a folder says of itself."""

    path: str
    """From that of the designer."""
    text: str
    """Markdown: its beginning, where it is long."""


@router.get("/readmes")
def list_readmes(workspace: AskedWorkspace, path: str | None = None) -> list[Readme]:
    """The `README.md` beside a definition, and those of the folders around it, up to that of the designer."""
    root = workspace.folder.root
    place = root if path is None else workspace.folder.file(path).parent
    found: list[Readme] = []
    for folder in (place, *place.parents):
        if not folder.is_relative_to(root):
            break
        with suppress(Problem, OSError):
            file = workspace.folder.inside(folder / _README)
            with open_file(file) as opened:
                text = opened.read(_LONGEST_README).decode(errors="ignore")
            found.append(Readme(path=file.relative_to(root).as_posix(), text=text))
    return found


@router.get("/project")
async def get_project(workspace: AskedWorkspace, request: Request) -> ProjectState:
    """The folder, its connections, and the worker that runs go to."""
    settings = workspace.settings()
    temporal = workspace.temporal()
    return ProjectState(
        folder=str(workspace.folder.root),
        configuration=str(file_of(settings.config)),
        dotenv=str(dotenv_of(settings.config)),
        dotenv_changed=_changed(dotenv_of(settings.config)),
        why_no_values=refusal_of_values(request, settings.config),
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


def not_set_up(what: str, missing: Sequence[str], settings: Settings) -> Problem:
    """What is to be done before a request can be sent.

    Args:
        what: it is, such as `Connection shop`.
        missing: names of the secrets that have no value; of each the problem tells the state, as `secrets`.
        settings: tell where secrets are to come from.
    """
    are = "is" if len(missing) == 1 else "are"
    detail = f"{what} is not set up: {', '.join(missing)} {are} missing"
    states = [secret_state(name, settings).model_dump() for name in missing]
    return Problem(422, detail, fix_for(missing, settings.config), missing=list(missing), secrets=states)


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
        origin=str(
            origin_of_url(
                connection, settings.config, settings.environment, settings.dotenv, settings.passed_over
            )
        ),
        secrets=[secret_state(name, settings) for name in connection.secret_origins()],
    )


def secret_state(name: str, settings: Settings) -> SecretState:
    """Whether a secret has a value, where from, and whether it can be given one here."""
    config, environment = settings.config, settings.environment
    source = config.secrets.get(name)
    origin = origin_of_secret(name, config, environment, settings.dotenv, settings.passed_over)
    why_not: str | None = None
    if source is not None and source.file is not None:
        why_not = f"its value is read from `{source.file}`: write it there"
    elif source is not None and source.environment in environment.keys() - settings.dotenv:
        what = "it" if environment[source.environment] else "it, empty,"
        why_not = (
            f"the environment that `httptask dev` was started in has {what} as `{source.environment}`, "
            "which goes before `.env`: change it there, or unset it, and start again"
        )
    return SecretState(
        name=name,
        has_value=_has_value(name, SecretStore(config.secrets, environment)),
        told=str(origin),
        why_not=why_not,
    )


def _changed(file: Path) -> str | None:
    try:
        return str(file.stat().st_mtime_ns)
    except OSError:
        return None


def refusal_of_values(request: Request, config: Config) -> str | None:
    """Why values of secrets are not taken from who asks: they could be read on their way."""
    if not came_over_network(request.scope):
        return None
    host, port = request.scope["server"]
    return (
        "this page is open over a network and without encryption, where a value could be read on its way: open it "
        f"through a tunnel (`ssh -L {port}:{host}:{port} {host}`, then http://localhost:{port}), "
        f"or write the value into {dotenv_of(config)} there"
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
