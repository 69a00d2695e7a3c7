"""A request as it goes onto the wire, and the credentials that went into it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from httptask.http.bodies import encode
from httptask.http.connections import Connection
from httptask.http.draft import Draft, draft
from httptask.http.errors import SecretUnavailable
from httptask.http.headers import has_control_character, is_credential
from httptask.http.models import HttpRequest, SecretReference
from httptask.http.redaction import Redactor
from httptask.http.secrets import SecretStore
from httptask.http.url import Url

__all__ = ["WireRequest", "wire_request"]


@dataclass(frozen=True)
class WireRequest:
    """Every byte of a request but what the transport adds: Host, Content-Length, Connection."""

    method: str
    url: Url
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


def wire_request(
    request: HttpRequest, connection: Connection | None, store: SecretStore
) -> tuple[WireRequest, Redactor]:
    """Resolves the secrets of a request and makes it ready to be sent.

    Returns:
        The request, and what removes its credentials from an answer.

    Raises:
        RequestInvalid: it can't be sent as written.
        SecretUnavailable: a secret has no usable value, or may not be sent there.
    """
    values = _ResolvedValues(store)
    complete = draft(request, connection, values)
    url = complete.target()
    values.check_origin(url.origin)
    headers = [(name.encode("ascii"), value.encode("utf-8")) for name, value in complete.headers.items()]
    wire = WireRequest(complete.method, url, headers, encode(complete.body, complete.content_type))
    return wire, Redactor({**_literal_credentials(complete), **values.resolved})


class _ResolvedValues:
    """Inserts the values of secrets and remembers them."""

    def __init__(self, store: SecretStore) -> None:
        self._store = store
        self.resolved: dict[str, str] = {}
        self.names: set[str] = set()

    def secret(self, reference: SecretReference) -> str:
        value = self._store.resolve(reference.name, reference.field)
        if not reference.pointer.startswith("/body/"):
            _check_header_or_url_value(reference.name, value)
        self.resolved[value] = reference.name
        self.names.add(reference.name)
        return value

    def basic(self, username: str, password: str) -> str:
        pair = f"{username}:{password}"
        for value in (pair, password):
            self.resolved.setdefault(value, "authentication")
        return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")

    def check_origin(self, origin: str) -> None:
        for name in sorted(self.names):
            self._store.check_origin(name, origin)


def _check_header_or_url_value(name: str, value: str) -> None:
    if has_control_character(value) or not value.isascii():
        raise SecretUnavailable(
            f"the value of the secret {name} can't be sent in a header or URL: it has a line break (often "
            "at its end), a control character or one outside ASCII; set it again without"
        )


def _literal_credentials(complete: Draft) -> Mapping[str, str]:
    """Credentials that the request itself holds; they are hidden like secrets, under the header's name."""
    return {
        value.partition(" ")[2] if name.lower() == "authorization" else value: f"header {name}"
        for name, value in complete.headers.items()
        if is_credential(name)
    }
