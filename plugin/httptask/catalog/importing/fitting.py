"""Imported tasks by connections: those of the project that fit, and new ones for servers of private networks."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from httptask.catalog.importing.collecting import Imported
from httptask.catalog.importing.named_secrets import ProjectSecrets, host_label
from httptask.config.config import Config, for_own_runs
from httptask.connections.connection import Connection
from httptask.egress.closed import closed_networks
from httptask.egress.guard import addresses_of
from httptask.http.errors import RequestInvalid, SecretUnavailable
from httptask.http.url import Url
from httptask.json.tree import map_texts, texts_of
from httptask.json.types import is_object
from httptask.openapi.naming import unused_name
from httptask.secrets.store import SecretStore

__all__ = ["by_connections", "secrets_of", "with_private_servers"]

_OF_TASK: Final = re.compile(r"\$\{ \$secrets\.(\w+) \}")
_OF_CONNECTION: Final = re.compile(r"\$secrets\.([A-Za-z_]\w*)", re.ASCII)
_POLICIES: Final = ("bearer", "basic", "digest")
_PLACES: Final = {"header": "headers", "query": "query"}


def secrets_of(config: Config, environment: Mapping[str, str]) -> ProjectSecrets:
    """The connections and secrets of a project, with the values that runs of one's own have of these."""

    def value_of(name: str) -> str | None:
        try:
            return SecretStore(for_own_runs(config, [name]).secrets, environment).resolve(name)
        except SecretUnavailable:
            return None

    return ProjectSecrets(config.connections, config.secrets, value_of)


@dataclass(frozen=True)
class _Fit:
    """A task that goes by a connection.

    Attributes:
        task: as it is then.
        connection: the connection.
        taken: secrets of the task that the connection has under names of its own.
    """

    task: dict[str, Any]
    connection: Connection
    taken: Mapping[str, str]


def by_connections(imported: Imported, project: ProjectSecrets) -> Imported:
    """The same tasks, of which those go by a connection that have its server and all that it authenticates with.

    A connection sends no credential then that the task did not; what it does not send stays in the task.

    Args:
        imported: tasks as they were written elsewhere, with addresses and credentials of their own.
        project: has the connections, and tells which of them has a credential of the same value.
    """
    values = {secret.name: secret.value for secret in imported.secrets}

    def closeness(fit: _Fit) -> tuple[int, int, int]:
        others = sum(project.value_of(own) not in (None, values[name]) for name, own in fit.taken.items())
        return len(fit.connection.base_url or ""), -others, len(fit.taken)

    fits: dict[str, _Fit] = {}
    for name, task in imported.tasks.items():
        found = [fit for one in project.connections.values() if (fit := _fit(task, one)) is not None]
        if found:
            fits[name] = max(found, key=closeness)
    if not fits:
        return imported
    tasks = {name: fits[name].task if name in fits else task for name, task in imported.tasks.items()}
    named = {secret for text in texts_of(list(tasks.values())) for secret in _OF_TASK.findall(text)}
    known = {secret.name: secret for secret in imported.secrets}
    taken = {
        own: known[name] if own == name else replace(known[name], name=own, instead_of=None)
        for fit in fits.values()
        for name, own in fit.taken.items()
    }
    return replace(
        imported,
        tasks=tasks,
        secrets=tuple(one for one in imported.secrets if one.name in named),
        of_connections=(*imported.of_connections, *taken.values()),
        connections={**imported.connections, **{name: fit.connection.name for name, fit in fits.items()}},
    )


def with_private_servers(
    imported: Imported,
    project: ProjectSecrets,
    opened: Sequence[str],
    resolve: Callable[[str], Sequence[str]] = addresses_of,
) -> tuple[Imported, dict[str, dict[str, Any]]]:
    """The same tasks, of which those go by a new connection whose server is where requests may not go without.

    Args:
        imported: tasks, of which some go by a connection already.
        project: has the connections that there are.
        opened: private networks that requests may go to without a connection.
        resolve: asked for the addresses of names.

    Returns:
        The tasks, and the settings of the connections that they need, by name.
    """
    made: dict[str, dict[str, Any]] = {}
    resolve = cache(resolve)
    for task, described in imported.tasks.items():
        url = None if task in imported.connections else _url_of(described["with"])
        closed = [] if url is None else closed_networks(url.host, opened, resolve)
        if url is None or not closed or not all(one.is_own for one in closed):
            continue
        wanted = host_label(url.host).lower().replace("_", "-")
        name = unused_name(wanted, project.connections.keys() | made.keys(), "-")
        settings = {
            "base_url": url.origin,
            "allow_private": [one.network for one in closed],
            **_authentication_of(described["with"]),
        }
        connection = Connection.model_validate({"name": name, **settings})
        fitted = by_connections(imported, replace(project, connections={name: connection}))
        if task in fitted.connections:
            imported, made[name] = fitted, settings
    return imported, made


