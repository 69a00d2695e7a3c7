"""Reading `httptask.toml`."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from httptask.activities.allowed_activities import AllowedActivity
from httptask.config.checks import find_faults
from httptask.config.config import Config
from httptask.config.errors import ConfigInvalid, describe_faults
from httptask.config.find import find_config
from httptask.config.sections import Policy, StorageSection, WorkerPolicy
from httptask.connections.connection import Connection, default_connections
from httptask.connections.providers import PROVIDERS
from httptask.http.errors import RequestInvalid
from httptask.json.types import is_object
from httptask.secrets.store import SecretSource

__all__ = ["load_config"]

_NAMED = ("activities", "connections", "secrets")


class _ConfigFile(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid")

    connections: dict[str, Connection] = {}
    secrets: dict[str, SecretSource] = {}
    activities: dict[str, AllowedActivity] = {}
    storage: StorageSection = StorageSection()
    policy: Policy = Policy()
    worker: WorkerPolicy = WorkerPolicy()

    @model_validator(mode="before")
    @classmethod
    def _name_tables(cls, data: dict[str, Any]) -> dict[str, Any]:
        """The name of a connection, secret or activity is the key of its table."""
        return {section: _named(tables) if section in _NAMED else tables for section, tables in data.items()}


def _named(tables: Any) -> Any:
    if not is_object(tables):
        return tables
    return {name: {**table, "name": name} if is_object(table) else table for name, table in tables.items()}


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read a project's configuration.

    Args:
        path: the file; when absent, the nearest `httptask.toml` from the working directory upward, if any.
        environment: where the default `openai` connection takes `OPENAI_BASE_URL` from.

    Raises:
        ConfigInvalid: the file can't be read or says something it can't mean.
    """
    file = find_config(path)
    written = _ConfigFile() if file is None else _parse(file, environment)
    defaults = {} if "openai" in written.connections else _default_connections(environment)
    root = Path.cwd() if file is None else file.resolve().parent
    connections = {**defaults, **_with_files_from(root, written.connections)}
    secrets = {
        **_credentials(defaults.values()),
        **_credentials_of_providers(written.connections.values()),
        **_anchored(written.secrets, root),
    }
    return Config(
        root=root,
        file=file,
        connections=MappingProxyType(connections),
        secrets=MappingProxyType(
            {name: _bound(source, connections.values()) for name, source in secrets.items()}
        ),
        activities=MappingProxyType(written.activities),
        storage=written.storage.model_copy(
            update={"directory": _anchored_path(written.storage.directory, root)}
        ),
        policy=written.policy,
        worker=written.worker,
        defaults=frozenset(defaults),
    )


def _parse(file: Path, environment: Mapping[str, str]) -> _ConfigFile:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid([f"{file}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigInvalid([f"{file}: is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid([f"{file}: is not valid TOML: {error}"]) from None
    try:
        written = _ConfigFile.model_validate(data)
    except ValidationError as error:
        raise ConfigInvalid(describe_faults(file, error, _ConfigFile)) from None
    faults = [f"{file}: {fault}" for fault in find_faults(written.connections, written.secrets, environment)]
    if faults:
        raise ConfigInvalid(faults)
    return written


def _default_connections(environment: Mapping[str, str]) -> dict[str, Connection]:
    try:
        return default_connections(environment)
    except (RequestInvalid, ValueError):
        raise ConfigInvalid(
            [
                "OPENAI_BASE_URL: must be an absolute URL without user information, such as http://localhost:8000/v1"
            ]
        ) from None


def _credentials(defaults: Iterable[Connection]) -> dict[str, SecretSource]:
    """The default connections' credentials come from environment variables of the same name."""
    names = [name for connection in defaults for name in connection.secret_origins()]
    return {name: SecretSource(name=name, environment=name) for name in names}


def _credentials_of_providers(connections: Iterable[Connection]) -> dict[str, SecretSource]:
    """The credential that a provider's customers have in the environment variable of that name, where it is used."""
    found: dict[str, SecretSource] = {}
    for connection in connections:
        secret = PROVIDERS[connection.provider].secret if connection.provider else None
        if secret is not None and secret in connection.secret_origins():
            found[secret] = SecretSource(name=secret, environment=secret)
    return found


def _with_files_from(root: Path, connections: Mapping[str, Connection]) -> dict[str, Connection]:
    """Relative paths of certificates start at the configuration's folder."""
    anchored: dict[str, Connection] = {}
    for name, connection in connections.items():
        files = (
            {}
            if connection.tls is None
            else connection.tls.model_dump(exclude={"password"}, exclude_none=True)
        )
        at_root = {key: root / path.expanduser() for key, path in files.items()}
        tls = connection.tls and connection.tls.model_copy(update=at_root)
        anchored[name] = connection.model_copy(update={"tls": tls})
    return anchored


def _anchored(sources: Mapping[str, SecretSource], root: Path) -> dict[str, SecretSource]:
    """Relative paths of files start at the configuration's folder."""
    return {
        name: source
        if source.file is None
        else source.model_copy(update={"file": _anchored_path(source.file, root)})
        for name, source in sources.items()
    }


def _anchored_path(path: Path | None, root: Path) -> Path | None:
    return None if path is None else root / path.expanduser()


def _bound(source: SecretSource, connections: Iterable[Connection]) -> SecretSource:
    """A connection's credential that declares no origins may go to the origin that it belongs to only."""
    found = (connection.secret_origins().get(source.name) for connection in connections)
    origins = tuple(dict.fromkeys(origin for origin in found if origin is not None))
    return source.model_copy(update={"origins": origins}) if origins and not source.origins else source
