"""A request as it goes onto the wire, and the credentials that went into it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from httptask.authentication.models import (
    ApiKeyAuthentication,
    BasicAuthentication,
    BearerAuthentication,
    CertificateAuthentication,
    DigestAuthentication,
    TokenAuthentication,
)
from httptask.connections.connection import Connection
from httptask.connections.route import filled
from httptask.http.errors import RequestInvalid
from httptask.http.headers import header_value, is_credential
from httptask.http.models import RequestBody
from httptask.http.url import Url, joined
from httptask.request.bodies import encode, fill
from httptask.request.digest_authentication import DigestUser
from httptask.request.draft import Draft, check_credential
from httptask.request.preview import PreparedRequest, prepare
from httptask.request.token_source import TokenSource, token_source
from httptask.secrets.insertion import Insertions
from httptask.secrets.placeholders import ResolvedValues, has_placeholder, placeholder
from httptask.secrets.redaction import Redactor
from httptask.secrets.store import SecretStore

__all__ = ["Outgoing", "WireRequest", "wire_request"]


@dataclass(frozen=True)
class WireRequest:
    """Every byte of a request but what the transport adds: Host, Content-Length, Connection."""

    method: str
    url: Url
    headers: Sequence[tuple[str, str]]
    body: bytes
    bound: bool = True
    """Whether it carries what belongs to its server alone: a secret, a credential, a header of the connection."""
    secrets: frozenset[str] = frozenset()
    """Names of the secrets whose values are in it."""
    for_token: bool = False
    """Whether it asks for an access token."""
    declared: bool = False
    """Whether the configuration names its server itself: that of a connection, or an authority of its tokens."""
    found: bool = False
    """Whether data chose its server, such as a location in an answer."""
    shown: PreparedRequest | None = field(default=None, compare=False)
    """The same as people may see it; None for a request that nobody drafted, such as one for a token."""
    charset: str | None = None
    """In which its answer is to be read, where the author says so."""


class Outgoing(NamedTuple):
    """A request that is ready to be sent."""

    wire: WireRequest
    shown: PreparedRequest
    redactor: Redactor
    """Removes its credentials from an answer."""
    later: DigestUser | TokenSource | None
    """Where the credential comes from that only the exchange itself can add."""


def wire_request(complete: Draft, store: SecretStore) -> Outgoing:
    """The view of a draft that is sent: with the values of its secrets; and with it the one that is shown.

    Raises:
        RequestInvalid: it can't be sent with them.
        SecretUnavailable: a secret has no usable value.
    """
    shown = prepare(complete)
    values = ResolvedValues(complete.secrets, store)
    try:
        later = _credential(complete, values, store)
        address = complete.address
        path = values.fill_url(address.path)
        base_url = None if address.base_url is None else values.fill_url(address.base_url)
        query = [(name, values.fill_component(value)) for name, value in address.query]
        headers = _headers(complete, values, is_added_later=later is not None)
    except UnicodeEncodeError:
        raise RequestInvalid("the request has half of a surrogate pair in its URL or credentials") from None
    filled = _body(complete, values)
    body = b"" if filled is None else encode(filled, header_value(complete.headers, "content-type"))
    url = joined(base_url if address.is_relative else None, path, query)
    literal = _literal_credentials(headers)
    bound = bool(values.resolved or later or literal or _of_connection(complete.connection))
    wire = WireRequest(
        complete.method,
        Url.parse_at(url, base_url),
        tuple(headers.items()),
        body,
        bound,
        secrets=frozenset(values.names),
        declared=base_url is not None,
        found=complete.request.address_from_data,
        shown=shown,
        charset=complete.request.charset,
    )
    for_token: Mapping[str, str] = later.credentials if isinstance(later, TokenSource) else {}
    of_proxy = _proxy_password(complete.connection, store)
    return Outgoing(wire, shown, Redactor({**for_token, **literal, **values.resolved, **of_proxy}), later)


def _credential(
    complete: Draft, values: ResolvedValues, store: SecretStore
) -> DigestUser | TokenSource | None:
    """Makes the credential that stands in the request, or says where one comes from that is added later."""
    written = complete.credential
    if isinstance(written, TokenAuthentication):
        is_declared = complete.request.authentication is None
        return token_source(written, ResolvedValues(complete.secrets, store), store, declared=is_declared)
    if written is None:
        return None
    credential = written.model_copy(update={name: values.fill(text) for name, text in written})
    check_credential(credential)
    match credential:
        case ApiKeyAuthentication(value=key):
            values.made = values.credential(key)
        case BasicAuthentication(username=user, password=password):
            pair = values.credential(f"{user}:{values.credential(password)}")
            values.made = "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")
        case BearerAuthentication(token=token):
            values.made = f"Bearer {token}"
        case DigestAuthentication(username=user, password=password):
            return DigestUser(user, values.credential(password))
        case CertificateAuthentication():
            pass
    return None


def _headers(complete: Draft, values: ResolvedValues, *, is_added_later: bool) -> Mapping[str, str]:
    if not complete.secrets and complete.credential is None:
        return complete.headers
    added = placeholder(len(complete.secrets)) if is_added_later else None
    headers: dict[str, str] = {}
    for name, value in complete.headers.items():
        if not has_placeholder(value):
            headers[name] = value
        elif value != added:
            filled = values.fill(value)
            headers[name] = filled.strip(" \t") if name in complete.request.headers else filled
    return headers


def _body(complete: Draft, values: ResolvedValues) -> RequestBody | None:
    request = complete.request
    if not request.secrets:
        return complete.body
    return fill(request.body, Insertions(request.secrets, values.secret))


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


def _literal_credentials(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Credentials that the request itself holds; they are hidden like secrets, under the header's name."""
    return {
        value.partition(" ")[2] if name.lower() == "authorization" else value: f"header {name}"
        for name, value in headers.items()
        if is_credential(name)
    }
