"""Forms that the standard's schema gives to fields: what is accepted is valid under it, whatever runs it later.

`schema/workflow.yaml` of the standard: an expression that is a whole field stands on one line, a set is not empty,
a duration, an error and a policy are what its `$defs` of these names say.
"""

import re
from collections.abc import Iterator
from typing import Final

from httptask.authentication.policy import OidcPolicy, Policy
from httptask.diagnostics.fault import Fault
from httptask.dsl.model import AuthenticationPolicy
from httptask.dsl.patterns import URI
from httptask.dsl.program import Program
from httptask.dsl.tasks.raise_error import error_faults
from httptask.json.pointer import child_pointer

__all__ = ["check_forms"]

_SECRET: Final = re.compile(r"\$\{\s*\$secrets\b[^}]*\}")
_CERTIFICATE: Final = (
    "`use` the name of the connection, which shows its client certificate: authentication: { use: NAME }"
)


def check_forms(program: Program) -> Iterator[Fault]:
    """Find errors and policies whose form the standard does not know, and that other tools would refuse."""
    for name, error in program.definition.use.errors.items():
        yield from error_faults(child_pointer("/use/errors", name), error)
    for name, policy in program.definition.use.authentications.items():
        yield from _policy(child_pointer("/use/authentications", name), policy, in_standard=True)
    for node in program.nodes.values():
        for pointer, written in node.kind.policies(node).items():
            yield from _policy(pointer, written, in_standard=node.kind.portable_hint is None)


def _policy(pointer: str, policy: Policy, *, in_standard: bool) -> Iterator[Fault]:
    if policy.certificate is not None and policy.certificate.use is not None and in_standard:
        message = "the standard's schema has no `certificate`"
        yield Fault(f"{pointer}/certificate", "not-in-the-standard", message, _CERTIFICATE, at_key=True)
    if isinstance(policy, AuthenticationPolicy) and policy.use == "":
        hint = "write the name of a policy under `use.authentications`, or of a connection"
        yield Fault(f"{pointer}/use", "empty", "`use` names nothing", hint)
    for scheme, settings in policy.given():
        if isinstance(settings, OidcPolicy) and settings.authority is not None:
            yield from _authority(f"{pointer}/{scheme}/authority", settings.authority)


def _authority(pointer: str, authority: str) -> Iterator[Fault]:
    if not URI.match(authority):
        hint = "write it out from https:// on; a secret may hold all of the policy: `use` its name"
        yield Fault(pointer, "wrong-form", f"`{authority}` is no absolute URL", hint)
    elif "${" in _SECRET.sub("", authority.partition("://")[2].partition("/")[0]):
        message = "an expression stands in the name of the authorization server"
        hint = "write the server out; data may follow behind the first `/`"
        yield Fault(pointer, "server-from-data", message, hint)
