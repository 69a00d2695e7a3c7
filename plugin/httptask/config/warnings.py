"""What of a valid `httptask.toml` is not meant: credentials that are no secrets, and servers that no call may reach."""

from collections.abc import Iterator
from pathlib import Path

from httptask.authentication.check import credentials_in
from httptask.config.config import Config
from httptask.config.find import CONFIG_NAME
from httptask.connections.connection import Connection
from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.report import Report
from httptask.dsl.yaml import Place
from httptask.egress.address import fixed_address, parse_networks, permission, refusal
from httptask.http.headers import is_credential
from httptask.http.url import Url
from httptask.json.pointer import json_pointer
from httptask.secrets.references import cut_secrets

__all__ = ["credential_warnings", "server_warnings", "undeclared_secrets"]


def credential_warnings(config: Config) -> list[Report]:
    """Credentials that stand in the file as they are, and secrets that it names and does not declare."""
    found = [
        (
            Fault(
                json_pointer(("connections", connection.name, *path)),
                "literal-credential",
                f"`{'.'.join(('connections', connection.name, *path))}` holds a credential as it is",
                'write "$secrets.NAME" here, and [secrets.NAME] with environment = "NAME"',
                severity=Severity.WARNING,
            ),
            literal,
        )
        for connection in config.connections.values()
        for path, literal in _literals(connection)
    ]
    found += [
        (
            Fault(
                json_pointer(("connections", connection.name)),
                "undeclared-secret",
                f"the connection {connection.name} names the secret {name}, which is not declared",
                f'add [secrets.{name}] with environment = "{name}", or file = "PATH"',
                severity=Severity.WARNING,
            ),
            name,
        )
        for connection in config.connections.values()
        for name in undeclared_secrets(config, connection)
    ]
    return _reports(config, found)


def server_warnings(config: Config) -> list[Report]:
    """Servers at private addresses, as their `base_url` says already, that their connections don't open."""
    found: list[tuple[Fault, str]] = []
    for connection in config.connections.values():
        host = Url.parse(connection.origin).host if connection.origin else ""
        address = fixed_address(host)
        reason = refusal(address, parse_networks(connection.allow_private)) if address else None
        if address and reason:
            where = address if address == host else f"{host} at {address}"
            fault = Fault(
                json_pointer(("connections", connection.name, "base_url")),
                "private-server",
                f"calls over the connection {connection.name} are refused: {where} is {reason}",
                permission(address, f"[connections.{connection.name}]"),
                severity=Severity.WARNING,
            )
            found.append((fault, connection.base_url or ""))
    return _reports(config, found)


def _reports(config: Config, found: list[tuple[Fault, str]]) -> list[Report]:
    """Faults, each with the words that it is about."""
    file = config.file or Path(CONFIG_NAME)
    text = file.read_text(encoding="utf-8") if config.file else ""
    return [Report.of(str(file), _place(text, words), fault) for fault, words in found]


def undeclared_secrets(config: Config, connection: Connection) -> list[str]:
    """The secrets that a connection names, and no `[secrets.NAME]`."""
    return [name for name in connection.secret_origins() if name not in config.secrets]


def _literals(connection: Connection) -> Iterator[tuple[tuple[str, ...], str]]:
    """The credentials that are no secrets, each with its place in the connection."""
    tables = connection.model_dump(
        mode="json", include={"authentication", "proxy", "tls"}, exclude_none=True, exclude_unset=True
    )
    for path, text in credentials_in(tables):
        if not cut_secrets(text)[1]:
            yield path, text
    for name, text in connection.headers.items():
        if is_credential(name) and text and not cut_secrets(text)[1]:
            yield ("headers", name), text


def _place(text: str, words: str) -> Place:
    """Where words stand in the file; its beginning, if they are written there in another way."""
    at = max(0, text.find(words))
    return Place(text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1)
