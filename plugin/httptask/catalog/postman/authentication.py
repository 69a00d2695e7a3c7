"""Authentication of collections: what it makes of a request."""

import re
from collections.abc import Mapping
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.request import ImportedRequest, Login
from httptask.catalog.postman.variables import Variables, text_of
from httptask.diagnostics.cutting import shortened
from httptask.json.tree import objects_in
from httptask.json.types import is_array, is_object

__all__ = ["authenticate"]

_NONE: Final = frozenset({"noauth", "inherit", ""})
_ENDPOINT: Final = re.compile(r"(?P<authority>https?://[^/?#]+)(?P<path>[^?#]*)")
_GRANTS: Final = {"client_credentials": "client_credentials", "password_credentials": "password"}


def authenticate(
    request: ImportedRequest, auth: Mapping[str, Any] | None, variables: Variables, secrets: Secrets
) -> tuple[str, str] | None:
    """Put a credential into a request. Returns the name and value of a query parameter that is one.

    Raises:
        CatalogError: nothing of ours authenticates so.
    """
    kind = text_of(auth.get("type")) if auth is not None else ""
    if auth is None or kind in _NONE:
        return None
    if kind != "apikey" and request.header("authorization"):
        request.notes.append(f"{kind} is not kept beside a header Authorization, which is")
        return None
    given = _settings(auth.get(kind))
    match kind:
        case "basic" | "digest":
            password = variables.fill(given.get("password", ""), is_credential=True)
            request.login = Login(kind, variables.fill(given.get("username", "")), password)
        case "bearer":
            request.token = _token(given.get("token", ""), variables, secrets)
        case "apikey":
            return _api_key(request, given, variables, secrets)
        case "oauth2":
            _oauth2(request, given, variables, secrets)
        case _:
            raise CatalogError(
                f"it is authenticated by {shortened(kind, 20)}, by which nothing here is signed",
                "choose basic, bearer, digest, apikey or oauth2, or send it from Python",
            )
    return None


def _settings(listed: Any) -> dict[str, str]:
    """Settings of an authentication: an object in version 2.0, a list of members in 2.1."""
    if is_array(listed):
        return {text_of(one.get("key")): text_of(one.get("value")) for _, one in objects_in(listed)}
    return {name: text_of(value) for name, value in listed.items()} if is_object(listed) else {}


def _token(text: str, variables: Variables, secrets: Secrets) -> str:
    return variables.fill(text, is_credential=True) or secrets.asked_for("TOKEN", "the bearer token")


def _api_key(
    request: ImportedRequest, given: Mapping[str, str], variables: Variables, secrets: Secrets
) -> tuple[str, str] | None:
    name = variables.fill(given.get("key", ""))
    value = variables.fill(given.get("value", ""), is_credential=True)
    if not name:
        raise CatalogError("its API key has no name", "name the header or query parameter in Postman")
    if not value:
        value = secrets.asked_for(name, f"the API key {name}")
    value = secrets.in_header(value, name, f"the API key {name}")
    if given.get("in") == "query":
        return name, value
    request.headers.append((name, value))
    return None


def _oauth2(
    request: ImportedRequest, given: Mapping[str, str], variables: Variables, secrets: Secrets
) -> None:
    """A token that the worker gets by itself, where its grant needs nobody; else one that is given."""
    grant = given.get("grant_type", "")
    endpoint = _ENDPOINT.match(variables.fill(given.get("accessTokenUrl", "")))
    if grant not in _GRANTS or endpoint is None:
        request.token = _token(given.get("accessToken", ""), variables, secrets)
        if grant:
            request.notes.append(
                f"the grant {shortened(grant, 40)} of OAuth2 is not kept: get a token, and give it as the secret"
            )
        return

    def credential(name: str, kind: str, what: str) -> str:
        text = variables.fill(given.get(name, ""), is_credential=True)
        return secrets.credential(text, kind, what) if text else secrets.asked_for(kind, what)

    client = {
        "id": variables.fill(given.get("clientId", "")),
        "secret": credential("clientSecret", "CLIENT_SECRET", "the client's secret"),
        "authentication": "client_secret_post"
        if given.get("client_authentication") == "body"
        else "client_secret_basic",
    }
    policy: dict[str, Any] = {
        "authority": endpoint["authority"],
        "endpoints": {"token": endpoint["path"] or "/"},
        "grant": _GRANTS[grant],
        "client": client,
    }
    if scopes := variables.fill(given.get("scope", "")).split():
        policy["scopes"] = scopes
    if audience := variables.fill(given.get("audience", "")):
        policy["audiences"] = [audience]
    if _GRANTS[grant] == "password":
        policy["username"] = variables.fill(given.get("username", ""))
        policy["password"] = credential("password", "PASSWORD", "the password")
    request.policy = {"oauth2": policy}
