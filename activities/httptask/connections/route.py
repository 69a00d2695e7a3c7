"""The way to a connection's server: through a proxy perhaps, and with TLS files of its own."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import ConnectFailed, RequestInvalid
from httptask.http.secret_reference import SecretReference
from httptask.http.url import Url
from httptask.secrets.insertion import Insertions
from httptask.secrets.references import cut_secrets

__all__ = ["Proxy", "ProxyAddress", "Route", "Tls", "TlsFiles", "filled"]

Value = Callable[[SecretReference], str]
"""Gives the value of a secret."""


class Proxy(BaseModel):
    """An HTTP proxy; https goes through a tunnel (CONNECT). Its own address has to be allowed like any other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """The proxy, such as `http://proxy.example.com:3128`."""
    username: str | None = None
    """User name, if the proxy asks for one (basic authentication)."""
    password: str | None = None
    """Password; may be `$secrets.NAME`."""

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        scheme, mark, _ = url.partition("://")
        if mark and scheme.lower() != "http":
            raise ValueError(
                f"a proxy is spoken to in HTTP, written http://HOST:PORT, and not {shortened(scheme, 20)}://"
            )
        try:
            parsed = Url.parse(url)
        except RequestInvalid as error:
            raise ValueError(error.message) from None
        if parsed.scheme != "http" or parsed.target != "/":
            raise ValueError("the proxy is written http://HOST:PORT")
        return url

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give username and password, or neither")
        cut_secrets(self.password)
        return self

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the secrets that it is sent."""
        return frozenset(reference.name for reference in cut_secrets(self.password)[1])

    def address(self, value: Value) -> "ProxyAddress":
        """The proxy with its credential."""
        if self.username is None:
            return ProxyAddress(self.url)
        pair = f"{self.username}:{filled(self.password, value)}"
        return ProxyAddress(self.url, f"Basic {base64.b64encode(pair.encode()).decode('ascii')}")


class Tls(BaseModel):
    """Certificates in PEM files; paths are relative to `httptask.toml`. A changed file counts at the next call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca_bundle: Path | None = None
    """Authorities to trust, instead of the usual ones."""
    certificate: Path | None = None
    """Client certificate, and its chain."""
    key: Path | None = None
    """Private key of the client certificate, unless it is in the same file."""
    password: str | None = None
    """What the private key is encrypted with; may be `$secrets.NAME`."""

    @model_validator(mode="after")
    def _belongs_to_a_certificate(self) -> Self:
        if self.certificate is None and (self.key is not None or self.password is not None):
            raise ValueError("key and password belong to a certificate: name its file")
        cut_secrets(self.password)
        return self

    def files(self, value: Value) -> "TlsFiles":
        """The files as they are now.

        Raises:
            ConnectFailed: one of them can't be read.
        """
        paths = (self.ca_bundle, self.certificate, self.key)
        password = None if self.password is None else filled(self.password, value)
        return TlsFiles(*paths, password, tuple(_state(path) for path in paths if path is not None))


@dataclass(frozen=True)
class ProxyAddress:
    """Where a proxy is, and what it wants to see."""

    url: str
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class TlsFiles:
    """Certificates at one moment: equal as long as no file has changed."""

    ca_bundle: Path | None
    certificate: Path | None
    key: Path | None
    password: str | None = field(repr=False)
    states: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Route:
    """How to get to a server; a client and its pool are made for one."""

    proxy: ProxyAddress | None = None
    tls: TlsFiles | None = None


def filled(text: str | None, value: Value) -> str:
    """A text with its secrets in place."""
    written, references = cut_secrets(text or "", "/password")
    return Insertions(references, value).fill(written, "password")


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        raise ConnectFailed(f"the file {path} can't be read: {error.strerror}") from None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
