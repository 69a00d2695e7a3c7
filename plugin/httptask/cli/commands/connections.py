"""`httptask connections`: what a worker would know, and whether a server can be reached."""

from dataclasses import asdict, dataclass, replace
from json import dumps
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.terminal.console import print_json
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.connections.connection import Connection
    from httptask.testrequest.connection_check import Step

__all__ = ["connections"]

_WITHOUT_VALUES = frozenset({"headers", "proxy", "tls"})
"""Tables that may hold a credential as it is: their keys are shown only."""
_WIDEST_SERVER = 40
"""Characters; wider ones go on in the next line."""
_EXIT_CODES = MappingProxyType(
    {"setup": ExitCode.INVALID, "way": ExitCode.UNREACHABLE, "answer": ExitCode.FAILED}
)

connections = typer.Typer(
    help="List connections, and check whether one works.",
    no_args_is_help=True,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection as it is listed.

    Attributes:
        authentication: its kind, empty for none.
        secrets: names of the secrets that it needs.
        settings: what else is set.
    """

    name: str
    base_url: str
    authentication: str
    secrets: list[str]
    settings: dict[str, Any]


@connections.command("list", epilog="Example: httptask connections list --json")
def list_connections(*, json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the connections of httptask.toml, and those that exist by themselves."""
    from httptask.cli.project.project import load_project, tell_credential_warnings

    project = load_project(config)
    tell_credential_warnings(project.config)
    listed = [_listed(connection) for connection in project.config.connections.values()]
    if json:
        print_json([asdict(one) for one in listed])
        return
    _print_list(listed)


def _print_list(listed: "list[Listed]") -> None:
    """A row for each; the settings give way where it is narrow, for servers that are cut look all the same."""
    from rich.markup import escape
    from rich.table import Table

    from httptask.cli.terminal.styled import stdout

    table = Table(box=None, pad_edge=False)
    fits = max(len(one.base_url) for one in listed) <= _WIDEST_SERVER
    table.add_column("name")
    table.add_column("server", overflow="fold", no_wrap=fits)
    table.add_column("credential", overflow="fold")
    table.add_column("settings", overflow="fold")
    for one in listed:
        credential = " ".join((one.authentication, *(f"${name}" for name in one.secrets)))
        settings = ", ".join(f"{key} = {dumps(value)}" for key, value in one.settings.items())
        table.add_row(*map(escape, (one.name, one.base_url, credential.strip(), settings)))
    stdout.print(table)


@connections.command(epilog="Example: httptask connections check openai --path /models")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a connection.")],
    *,
    path: Annotated[
        str, typer.Option("--path", metavar="PATH", help="What to ask for, below the base URL.")
    ] = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Send one GET to a connection's server, and explain each step on the way there.

    Resolves its secrets and its name, judges its address, connects, and asks for the base URL with the connection's
    credential. Many servers look at a credential only where there is something to see: name such a path.

    Exit codes: 0 it answers, 1 it answers with a refusal or an error, 2 bad configuration, 3 can't connect.
    """
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.project.project import load_project, tell_credential_warnings
    from httptask.cli.terminal.background import run_async
    from httptask.secrets.store import SecretStore
    from httptask.testrequest.connection_check import check_connection

    configure_logging("WARNING")
    project = load_project(config)
    known = project.config.connections
    if name not in known:
        raise CliError(
            f"there is no connection {name} (known: {', '.join(sorted(known))})",
            f"add [connections.{name}] to httptask.toml",
        )
    tell_credential_warnings(replace(project.config, connections={name: known[name]}))
    show_notice(f"asking {known[name].base_url}")
    store = SecretStore(project.config.secrets, project.environment)
    steps = run_async(check_connection(known[name], store, path))
    if json:
        print_json([step.as_json() for step in steps])
    else:
        _print_steps(steps)
    raise typer.Exit(next((_EXIT_CODES[step.failed] for step in steps if step.failed), ExitCode.DONE))


def _listed(connection: "Connection") -> Listed:
    settings = connection.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    authentication = settings.pop("authentication", {})
    return Listed(
        name=settings.pop("name"),
        base_url=settings.pop("base_url", ""),
        authentication=next(iter(authentication), ""),
        secrets=list(connection.secret_origins()),
        settings={key: sorted(value) if key in _WITHOUT_VALUES else value for key, value in settings.items()},
    )


def _print_steps(steps: "list[Step]") -> None:
    from rich.markup import escape
    from rich.table import Table

    from httptask.cli.terminal.styled import stdout

    table = Table(box=None, pad_edge=False, show_header=False)
    for step in steps:
        table.add_row(step.name, "failed" if step.fault else "ok", escape(step.fault or step.told))
        if step.cure:
            table.add_row("", "", escape(step.cure))
    stdout.print(table)
