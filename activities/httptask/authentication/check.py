"""What a policy lacks, or has too much of, and where it holds credentials."""

from collections.abc import Iterator, Mapping
from typing import Any

from httptask.authentication.policy import (
    BearerPolicy,
    CertificatePolicy,
    OidcPolicy,
    Policy,
    UserPolicy,
)
from httptask.diagnostics.fault import Fault
from httptask.json.pointer import json_pointer
from httptask.json.types import is_object

__all__ = ["credentials_in", "has_scheme", "policy_faults"]

_CREDENTIALS = frozenset({"assertion", "password", "secret", "token", "value"})
_NOT_CREDENTIALS = frozenset({"endpoints"})
"""Paths, one of them to where tokens are given."""
_CLIENT_NEEDS = {"none": (), "private_key_jwt": ("id", "assertion")}
_SCHEME = "bearer "
_SUBJECTS = {
    "refresh_token": "the refresh token",
    "urn:ietf:params:oauth:grant-type:token-exchange": "the token to exchange",
}


def credentials_in(
    settings: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The credentials of an authentication that stand there as text, each behind the keys that lead to it.

    Args:
        settings: the authentication as data; a proxy and TLS files name theirs alike.
        path: leads to it.
    """
    for key, value in settings.items():
        if is_object(value) and key not in _NOT_CREDENTIALS:
            yield from credentials_in(value, (*path, key))
        elif key in _CREDENTIALS and isinstance(value, str) and value:
            yield (*path, key), value


def policy_faults(policy: Policy) -> Iterator[Fault]:
    """Finds what makes a policy unusable, whatever its texts turn out to be; pointers lead into the policy."""
    given = policy.given()
    if len(given) != 1:
        *schemes, last = (f"`{name}`" for name in type(policy).model_fields)
        message = f"authentication must have exactly one of {', '.join(schemes)} or {last}"
        yield Fault("", "authentication", message, "keep one")
        return
    [(scheme, settings)] = given
    match settings:
        case CertificatePolicy():
            yield from _missing((scheme,), settings, ("use",), "name a connection with a client certificate")
        case UserPolicy() | BearerPolicy() | OidcPolicy() if settings.use is not None:
            if settings.model_fields_set != {"use"}:
                message = f"`{scheme}` has `use` and more besides"
                yield Fault(f"/{scheme}", "authentication", message, "the secret holds all of it")
        case UserPolicy():
            yield from _missing((scheme,), settings, ("username", "password"))
        case BearerPolicy():
            yield from _missing((scheme,), settings, ("token",))
            yield from _token_alone((scheme, "token"), settings.token)
        case OidcPolicy():
            yield from _token_faults(scheme, settings)
        case _:
            pass


def _missing(
    path: tuple[str, ...], settings: object, names: tuple[str, ...], hint: str = ""
) -> Iterator[Fault]:
    lacking = " and ".join(f"`{name}`" for name in names if getattr(settings, name) is None)
    if lacking:
        hint = hint or f"add {lacking}, or `use` the name of a secret that holds them"
        yield Fault(json_pointer(path), "missing-key", f"`{path[-1]}` has no {lacking}", hint)


def _token_alone(path: tuple[str, ...], token: str | None) -> Iterator[Fault]:
    if token is not None and not token.strip():
        yield Fault(json_pointer(path), "empty", "`token` is empty", "name the secret that holds it")
    elif token is not None and has_scheme(token):
        message = "`token` begins with `Bearer`, which is put before it anyway"
        yield Fault(json_pointer(path), "authentication", message, "write the token alone")


def has_scheme(token: str) -> bool:
    """Whether a bearer token has the name of the scheme before it, as in a header."""
    return token[: len(_SCHEME)].lower() == _SCHEME


def _token_faults(scheme: str, settings: OidcPolicy) -> Iterator[Fault]:
    yield from _missing((scheme,), settings, ("authority", "grant"))
    grant, client = settings.grant, settings.client
    if grant == "authorization_code":
        message = "the grant `authorization_code` needs a person at a browser"
        hint = "use client_credentials, password or refresh_token"
        yield Fault(f"/{scheme}/grant", "unsupported", message, hint)
    if grant == "password":
        hint = "the grant `password` needs both"
        yield from _missing((scheme,), settings, ("username", "password"), hint)
    if grant in _SUBJECTS:
        hint = f"write {_SUBJECTS[grant]}: subject: {{ token: ..., type: ... }}"
        yield from _missing((scheme,), settings, ("subject",), hint)
    hint = f"it has `authentication: {client.authentication}`; write `none` for a client without a secret"
    needs = _CLIENT_NEEDS.get(client.authentication, ("id", "secret"))
    yield from _missing((scheme, "client"), client, needs, hint)
