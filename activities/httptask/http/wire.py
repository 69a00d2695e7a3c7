"""A request as it goes onto the wire, and the credentials that went into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from httptask.http.authentication.digest import DigestUser
from httptask.http.authentication.source import TokenSource, token_source
from httptask.http.bodies import encode
from httptask.http.connections import Connection
from httptask.http.draft import Draft, draft
from httptask.http.headers import is_credential
from httptask.http.models import HttpRequest
from httptask.http.redaction import Redactor
from httptask.http.resolved import ResolvedValues
from httptask.http.secrets import SecretStore
from httptask.http.url import Url

__all__ = ["Outgoing", "WireRequest", "wire_request"]


@dataclass(frozen=True)
class WireRequest:
    """Every byte of a request but what the transport adds: Host, Content-Length, Connection."""

    method: str
    url: Url
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


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
        SecretUnavailable: a secret has no usable value, or may not be sent there.
    """
    values = ResolvedValues(store)
    complete = draft(request, connection, values)
    url = complete.target()
    values.check_origin(url.origin)
    headers = [(name.encode("ascii"), value.encode("utf-8")) for name, value in complete.headers.items()]
    wire = WireRequest(complete.method, url, headers, encode(complete.body, complete.content_type))
    redactor = Redactor({**_literal_credentials(complete), **values.resolved})
    if values.token_wanted is None:
        return Outgoing(wire, redactor, values.digest_user)
    source = token_source(*values.token_wanted, store)
    redactor.add(source.credentials)
    return Outgoing(wire, redactor, source)


def _literal_credentials(complete: Draft) -> Mapping[str, str]:
    """Credentials that the request itself holds; they are hidden like secrets, under the header's name."""
    return {
        value.partition(" ")[2] if name.lower() == "authorization" else value: f"header {name}"
        for name, value in complete.headers.items()
        if is_credential(name)
    }
