"""Connections: one server each, and what belongs to it."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from httptask.http.address import parse_networks
from httptask.http.errors import RequestInvalid
from httptask.http.models import Limits
from httptask.http.url import Url

__all__ = ["Connection", "default_connections"]

_OPENAI = "https://api.openai.com/v1"


class Connection(BaseModel):
    """A server, its credential and its bounds. The credential only ever goes to the server's origin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    base_url: str | None = None
    base_url_secret: str | None = None
    """Name of the secret that holds the base URL."""
    bearer_secret: str | None = None
    """Name of the secret that is sent as bearer token (RFC 6750)."""
    headers: dict[str, str] = {}
    """Sent with each request, unless the request has a header of that name."""
    limits: Limits = Limits()
    allow_private: tuple[str, ...] = ()
    """Private networks it may reach: CIDR notation, an address, or `loopback`."""

    @field_validator("allow_private")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(names)
        return names

    @model_validator(mode="after")
    def _has_an_origin(self) -> Self:
        if self.base_url is not None and self.base_url_secret is not None:
            raise ValueError("give either base_url or base_url_secret, not both")
        if self.base_url is not None:
            try:
                Url.parse(self.base_url)
            except RequestInvalid as error:
                raise ValueError(error.message) from None
        elif self.base_url_secret is None and (self.bearer_secret or self.headers):
            raise ValueError("bearer_secret and headers need a base_url: they are only sent to its origin")
        return self


def default_connections(environment: Mapping[str, str]) -> dict[str, Connection]:
    """The connections that exist without being declared: `openai`, at `OPENAI_BASE_URL` if that is set.

    Whoever sets that variable to a numeric address or to localhost means a local model server, so exactly
    that address is opened; a name that resolves to a private address has to be declared.
    """
    base_url = environment.get("OPENAI_BASE_URL") or _OPENAI
    openai = Connection(
        name="openai",
        base_url=base_url,
        bearer_secret="OPENAI_API_KEY",  # noqa: S106 - its name, not its value
        allow_private=_named_address(Url.parse(base_url).host),
    )
    return {openai.name: openai}


def _named_address(host: str) -> tuple[str, ...]:
    if host == "localhost":
        return ("loopback",)
    try:
        return (str(ip_address(host)),)
    except ValueError:
        return ()
