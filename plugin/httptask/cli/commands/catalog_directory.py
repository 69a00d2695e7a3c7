"""`httptask catalog directory`: lists of APIs that can be added by name."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.apis import download_document, is_url, opened_catalog
from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError

__all__ = ["directory"]

directory = typer.Typer(
    help="Lists of APIs that catalog search finds, and catalog add loads by name.", no_args_is_help=True
)


@directory.command(epilog="Example: httptask catalog directory add https://api.apis.guru/v2/list.json")
def add(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A list of APIs in the format of APIs.guru's list.json.")
    ],
    *,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the list; by default that of its host or file."),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep names, titles and addresses of a list of APIs in the project, in catalog/_directories."""
    with opened_catalog(config) as (project, apis):
        if is_url(source):
            _, data = download_document(source, project)
        else:
            data = _read(Path(source))
        added = apis.directories.add(name or _name_of(source), source, data)
    if json:
        print_json({"name": added.name, "source": added.source, "apis": len(added.apis)})
    else:
        print_note(f"added {added.name}: {len(added.apis)} APIs")
        print_note(f"see: httptask catalog directory list {added.name}")


@directory.command("list", epilog="Example: httptask catalog directory list httptask --json")
def list_directories(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The list whose APIs are shown.")
    ] = None,
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the lists of APIs, or the APIs of one of them."""
    from httptask.diagnostics.suggest import hint_for_unknown

    with opened_catalog(config) as (_, apis):
        found = {one.name: one for one in apis.directories.list()}
    if name is not None and name not in found:
        raise CliError(f"there is no directory `{name}`", hint_for_unknown(name, found, "directories"))
    if name is None:
        rows = [{"name": one.name, "source": one.source, "apis": len(one.apis)} for one in found.values()]
        shown = [(str(row["name"]), str(row["apis"]), str(row["source"] or "built in")) for row in rows]
        titles = ("name", "APIs", "source")
    else:
        rows = [api.as_json() for api in found[name].apis]
        shown = [(api.name, api.title, api.purpose) for api in found[name].apis]
        titles = ("name", "title", "purpose")
    if json:
        print_json(rows)
    else:
        from httptask.cli.terminal.styled import print_table

        print_table(titles, shown)


@directory.command(epilog="Example: httptask catalog directory remove apis-guru")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a list that was added.")],
    *,
    config: ConfigOption = None,
) -> None:
    """Remove a list of APIs; those of it that were added stay."""
    with opened_catalog(config) as (_, apis):
        apis.directories.remove(name)
    print_note(f"removed {name}")


def _read(file: Path) -> bytes:
    from httptask.http.files import open_file

    with open_file(file) as opened:
        return opened.read()


def _name_of(source: str) -> str:
    """`apis-guru` of `https://api.apis.guru/v2/list.json`, or the name of a file."""
    host = urlsplit(source).hostname if is_url(source) else None
    named = Path(source).stem if host is None else host.removeprefix("www.").removeprefix("api.")
    return "-".join("".join(letter if letter.isalnum() else " " for letter in named.lower()).split())
