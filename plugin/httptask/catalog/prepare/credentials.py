"""How an operation is authenticated, as a connection declares it: credentials by the names of secrets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.named_secrets import NeededSecret, secret_name
from httptask.http.errors import RequestInvalid
from httptask.http.headers import check_header_name
from httptask.json.tree import texts_of
from httptask.openapi.operation import Authentication, Scheme, as_json

__all__ = ["Recipe", "chosen_schemes", "recipe_of", "require_literal"]

_DISCOVERY: Final = "/.well-known/openid-configuration"
_OF_CONNECTION: Final = re.compile(r"(?<!\$\{ )(\$secrets\.\w+)", re.ASCII)
_LOCATIONS: Final = ("header", "query", "cookie")
_WRITTEN: Final = "none, bearer, basic, digest, header:NAME, query:NAME or cookie:NAME"


@dataclass
class Recipe:
    """What authenticates requests.

    Attributes:
        authentication: of the connection.
        headers: of the connection, beside it.
        query: parameters of the task itself, for keys that a connection has no place for.
        secrets: all that these name.
        task_secrets: those of them that the definition has to declare.
        notes: what to know about them.
    """

    authentication: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    query: dict[str, str] = field(default_factory=dict[str, str])
    secrets: list[NeededSecret] = field(default_factory=list[NeededSecret])
    task_secrets: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    @property
    def is_empty(self) -> bool:
        """Whether nothing is sent to authenticate."""
        return not (self.authentication or self.headers or self.query)

    def in_task(self) -> dict[str, dict[str, str]] | None:
        """The same as `headers` and `query` of a task; None where only a connection can do it."""
        sent = {"headers": dict(self.headers), "query": dict(self.query)}
        match self.authentication:
            case {"bearer": {"token": token}}:
                sent["headers"]["Authorization"] = f"Bearer {token}"
            case {"api_key": {"in": "header" | "query" as place, "name": name, "value": value}}:
                sent["headers" if place == "header" else "query"][name] = value
            case other if other:
                return None
            case _:
                pass
        return {
            place: {name: _OF_CONNECTION.sub(r"${ \1 }", value) for name, value in values.items()}
            for place, values in sent.items()
        }


def chosen_schemes(
    authentication: Authentication, wanted: str | None
) -> tuple[tuple[Scheme, ...], list[str]]:
    """The schemes that are used together, and what to know of the choice.

    Args:
        authentication: of the operation.
        wanted: the name of one of its schemes, or a way such as `bearer`; None for the first usable one.

    Raises:
        CatalogError: there is none of that name, or none that can be used.
    """
    if wanted is not None:
        named = [one for one in authentication.alternatives if any(scheme.name == wanted for scheme in one)]
        return (named[0] if named else _written_scheme(wanted, authentication)), []
    usable = [one for one in authentication.alternatives if all(_fault(scheme) is None for scheme in one)]
    if authentication.alternatives and not usable:
        reason = next(
            fault for one in authentication.alternatives for scheme in one if (fault := _fault(scheme))
        )
        return (), [f"no credential is sent: {reason}"]
    if not usable:
        return (), []
    notes: list[str] = []
    if len(authentication.alternatives) > 1:
        others = " or ".join(
            dict.fromkeys(_names(one) for one in authentication.alternatives if one != usable[0])
        )
        if others:
            notes.append(f"authenticated by {_names(usable[0])}; --auth chooses {others} instead")
    if authentication.is_optional:
        notes.append("it can be called without a credential, too: --auth none")
    return usable[0], notes


def _written_scheme(text: str, authentication: Authentication) -> tuple[Scheme, ...]:
    """A way to authenticate as a person writes it: `bearer`, `basic`, `header:X-Api-Key`, `none`.

    Raises:
        CatalogError: it is none.
    """
    kind, _, name = text.partition(":")
    if text == "none":
        return ()
    if text in ("bearer", "basic", "digest"):
        return (Scheme(text, "http", http_scheme=text),)
    if kind in _LOCATIONS and name:
        if kind != "query":  # whose names are encoded
            try:
                check_header_name(name)
            except RequestInvalid:
                hint = f"write {kind}:NAME, with a name of letters, digits and hyphens"
                raise CatalogError(f"--auth: `{name}` can't be the name of a {kind}", hint) from None
        return (Scheme(name, "apiKey", location=kind, parameter=name),)
    schemes = dict.fromkeys(scheme.name for one in authentication.alternatives for scheme in one)
    declared = f"{', '.join(schemes)}, or " if schemes else ""
    raise CatalogError(f"--auth: there is no way `{text}` to authenticate", f"write {declared}{_WRITTEN}")


def recipe_of(schemes: Sequence[Scheme], api: str) -> Recipe:
    """What of a connection, and of a task, sends the credentials of all these schemes.

    Raises:
        CatalogError: the document has something in them that would mean a secret.
    """
    recipe = Recipe()
    for scheme in schemes:
        require_literal(
            f"the security scheme {scheme.name}", as_json(replace(scheme, name="", description=""))
        )
        _add(recipe, scheme, _Names(api, recipe.secrets, is_alone=len(schemes) == 1))
    return recipe


def require_literal(what: str, written: Any) -> None:
    """Refuse texts of a document that `httptask.toml` would take for secrets: they would be sent where it says.

    Raises:
        CatalogError: there is one.
    """
    if any("$" in text for text in texts_of(written)):
        raise CatalogError(
            f"{what} has a `$` in it, which would name a secret", "write the connection by hand"
        )


class _Names:
    """Names of secrets: those of the API, as `SHOP_TOKEN`."""

    def __init__(self, api: str, secrets: list[NeededSecret], *, is_alone: bool) -> None:
        self._api = api
        self._secrets = secrets
        self._is_alone = is_alone

    def secret(self, kind: str, what: str, scheme: Scheme) -> str:
        """The name of a secret of some kind; where several are sent together, by the scheme's own name."""
        words = (
            kind if self._is_alone else f"{scheme.name} {kind if kind in ('USERNAME', 'PASSWORD') else ''}"
        )
        name = secret_name(self._api, words)
        self._secrets.append(NeededSecret(name, what))
        return name


