"""Base URLs to which `/chat/completions` is added in the wrong place."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from httptask.connections.connection import Connection
from httptask.connections.providers import PROVIDERS
from httptask.diagnostics.fault import Fault, Severity
from httptask.http.errors import HttpStatusError

__all__ = ["explain_not_found", "misplaced"]

_ENDPOINT: Final = "/chat/completions"
_RULE: Final = "base-url"
_NOTHING_THERE: Final = (404, 405)


def misplaced(connection: Connection | None) -> Fault | None:
    """What is wrong with the base URL of a connection, as far as that is known of its server."""
    address = connection.base_url if connection else None
    if connection is None or address is None or address.startswith("$"):
        return None
    parts = urlsplit(address)
    server, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    usual = next(filter(None, (urlsplit(base).path for base in _usual_bases(connection, parts.netloc))), None)
    if path.endswith(_ENDPOINT):
        message = f"base_url of the connection {connection.name} ends in `{_ENDPOINT}`, which is added to it"
        hint = f'write base_url = "{server}{path.removesuffix(_ENDPOINT)}"'
    elif not path and usual is not None:
        message = f"base_url of the connection {connection.name} has no path; the API of this server is under `{usual}`"
        hint = f'write base_url = "{server}{usual}"'
    else:
        return None
    return Fault("/connection", _RULE, message, hint, Severity.WARNING)


def explain_not_found(error: HttpStatusError, connection: Connection) -> None:
    """Say of a server that has nothing at the address of chat completions what may be wrong with its base URL."""
    address = connection.base_url or "$"
    if error.details.get("status") not in _NOTHING_THERE or address.startswith("$"):
        return
    fault = misplaced(connection)
    if fault is not None:
        error.message += f"; {fault.message}: {fault.hint}"
    elif not urlsplit(address).path.rstrip("/") and not error.details.get(
        "error"
    ):  # which who has the API would send
        error.message += (
            f"; base_url of the connection {connection.name} has no path, and this API mostly is under `/v1`"
        )


def _usual_bases(connection: Connection, host: str) -> Iterator[str]:
    """Base URLs of the server, by its provider or by its name."""
    for name, provider in PROVIDERS.items():
        base = provider.base_url or provider.example
        if base is not None and (name == connection.provider or urlsplit(base).netloc == host):
            yield base
