"""The configuration of a project: what its file says, and what there is without one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from httptask.config.config import Config
from httptask.config.errors import ConfigInvalid
from httptask.config.find import find_config
from httptask.config.sections import Policy, WorkerPolicy
from httptask.connections.connection import Connection, default_connections
from httptask.connections.providers import PROVIDERS
from httptask.http.errors import RequestInvalid
from httptask.secrets.store import SecretSource

__all__ = ["load_config"]


def load_config(path: Path | None, environment: Mapping[str, str], *, folder: Path | None = None) -> Config:
    """Read a project's configuration.

    Args:
        path: the file; when absent, the nearest `httptask.toml` from the working directory upward, if any.
        environment: where the default `openai` connection takes `OPENAI_BASE_URL` from.
        folder: of the project, if the user names that: its file counts before, and without any file it is the root.

    Raises:
        ConfigInvalid: the file can't be read or says something it can't mean.
    """
    file = find_config(path, folder)
    if file is None:
        return _config((folder or Path()).resolve(), file, environment, {}, {})
    from httptask.config.file import read_file  # and what finds faults in one

    written, root = read_file(file, environment), file.resolve().parent
    return replace(
        _config(root, file, environment, written.connections, written.secrets),
        activities=MappingProxyType(written.activities),
        storage=written.storage.model_copy(
            update={"directory": _anchored_path(written.storage.directory, root)}
        ),
        events=written.events,
        policy=written.policy,
        webhooks=MappingProxyType(written.webhooks),
        worker=written.worker,
    )


def _config(
    root: Path,
    file: Path | None,
    environment: Mapping[str, str],
    written: Mapping[str, Connection],
    sources: Mapping[str, SecretSource],
) -> Config:
    """The connections and secrets that are written, and those that are there without."""
    defaults = {} if "openai" in written else _default_connections(environment)
    connections = {**defaults, **_with_files_from(root, written)}
    secrets = {
        **_credentials(defaults.values()),
        **_credentials_of_providers(written.values()),
        **_anchored(sources, root),
    }
    return Config(
        root=root,
        file=file,
        connections=MappingProxyType(connections),
        secrets=MappingProxyType(
            {name: _bound(source, connections.values()) for name, source in secrets.items()}
        ),
        activities=MappingProxyType({}),
        policy=Policy(),
        worker=WorkerPolicy(),
        defaults=frozenset(defaults),
    )


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
