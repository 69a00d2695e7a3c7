"""A request made complete: base URL, query, authentication and body, with placeholders for its secrets.

What is sent and what is shown are two views of it: one has the values of secrets in those places, the other their
names; so what a dry run shows is what runs.
"""

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple

from httptask.authentication.check import has_scheme
from httptask.authentication.models import (
    ApiKeyAuthentication,
    BasicAuthentication,
    BearerAuthentication,
    CertificateAuthentication,
    ConnectionAuthentication,
    DigestAuthentication,
)
from httptask.connections.connection import Connection, Written
from httptask.http.content_coding import ACCEPT_ENCODING
from httptask.http.errors import RequestInvalid
from httptask.http.headers import (
    KEYED_METHODS,
    check_header,
    check_method,
    has_control_character,
    has_header,
    header_value,
)
from httptask.http.models import HttpRequest, JsonBody, RequestBody, SecretReference
from httptask.http.parameters import encoded_query
from httptask.http.url import encode_component, encode_text
from httptask.request.bodies import check_body, content_type, fill
from httptask.secrets.placeholders import begins_with_placeholder, has_placeholder, placeholder, places

__all__ = ["AUTOMATIC_HEADERS", "Address", "Draft", "check_credential", "draft"]

AUTOMATIC_HEADERS: Mapping[str, str] = {
    "accept-encoding": ACCEPT_ENCODING,
    "user-agent": f"httptask/{version('httptask')}",
}
"""Headers that say who sends and what it can decompress, unless the author says otherwise; names in lower case."""
_NO_CERTIFICATE = (
    "`certificate` needs a connection with a client certificate: name its file under `tls` of "
    "[connections.NAME] in httptask.toml"
)
_NOTHING = Written()
_WITHOUT_LENGTH = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods to which no length of an absent body is sent."""
_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, section 4.1.1


_Credential = tuple[ConnectionAuthentication, str]
"""What it is, and the placeholder that stands for it."""


class Address(NamedTuple):
    """Where a request goes, in parts, each of them encoded."""

    base_url: str | None
    """The connection's, whose credentials the request carries."""
    path: str
    """What comes behind the base URL, or a whole URL."""
    is_relative: bool
    query: Sequence[tuple[str, str]]
    """What is added to it."""


class Draft(NamedTuple):
    """A complete request, still in parts."""

    request: HttpRequest
    """What was asked for."""
    connection: Connection | None
    secrets: Sequence[SecretReference]
    """What the placeholders stand for, by their index; one more stands for the credential."""
    method: str
    address: Address
    headers: Mapping[str, str]
    credential: ConnectionAuthentication | None
    body: RequestBody | None

    @property
    def is_told_to_be_empty(self) -> bool:
        """Whether it has no body, and a length of 0 is sent to say so."""
        return self.body is None and self.method not in _WITHOUT_LENGTH

    @property
    def is_streamed(self) -> bool:
        """Whether its answer comes in events: as the task says, or as it asks the server itself, such as for a chat."""
        match self.body:
            case JsonBody(value={"stream": True}):
                return True
            case _:
                return self.request.is_streamed


def draft(request: HttpRequest, connection: Connection | None) -> Draft:
    """Completes a request.

    Raises:
        RequestInvalid: it can't be sent as written.
    """
    method = request.method.upper()
    check_method(method)
    if has_control_character(request.url) or request.url != request.url.strip():
        raise RequestInvalid(
            "the URL has a line break or a control character, or white space around it: trim the text it comes from"
        )
    own = connection.with_placeholders if connection else _NOTHING
    secrets = (*own.references, *request.secrets)
    asked = _with_placeholders(request, len(own.references)) if request.secrets else request
    if request.body is not None:
        described = request.headers if has_header(request.headers, "content-type") else own.headers
        check_body(request.body, header_value(described, "content-type"))
    beside = _own_headers(request, own)
    try:
        authentication = _authentication(asked, own)
        if authentication is not None:
            _check_certificate(authentication, connection)
            _check_written(authentication)
        path = encode_text(asked.url)
        is_relative = not (begins_with_placeholder(path) or _is_absolute(request.url))
        if is_relative and own.base_url is None:
            raise RequestInvalid(
                "the URL is relative: start it with http:// or https://, or name a connection that has a base URL"
            )
        credential = None if authentication is None else (authentication, placeholder(len(secrets)))
        return Draft(
            request,
            connection,
            secrets,
            method,
            Address(
                None if own.base_url is None else encode_text(own.base_url),
                path,
                is_relative,
                _query(asked, credential),
            ),
            headers=_headers(asked, beside, credential),
            credential=authentication,
            body=asked.body,
        )
    except UnicodeEncodeError:
        raise RequestInvalid("the request has half of a surrogate pair in its URL or credentials") from None


def _with_placeholders(request: HttpRequest, first: int) -> HttpRequest:
    """The request with placeholders for its secrets, whose indices begin with `first`."""
    insertions = places(request.secrets, first)
    texts = insertions.fill_tree({"url": request.url, "headers": request.headers, "query": request.query})
    authentication = request.authentication
    if authentication is not None:
        authentication = insertions.fill_model(authentication, "authentication")
    body = fill(request.body, insertions)
    insertions.check_all_used()
    return request.model_copy(update={**texts, "authentication": authentication, "body": body})


