"""What is wrong with a configuration."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ValidationError

from httptask.diagnostics.validation import as_setting, faults_of, keys_at
from httptask.json.pointer import pointer_tokens

__all__ = ["ConfigInvalid", "describe_faults"]

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


class ConfigInvalid(ValueError):
    """A configuration can't be used.

    Attributes:
        faults: each with the file, the key and the cure.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def describe_faults(file: Path, error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each fault: file, dotted key, what is wrong and the cure."""

    def known(path: tuple[str | int, ...]) -> list[str]:
        keys = keys_at(model, path)
        # The name of a connection, secret or activity is the key of its table.
        return [key for key in keys if len(path) > 2 or key != "name"]

    lines: list[str] = []
    for fault in faults_of(error, known, "a table"):
        path = pointer_tokens(fault.pointer)
        misplaced = path[:1] == ("connections",) and fault.code in _CURED
        cure = _KEYS_OF_CONNECTIONS.get(".".join(path[2:])) if misplaced else None
        lines.append(f"{file}: {as_setting(fault if cure is None else replace(fault, hint=cure))}")
    return lines
