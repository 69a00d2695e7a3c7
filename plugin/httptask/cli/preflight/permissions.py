"""What a worker's policy permits, and which definitions ask for more."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from httptask.cli.preflight.readiness import Finding, name_of

if TYPE_CHECKING:
    from httptask.config import Config
    from httptask.dsl.loader import Loaded

__all__ = ["examine_permissions"]

_SERVER = re.compile(r"https?://([^/?#:{$]+)(?=[/?#:]|$)", re.IGNORECASE)


def examine_permissions(config: "Config", loaded: "Iterable[Loaded]", *, allow_inline: bool) -> list[Finding]:
    """What the worker permits, then each definition that needs what it does not."""
    policy, worker = config.policy, config.worker
    unbound = [name for name, source in config.secrets.items() if not source.origins]
    permitted = {
        "inline definitions": "run" if allow_inline else "refused",
        "unbound secrets": ", ".join(unbound) or "none",
        "literal credentials": "served" if worker.allow_literal_credentials else "refused",
        "hosts without a connection": ", ".join(policy.allowed_hosts) or "any",
        "private networks without a connection": ", ".join(policy.allow_private) or "none",
    }
    findings = [Finding("policy", name, about) for name, about in permitted.items()]
    for one in loaded:
        findings += [Finding("policy", name_of(one), place, fault) for place, fault in _faults(config, one)]
    return findings


def _faults(config: "Config", loaded: "Loaded") -> Iterator[tuple[str, str]]:
    """Where a definition needs what is not permitted, and what that is."""
    from httptask.dsl.checks.literals import LITERAL_CREDENTIAL
    from httptask.egress.hosts import is_allowed

    literals = [] if config.worker.allow_literal_credentials else loaded.reports
    for report in literals:
        if report.code == LITERAL_CREDENTIAL:
            place = f"{report.file}:{report.line}:{report.column}"
            yield place, f"{report.message}: {report.hint}, or set worker.allow_literal_credentials"
    for host in _hosts(loaded) if config.policy.allowed_hosts else ():
        if not is_allowed(host, config.policy.allowed_hosts):
            yield loaded.name, f"{host} is not among policy.allowed_hosts: add it, or use a connection"


def _hosts(loaded: "Loaded") -> Iterator[str]:
    """The hosts that a definition names, where it names no connection."""
    for node in loaded.program.nodes.values() if loaded.program else ():
        endpoint = getattr(node.arguments, "endpoint", None)
        found = _SERVER.match(str(getattr(endpoint, "uri", endpoint)))
        if found is not None and not node.connections:
            yield found[1].lower()
