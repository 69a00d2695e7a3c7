"""What the activity is told about the authentication of a request: part of the wire format of the HTTP activity.

Secrets are left out of the texts; references beside the request say where their values belong.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.authentication.policy import OAuth2Policy

__all__ = [
    "ApiKeyAuthentication",
    "Authentication",
    "BasicAuthentication",
    "BearerAuthentication",
    "CertificateAuthentication",
    "ConnectionAuthentication",
    "DigestAuthentication",
    "TokenAuthentication",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BasicAuthentication(_Model):
    """RFC 7617."""

    kind: Literal["basic"] = "basic"
    username: str
    password: str


class BearerAuthentication(_Model):
    """RFC 6750."""

    kind: Literal["bearer"] = "bearer"
    token: str


class DigestAuthentication(_Model):
    """RFC 7616."""

    kind: Literal["digest"] = "digest"
    username: str
    password: str


class CertificateAuthentication(_Model):
    """The client certificate of the request's connection, and nothing else that the connection would add."""

    kind: Literal["certificate"] = "certificate"


class TokenAuthentication(_Model):
    """A bearer token that the worker gets from an authorization server."""

    kind: Literal["oauth2", "oidc"]
    settings: OAuth2Policy


class ApiKeyAuthentication(_Model):
    """A key by itself, as a connection may have."""

    kind: Literal["api_key"] = "api_key"
    place: Literal["header", "query", "cookie"]
    name: str
    value: str


Authentication = Annotated[
    BasicAuthentication
    | BearerAuthentication
    | DigestAuthentication
    | CertificateAuthentication
    | TokenAuthentication,
    Field(discriminator="kind"),
]
ConnectionAuthentication = Authentication | ApiKeyAuthentication
