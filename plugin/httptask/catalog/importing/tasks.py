"""Imported requests as tasks of a definition: `call: httpRequest`."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.bodies import (
    Pairs,
    body_arguments,
    grouped,
    is_written_so,
    multipart_arguments,
    pairs_of,
    parts_of,
)
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.named_secrets import host_label
from httptask.catalog.importing.request import ImportedRequest, Login
from httptask.http.errors import RequestInvalid
from httptask.http.headers import (
    FORM_TYPE,
    OWNED_BY_TRANSPORT,
    check_header_name,
    check_method,
    has_control_character,
    header_value,
    media_type,
)
from httptask.http.models import MAX_RESPONSE_BYTES
from httptask.http.url import RESERVED, encode_component
from httptask.json.tree import map_texts, texts_of
from httptask.secrets.placeholders import has_placeholder

__all__ = ["camel_case", "read_credentials", "task_name", "task_of"]

_READABLE: Final = frozenset({"gzip", "deflate", "identity", "x-gzip"})
_BEARER: Final = re.compile(r"Bearer (?! )(.+)", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_LONGEST_NAME: Final = 40


def read_credentials(request: ImportedRequest, secrets: Secrets) -> Sequence[str]:
    """Find the credentials of a request, which are then taken out of all. Returns the texts that are left of it.

    Raises:
        CatalogError: nothing of ours can send it.
    """
    try:
        check_method(request.method)
    except RequestInvalid:
        raise CatalogError("the method is none that can be sent", "use GET, POST, PUT, ...") from None
    if request.method != request.method.upper():
        request.notes.append("the method is sent in capital letters")
    _take_apart(request)
    return texts_of(_arguments(request, secrets))


def task_of(request: ImportedRequest, secrets: Secrets) -> dict[str, Any]:
    """The task that sends a request whose credentials are known. What it can't keep goes to the request's notes.

    Raises:
        CatalogError: nothing of ours can send it.
    """
    task: dict[str, Any] = {
        "call": "httpRequest",
        "with": map_texts(_arguments(request, secrets), secrets.expressions),
    }
    if request.seconds is not None:
        task["timeout"] = {"after": _duration(request.seconds)}
    return task


def _arguments(request: ImportedRequest, secrets: Secrets) -> dict[str, Any]:
    """What the task sends, with placeholders for credentials."""
    arguments: dict[str, Any] = {"method": request.method.lower()}
    address, query = _address(request, secrets)
    headers = _headers(request)
    policy = map_texts(request.policy, secrets.hide_known)
    policy = policy or _policy(request.login, request.token, headers, secrets)
    arguments["endpoint"] = address if policy is None else {"uri": address, "authentication": policy}
    if query:
        arguments["query"] = query
    body = _body(request, headers, secrets)
    if headers:
        arguments["headers"] = {name: secrets.hide_in_header(name, text) for name, text in headers.items()}
        if any(secrets.stands_in(name) for name in headers):
            raise CatalogError(
                "a credential stands in the name of a header, where no secret can",
                "leave the header out, or send the credential as its value",
            )
    arguments |= body
    if request.response_bytes is not None and request.response_bytes <= MAX_RESPONSE_BYTES:
        arguments["responseBytes"] = request.response_bytes
    return arguments


def _take_apart(request: ImportedRequest) -> None:
    """Read the parts of a multipart body that stands there as it was sent, if the same can be sent of them."""
    content_type = request.header("content-type")
    if request.body and media_type(content_type)[0] == "multipart/form-data":
        parts = parts_of(request.body, content_type)
        if parts and is_written_so(parts, request.body, content_type):
            request.parts, request.body = parts, None
            request.drop_header("content-type")


def _duration(seconds: float) -> dict[str, int]:
    parts = {"seconds": int(seconds), "milliseconds": round(seconds % 1 * 1000)}
    return {name: count for name, count in parts.items() if count}


def _address(request: ImportedRequest, secrets: Secrets) -> tuple[str, dict[str, Any]]:
    """Endpoint and query; parameters stay in the endpoint where they would be encoded in another way."""
    text = request.url.text
    head, mark, query = text.partition("?")
    if mark and not query:
        request.notes.append("the `?` at the end of the URL, with nothing behind it, is left out")
    pairs = pairs_of(query, unquote, _encoded_pairs) if query else None
    hidden = [(n, secrets.hide_in_parameter(n, v, "query parameter")) for n, v in pairs or ()]
    fields = grouped(hidden)
    is_named_openly = not any(secrets.stands_in(name) for name, _ in pairs or ())
    if pairs and fields is not None and is_named_openly:
        return _encoded(head, secrets.hide_in_url(head), secrets, request), fields
    whole = head + (mark + query if query else "")
    return _encoded(whole, secrets.hide_in_url(whole), secrets, request), {}


def _encoded_pairs(pairs: Pairs) -> str:
    return "&".join(f"{encode_component(name)}={encode_component(value)}" for name, value in pairs)


def _encoded(text: str, hidden: str, secrets: Secrets, request: ImportedRequest) -> str:
    """A URL in which all is encoded that no URL can hold, as it is sent."""
    odd = sorted({sign for sign in text if sign.isascii() and quote(sign, safe=RESERVED) != sign})
    if odd:
        shown = " ".join(odd)
        request.notes.append(
            f"{shown} in the URL is percent-encoded (RFC 3986), which {request.sender} sends as it stands"
        )
    if not text.partition("?")[2].isascii():
        request.notes.append(
            f"the query is percent-encoded where {request.sender} sends bytes beyond ASCII as they stand"
        )
    if not secrets.is_sent_alike(hidden, text):
        request.notes.append(
            f"a credential in the URL is percent-encoded, where {request.sender} sends it as it stands"
        )
    return quote(hidden.encode("utf-8", "surrogateescape"), safe=RESERVED)


def _headers(request: ImportedRequest) -> dict[str, str]:
    """Those that the transport does not make itself, each once."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        _check_name(name)
        known = next((given for given in headers if given.lower() == name.lower()), None)
        if _is_left_out(name, value, request):
            continue
        if known is None:
            headers[name] = value
        else:
            headers[known] += ("; " if name.lower() == "cookie" else ", ") + value
            request.notes.append(f"the header {known} is sent once, with both values")
    for name in ("accept", "user-agent"):
        if name in request.removed and not header_value(headers, name):
            request.notes.append(f"the header {name} can't be left out: httptask sends its own")
    return headers


