"""Connections: one server each, and what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from httptask.authentication.check import policy_faults
from httptask.authentication.models import ConnectionAuthentication
from httptask.authentication.policy import ConnectionPolicy
from httptask.connections.authentication import read_connection_policy
from httptask.connections.providers import ProviderName, with_defaults
from httptask.connections.route import Proxy, Tls
from httptask.egress.address import parse_networks
from httptask.egress.closed import closed_networks
from httptask.http.errors import ConnectionUnknown, RequestInvalid
from httptask.http.headers import check_header, check_header_name
from httptask.http.limits import Limits
from httptask.http.secret_reference import SecretReference
from httptask.http.url import Url
from httptask.json.types import is_object
from httptask.resilience.retry import Retry
from httptask.secrets.placeholders import places
from httptask.secrets.references import cut_secrets

__all__ = [
    "BASE_URL_VARIABLE",
    "Calls",
    "Connection",
    "Price",
    "Written",
    "default_connections",
    "find_connection",
]

_AUTHORITY = "/authentication/settings/authority"
BASE_URL_VARIABLE: Final = "OPENAI_BASE_URL"
"""Where the connection `openai` is that exists without being declared."""
_OPENAI = "https://api.openai.com/v1"

Calls = Literal["activity", "local"]
"""How calls are made: each as an activity of its own, or, where they are short, as local activities."""


@dataclass(frozen=True)
class Written:
    """What a connection adds to each request, with the secrets cut out of its texts."""

    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    authentication: ConnectionAuthentication | None = None
    references: tuple[SecretReference, ...] = ()
    """Where they stood: pointers into this object."""


class Price(BaseModel):
    """What tokens cost, in US dollars for a million of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    """What a million tokens of the request cost, in US dollars."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """What a million tokens of the answer cost, in US dollars."""

    @property
    def is_free(self) -> bool:
        """Whether nothing is to be paid, whatever is used."""
        return self.input == self.output == 0


class Connection(BaseModel):
    """A server, its credential and its bounds. The credential only ever goes to the server's origin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    provider: ProviderName | None = None
    """Whose server it is: [what is known of it](chat-completions.md#providers) need not be written."""
    base_url: str | None = None
    """The server; paths of requests are appended to it. May hold `$secrets.NAME`."""
    authentication: ConnectionPolicy | None = None
    """How its requests are authenticated, unless a request brings its own: [Authentication](authentication.md)."""
    headers: dict[str, str] = {}
    """Sent with each request, unless the request has a header of that name; may hold `$secrets.NAME`."""
    keep_headers: tuple[str, ...] = ()
    """Headers of its responses to keep beside [those that are always kept](http-tasks.md#results)."""
    limits: Limits = Limits()
    """Bounds of one attempt, see below."""
    retry: Retry = Retry()
    """How often a call is attempted, see below."""
    calls: Calls | None = None
    """`local`: [within their workflow task](operating.md#local-calls), unless a definition says `activity`."""
    retryable_statuses: frozenset[Annotated[int, Field(ge=300, le=599)]] = frozenset()
    """Statuses that are retried beside the usual ones."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """Limit of all workers together; a connection with one has a task queue of its own."""
    tokens_per_minute: int | None = Field(default=None, gt=0)
    """The same for tokens, by the usage that answers report."""
    concurrency: int | None = Field(default=None, ge=1, strict=True)
    """Calls at the same time, of each worker: two workers make twice as many."""
    redirects: int = Field(default=0, ge=0, le=20, strict=True)
    """How many redirects in a row are followed, see below."""
    redirects_elsewhere: bool = False
    """Whether redirects to other servers are followed without credential and headers, see below."""
    allow_private: tuple[str, ...] = ()
    """Private networks that it may reach: `loopback`, an address, or CIDR notation."""
    model_rules: dict[str, dict[str, tuple[Any, ...]]] = {}
    """The only values that models take, by field: [rules for models](chat-completions.md#rules-for-models)."""
    price: Price | None = None
    """What tokens cost, where no published price is right, see below."""
    proxy: Proxy | None = None
    """The HTTP proxy in front of the server, see below."""
    tls: Tls | None = None
    """Authorities to trust and a client certificate, see below."""

    @property
    def is_limited(self) -> bool:
        """Whether its calls go through a task queue of its own."""
        return self.requests_per_minute is not None or self.tokens_per_minute is not None

    @model_validator(mode="before")
    @classmethod
    def _of_provider(cls, written: Any) -> Any:
        return with_defaults(written) if is_object(written) else written

    @field_validator("allow_private")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(names)
        return names

    @field_validator("authentication")
    @classmethod
    def _usable(cls, policy: ConnectionPolicy | None) -> ConnectionPolicy | None:
        for fault in policy_faults(policy) if policy else ():
            raise ValueError(f"{fault.message}: {fault.hint}")
        return policy

    @field_validator("base_url")
    @classmethod
    def _is_sent_whole(cls, url: str | None) -> str | None:
        if url is not None and "#" in url:
            raise ValueError("a fragment (`#…`) is never sent: write base_url without it")
        return url

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in cut_secrets(headers)[0].items():
            try:
                check_header(name, value)
            except RequestInvalid as error:
                raise ValueError(error.message) from None
        return headers

    @field_validator("keep_headers")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                check_header_name(name)
            except RequestInvalid as error:
                raise ValueError(error.message) from None
        return names

    @model_validator(mode="after")
    def _has_an_origin(self) -> Self:
        if self.base_url is None and (self.authentication or self.headers):
            raise ValueError("authentication and headers need a base_url: they are only sent to its origin")
        try:
            self.secret_origins()
        except RequestInvalid as error:
            raise ValueError(error.message) from None
        return self

    @cached_property
    def written(self) -> Written:
        """Its texts, and the secrets in them."""
        base_url, at_base_url = cut_secrets(self.base_url, "/base_url")
        headers, in_headers = cut_secrets(self.headers, "/headers")
        authentication: ConnectionAuthentication | None = None
        in_authentication: tuple[SecretReference, ...] = ()
        if self.authentication is not None:
            policy, references = cut_secrets(self.authentication.model_dump(exclude_unset=True))
            authentication, in_authentication = read_connection_policy(
                ConnectionPolicy.model_validate(policy), references
            )
        return Written(base_url, headers, authentication, (*at_base_url, *in_headers, *in_authentication))

    @cached_property
    def with_placeholders(self) -> Written:
        """The same with placeholders for the secrets, by their index among the references."""
        written = self.written
        insertions = places(written.references)
        authentication = written.authentication
        if authentication is not None:
            authentication = insertions.fill_model(authentication, "authentication")
        texts = insertions.fill_tree({"base_url": written.base_url, "headers": written.headers})
        return replace(written, authentication=authentication, **texts)

    @cached_property
    def origin(self) -> str | None:
        """Of its server; None where it has none, or only a secret tells.

        Raises:
            RequestInvalid: the URL can't be read.
        """
        base_url = self.written.base_url
        is_secret = any(reference.pointer == "/base_url" for reference in self.written.references)
        return Url.parse(base_url).origin if base_url and not is_secret else None

    def secret_origins(self) -> dict[str, str | None]:
        """The secrets it names, each with the origin that it belongs to; None when only a secret tells.

        Raises:
            RequestInvalid: a URL can't be read.
        """
        written, secret = self.written, {reference.pointer for reference in self.written.references}
        server = self.origin
        issuer: str | None = None
        settings = getattr(written.authentication, "settings", None)
        if settings is not None and settings.authority is not None and _AUTHORITY not in secret:
            issuer = _origin("authority", settings.authority)
        origins = {} if settings is None or settings.use is None else {settings.use: issuer}
        for reference in written.references:
            is_for_token = reference.pointer.startswith("/authentication/settings/")
            of_base_url = reference.pointer == "/base_url"
            origins[reference.name] = issuer if is_for_token else None if of_base_url else server
        if self.tls is not None:
            origins.update((reference.name, server) for reference in cut_secrets(self.tls.password)[1])
        if self.proxy is not None:
            origins.update(dict.fromkeys(self.proxy.secrets, Url.parse(self.proxy.url).origin))
        return origins


def _origin(name: str, url: str) -> str:
    try:
        return Url.parse(url).origin
    except RequestInvalid as error:
        raise RequestInvalid(f"{name}: {error.message}") from None


def find_connection(connections: Mapping[str, Connection], name: str) -> Connection:
    """The connection of that name.

    Raises:
        ConnectionUnknown: there is none.
    """
    if name not in connections:
        known = ", ".join(sorted(connections)) or "none"
        raise ConnectionUnknown(
            f"there is no connection {name} on this worker (known: {known})",
            cure=f"add [connections.{name}] to httptask.toml",
        )
    return connections[name]


def default_connections(environment: Mapping[str, str]) -> dict[str, Connection]:
    """The connections that exist without being declared: `openai`, at `OPENAI_BASE_URL` if that is set.

    Whoever sets that variable to a numeric address or to localhost means a local model server, so exactly
    that address is opened; a name that resolves to a private address has to be declared.
    """
    base_url = environment.get(BASE_URL_VARIABLE) or _OPENAI
    openai = Connection(
        name="openai",
        base_url=base_url,
        authentication=ConnectionPolicy.model_validate({"bearer": {"token": "$secrets.OPENAI_API_KEY"}}),
        allow_private=tuple(one.network for one in closed_networks(Url.parse(base_url).host) if one.is_own),
    )
    return {openai.name: openai}
