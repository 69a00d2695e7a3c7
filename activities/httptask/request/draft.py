"""A request made complete: base URL, query, authentication and secrets in their places.

The same code makes what is sent, with the values of secrets, and what is shown, with their names; so
what a dry run shows is what runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from httptask.authentication.models import CertificateAuthentication, ConnectionAuthentication
from httptask.connections.connection import Connection
from httptask.http.content_coding import ACCEPT_ENCODING
from httptask.http.errors import RequestInvalid
from httptask.http.headers import check_header, check_method, has_control_character
from httptask.http.models import HttpRequest, RequestBody
from httptask.http.parameters import pairs
from httptask.http.url import Url, encode_component, encode_text, encode_within
from httptask.request.bodies import check_content_type, content_type, fill
from httptask.request.credentials import Credential, credential_of, header_of
from httptask.request.placeholders import Values
from httptask.secrets.insertion import Insertions

__all__ = ["AUTOMATIC_HEADERS", "Draft", "draft"]

AUTOMATIC_HEADERS: Mapping[str, str] = {
    "accept-encoding": ACCEPT_ENCODING,
    "user-agent": f"httptask/{version('httptask')}",
}
"""Headers that say who sends and what it can decompress, unless the author says otherwise; names in lower case."""
_NO_CERTIFICATE = (
    "`certificate` needs a connection with a client certificate: name its file under `tls` of "
    "[connections.NAME] in httptask.toml"
)
_WITH_IDEMPOTENCY_KEY = frozenset({"POST", "PATCH"})


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
        return _value(self.headers, "content-type")

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
    insertions = Insertions(request.secrets, values.secret)
    own = Insertions(connection.written.references if connection else (), values.secret)
    try:
        base_url = _base_url(connection, own)
        credential = _credential(request, connection, insertions, own, values)
        url = _with_query(_absolute_url(request, base_url, insertions), request, credential, insertions)
        headers = _headers(request, _own_headers(request, connection, own), credential, insertions)
    except UnicodeEncodeError:
        raise RequestInvalid("the request has half of a surrogate pair in its URL or credentials") from None
    body = fill(request.body, insertions)
    insertions.check_all_used()
    return Draft(method, url, base_url, headers, body)


def _absolute_url(request: HttpRequest, base_url: str | None, insertions: Insertions) -> str:
    if has_control_character(request.url) or request.url != request.url.strip():
        raise RequestInvalid(
            "the URL has a line break or a control character, or white space around it: trim the text it comes from"
        )
    whole = insertions.begins_with_secret("url")
    absolute = whole or request.url.lower().startswith(("http://", "https://"))
    url = _filled_url(request.url, "url", insertions)
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


def _base_url(connection: Connection | None, own: Insertions) -> str | None:
    if connection is None or connection.written.base_url is None:
        return None
    return _filled_url(connection.written.base_url, "base_url", own)


def _filled_url(text: str, leaf: str, insertions: Insertions) -> str:
    return insertions.fill(
        text,
        leaf,
        literal=lambda _, piece: encode_text(piece),
        # A secret at the very start is a URL itself, and stays as it is.
        secret=lambda before, value: encode_within(before, value) if before else value,
    )


def _credential(
    request: HttpRequest,
    connection: Connection | None,
    insertions: Insertions,
    own: Insertions,
    values: Values,
) -> Credential | None:
    """The request's own, or else that of its connection unless the request has such a header itself."""
    authentication = request.authentication
    if authentication is not None:
        _check_certificate(authentication, connection)
        if _has(request.headers, header_of(authentication)):
            raise RequestInvalid("give either `authentication` or the header Authorization, not both")
        return credential_of(authentication, insertions, values)
    inherited = connection.written.authentication if connection else None
    if inherited is None or _has(request.headers, header_of(inherited)):
        return None
    _check_certificate(inherited, connection)
    return credential_of(inherited, own, values)


def _check_certificate(authentication: ConnectionAuthentication, connection: Connection | None) -> None:
    tls = connection.tls if connection is not None else None
    if isinstance(authentication, CertificateAuthentication) and (tls is None or tls.certificate is None):
        raise RequestInvalid(_NO_CERTIFICATE)


def _with_query(url: str, request: HttpRequest, credential: Credential | None, insertions: Insertions) -> str:
    filled = list(pairs(insertions.fill_tree(request.query, "query")))
    if credential is not None and credential.place == "query" and credential.name not in request.query:
        filled.append((credential.name, credential.text))
    query = "&".join(f"{encode_component(name)}={encode_component(text)}" for name, text in filled)
    if not query:
        return url
    head, mark, fragment = url.partition("#")
    separator = "?" if "?" not in head else "" if head.endswith(("?", "&")) else "&"
    return head + separator + query + mark + fragment


def _headers(
    request: HttpRequest, own: Mapping[str, str], credential: Credential | None, insertions: Insertions
) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        filled = insertions.fill(value, "headers", name).strip(" \t")
        check_header(name, filled)
        if _has(headers, name):
            raise RequestInvalid(f"the header {name} is given twice: names do not depend on case")
        headers[name] = filled
    if credential is not None and credential.place == "header":
        check_header(credential.name, credential.text)
        headers[credential.name] = credential.text
    for name, value in own.items():
        if not _has(headers, name):
            check_header(name, value)
            headers[name] = value
    if credential is not None and credential.place == "cookie":
        name = next((name for name in headers if name.lower() == "cookie"), "Cookie")
        cookie = f"{credential.name}={credential.text}"
        headers[name] = f"{headers[name]}; {cookie}" if name in headers else cookie
    return headers


def _own_headers(request: HttpRequest, connection: Connection | None, own: Insertions) -> dict[str, str]:
    written: Mapping[str, str] = connection.written.headers if connection else {}
    headers = {
        name: own.fill(value, "headers", name)
        for name, value in written.items()
        if not _has(request.headers, name)
    }
    check_content_type(
        request.body, _value(request.headers, "content-type") or _value(headers, "content-type")
    )
    if request.idempotency_key and request.method.upper() in _WITH_IDEMPOTENCY_KEY:
        headers["Idempotency-Key"] = request.idempotency_key
    if (media_type := content_type(request.body)) is not None:
        headers.setdefault("Content-Type", media_type)
    headers.setdefault("Accept", "*/*")
    headers.setdefault("Accept-Encoding", AUTOMATIC_HEADERS["accept-encoding"])
    headers.setdefault("User-Agent", AUTOMATIC_HEADERS["user-agent"])
    return headers


def _value(headers: Mapping[str, str], name: str) -> str:
    """What a header says, whose name is given in lower case; empty where it is missing."""
    return next((value for known, value in headers.items() if known.lower() == name), "")


def _has(headers: Mapping[str, str], name: str | None) -> bool:
    return name is not None and any(known.lower() == name.lower() for known in headers)
