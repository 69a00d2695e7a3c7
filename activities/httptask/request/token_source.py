"""Where a token comes from: the settings of a policy with their secrets in place."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from httptask.authentication.check import policy_faults
from httptask.authentication.models import TokenAuthentication
from httptask.authentication.policy import OAuth2Policy, Policy
from httptask.diagnostics.validation import describe_invalid
from httptask.http.errors import RequestInvalid, SecretUnavailable
from httptask.http.url import Url
from httptask.json.tree import canonical, map_texts
from httptask.secrets.placeholders import ResolvedValues
from httptask.secrets.store import SecretStore

__all__ = ["TokenSource", "token_source"]


@dataclass(frozen=True)
class TokenSource:
    """All that decides which token is given."""

    settings: OAuth2Policy = field(repr=False)
    discovered: bool
    """Whether the authority says where its token endpoint is."""
    authority: Url
    credentials: Mapping[str, str] = field(repr=False)
    """What to take out of answers and errors: value -> name."""
    secrets: frozenset[str]
    """Names of the secrets in all of it."""
    of_authority: frozenset[str]
    """Names of those in the authority."""
    declared: bool
    """Whether it is the policy of a connection, so that the configuration names the authority."""

    def key(self, connection: str | None, origin: str) -> str:
        """Names the token of one connection, or of one origin without a connection; tells nothing about it."""
        whole = [self.settings.model_dump(mode="json"), self.discovered, connection, origin]
        return hashlib.sha256(canonical(whole).encode()).hexdigest()


def token_source(
    authentication: TokenAuthentication, values: ResolvedValues, store: SecretStore, *, declared: bool
) -> TokenSource:
    """Resolves the secrets of a policy.

    Args:
        authentication: the policy, with placeholders for the secrets.
        values: puts them in.
        store: holds the settings of a policy that is a secret itself.
        declared: whether it is a connection's.

    Raises:
        RequestInvalid: the authority is not a URL.
        SecretUnavailable: a secret has no usable value.
    """
    settings = authentication.settings
    if settings.use is not None:
        names = of_authority = frozenset({settings.use})
        settings = _stored(authentication.kind, settings.use, store)
    else:
        values.fill(settings.authority or "")
        of_authority = frozenset(values.names)
        filled = map_texts(settings.model_dump(mode="json", exclude_unset=True), values.fill)
        settings = OAuth2Policy.model_validate(filled)
        names = frozenset(values.names)
    client = settings.client
    for text in (client.secret, client.assertion, settings.password, settings.subject, settings.actor):
        if text is not None:
            values.credential(text if isinstance(text, str) else text.token)
    if client.secret is not None:
        values.credential(f"{client.id}:{client.secret}")
    try:
        authority = Url.parse(settings.authority or "")
    except RequestInvalid as error:
        raise RequestInvalid(f"the authority of {authentication.kind}: {error.message}") from None
    return TokenSource(
        settings,
        discovered=authentication.kind == "oidc",
        authority=authority,
        credentials=dict(values.resolved),
        secrets=names,
        of_authority=of_authority,
        declared=declared,
    )


def _stored(scheme: str, name: str, store: SecretStore) -> OAuth2Policy:
    """The settings that a secret holds as JSON; a fault in them names no value."""
    text = store.resolve(name)
    try:
        settings = OAuth2Policy.model_validate_json(text)
    except ValidationError as error:
        raise SecretUnavailable(
            f"the secret {name} does not hold the settings of {scheme} as JSON: {describe_invalid(error)}"
        ) from None
    policy = Policy(oidc=settings) if scheme == "oidc" else Policy(oauth2=settings)
    for fault in policy_faults(policy):
        raise SecretUnavailable(f"the secret {name} does not hold all settings: {fault.message}")
    return settings
