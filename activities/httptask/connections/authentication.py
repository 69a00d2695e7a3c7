"""From a policy as it is written to what the activity does with it."""

from collections.abc import Sequence

from httptask.authentication.models import (
    ApiKeyAuthentication,
    Authentication,
    BasicAuthentication,
    BearerAuthentication,
    CertificateAuthentication,
    ConnectionAuthentication,
    DigestAuthentication,
    TokenAuthentication,
)
from httptask.authentication.policy import (
    BearerPolicy,
    ConnectionPolicy,
    OAuth2Policy,
    OidcPolicy,
    Policy,
    UserPolicy,
)
from httptask.http.secret_reference import SecretReference

__all__ = ["read_connection_policy", "read_policy"]


def read_policy(
    policy: Policy, references: Sequence[SecretReference] = ()
) -> tuple[Authentication, tuple[SecretReference, ...]]:
    """Reads a policy without faults.

    Args:
        policy: with the secrets cut out of its texts.
        references: where they stood, by pointers into the policy such as `/basic/password`.

    Returns:
        What to do, and where its secrets belong, by pointers into a request.
    """
    [(scheme, settings)] = policy.given()
    match settings:
        case UserPolicy():
            model = BasicAuthentication if scheme == "basic" else DigestAuthentication
            user = model(username=settings.username or "", password=settings.password or "")
            return user, _used(settings.use, "username", "password") or _moved(references, scheme)
        case BearerPolicy():
            bearer = BearerAuthentication(token=settings.token or "")
            return bearer, _used(settings.use, "token") or _moved(references, scheme)
        case OidcPolicy():
            written = OAuth2Policy.model_validate(settings.model_dump(exclude_unset=True))
            token = TokenAuthentication(kind="oidc" if scheme == "oidc" else "oauth2", settings=written)
            return token, _moved(references, scheme, "/settings")
        case _:
            return CertificateAuthentication(), ()


def read_connection_policy(
    policy: ConnectionPolicy, references: Sequence[SecretReference]
) -> tuple[ConnectionAuthentication, tuple[SecretReference, ...]]:
    """The same for the policy of a connection."""
    key = policy.api_key
    if key is None:
        return read_policy(policy, references)
    return (
        ApiKeyAuthentication(place=key.in_, name=key.name, value=key.value),
        _moved(references, "api_key"),
    )


def _used(secret: str | None, *fields: str) -> tuple[SecretReference, ...]:
    """A secret that is a JSON object with the settings as its fields."""
    if secret is None:
        return ()
    return tuple(
        SecretReference(pointer=f"/authentication/{field}", name=secret, field=field) for field in fields
    )


def _moved(
    references: Sequence[SecretReference], scheme: str, below: str = ""
) -> tuple[SecretReference, ...]:
    return tuple(
        reference.model_copy(
            update={"pointer": f"/authentication{below}{reference.pointer.removeprefix(f'/{scheme}')}"}
        )
        for reference in references
    )
