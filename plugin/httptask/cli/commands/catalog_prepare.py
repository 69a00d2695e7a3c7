"""`httptask catalog prepare`: the task that calls an operation of the catalogue."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from httptask.cli.commands.catalog_import import NameOption
from httptask.cli.commands.catalog_into import AfterOption, IntoOption, check_after, read_target
from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.apis import opened_catalog
from httptask.cli.project.inputs import read_assigned
from httptask.cli.terminal.console import can_ask, harmless, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from httptask.catalog.prepare import Prepared
    from httptask.cli.commands.catalog_into import Target
    from httptask.cli.project.project import Project

__all__ = ["prepare"]

_WAYS = "none, bearer, basic, digest, header:NAME, query:NAME or cookie:NAME"


def prepare(
    operation: Annotated[str, typer.Argument(metavar="API.OPERATION", help="An operation of the catalogue.")],
    *,
    into: IntoOption = None,
    after: AfterOption = None,
    name: NameOption = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME=VALUE",
            help="A parameter or a field of the body: limit=5, body.items.0.sku=A7, server.region=eu; an expression "
            "is kept: 'id=${ .order }'. May be repeated.",
        ),
    ] = None,
    optional: Annotated[
        Literal["none", "example", "all"],
        typer.Option(
            "--optional",
            help="Which fields to fill in beside those that are required: none, those of the document's example "
            "of the body, or all.",
        ),
    ] = "none",
    auth: Annotated[
        str | None,
        typer.Option("--auth", metavar="SCHEME", help=f"One of those that the document names; or {_WAYS}."),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="By default the first of the document; for a chat completion the name of a provider.",
        ),
    ] = None,
    media_type: Annotated[
        str | None,
        typer.Option("--media-type", metavar="TYPE", help="Of the body; by default JSON where there is it."),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make the task that calls an operation, ready to be tried.

    Everything that is required gets a valid value: yours, one of the document, or a made-up one, which is named. The
    task calls through a connection of httptask.toml; where there is none for its server, it is made with the way to
    authenticate that the document tells, and names of secrets. With --into both files get lines, and keep every byte
    that they have. Nothing is sent.

    Exit codes: 0 made, 2 a value does not fit, or a file can't take it.
    """
    check_after(after, into)
    from httptask.catalog.prepare import prepare as prepared_task

    with opened_catalog(config) as (project, apis):
        reference = apis.reference(operation)
        target = None if into is None else read_target(into, name)
        made = partial(
            prepared_task,
            reference,
            project.config,
            name=name,
            taken=() if target is None else target.names,
            values=read_assigned(field or (), "--field"),
            optional=optional,
            media_type=media_type,
        )
        if not json and can_ask():
            found, auth = _made_asking(made, reference.api, server, auth)
        else:
            found = made(server=server, authentication=auth)
        command = None if target is None else _write(target, after, found, project)
        if auth is not None and not reference.operation.authentication.is_declared:
            apis.keep_authentication(reference.api, auth)
    if json:
        print_json({**({"file": str(into)} if into is not None else {}), **found.as_json()})
        return
    if target is None:
        _print(found)
    _tell(found, reference.api, command)


def _made_asking(
    made: "Callable[..., Prepared]", api: str, server: str | None, auth: str | None
) -> "tuple[Prepared, str | None]":
    """The task, and how its requests are authenticated; a person tells what the document does not."""
    from httptask.catalog.errors import ServerUnknown

    try:
        found = made(server=server, authentication=auth)
    except ServerUnknown as unknown:
        server = _asked(f"{unknown.message}: https://HOST", "server")
        found = made(server=server, authentication=auth)
    if found.asks_authentication:
        told = f"the document of `{api}` does not say how its requests are authenticated: {_WAYS}"
        auth = _asked(told, "authentication", default="none")
        found = made(server=server, authentication=auth)
    return found, auth


def _asked(message: str, what: str, default: str | None = None) -> str:
    """What a person at a terminal answers."""
    print_note(message)
    try:
        answer: str = typer.prompt(what, default=default, err=True)
    except typer.Abort:
        print_note("")
        raise CliError("interrupted: nothing was written", exit_code=ExitCode.INTERRUPTED) from None
    return answer.strip()


def _write(target: "Target", after: str | None, found: "Prepared", project: "Project") -> str:
    """Write definition and configuration, both or none of them; returns the command that tries the task."""
    from httptask.config import ConfigInvalid
    from httptask.config.editing import add_tables

    file = project.config.path
    beside = {file: partial(add_tables, file, found.tables)} if found.tables else {}
    try:
        command = target.put(after, {found.name: found.task}, found.declared_secrets, beside)
    except ConfigInvalid as error:
        raise CliError(str(error), "print the task without --into, and paste both by hand") from None
    if found.tables:
        print_note(f"wrote {file}: connection {found.connection}")
    return command


def _print(found: "Prepared") -> None:
    from httptask.config.editing import written_tables
    from httptask.dsl.yaml.writing import write_lines

    for line in write_lines([{found.name: found.task}]):
        typer.echo(harmless(line))
    if found.declared_secrets:
        print_note(f"declare: use: {{ secrets: [{', '.join(found.declared_secrets)}] }}")
    if found.tables:
        print_note(f"\nadd to httptask.toml:\n\n{harmless(written_tables(found.tables))}")


def _tell(found: "Prepared", api: str, command: str | None) -> None:
    lines = [
        f"secret {one.name}: {one.what}; set the environment variable {one.name}" for one in found.secrets
    ]
    lines += [f"fill in: {', '.join(found.fill_in)}"] if found.fill_in else []
    if found.from_examples:
        lines.append(f"from the document's example: {', '.join(found.from_examples)}")
    lines += [f"problem: {problem}" for problem in found.problems]
    lines += [f"note: {note}" for note in found.notes]
    if found.asks_authentication:
        lines.append(
            f"note: the document of {api} does not say how its requests are authenticated: --auth tells it"
        )
    if command is not None:
        lines.append(f"try: {command}")
    for line in lines:
        print_note(harmless(line))
