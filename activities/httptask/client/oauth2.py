"""Getting a token: the token request of RFC 6749, and the discovery of OpenID Connect."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from httptask.authentication.policy import OAuth2Client, OAuth2Policy
from httptask.client.token_cache import Token
from httptask.diagnostics.cutting import shortened
from httptask.http.api_error import names_of
from httptask.http.errors import (
    ConnectFailed,
    HttpStatusError,
    RequestInvalid,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
    Timeout,
    TokenUnavailable,
)
from httptask.http.url import Url
from httptask.json.tree import parse
from httptask.json.types import is_object
from httptask.request.token_source import TokenSource
from httptask.request.wire import WireRequest
from httptask.resilience.classify import error_text

__all__ = ["Send", "fetch_token"]

Send = Callable[[WireRequest], Awaitable[bytes]]
"""Sends a request once and gives the body of a successful answer."""

_WELL_KNOWN = "/.well-known/openid-configuration"
_FORM = "application/x-www-form-urlencoded"
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BEARER = re.compile(r"bearer|^\s*(?:jwt|n_a|access_token)\s*$", re.IGNORECASE)
"""Types of tokens that are sent as Bearer: Apigee's `BearerToken`, Azure DevOps' `jwt-bearer`, RFC 8693's `N_A`."""
_PASSING = frozenset({"server_error", "slow_down", "temporarily_unavailable"})
_NETWORK = (
    ConnectFailed,
    HttpStatusError,
    ResponseInterrupted,
    ResponseInvalid,
    ResponseTooLarge,
    Timeout,
)


async def fetch_token(source: TokenSource, refresh: str | None, send: Send) -> Token:
    """Gets a token.

    Args:
        source: whose token.
        refresh: a refresh token from an earlier answer, which is tried first.
        send: sends a request.

    Raises:
        TokenUnavailable: the server gives none.
        SecretUnavailable: a secret may not be sent to the authority or the token endpoint.
        AddressForbidden: nobody declared the host of one of them.
        HttpTaskError: the token request can't be sent as the settings have it.
    """
    try:
        url = await _token_endpoint(source, send)
        if refresh is not None:
            try:
                return await _granted(source, url, refresh, send)
            except HttpStatusError as error:
                if error.retryable:
                    raise
        return await _granted(source, url, None, send)
    except ResponseTooLarge as error:
        limit = error.details["limit"]
        raise TokenUnavailable(
            f"no token: the answer of {source.authority.netloc} has more than the {limit} bytes that one may have"
        ) from None
    except _NETWORK as error:
        code = error.details.get("oauth_error")
        raise TokenUnavailable(
            f"no token: {error.message}",
            details={**error.details, "cause": error.type},
            retryable=error.retryable or code in _PASSING,
            retry_after=error.retry_after,
        ) from None


async def _token_endpoint(source: TokenSource, send: Send) -> Url:
    authority = str(source.authority).rstrip("/")
    if not source.discovered:
        path = source.settings.endpoints.token
        if "://" in path:
            raise RequestInvalid("`endpoints.token` is a path below the authority, not a URL")
        return Url.parse(f"{authority}/{path.lstrip('/')}")
    issuer = authority.removesuffix(_WELL_KNOWN)
    request = WireRequest(
        "GET",
        Url.parse(issuer + _WELL_KNOWN),
        _headers(),
        b"",
        secrets=source.of_authority,
        for_token=True,
        declared=source.declared,
    )
    document = await _answer(request, send)
    told = document.get("issuer")
    if told is None:
        raise TokenUnavailable(
            f"no token: the answer of {source.authority.netloc} is no discovery document{_said(document)}"
        )
    if not isinstance(told, str) or told.rstrip("/") not in (issuer, *source.settings.issuers):
        raise TokenUnavailable(
            f"no token: {source.authority.netloc} says that it is another issuer than the authority; "
            "correct `authority`, or list that issuer under `issuers`"
        )
    try:
        endpoint = Url.parse(str(document.get("token_endpoint", "")))
    except RequestInvalid:
        raise TokenUnavailable(f"no token: {source.authority.netloc} names no token endpoint") from None
    if source.authority.scheme == "https" != endpoint.scheme:
        raise TokenUnavailable(f"no token: the token endpoint of {source.authority.netloc} is not https")
    return endpoint


async def _granted(source: TokenSource, url: Url, refresh: str | None, send: Send) -> Token:
    answer = await _answer(_token_request(source, url, refresh), send)
    value, kind = answer.get("access_token"), str(answer.get("token_type") or "Bearer")
    if not value and answer.get("error"):
        raise _refused(url, answer)
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise TokenUnavailable(
            f"no token: the answer of {url.netloc} has no usable access_token{_said(answer)}"
        )
    if _BEARER.search(kind) is None:
        raise TokenUnavailable(f"no token: {url.netloc} gives tokens of the type {kind!r}, and not Bearer")
    if source.settings.issuers and _issuer(value) not in source.settings.issuers:
        raise TokenUnavailable(f"no token: the one of {url.netloc} is not by one of the `issuers`")
    next_refresh = answer.get("refresh_token")
    return Token(
        value, _seconds(answer.get("expires_in")), next_refresh if isinstance(next_refresh, str) else refresh
    )