def _check_name(name: str) -> None:
    try:
        check_header_name(name)
    except RequestInvalid:
        raise CatalogError("a header whose name is none", "write it as 'Name: value'") from None


def _is_left_out(name: str, value: str, request: ImportedRequest) -> bool:
    match name.lower():
        case "host":
            if not request.url.host or value.lower() != request.url.text.split("/")[2].lower():
                raise CatalogError(
                    "the header Host names another server than the URL", "write it into the URL"
                )
            return True
        case "content-length":
            size = len((request.body or "").encode("utf-8", "surrogateescape"))
            if request.parts is None and value != str(size) and not has_placeholder(request.body or ""):
                raise CatalogError(
                    "the header Content-Length says another length than the body has", "remove it"
                )
            return True
        case "accept":
            return value == "*/*"
        case "idempotency-key":
            request.notes.append(
                "the header Idempotency-Key is the same in each run; a task has one of its own"
            )
            return False
        case "accept-encoding":
            codings = {coding.partition(";")[0].strip().lower() for coding in value.split(",")}
            if codings <= _READABLE:
                return False
            request.notes.append(f"the header {name} is left out: httptask asks for what it can undo")
            return True
        case lower if lower in OWNED_BY_TRANSPORT:
            request.notes.append(f"the header {name} is left out: the transport has its own")
            return True
        case _:
            return False