def _url_of(arguments: Mapping[str, Any]) -> Url | None:
    """The address of a task; None of one that goes by a connection, or has it in a secret."""
    endpoint = arguments.get("endpoint")
    uri = endpoint["uri"] if is_object(endpoint) else endpoint
    try:
        return None if uri is None or "$" in uri else Url.parse(uri)
    except RequestInvalid:
        return None


def _authentication_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a connection that sends what a task authenticates with."""
    endpoint = arguments["endpoint"]
    policy = endpoint.get("authentication") if is_object(endpoint) else None
    settings: dict[str, Any] = {}
    if policy is not None:
        settings["authentication"] = map_texts(policy, _in_connection)
    for place, where in _PLACES.items():
        credentials = [
            (name, _in_connection(value))
            for name, value in arguments.get(where, {}).items()
            if isinstance(value, str) and _OF_TASK.fullmatch(value)
        ]
        if len(credentials) == 1 and "authentication" not in settings:
            [(name, value)] = credentials
            settings["authentication"] = {"api_key": {"in": place, "name": name, "value": value}}
    return settings


def _in_connection(text: str) -> str:
    return _OF_TASK.sub(lambda found: f"$secrets.{found[1]}", text)


def _fit(task: Mapping[str, Any], connection: Connection) -> _Fit | None:
    """A task by a connection; None where that would send something else."""
    arguments = deepcopy(task["with"])
    endpoint = arguments.pop("endpoint", None)
    path = None if endpoint is None else _path_below(_url_of(task["with"]), connection)
    if path is None:
        return None
    policy = endpoint.get("authentication") if is_object(endpoint) else None
    taken = _taken_over(policy, arguments, connection)
    if taken is None:
        return None
    method = arguments.pop("method")
    by = {"method": method, "connection": connection.name, "path": path}
    return _Fit({**task, "with": {**by, **arguments}}, connection, taken)


def _path_below(url: Url | None, connection: Connection) -> str | None:
    """What is appended to the base URL of a connection; None where an address is not below it."""
    base = urlsplit(connection.base_url or "")
    if url is None or url.origin != connection.origin or base.query or "?" in url.target:
        return None
    below = base.path.rstrip("/")
    path = url.target.removeprefix(below)
    return path if url.target.startswith(f"{below}/") and not path.startswith("//") else None


def _taken_over(policy: Any, arguments: dict[str, Any], connection: Connection) -> Mapping[str, str] | None:
    """Take out of a task what a connection sends: the names that its secrets have there, by those of the task.

    None where the connection sends more than the task, or can't send all of it.
    """
    own = connection.authentication.model_dump(exclude_unset=True) if connection.authentication else {}
    kind = next(iter(own), None)
    sent: dict[str, dict[str, str]] = {"headers": dict(connection.headers), "query": {}}
    pairs: list[tuple[Any, Any]] = []
    if kind in _POLICIES:
        pairs.append((policy, own))
    elif kind == "api_key" and own[kind]["in"] in _PLACES and policy is None:
        sent[_PLACES[own[kind]["in"]]][own[kind]["name"]] = own[kind]["value"]
    elif kind is not None or policy is not None:
        return None
    for place, values in sent.items():
        given = arguments.get(place, {})
        for name, value in values.items():
            key = next((one for one in given if one.lower() == name.lower()), None)
            if not _OF_CONNECTION.search(value):
                continue  # what the task has under that name goes before it
            if key is None:
                return None
            pairs.append((given.pop(key), value))
        if not given:
            arguments.pop(place, None)
    taken: dict[str, str] = {}
    for given, value in pairs:
        found = _paired(given, value)
        if found is None or any(taken.get(name, own_name) != own_name for name, own_name in found):
            return None
        taken |= dict(found)
    return taken


def _paired(given: Any, own: Any) -> Sequence[tuple[str, str]] | None:
    """The secrets of a task's value and of a connection's that says the same; None where it says something else."""
    if is_object(given) and is_object(own):
        found = [_paired(given[key], own[key]) for key in given] if given.keys() == own.keys() else [None]
        return None if None in found else [pair for pairs in found for pair in pairs or ()]
    if not (isinstance(given, str) and isinstance(own, str)):
        return None
    literals, names = _OF_TASK.split(given), _OF_CONNECTION.split(own)
    if literals[::2] != names[::2] or any("$" in text for text in literals[::2]):
        return None
    return list(zip(literals[1::2], names[1::2], strict=True))
