"""Connections and secrets of tests."""

from collections.abc import Mapping
from typing import Any

from httptask.connections.connection import Connection
from httptask.secrets.store import SecretSource, SecretStore

__all__ = ["local_connection", "secret_store"]


def secret_store(values: Mapping[str, str]) -> SecretStore:
    """Secrets with the given values."""
    return SecretStore({name: SecretSource(name=name, environment=name) for name in values}, dict(values))


def local_connection(name: str, url: str, **fields: Any) -> Connection:
    """A connection to a server on loopback."""
    return Connection(name=name, base_url=url, allow_private=("loopback",), **fields)