def _policy(
    login: Login | None, token: str | None, headers: dict[str, str], secrets: Secrets
) -> dict[str, Any] | None:
    """How the request is authenticated; what a policy says is taken out of the headers."""
    if login is not None:
        return {login.scheme: _user(login, secrets)}
    written = next((name for name in headers if name.lower() == "authorization"), None)
    bearer = _BEARER.fullmatch(headers[written]) if written is not None else None
    if written is not None and bearer is not None and not bearer[1].lower().startswith("bearer "):
        token = bearer[1]
        del headers[written]
    if token is None:
        return None
    return {"bearer": {"token": secrets.in_header(token, "TOKEN", "the bearer token")}}


def _user(login: Login, secrets: Secrets) -> dict[str, str]:
    if has_control_character(login.user):
        raise CatalogError("the user name has a line break or control character", "write it alone")
    if login.password is None:
        password = secrets.asked_for("PASSWORD", "the password, which does not stand there", login.user)
        return {"username": login.user, "password": password}
    if not login.password:  # a key that stands in place of a name
        return {"username": secrets.credential(login.user, "KEY", "the user name"), "password": ""}
    password = secrets.credential(login.password, "PASSWORD", "the password")
    return {"username": secrets.hide_known(login.user), "password": password}


def _body(request: ImportedRequest, headers: dict[str, str], secrets: Secrets) -> dict[str, Any]:
    """The body's arguments; a content type that goes without saying is taken out of the headers."""
    written = next((name for name in headers if name.lower() == "content-type"), None)
    content_type = "" if written is None else headers[written]
    if request.parts is not None:
        return _multipart(request, headers, written, secrets)
    if request.body is None or (request.body == "" and not content_type):
        return {}
    if request.is_base64:
        return {"base64": request.body}
    if not content_type:
        request.notes.append(f"the body is sent with a Content-Type, where {request.sender} sends none")
    body = body_arguments(request.body, content_type, secrets, has_raw_variable=request.has_raw_variable)
    if media_type(content_type)[0] == FORM_TYPE and request.body[:1] in ("{", "["):
        request.notes.append(
            f"the body is JSON and is sent as a form, as {request.sender} does: change Content-Type"
        )
    is_data = isinstance(body.get("body"), dict | list)
    default = FORM_TYPE if "form" in body else "application/json" if is_data else None
    if written is not None and content_type == default:
        del headers[written]
    return body


def _multipart(
    request: ImportedRequest, headers: dict[str, str], written: str | None, secrets: Secrets
) -> dict[str, Any]:
    if written is not None:
        if headers[written].strip().lower() != "multipart/form-data":
            kind, _ = media_type(headers[written])
            raise CatalogError(
                f"parts with a Content-Type of its own, {kind or 'which is none'}", "leave the header out"
            )
        del headers[written]
    return multipart_arguments(request, secrets)


def task_name(request: ImportedRequest, secrets: Secrets) -> str:
    """A name for a task that says what it asks for, such as `getOrders`; of a webhook the host alone."""
    path = secrets.hide_in_url(request.url.text).partition("?")[0].split("/")[3 if request.url.host else 1 :]
    words = [_WORD.findall(unquote(segment)) for segment in path if not has_placeholder(segment)]
    telling = [found for found in words if found and re.search("[A-Za-z]{2}", "".join(found))]
    host = host_label(request.url.host).lower() if request.url.host else "request"
    last = telling[-1] if telling else _WORD.findall(host)
    return camel_case(" ".join([request.method, *last])) or "request"


def camel_case(title: str) -> str:
    """A title as the name of a task: `Create an order` is `createAnOrder`; empty where it has no letter."""
    words: list[str] = _WORD.findall(title)
    if not re.search("[A-Za-z]", "".join(words)):
        return ""
    first, *others = words
    first = first.lower() if first.isupper() else first[0].lower() + first[1:]
    return (first + "".join(word[0].upper() + word[1:] for word in others))[:_LONGEST_NAME]
