"""Where a credential stands in a request, and what it must not be."""

import re

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
from httptask.http.headers import check_header
from httptask.secrets.placeholders import has_placeholder

__all__ = ["check_credential", "check_written", "header_of"]

_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, section 4.1.1


def header_of(authentication: ConnectionAuthentication) -> str | None:
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


def check_written(authentication: ConnectionAuthentication) -> None:
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