def _add(recipe: Recipe, scheme: Scheme, names: _Names) -> None:
    match scheme.type, scheme.http_scheme.lower():
        case "apiKey", _:
            _add_key(recipe, scheme, names)
        case "http", "basic" | "digest" as kind:
            user = names.secret("USERNAME", f"the user name ({scheme.name})", scheme)
            password = names.secret("PASSWORD", f"the password ({scheme.name})", scheme)
            recipe.authentication[kind] = {
                "username": f"$secrets.{user}",
                "password": f"$secrets.{password}",
            }
        case "http", "bearer":
            _bearer(recipe, names.secret("TOKEN", f"the bearer token ({scheme.name})", scheme))
        case "http", _:
            name = names.secret("CREDENTIAL", f"what stands behind {scheme.http_scheme}", scheme)
            recipe.headers["Authorization"] = f"{scheme.http_scheme} $secrets.{name}"
        case "oauth2", _:
            _add_oauth2(recipe, scheme, names)
        case "openIdConnect", _:
            authority = scheme.discovery_url.removesuffix(_DISCOVERY)
            recipe.authentication["oidc"] = {
                "authority": authority,
                "grant": "client_credentials",
                "client": _client(scheme, names),
                **({"scopes": list(scheme.scopes)} if scheme.scopes else {}),
            }
        case _:
            pass


def _add_key(recipe: Recipe, scheme: Scheme, names: _Names) -> None:
    kind = "TOKEN" if scheme.parameter.lower() == "authorization" else "API_KEY"
    what = (
        f"the {'value of the header' if scheme.location == 'header' else scheme.location} {scheme.parameter}"
    )
    if kind == "TOKEN":
        what += ", with the word before the token if the API asks for one"
    name = names.secret(kind, what, scheme)
    value = f"$secrets.{name}"
    if not recipe.authentication:
        recipe.authentication["api_key"] = {"in": scheme.location, "name": scheme.parameter, "value": value}
    elif scheme.location == "query":
        recipe.query[scheme.parameter] = f"${{ {value} }}"
        recipe.task_secrets.append(name)
    elif scheme.location == "cookie":
        before = recipe.headers.get("Cookie", "")
        recipe.headers["Cookie"] = f"{before}{'; ' if before else ''}{scheme.parameter}={value}"
    else:
        recipe.headers[scheme.parameter] = value


def _add_oauth2(recipe: Recipe, scheme: Scheme, names: _Names) -> None:
    flow: Mapping[str, Any] = scheme.flows.get("clientCredentials", {})
    token_url = urlsplit(str(flow.get("tokenUrl", "")))
    if not token_url.netloc:
        _bearer(recipe, names.secret("TOKEN", f"an access token ({scheme.name})", scheme))
        scopes = f" with {', '.join(scheme.scopes)}" if scheme.scopes else ""
        recipe.notes.append(
            f"OAuth2 of this API needs a person at a browser: get an access token{scopes}, or write a refresh "
            "token's grant into the connection (docs: Authentication)"
        )
        return
    recipe.authentication["oauth2"] = {
        "authority": f"{token_url.scheme}://{token_url.netloc}",
        "endpoints": {"token": token_url.path or "/"},
        "grant": "client_credentials",
        "client": _client(scheme, names),
        **({"scopes": list(scheme.scopes)} if scheme.scopes else {}),
    }


def _client(scheme: Scheme, names: _Names) -> dict[str, str]:
    return {
        "id": f"$secrets.{names.secret('CLIENT_ID', f'the id of your client ({scheme.name})', scheme)}",
        "secret": f"$secrets.{names.secret('CLIENT_SECRET', f'its secret ({scheme.name})', scheme)}",
    }


def _bearer(recipe: Recipe, name: str) -> None:
    recipe.authentication["bearer"] = {"token": f"$secrets.{name}"}


def _fault(scheme: Scheme) -> str | None:
    """Why no connection can declare a scheme."""
    match scheme.type:
        case "apiKey" if scheme.location in _LOCATIONS and scheme.parameter:
            return None
        case "http" if scheme.http_scheme:
            return None
        case "oauth2":
            return None
        case "openIdConnect" if scheme.discovery_url.endswith(_DISCOVERY):
            return None
        case "mutualTLS":
            return f"{scheme.name} is a client certificate: write `tls` of the connection"
        case _:
            return f"{scheme.name} is of a kind that no connection has ({scheme.type or 'none is said'})"


def _names(schemes: Sequence[Scheme]) -> str:
    return " with ".join(scheme.name for scheme in schemes)
