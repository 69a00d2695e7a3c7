"""Where a credential stands in a request."""

import re
from dataclasses import dataclass
from typing import Literal

from httptask.authentication.check import has_scheme
from httptask.authentication.models import (
    ApiKeyAuthentication,
    BasicAuthentication,
    BearerAuthentication,
    CertificateAuthentication,
    ConnectionAuthentication,
    DigestAuthentication,
)
from httptask.http.errors import RequestInvalid
from httptask.request.placeholders import Values
from httptask.secrets.insertion import Insertions

__all__ = ["Credential", "credential_of", "header_of"]

_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, section 4.1.1


@dataclass(frozen=True)
class Credential:
    """A text and its place."""

    place: Literal["header", "query", "cookie"]
    name: str
    text: str


def header_of(authentication: ConnectionAuthentication) -> str | None:
    """The header that would hold the credential."""
    if isinstance(authentication, CertificateAuthentication):
        return None
    if isinstance(authentication, ApiKeyAuthentication):
        return authentication.name if authentication.place == "header" else None
    return "Authorization"


def credential_of(
    authentication: ConnectionAuthentication, insertions: Insertions, values: Values
) -> Credential | None:
    """What authentication adds to a request as it is written, if it adds anything.

    Raises:
        RequestInvalid: the credential can't stand in its place.
        SecretUnavailable: from `values`.
    """
    text = None
    match authentication:
        case ApiKeyAuthentication(place=place, name=name):
            key = values.credential(insertions.fill(authentication.value, "authentication", "value"))
            if place == "cookie" and not _COOKIE.fullmatch(key):
                raise RequestInvalid(
                    f"the key in the cookie {name} has a space, a quote, a comma, a semicolon or a backslash, "
                    "which no cookie can hold"
                )
            if place == "header" and not key.isascii():
                raise RequestInvalid(f"the key in the header {name} has a character outside ASCII")
            return Credential(place, name, key)
        case BasicAuthentication() | DigestAuthentication():
            username = insertions.fill(authentication.username, "authentication", "username")
            password = insertions.fill(authentication.password, "authentication", "password")
            if ":" in authentication.username:
                raise RequestInvalid(
                    f"a username of {authentication.kind} authentication has no colon (RFC 7617, RFC 7616)"
                )
            if isinstance(authentication, DigestAuthentication) and not username.isascii():
                raise RequestInvalid("a username of digest authentication has no character outside ASCII")
            make = values.basic if isinstance(authentication, BasicAuthentication) else values.digest
            text = make(username, password)
        case BearerAuthentication():
            token = insertions.fill(authentication.token, "authentication", "token")
            if has_scheme(token):
                raise RequestInvalid("the token begins with `Bearer`, which is put before it: keep it alone")
            text = f"Bearer {token}"
        case CertificateAuthentication():
            pass
        case _:
            text = values.token(authentication, insertions.take("authentication", "settings"))
    return None if text is None else Credential("header", "Authorization", text)