def _is_absolute(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _authentication(request: HttpRequest, own: Written) -> ConnectionAuthentication | None:
    """The request's own, or else that of its connection unless the request has such a header itself."""
    if request.authentication is not None:
        if has_header(request.headers, _header_of(request.authentication)):
            raise RequestInvalid("give either `authentication` or the header Authorization, not both")
        return request.authentication
    inherited = own.authentication
    return None if inherited is None or has_header(request.headers, _header_of(inherited)) else inherited


def _check_certificate(authentication: ConnectionAuthentication, connection: Connection | None) -> None:
    tls = connection.tls if connection is not None else None
    if isinstance(authentication, CertificateAuthentication) and (tls is None or tls.certificate is None):
        raise RequestInvalid(_NO_CERTIFICATE)


def _header_of(authentication: ConnectionAuthentication) -> str | None:
    """The header that would hold the credential."""
    match authentication:
        case CertificateAuthentication():
            return None
        case ApiKeyAuthentication(place=place, name=name):
            return name if place == "header" else None
        case _:
            return "Authorization"


def check_credential(authentication: ConnectionAuthentication) -> None:
    """Refuses a credential that can't stand in its place; of its secrets there are placeholders or values.

    Raises:
        RequestInvalid: saying why, never what it is.
    """
    match authentication:
        case ApiKeyAuthentication(place="cookie", name=name, value=key) if not _COOKIE.fullmatch(key):
            raise RequestInvalid(
                f"the key in the cookie {name} has a space, a quote, a comma, a semicolon or a backslash, "
                "which no cookie can hold"
            )
        case ApiKeyAuthentication(place="header", name=name, value=key) if not key.isascii():
            raise RequestInvalid(f"the key in the header {name} has a character outside ASCII")
        case DigestAuthentication(username=name) if not name.isascii():
            raise RequestInvalid("a username of digest authentication has no character outside ASCII")
        case BearerAuthentication(token=token) if has_scheme(token):
            raise RequestInvalid("the token begins with `Bearer`, which is put before it: keep it alone")
        case _:
            pass


def _check_written(authentication: ConnectionAuthentication) -> None:
    """Refuses what of a credential is wrong as it is written, whatever the values of its secrets are.

    Raises:
        RequestInvalid: saying why, never what it is.
    """
    check_credential(authentication)
    match authentication:
        case ApiKeyAuthentication(place="header", name=name, value=key):
            check_header(name, key)
        case BearerAuthentication(token=token):
            check_header("Authorization", token)
        case (
            BasicAuthentication(username=name, password=password)
            | DigestAuthentication(username=name, password=password)
        ):
            check_header("Authorization", name + (password if has_placeholder(password) else ""))
            if ":" in name:
                raise RequestInvalid(
                    f"a username of {authentication.kind} authentication has no colon (RFC 7617, RFC 7616)"
                )
        case _:
            pass


def _query(request: HttpRequest, credential: _Credential | None) -> list[tuple[str, str]]:
    """Names and values, encoded."""
    values = [*encoded_query(request.query, request.separators)]
    match credential:
        case ApiKeyAuthentication(place="query", name=name), text if name not in request.query:
            values.append((encode_component(name), encode_component(text)))
        case _:
            pass
    return values


def _headers(request: HttpRequest, own: Mapping[str, str], credential: _Credential | None) -> dict[str, str]:
    headers: dict[str, str] = {}
    known: set[str] = set()
    for name, value in request.headers.items():
        stripped = value.strip(" \t")
        check_header(name, stripped)
        if name.lower() in known:
            raise RequestInvalid(f"the header {name} is given twice: names do not depend on case")
        headers[name] = stripped
        known.add(name.lower())
    if credential is not None and (header := _header_of(credential[0])) is not None:
        headers[header] = credential[1]
        known.add(header.lower())
    for name, value in own.items():
        if name.lower() not in known:
            check_header(name, value)
            headers[name] = value
            known.add(name.lower())
    match credential:
        case ApiKeyAuthentication(place="cookie", name=cookie), text:
            name = next((name for name in headers if name.lower() == "cookie"), "Cookie")
            headers[name] = f"{headers[name]}; {cookie}={text}" if name in headers else f"{cookie}={text}"
        case _:
            pass
    return headers


def _own_headers(request: HttpRequest, own: Written) -> dict[str, str]:
    """What the request has beside its own headers and credential."""
    headers = dict(own.headers)
    if request.idempotency_key and request.method.upper() in KEYED_METHODS:
        headers["Idempotency-Key"] = request.idempotency_key
    if request.body is not None:
        headers.setdefault("Content-Type", content_type(request.body))
    headers.setdefault("Accept", "*/*")
    headers.setdefault("Accept-Encoding", AUTOMATIC_HEADERS["accept-encoding"])
    headers.setdefault("User-Agent", AUTOMATIC_HEADERS["user-agent"])
    return headers
