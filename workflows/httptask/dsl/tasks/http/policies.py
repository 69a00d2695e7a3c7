"""Authentication policies of calls: written in place, by the name they have in the definition, or a connection's."""

from collections.abc import Iterator, Mapping
from typing import Any

from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.expressions import Template
from httptask.dsl.model import AuthenticationPolicy
from httptask.json.pointer import child_pointer

__all__ = ["compile_policy", "connections_of_policy", "scheme_of"]


def compile_policy(parts: PartsBuilder, part: Part, pointer: str, policy: AuthenticationPolicy) -> None:
    """Compile a policy given in place, or by its name under `use.authentications`; other names are of connections."""
    named = None if policy.use is None else parts.use.authentications.get(policy.use)
    if policy.use is None:
        parts.template(part, pointer, policy.model_dump(exclude_unset=True))
    elif named is not None:
        at = child_pointer("/use/authentications", policy.use)
        parts.template(part, at, named.model_dump(exclude_unset=True))


def scheme_of(policy: Template) -> str:
    """The scheme that a request shows (RFC 9110, section 11)."""
    scheme: str = next(iter(policy.value))
    return "Bearer" if scheme in ("oauth2", "oidc") else scheme.capitalize()


def connections_of_policy(
    place: str, own: AuthenticationPolicy | None, policy: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    """The connections that an authentication policy names.

    Args:
        place: of the policy among the arguments.
        own: as it is written there.
        policy: what it says or refers to, if the definition has it.

    Returns:
        Each name behind its place among the arguments.
    """
    certificate = (policy or {}).get("certificate", {}).get("use")
    if certificate is not None:
        yield f"{place}/certificate/use", certificate
    if own is not None and own.use is not None and policy is None:
        yield f"{place}/use", own.use