def _refused(url: Url, answer: dict[str, Any]) -> HttpStatusError:
    """A refusal as RFC 6749, section 5.2, has it; GitHub and Slack send it under a status of success."""
    named = answer["error"]
    names = names_of(named) if is_object(named) else {"code": named}
    code = str(names.get("code") or names.get("type") or "")
    text = error_text(answer) or code
    return HttpStatusError(
        f"{url.netloc} refuses: {text}" + ("" if code in text else f" ({code})"),
        details={"host": url.netloc, "oauth_error": code},
    )


def _said(answer: dict[str, Any]) -> str:
    """What an answer without a token says instead: its sentence, or what it has; no value, for one may be a token."""
    text = error_text(answer)
    keys = shortened(", ".join(answer))
    return f": {shortened(text)}" if text else f", and has the keys {keys}" if keys else ""


def _token_request(source: TokenSource, url: Url, refresh: str | None) -> WireRequest:
    """The token request of RFC 6749, sections 4 and 6, or of RFC 8693."""
    settings = source.settings
    # Imported late: it brings a library of cryptography, which few processes need.
    from authlib.oauth2.rfc6749 import parameters

    library: Any = parameters  # which ships no types
    form: str = library.prepare_token_request(
        "refresh_token" if refresh is not None else settings.grant,
        urlencode([("audience", audience) for audience in settings.audiences]),
        scope=" ".join(settings.scopes),
        **_grant_parameters(settings, refresh),
    )
    try:
        headers, form = _with_client(settings.client, url, form)
    except ValueError:
        raise RequestInvalid("the client's id or secret can't be used for this `authentication`") from None
    encoding = settings.request.encoding
    if encoding != _FORM:
        fields = {name: values if len(values) > 1 else values[0] for name, values in parse_qs(form).items()}
        form = json.dumps(fields)
    return WireRequest(
        "POST",
        url,
        _headers({**headers, "Content-Type": encoding}),
        form.encode(),
        secrets=source.secrets,
        for_token=True,
        declared=source.declared and url.origin == source.authority.origin,
    )


def _with_client(client: OAuth2Client, url: Url, form: str) -> tuple[dict[str, str], str]:
    """The headers and the form by which the client proves who it is."""
    from authlib.oauth2 import ClientAuth
    from authlib.oauth2.rfc7523 import ClientSecretJWT

    if client.id is None:
        return {}, form
    method: Any = client.authentication
    if method == "client_secret_jwt":
        method = ClientSecretJWT()
    elif method == "private_key_jwt":
        proof = {"client_assertion_type": _JWT_BEARER, "client_assertion": client.assertion}
        form, method = f"{form}&{urlencode(proof)}", "none"
    auth: Any = ClientAuth(client.id, client.secret, method)
    _, headers, form = auth.prepare("POST", str(url), {}, form)
    return headers, form


def _grant_parameters(settings: OAuth2Policy, refresh: str | None) -> dict[str, str | None]:
    subject, actor = settings.subject, settings.actor
    if refresh is not None:
        return {"refresh_token": refresh}
    match settings.grant:
        case "refresh_token":
            return {"refresh_token": subject.token if subject else None}
        case "password":
            return {"username": settings.username, "password": settings.password}
        case "client_credentials" | "authorization_code" | None:
            return {}
        case _:
            named = {"subject": subject, "actor": actor}
            return {
                name: value
                for role, token in named.items()
                if token is not None
                for name, value in ((f"{role}_token", token.token), (f"{role}_token_type", token.type))
            }


def _headers(more: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [*{"Accept": "application/json", **(more or {})}.items()]


async def _answer(request: WireRequest, send: Send) -> dict[str, Any]:
    body = await send(request)
    try:
        found = parse(body.decode("utf-8-sig"))
    except ValueError:
        found = _form(body)
    if not is_object(found):
        kind = (
            "a web page"
            if body.lstrip().startswith(b"<")
            else "not a JSON object"
            if body.strip()
            else "empty"
        )
        raise TokenUnavailable(f"no token: the answer of {request.url.netloc} is {kind}")
    return found


def _form(body: bytes) -> dict[str, str] | None:
    """The fields of a form, in which drafts of OAuth2 had the answer, and some servers have it today."""
    try:
        fields = dict(parse_qsl(body.decode(), strict_parsing=True))
    except ValueError:
        return None
    return fields if fields.keys() & {"access_token", "error"} else None


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < 10 * 365 * 86_400 else None


def _issuer(token: str) -> str | None:
    """Who issued a JWT (RFC 7519), as it says itself: it comes from the token endpoint directly."""
    try:
        payload = token.split(".")[1]
        claims = parse(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode())
    except (IndexError, ValueError):
        return None
    issuer = claims.get("iss") if is_object(claims) else None
    return issuer if isinstance(issuer, str) else None
