"""What connections and secrets of a file say that they can't mean."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.suggest import did_you_mean
from httptask.http.errors import RequestInvalid
from httptask.http.url import Url
from httptask.json.types import is_object
from httptask.secrets.store import SecretSource

__all__ = ["find_faults"]

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}|(?<![\w$])\$([A-Z_][A-Z0-9_]*)\b|^\$(?!secrets\.)(\w+)$")
"""`${NAME}` anywhere, `$NAME` as a word, or a text that is nothing but `$name`."""
_TEXTS: Final = frozenset({"authentication", "base_url", "headers", "proxy", "tls"})

_NO_VARIABLE: Final = re.compile(r"[\s${}%=]")


def find_faults(
    connections: Mapping[str, Connection], secrets: Mapping[str, SecretSource], environment: Mapping[str, str]
) -> Iterator[str]:
    """Find a connection without an address, with variables or for unknown fields, and a secret without its source.

    Yields:
        The dotted key, what is wrong with it, and the cure.
    """
    for name, connection in connections.items():
        if connection.base_url is None:
            yield f"connections.{name}: has no address; write base_url"
    for connection in connections.values():
        yield from (f"connections.{fault}" for fault in _variables_as_written(connection, environment))
    for name, source in secrets.items():
        if (source.environment is None) == (source.file is None):
            yield (
                f'secrets.{name}: write where it comes from, either environment = "{name}" or file = "PATH"'
            )
    for name, source in secrets.items():
        yield from (f"secrets.{name}.{fault}" for fault in _faults_of_source(source))
    for name, connection in connections.items():
        for pattern, field, near in _misspelt_fields(connection):
            hint = did_you_mean(field, near, mark="")
            yield f"connections.{name}.model_rules.{pattern}.{field}: unknown field; {hint}"


def _misspelt_fields(connection: Connection) -> Iterator[tuple[str, str, str]]:
    if connection.model_rules:
        # All that is known of chat requests: a command that only looks at runs has no other use for it.
        from httptask.chat.rules.models import misspelt_fields

        yield from misspelt_fields(connection.model_rules)


def _variables_as_written(connection: Connection, environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each text that would be sent with a `$NAME` or `${NAME}` in it.

    What is no variable of this environment may be part of a credential, and is not repeated.
    """
    tables = connection.model_dump(mode="json", include=set(_TEXTS), exclude_none=True, exclude_unset=True)
    for path, text in _texts(tables, connection.name):
        found = _VARIABLE.search(text)
        if found is not None:
            name = next((name for name in found.groups() if name in environment), "NAME")
            yield (
                f"{path}: environment variables are not put in here, it would be sent as it stands; "
                f'write "$secrets.{name}", and [secrets.{name}] with environment = "{name}"'
            )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif is_object(value):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}")


def _faults_of_source(source: SecretSource) -> Iterator[str]:
    variable = source.environment
    if variable is not None and (not variable or _NO_VARIABLE.search(variable)):
        yield 'environment: must be the name of a variable, such as "TOKEN", without $ and braces'
    for origin in source.origins:
        try:
            found = Url.parse(origin if "://" in origin else f"https://{origin}")
        except RequestInvalid:
            yield f"origins: {shortened(origin)!r} is none; write https://HOST or https://HOST:PORT"
            continue
        if found.origin != origin.rstrip("/").lower():
            yield f"origins: {shortened(origin)!r} is none; write {found.origin}"
