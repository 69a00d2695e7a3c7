"""A request made complete: base URL, query, authentication and secrets in their places.

The same code makes what is sent, with the values of secrets, and what is shown, with their names; so
what a dry run shows is what runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

from httptask.http.bodies import content_type, fill
from httptask.http.connections import Connection
from httptask.http.decoding import ACCEPT_ENCODING
from httptask.http.errors import RequestInvalid
from httptask.http.headers import check_header, check_method
from httptask.http.insertion import Insertions
from httptask.http.models import (
    BasicAuthentication,
    HttpRequest,
    MultipartBody,
    RequestBody,
    SecretReference,
)
from httptask.http.parameters import pairs
from httptask.http.url import Url, encode_component, encode_text, encode_within

__all__ = ["Draft", "Values", "draft"]

_USER_AGENT = f"httptask/{version('httptask')}"
_WITH_IDEMPOTENCY_KEY = frozenset({"POST", "PATCH"})


class Values(Protocol):
    """Gives what stands for a secret."""

    def secret(self, reference: SecretReference) -> str:
        """The text to insert for a reference."""
        ...

    def basic(self, username: str, password: str) -> str:
        """The credentials of RFC 7617."""
        ...


@dataclass(frozen=True)
class Draft:
    """A complete request, still in parts."""

    method: str
    url: str
    base_url: str | None
    """The connection's, whose credentials the request carries."""
    headers: Mapping[str, str]
    body: RequestBody | None

    @property
    def content_type(self) -> str:
        """What the headers say of the body, empty where nothing is said."""
        return next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")

    def target(self) -> Url:
        """Where the request goes.

        Raises:
            RequestInvalid: the URL can't be read, or is not at the origin of the connection.
        """
        url = Url.parse(self.url)
        if self.base_url is not None and Url.parse(self.base_url).origin != url.origin:
            raise RequestInvalid(
                "the URL is not at the origin of its connection, whose credentials go nowhere else: "
                "write a path, or leave the connection out"
            )
        return url


def draft(request: HttpRequest, connection: Connection | None, values: Values) -> Draft:
    """Completes a request.

    Raises:
        RequestInvalid: it can't be sent as written.
        SecretUnavailable: from `values`.
    """
    method = request.method.upper()
    check_method(method)
    base_url = _base_url(connection, values)
    insertions = Insertions(request.secrets, values.secret)
    try:
        url = _with_query(_absolute_url(request, base_url, insertions), request, insertions)
        headers = _headers(request, connection, insertions, values)
    except UnicodeEncodeError:
        raise RequestInvalid("the request has half of a surrogate pair in its URL or credentials") from None
    body = fill(request.body, insertions)
    insertions.check_all_used()
    return Draft(method, url, base_url, headers, body)


def _absolute_url(request: HttpRequest, base_url: str | None, insertions: Insertions) -> str:
    whole = insertions.begins_with_secret("url")
    absolute = whole or request.url.lower().startswith(("http://", "https://"))
    url = insertions.fill(
        request.url,
        "url",
        literal=lambda _, text: encode_text(text),
        # A secret at the very start is a URL itself, and stays as it is.
        secret=lambda before, value: encode_within(before, value) if before else value,
    )
    if absolute:
        return url
    if base_url is None:
        raise RequestInvalid(
            "the URL is relative: start it with http:// or https://, or name a connection that has a base URL"
        )
    path, mark, query = base_url.partition("?")
    joined = path.rstrip("/") + ("" if url[:1] in ("/", "?", "") else "/") + url
    if not mark:
        return joined
    return joined + ("&" if "?" in joined else "?") + query


def _base_url(connection: Connection | None, values: Values) -> str | None:
    if connection is None:
        return None
    if connection.base_url_secret is not None:
        return values.secret(SecretReference(pointer="/url", name=connection.base_url_secret))
    return connection.base_url


def _with_query(url: str, request: HttpRequest, insertions: Insertions) -> str:
    filled = pairs(insertions.fill_tree(request.query, "query"))
    query = "&".join(f"{encode_component(name)}={encode_component(text)}" for name, text in filled)
    if not query:
        return url
    head, mark, fragment = url.partition("#")
    separator = "?" if "?" not in head else "" if head.endswith(("?", "&")) else "&"
    return head + separator + query + mark + fragment


def _headers(
    request: HttpRequest, connection: Connection | None, insertions: Insertions, values: Values
) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        filled = insertions.fill(value, "headers", name).strip(" \t")
        check_header(name, filled)
        if _has(headers, name):
            raise RequestInvalid(f"the header {name} is given twice: names do not depend on case")
        headers[name] = filled
    authorization = _authorization(request, insertions, values)
    if authorization is not None:
        if _has(headers, "authorization"):
            raise RequestInvalid("give either `authentication` or the header Authorization, not both")
        headers["Authorization"] = authorization
    for name, value in _own_headers(request, connection).items():
        if not _has(headers, name):
            check_header(name, value)
            headers[name] = value
    if connection is not None and connection.bearer_secret and not _has(headers, "authorization"):
        token = SecretReference(pointer="/headers/Authorization", name=connection.bearer_secret)
        headers["Authorization"] = f"Bearer {values.secret(token)}"
    return headers


def _authorization(request: HttpRequest, insertions: Insertions, values: Values) -> str | None:
    authentication = request.authentication
    if authentication is None:
        return None
    if isinstance(authentication, BasicAuthentication):
        username = insertions.fill(authentication.username, "authentication", "username")
        password = insertions.fill(authentication.password, "authentication", "password")
        if ":" in authentication.username:
            raise RequestInvalid("a username of basic authentication has no colon (RFC 7617)")
        return values.basic(username, password)
    value = f"Bearer {insertions.fill(authentication.token, 'authentication', 'token')}"
    check_header("Authorization", value)
    return value


def _own_headers(request: HttpRequest, connection: Connection | None) -> dict[str, str]:
    headers = dict(connection.headers) if connection else {}
    if isinstance(request.body, MultipartBody) and (
        _has(request.headers, "content-type") or _has(headers, "content-type")
    ):
        raise RequestInvalid(
            "leave out the header Content-Type: a multipart body brings its own, with the boundary"
        )
    if request.idempotency_key and request.method.upper() in _WITH_IDEMPOTENCY_KEY:
        headers["Idempotency-Key"] = request.idempotency_key
    if (media_type := content_type(request.body)) is not None:
        headers.setdefault("Content-Type", media_type)
    headers.setdefault("Accept", "*/*")
    headers.setdefault("Accept-Encoding", ACCEPT_ENCODING)
    headers.setdefault("User-Agent", _USER_AGENT)
    return headers


def _has(headers: Mapping[str, str], name: str) -> bool:
    return any(known.lower() == name.lower() for known in headers)
