"""Authentication as it is written down: the standard's policies (dsl-reference.md, Authentication), and one more.

Definitions and `httptask.toml` share these models. Every text may refer to a secret.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.json.schema import ONE_KEY

__all__ = [
    "ApiKeyPolicy",
    "BearerPolicy",
    "CertificatePolicy",
    "ConnectionPolicy",
    "OAuth2Client",
    "OAuth2Policy",
    "OidcPolicy",
    "Policy",
    "SecurityToken",
    "UserPolicy",
]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class UserPolicy(_Model):
    """A user name and a password, or a secret that holds both."""

    username: str | None = None
    """User name, or `${ $secrets.NAME }`."""
    password: str | None = None
    """Password: `${ $secrets.NAME }`."""
    use: str | None = None
    """Name of a secret with `username` and `password`."""


class BearerPolicy(_Model):
    """A token, or a secret that holds it."""

    token: str | None = None
    """Token: `${ $secrets.NAME }`."""
    use: str | None = None
    """Name of a secret with `token`."""


class CertificatePolicy(_Model):
    """A client certificate, which belongs to a connection."""

    use: str | None = None
    """Name of a connection with a client certificate."""


class OAuth2Client(_Model):
    """Who asks for a token."""

    id: str | None = None
    """The client's id."""
    secret: str | None = None
    """The client's secret: `${ $secrets.NAME }`."""
    assertion: str | None = None
    """A signed JWT that proves who the client is (RFC 7523)."""
    authentication: Literal[
        "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"
    ] = "client_secret_post"
    """How the client proves who it is."""


class OAuth2Endpoints(_Model):
    token: str = "/oauth2/token"  # noqa: S105 - a path
    """Path of the token endpoint below the authority."""
    revocation: str = "/oauth2/revoke"
    """Path of the revocation endpoint, which httptask doesn't call."""
    introspection: str = "/oauth2/introspect"
    """Path of the introspection endpoint, which httptask doesn't call."""


class OAuth2TokenRequest(_Model):
    encoding: Literal["application/x-www-form-urlencoded", "application/json"] = (
        "application/x-www-form-urlencoded"
    )
    """How the token request is written."""


class SecurityToken(_Model):
    """A token, and what kind of one."""

    token: str
    """The token."""
    type: str
    """Its type (RFC 8693), such as `urn:ietf:params:oauth:token-type:jwt`."""


class OidcPolicy(_Model):
    """How to get a token; where from is discovered."""

    authority: str | None = None
    """URL of the authorization server."""
    grant: (
        Literal[
            "authorization_code",
            "client_credentials",
            "password",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ]
        | None
    ) = None
    """What the token is given for."""
    client: OAuth2Client = OAuth2Client()
    """Who asks for the token."""
    request: OAuth2TokenRequest = OAuth2TokenRequest()
    """The token request."""
    issuers: tuple[str, ...] = ()
    """Issuers whose tokens are taken; empty for any."""
    scopes: tuple[str, ...] = ()
    """What the token is to allow."""
    audiences: tuple[str, ...] = ()
    """Whom the token is for."""
    username: str | None = None
    """User name, with the grant `password`."""
    password: str | None = None
    """Password, with the grant `password`."""
    subject: SecurityToken | None = None
    """The token to exchange, or with the grant `refresh_token` the refresh token."""
    actor: SecurityToken | None = None
    """Who acts for the subject, when tokens are exchanged."""
    use: str | None = None
    """Name of a secret that holds all of this as JSON."""


class OAuth2Policy(OidcPolicy):
    """How and where to get a token."""

    endpoints: OAuth2Endpoints = OAuth2Endpoints()
    """Paths below the authority."""


class Policy(_Model):
    """How a request is authenticated: exactly one of these."""

    model_config = ConfigDict(json_schema_extra=ONE_KEY)

    basic: UserPolicy | None = None
    """User name and password (RFC 7617)."""
    bearer: BearerPolicy | None = None
    """Bearer token (RFC 6750)."""
    certificate: CertificatePolicy | None = None
    """Client certificate of a connection."""
    digest: UserPolicy | None = None
    """User name and password, never sent themselves (RFC 7616)."""
    oauth2: OAuth2Policy | None = None
    """Token of an authorization server (RFC 6749)."""
    oidc: OidcPolicy | None = None
    """Token of an OpenID Connect provider, whose token endpoint is discovered."""

    def given(self) -> list[tuple[str, Any]]:
        """The schemes that are written, with their settings."""
        return [
            (name, value) for name in type(self).model_fields if (value := getattr(self, name)) is not None
        ]


class ApiKeyPolicy(_Model):
    """A key that stands by itself."""

    in_: Literal["header", "query", "cookie"] = Field(alias="in")
    """Where it stands."""
    name: str
    """Name of the header, query parameter or cookie."""
    value: str
    """The key: `$secrets.NAME`."""


class ConnectionPolicy(Policy):
    """How requests of a connection are authenticated: exactly one of these."""

    api_key: ApiKeyPolicy | None = None
    """Key in a header, query parameter or cookie."""
