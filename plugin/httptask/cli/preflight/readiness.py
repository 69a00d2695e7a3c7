"""Whether a worker has and permits all that its definitions need, found out without sending anything."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from httptask.cli.project.definitions import used_secrets
from httptask.cli.terminal.console import print_json
from httptask.cli.terminal.errors import CliError
from httptask.dsl.canonical import qualified_name

if TYPE_CHECKING:
    from httptask.config import Config
    from httptask.connections.connection import Connection
    from httptask.dsl.loader import Loaded
    from httptask.dsl.program import Program
    from httptask.secrets.store import SecretSource, SecretStore

__all__ = ["Finding", "examine", "examine_permissions", "print_findings", "require_ready"]

_SERVER = re.compile(r"https?://([^/?#:{$]+)(?=[/?#:]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a worker has, or lacks.

    Attributes:
        kind: definition, connection, activity, secret, configuration or policy.
        about: where it comes from or goes to; of what is not there, where a definition names it.
        fault: why it can't be used; None when it can, or when nothing uses it.
        warning: what is better written in another way, although it can be used.
        used: whether a definition uses it; of a secret that none uses the value is not looked at.
    """

    kind: str
    name: str
    about: str
    fault: str | None = None
    warning: str | None = None
    used: bool = True


def examine(config: "Config", environment: Mapping[str, str], loaded: "Iterable[Loaded]") -> list[Finding]:
    """Look at every definition, connection, activity and secret; only what a definition uses can be at fault."""
    from httptask.config.warnings import credential_warnings, undeclared_secrets
    from httptask.explain.findings import uses_of_connections
    from httptask.secrets.store import SecretStore

    loaded = list(loaded)
    store = SecretStore(config.secrets, environment)
    connections = _places(loaded, uses_of_connections)
    sink = config.events.connection if any(one.program and one.program.emits for one in loaded) else None
    used = [
        connection for name, connection in config.connections.items() if name in connections or name == sink
    ]
    needed = _needed_secrets(loaded, used)
    findings = [Finding("definition", qualified_name(one.data), one.name) for one in loaded]
    findings += [_connection(connection) for connection in config.connections.values()]
    findings += [
        Finding("connection", name, place, "not declared: add it to httptask.toml with its base_url")
        for name, place in sorted(connections.items())
        if name not in config.connections
    ]
    findings += [
        Finding("activity", allowed.name, allowed.task_queue or "") for allowed in config.activities.values()
    ]
    findings += [
        Finding("activity", name, place, f"not allowed: add [activities.{name}] to httptask.toml")
        for name, place in sorted(_places(loaded, _uses_of_activities).items())
        if name not in config.activities
    ]
    findings += [
        Finding(
            "secret",
            name,
            f"{_source(source)} -> {', '.join(source.origins)}",
            _fault(store, name) if name in needed else None,
            used=name in needed,
        )
        for name, source in config.secrets.items()
    ]
    findings += [
        Finding("secret", name, f"connection {connection.name}", _fault(store, name))
        for connection in used
        for name in undeclared_secrets(config, connection)
    ]
    findings += [
        Finding(
            "configuration",
            report.pointer,
            f"{report.file}:{report.line}:{report.column}",
            warning=f"{report.message}: {report.hint}",
        )
        for report in credential_warnings(config)
    ]
    return findings


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
        findings += [
            Finding("policy", qualified_name(one.data), place, fault)
            for place, fault in _unpermitted(config, one)
        ]
    return findings


def require_ready(findings: Iterable[Finding]) -> None:
    """Refuse to begin what would stop half-way, after calls that are made and paid for.

    Raises:
        CliError: a connection, an activity or the value of a secret is missing.
    """
    faults = [_told(finding) for finding in findings if finding.fault]
    if faults:
        raise CliError("; ".join(faults))


def print_findings(findings: Iterable[Finding], *, as_json: bool) -> None:
    """One row, or one JSON object, for each finding."""
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    from rich.markup import escape
    from rich.table import Table

    from httptask.cli.terminal.styled import stdout

    table = Table(box=None, pad_edge=False)
    for heading in ("kind", "name", "about", ""):
        table.add_column(heading)
    for finding in findings:
        verdict = finding.fault or finding.warning or ("ok" if finding.used else "not used")
        table.add_row(*map(escape, (finding.kind, finding.name, finding.about, verdict)))
    stdout.print(table)


def _connection(connection: "Connection") -> Finding:
    return Finding("connection", connection.name, connection.base_url or "")


def _told(finding: Finding) -> str:
    told = f"{finding.kind} {finding.name}: {finding.fault}"
    return f"{finding.about}: {told}" if finding.kind in ("connection", "activity") else told


def _places(
    loaded: "Iterable[Loaded]", uses: "Callable[[Program], Iterator[tuple[str, str]]]"
) -> dict[str, str]:
    """What definitions name, with the place of the first use."""
    places: dict[str, str] = {}
    for one in loaded:
        for name, pointer in uses(one.program) if one.program else ():
            file, at = one.where(pointer)
            places.setdefault(name, f"{file}:{at.line}:{at.column}")
    return places


def _uses_of_activities(program: "Program") -> "Iterator[tuple[str, str]]":
    for node in program.nodes.values():
        name = node.kind.activity(node)
        if name is not None:
            yield name, f"{node.pointer}/with/type"


def _needed_secrets(loaded: "Iterable[Loaded]", connections: "Iterable[Connection]") -> set[str]:
    names = set(used_secrets(loaded))
    for connection in connections:
        names |= set(connection.secret_origins())
    return names


def _source(source: "SecretSource") -> str:
    return f"${source.environment}" if source.environment else str(source.file)


def _fault(store: "SecretStore", name: str) -> str | None:
    from httptask.http.errors import SecretUnavailable

    try:
        store.resolve(name)
    except SecretUnavailable as error:
        return error.message.removeprefix(f"the secret {name} ")
    return None


def _unpermitted(config: "Config", loaded: "Loaded") -> Iterator[tuple[str, str]]:
    """Where a definition needs what is not permitted, and what that is."""
    from httptask.dsl.checks.secrets import LITERAL_CREDENTIAL
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
    from httptask.dsl.tasks.http.arguments import AnyHttpArguments, address_of

    for node in loaded.program.nodes.values() if loaded.program else ():
        address = address_of(node.spec) if isinstance(node.spec, AnyHttpArguments) else None
        found = None if address is None else _SERVER.match(address[1])
        if found is not None and not [*node.connections]:
            yield found[1].lower()
