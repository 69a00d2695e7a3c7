"""Reading `httptask.toml`."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from httptask.activities.allowance import AllowedActivity
from httptask.chat.rules.models import misspelt_fields
from httptask.config.errors import ConfigInvalid
from httptask.config.faults import describe_faults
from httptask.config.find import find_config
from httptask.config.policy import Policy, WorkerPolicy
from httptask.config.storage import StorageSection
from httptask.config.variables import variables_as_written
from httptask.connections.connection import Connection, default_connections
from httptask.connections.providers import PROVIDERS
from httptask.http.errors import RequestInvalid
from httptask.http.url import Url
from httptask.json.tree import is_object
from httptask.secrets.store import SecretSource

__all__ = ["STATE_DIRECTORY_NAME", "Config", "load_config"]

STATE_DIRECTORY_NAME = ".httptask"

_NO_VARIABLE = re.compile(r"[\s${}%=]")
_NAMED = ("activities", "connections", "secrets")


@dataclass(frozen=True, slots=True)
class Config:
    """A project's configuration.

    Attributes:
        root: the folder of the file, or the working directory when there is none.
        file: None when there is none.
        connections: by name; `openai` is always among them.
        secrets: where declared secrets come from, by name.
        storage: where large payloads go; empty when Temporal carries all of them.
        activities: activities of the user's own workers that definitions may call, by name.
        policy: where requests without a connection may go.
        worker: what `httptask worker` permits.
        defaults: names of connections that exist without being declared.
    """

    root: Path
    file: Path | None
    connections: Mapping[str, Connection]
    secrets: Mapping[str, SecretSource]
    activities: Mapping[str, AllowedActivity]
    policy: Policy
    worker: WorkerPolicy
    storage: StorageSection = field(default_factory=StorageSection)
    defaults: frozenset[str] = frozenset()

    @property
    def state_directory(self) -> Path:
        """Where the embedded server keeps its database."""
        return self.root / STATE_DIRECTORY_NAME


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
    _check_sources(file, written, environment)
    return written


def _check_sources(file: Path, written: _ConfigFile, environment: Mapping[str, str]) -> None:
    """Refuse a connection without an address, with variables or for unknown fields, and a secret without its source."""
    faults = [
        f"{file}: connections.{name}: has no address; write base_url"
        for name, connection in written.connections.items()
        if connection.base_url is None
    ]
    faults += [
        f"{file}: connections.{fault}"
        for connection in written.connections.values()
        for fault in variables_as_written(connection, environment)
    ]
    faults += [
        f'{file}: secrets.{name}: write where it comes from, either environment = "{name}" or file = "PATH"'
        for name, source in written.secrets.items()
        if (source.environment is None) == (source.file is None)
    ]
    faults += [
        f"{file}: secrets.{name}.{fault}"
        for name, source in written.secrets.items()
        for fault in _faults_of_source(source)
    ]
    faults += [
        f"{file}: connections.{name}.model_rules.{pattern}.{field}: unknown field; did you mean {near}?"
        for name, connection in written.connections.items()
        for pattern, field, near in misspelt_fields(connection.model_rules)
    ]
    if faults:
        raise ConfigInvalid(faults)


def _faults_of_source(source: SecretSource) -> Iterator[str]:
    variable = source.environment
    if variable is not None and (not variable or _NO_VARIABLE.search(variable)):
        yield 'environment: must be the name of a variable, such as "TOKEN", without $ and braces'
    for origin in source.origins:
        try:
            found = Url.parse(origin if "://" in origin else f"https://{origin}")
        except RequestInvalid:
            yield f"origins: {origin[:200]!r} is none; write https://HOST or https://HOST:PORT"
            continue
        if found.origin != origin.rstrip("/").lower():
            yield f"origins: {origin[:200]!r} is none; write {found.origin}"


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
