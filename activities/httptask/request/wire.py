"""A request as it goes onto the wire, and the credentials that went into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from httptask.connections.connection import Connection
from httptask.connections.route import filled
from httptask.http.headers import is_credential
from httptask.http.models import HttpRequest
from httptask.http.url import Url
from httptask.request.bodies import encode
from httptask.request.digest import DigestUser
from httptask.request.draft import Draft, draft
from httptask.request.resolved import ResolvedValues
from httptask.request.token_source import TokenSource, token_source
from httptask.secrets.redaction import Redactor
from httptask.secrets.store import SecretStore

__all__ = ["Outgoing", "WireRequest", "wire_request"]


@dataclass(frozen=True)
class WireRequest:
    """Every byte of a request but what the transport adds: Host, Content-Length, Connection."""

    method: str
    url: Url
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    bound: bool = True
    """Whether it carries what belongs to its server alone: a secret, a credential, a header of the connection."""
    secrets: frozenset[str] = frozenset()
    """Names of the secrets whose values are in it."""
    declared: bool = False
    """Whether the configuration names its server itself: that of a connection, or an authority of its tokens."""
    found: bool = False
    """Whether data chose its server, such as a location in an answer."""


class Outgoing(NamedTuple):
    """A request that is ready to be sent."""

    wire: WireRequest
    redactor: Redactor
    """Removes its credentials from an answer."""
    later: DigestUser | TokenSource | None
    """Where the credential comes from that only the exchange itself can add."""


def wire_request(request: HttpRequest, connection: Connection | None, store: SecretStore) -> Outgoing:
    """Resolves the secrets of a request and makes it ready to be sent.

    Raises:
        RequestInvalid: it can't be sent as written.
        SecretUnavailable: a secret has no usable value.
    """
    values = ResolvedValues(store)
    complete = draft(request, connection, values)
    url = complete.target()
    headers = [(name.encode("ascii"), value.encode("utf-8")) for name, value in complete.headers.items()]
    literal = _literal_credentials(complete)
    bound = bool(values.resolved or values.token_wanted or literal or _of_connection(connection))
    wire = WireRequest(
        complete.method,
        url,
        headers,
        encode(complete.body, complete.content_type),
        bound,
        secrets=frozenset(values.names),
        declared=complete.base_url is not None,
        found=request.address_from_data,
    )
    redactor = Redactor({**literal, **values.resolved, **_proxy_password(connection, store)})
    if values.token_wanted is None:
        return Outgoing(wire, redactor, values.digest_user)
    source = token_source(*values.token_wanted, store, declared=request.authentication is None)
    redactor.add(source.credentials)
    return Outgoing(wire, redactor, source)


def _of_connection(connection: Connection | None) -> bool:
    """Whether the connection adds to its requests what other servers are not to see."""
    return connection is not None and bool(
        connection.headers or (connection.tls is not None and connection.tls.certificate)
    )


def _proxy_password(connection: Connection | None, store: SecretStore) -> Mapping[str, str]:
    """What the proxy is told, which it may repeat in an answer of its own."""
    if connection is None or connection.proxy is None or connection.proxy.password is None:
        return {}
    password = filled(connection.proxy.password, lambda secret: store.resolve(secret.name, secret.field))
    return {password: "proxy password"}


def _literal_credentials(complete: Draft) -> Mapping[str, str]:
    """Credentials that the request itself holds; they are hidden like secrets, under the header's name."""
    return {
        value.partition(" ")[2] if name.lower() == "authorization" else value: f"header {name}"
        for name, value in complete.headers.items()
        if is_credential(name)
    }
