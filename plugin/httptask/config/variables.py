"""Environment variables in the texts of a connection: they are not replaced, so they never mean what they say."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.connections.connection import Connection
from httptask.json.tree import is_object

__all__ = ["variables_as_written"]

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}|(?<![\w$])\$([A-Z_][A-Z0-9_]*)\b|^\$(?!secrets\.)(\w+)$")
"""`${NAME}` anywhere, `$NAME` as a word, or a text that is nothing but `$name`."""
_TEXTS: Final = frozenset({"authentication", "base_url", "headers", "proxy", "tls"})


def variables_as_written(connection: Connection, environment: Mapping[str, str]) -> Iterator[str]:
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
