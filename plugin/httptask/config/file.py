"""`httptask.toml` as it is written, and what is wrong with it."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.event_sink import EventSink
from httptask.config.checks import find_faults
from httptask.config.errors import ConfigInvalid
from httptask.config.sections import Policy, StorageSection, Webhook, WorkerPolicy
from httptask.connections.connection import Connection
from httptask.diagnostics.validation import as_setting, faults_of, keys_at
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_object
from httptask.secrets.store import SecretSource

__all__ = ["ConfigFile", "read_file"]

_NAMED = ("activities", "connections", "secrets")
_BEARER = 'write authentication.bearer.token = "$secrets.NAME"'
_BASIC = 'write authentication.basic = { username = "NAME", password = "$secrets.NAME" }'
_API_KEY = 'authentication.api_key = { in = "header", name = "X-Api-Key", value = "$secrets.NAME" }'
_KEYS_OF_CONNECTIONS = {
    **dict.fromkeys(("api_key", "apikey", "api-key", "key"), f"{_BEARER}, or {_API_KEY}"),
    **dict.fromkeys(("auth", "authentication", "bearer", "env", "environment", "secret", "token"), _BEARER),
    "authentication.api_key": f"write {_API_KEY}",
    **dict.fromkeys(("authentication.bearer", "authentication.token", "authentication.value"), _BEARER),
    **dict.fromkeys(("basic", "password", "user", "username"), _BASIC),
    **dict.fromkeys(("authentication.basic", "authentication.password", "authentication.username"), _BASIC),
    "allow_private": 'write ["loopback"], or a list of addresses or networks',
    "base_url_secret": 'write base_url = "$secrets.NAME"',
    "bearer_secret": _BEARER,
    "endpoint": "write base_url",
    "host": "write base_url",
    "proxy": 'write proxy.url = "http://HOST:PORT"',
    "retries": "write retry.attempts",
    "timeout": "write limits.total, in seconds",
    "url": "write base_url",
}
"""What people write into a connection, and where it belongs."""

_CURED = ("unknown-key", "wrong-type")
"""Codes of faults that these keys are a cure for."""


class ConfigFile(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid")

    connections: dict[str, Connection] = {}
    secrets: dict[str, SecretSource] = {}
    activities: dict[str, AllowedActivity] = {}
    storage: StorageSection = StorageSection()
    events: EventSink = EventSink()
    policy: Policy = Policy()
    webhooks: dict[str, Webhook] = {}
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


def read_file(file: Path, environment: Mapping[str, str]) -> ConfigFile:
    """Read a file.

    Raises:
        ConfigInvalid: it can't be read or says something it can't mean.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid([f"{file}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigInvalid([f"{file}: is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid([f"{file}: is not valid TOML: {error}"]) from None
    try:
        written = ConfigFile.model_validate(data)
    except ValidationError as error:
        raise ConfigInvalid(_describe_faults(file, error)) from None
    faults = [f"{file}: {fault}" for fault in find_faults(written.connections, written.secrets, environment)]
    sink = written.events.connection
    if sink is not None and sink not in written.connections:
        faults.append(f"{file}: events.connection: there is no connection {sink}; write [connections.{sink}]")
    if faults:
        raise ConfigInvalid(faults)
    return written


def _describe_faults(file: Path, error: ValidationError) -> list[str]:
    """One line for each fault: file, dotted key, what is wrong and the cure."""

    def known(path: tuple[str | int, ...]) -> list[str]:
        keys = keys_at(ConfigFile, path)
        # The name of a connection, secret or activity is the key of its table.
        return [key for key in keys if len(path) > 2 or key != "name"]

    lines: list[str] = []
    for fault in faults_of(error, known, "a table"):
        path = pointer_tokens(fault.pointer)
        misplaced = path[:1] == ("connections",) and fault.code in _CURED
        cure = _KEYS_OF_CONNECTIONS.get(".".join(path[2:])) if misplaced else None
        lines.append(f"{file}: {as_setting(fault if cure is None else replace(fault, hint=cure))}")
    return lines
