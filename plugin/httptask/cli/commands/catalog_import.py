"""`httptask catalog from-…`: tasks from requests that somebody wrote down elsewhere."""

import json as json_
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.commands.catalog_into import AfterOption, IntoOption, check_after, read_target
from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.inputs import read_assigned
from httptask.cli.terminal.console import harmless, print_json, print_note
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.catalog.importing import Imported
    from httptask.catalog.importing.named_secrets import ProjectSecrets
    from httptask.cli.project.project import Project

__all__ = ["NameOption", "from_curl", "from_har", "from_postman"]

NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="TASK", help="Name of the task; by default what it asks for."),
]
_LARGEST = 256 * 1024 * 1024
"""Bytes of a file that is read: archives of browsers hold the answers, too."""

OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="NAME", help="Those that are named so, where * is any text. May be repeated."
    ),
]


OwnOption = Annotated[
    bool,
    typer.Option(
        "--own",
        help="Keep addresses and credentials of the requests, where a connection has the server, too.",
    ),
]


def from_curl(
    command: Annotated[
        str,
        typer.Argument(metavar="[COMMAND]", help="The command, in quotes; - or nothing reads it from stdin."),
    ] = "-",
    *,
    into: IntoOption = None,
    after: AfterOption = None,
    name: NameOption = None,
    own: OwnOption = False,
    keep_secrets: Annotated[
        bool,
        typer.Option(
            "--keep-secrets", help="Write its credentials into .env, where no secret loses its value."
        ),
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make a task of a curl command.

    The task sends what curl would send; what can't be kept of the command is named. It goes by the connection of
    httptask.toml that has its server and authenticates in the same way. Credentials become names of secrets, and are
    neither shown nor written. Several commands, URLs and --next make several tasks. Nothing is sent.

    Exit codes: 0 made, 2 the command can't be kept, or the definition can't take it.
    """
    from httptask.catalog.curl import import_curl

    def imported(taken: Collection[str], project: "ProjectSecrets") -> "Imported":
        return import_curl(_text(command), Path.cwd(), name=name, taken=taken, project=project)

    _make(imported, into, after, name, config, own=own, keeps=keep_secrets, as_json=json)


def from_postman(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The collection, v2.0 or v2.1; - is stdin.")],
    *,
    only: OnlyOption = None,
    environment: Annotated[
        Path | None,
        typer.Option("--environment", metavar="FILE", help="An environment of Postman, for its variables."),
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option("--variable", metavar="NAME=VALUE", help="A variable's value. May be repeated."),
    ] = None,
    into: IntoOption = None,
    after: AfterOption = None,
    name: NameOption = None,
    own: OwnOption = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make tasks of the requests of a Postman collection.

    Variables have the values of the collection, of --environment and of --variable; those without one become members
    of the input. Credentials become names of secrets, and are neither shown nor written. Scripts are named, and not
    kept. --only takes names of requests and folders. Nothing is sent.

    Exit codes: 0 made, 2 no request can be kept, or the definition can't take it.
    """
    from httptask.catalog.postman import import_postman

    values = read_assigned(variable or (), "--variable")
    data = _read_json(file)
    beside = None if environment is None else _read_json(str(environment))

    def imported(taken: Collection[str], project: "ProjectSecrets") -> "Imported":
        return import_postman(
            data,
            environment=beside,
            values=values,
            only=only or (),
            name=name,
            taken=taken,
            project=project,
        )

    _make(imported, into, after, name, config, own=own, as_json=json)


def from_har(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The HAR file; - is stdin.")],
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="TEXT",
            help="Those with this text in their address, or like 'POST *.example.com/*'. May be repeated.",
        ),
    ] = None,
    all_kinds: Annotated[
        bool, typer.Option("--all", help="Take parts of pages, too: documents, scripts, images, fonts.")
    ] = False,
    into: IntoOption = None,
    after: AfterOption = None,
    name: NameOption = None,
    own: OwnOption = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make tasks of the API calls in a HAR file, as the network panel of a browser saves it.

    Cookies, tokens and other credentials become names of secrets, and are neither shown nor written. The browser's own
    headers are left out, and what repeats. Nothing is sent.

    Exit codes: 0 made, 2 no request can be kept, or the definition can't take it.
    """
    from httptask.catalog.har import import_har

    data = _read_json(file)

    def imported(taken: Collection[str], project: "ProjectSecrets") -> "Imported":
        return import_har(data, only=only or (), all_kinds=all_kinds, name=name, taken=taken, project=project)

    _make(imported, into, after, name, config, own=own, as_json=json)


def _read_json(file: str) -> Any:
    from httptask.http.files import open_file

    show_notice(f"reading {'stdin' if file == '-' else file}")
    try:
        if file == "-":
            text = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with open_file(Path(file)) as opened:
                text = opened.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise CliError(f"{file}: it has more than {_LARGEST >> 20} MiB", "export a part of it")
        return json_.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json_.JSONDecodeError) else ""
        raise CliError(f"{file}: this is no JSON{line}", "export it anew") from None


def _make(
    imported: "Callable[[Collection[str], ProjectSecrets], Imported]",
    into: Path | None,
    after: str | None,
    name: str | None,
    config: Path | None,
    *,
    own: bool,
    keeps: bool = False,
    as_json: bool,
) -> None:
    """Make tasks, and print them or put them into a definition."""
    from httptask.catalog.importing.fitting import by_connections, secrets_of
    from httptask.cli.project.project import load_project

    check_after(after, into)
    project = load_project(config)
    has = secrets_of(project.config, project.environment)
    target = None if into is None else read_target(into, name)
    taken = () if target is None else target.names
    made = _imported(imported, taken, has if keeps else has.without_values())
    made = made if own else by_connections(made, has)
    command: str | None = None
    if target is not None:
        made = replace(made, notes=(*made.notes, *_shared(made, target.secrets)))
        command = target.put(after, made.tasks, [secret.name for secret in made.secrets])
    kept = _keep(made, project, has) if keeps else ()
    if as_json:
        print_json({**({} if into is None else {"file": str(into)}), **made.as_json()})
        return
    if target is None:
        _print(made)
    _tell(made, kept)
    if command is not None:
        print_note(f"try: {command} --dry-run")


def _keep(made: "Imported", project: "Project", has: "ProjectSecrets") -> Collection[str]:
    """Write credentials into `.env`, and tell which: none of a secret that has a value."""
    from httptask.config import ConfigInvalid
    from httptask.config.dotenv import is_ignored_by_git, set_variable
    from httptask.config.find import DOTENV_NAME

    file, sources = project.config.path.with_name(DOTENV_NAME), project.config.secrets
    kept: list[str] = []
    for secret in (*made.secrets, *made.of_connections):
        source = sources.get(secret.name)
        variable = secret.name if source is None else source.environment
        if secret.value is None or variable is None or has.value_of(secret.name) is not None:
            continue
        try:
            set_variable(file, variable, secret.value)
        except (ConfigInvalid, OSError) as error:
            raise CliError(f"{DOTENV_NAME} can't be written: {error}", "write it there by hand") from None
        kept.append(secret.name)
    if kept:
        print_note(f"wrote {file}: {', '.join(kept)}")
    if kept and is_ignored_by_git(file) is False:
        print_note(f"note: git does not ignore {DOTENV_NAME}: write {DOTENV_NAME} into .gitignore")
    return kept


def _text(command: str) -> str:
    if command != "-":
        return command
    if sys.stdin.isatty():
        print_note("paste the command, and end it with Ctrl-D on a line of its own")
    return sys.stdin.read()


def _imported(
    imported: "Callable[[Collection[str], ProjectSecrets], Imported]",
    taken: Iterable[str],
    project: "ProjectSecrets",
) -> "Imported":
    from httptask.catalog.errors import CatalogError

    try:
        return imported(frozenset(taken), project)
    except CatalogError as error:
        raise CliError(harmless(error.message), error.hint and harmless(error.hint)) from None


def _print(made: "Imported") -> None:
    from httptask.dsl.yaml.writing import write_lines

    for line in write_lines([{name: task} for name, task in made.tasks.items()]):
        typer.echo(line)
    if made.secrets:
        print_note(f"declare: use: {{ secrets: [{', '.join(secret.name for secret in made.secrets)}] }}")


def _tell(made: "Imported", kept: Collection[str]) -> None:
    """Tell what a stranger's file became, whose names may hold what steers a terminal."""
    for secret in made.secrets:
        set_it = "" if secret.name in kept else f"set the environment variable {secret.name}, "
        print_note(
            f"secret {secret.name}: {harmless(secret.what)}; {set_it}for workers "
            f"[secrets.{secret.name}] in httptask.toml"
        )
        if secret.instead_of is not None:
            print_note(f"note: {secret.instead_of} has another value, or belongs to another server")
    for task, connection in made.connections.items():
        print_note(
            f"note: {task} goes by the connection {connection}, with its credential: --own keeps that of the request"
        )
    for note in made.notes:
        print_note(f"note: {harmless(note)}")
    for one in made.left_out:
        print_note(harmless(f"left out: {one.place}: {one.message}" + (f"; {one.hint}" if one.hint else "")))


def _shared(made: "Imported", known: Collection[str]) -> Iterator[str]:
    """Which secrets other tasks have already: no definition tells whether their values are the same."""
    for secret in made.secrets:
        if secret.name in known:
            yield (
                f"secret {secret.name} is one that the definition had: where its value is another, give it another "
                "name in the new tasks and under use.secrets"
            )
