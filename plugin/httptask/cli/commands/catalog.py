"""`httptask catalog`: the APIs of a project, the reference of their operations, and requests of others as tasks."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from httptask.cli.commands.catalog_directory import directory
from httptask.cli.commands.catalog_import import from_curl, from_har, from_postman
from httptask.cli.commands.catalog_prepare import prepare
from httptask.cli.commands.catalog_update import update
from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.apis import download_known, is_url, opened_catalog, read_document
from httptask.cli.terminal.console import harmless, print_json, print_note, print_page
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.catalog.catalog import Catalog
    from httptask.catalog.reference import ApiOverview, FieldReference, Reference
    from httptask.catalog.search.results import SearchResult

__all__ = ["catalog"]

_LONGEST_SUMMARY: Final = 80
_SHORTER: Final = "--depth 1 shows less, and the name of a field behind that of its operation the field alone"
_SEARCH: Final = "find known APIs by what they do: httptask catalog search TEXT"

catalog = typer.Typer(
    help="Keep APIs in the project, read what their operations take and give, and take requests over as tasks.",
    no_args_is_help=True,
)


@catalog.command(
    epilog="Example: httptask catalog add https://api.example.com/openapi.json --name shop\n\n"
    "Example: httptask catalog add github"
)
def add(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FOLDER|URL|NAME",
            help="An OpenAPI or Swagger document, in JSON or YAML; or the name of a known API.",
        ),
    ],
    *,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the API; by default made of its title."),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep an API's document in the project, in catalog/NAME.

    Files that the document refers to are kept with it, as far as they lie in its folder or below. What it refers to
    in the network is not loaded. The document of a known API, which search names, is loaded from the public repository
    of its publisher.
    """
    from httptask.catalog.importing.credentials import without_credentials
    from httptask.openapi.text import DocumentInvalid

    with opened_catalog(config) as (project, apis):
        known = None if is_url(source) or Path(source).exists() else apis.directories.find(source)
        try:
            if known is not None:
                file, data = download_known(known, project)
                added = apis.add(file, {file: data}.get, name=name or known.name, source=known.url)
            else:
                if not is_url(source):
                    _require(source, apis)
                    show_notice(f"reading {source}")
                file, read, url = read_document(source, project)
                added = apis.add(file, read, name=name, source=url)
        except DocumentInvalid as error:
            raise CliError(f"{without_credentials(source)}: {error}") from None
    if json:
        print_json(added.as_json())
        return
    _tell_added(added)
    if known is not None and known.authentication:
        print_note(f"authentication: {known.authentication}")


@catalog.command("list", epilog="Example: httptask catalog list --json")
def list_apis(*, json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the APIs of the project, and the one that is built in."""
    from dataclasses import asdict

    from httptask.catalog import chat_completion

    with opened_catalog(config) as (_, apis):
        found = [(entry.name, entry.source, about) for entry, about in apis.added()]
        _tell_broken(apis)
    if chat_completion.API not in (name for name, _, _ in found):
        found.insert(0, (chat_completion.API, None, chat_completion.ABOUT))
    if json:
        print_json([{"name": name, "source": source, **asdict(about)} for name, source, about in found])
        return
    from httptask.cli.terminal.styled import print_table

    rows = [
        (
            name,
            about.title,
            about.version,
            str(about.operations),
            ", ".join(filter(None, (about.format, source))),
        )
        for name, source, about in found
    ]
    print_table(("name", "title", "version", "operations", "document"), rows)


@catalog.command(
    epilog="Example: httptask catalog search send a message api:slack\n\n"
    "Example: httptask catalog search 'delete method:post tag:\"Gift cards\"' --json"
)
def search(
    text: Annotated[
        list[str],
        typer.Argument(metavar="TEXT", help="What it does, and filters: api:NAME, method:NAME, tag:NAME."),
    ],
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many there may be.")] = 10,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Find operations by what they do, in all APIs of the project.

    Misspelt words are mended, and usual words for the same count too. The last column says which words an operation
    was found by, with those that were asked for behind them where they are others.
    """
    show_notice("searching")
    with opened_catalog(config) as (_, apis):
        found = apis.search(" ".join(text), limit=limit)
        _tell_broken(apis)
    if json:
        print_json(found.as_json())
        return
    if found.operations:
        _table_of(found)
        if found.unknown:
            print_note(harmless(f"nothing has: {', '.join(found.unknown)}"))
    for api in found.apis:
        print_note(harmless(f"not added: {api.title}: {api.purpose}"))
        print_note(f"  {api.how_to_add()}")
    if not found.operations and not found.apis:
        unknown = f": nothing has {' or '.join(found.unknown)}" if found.unknown else ""
        print_note(harmless(f"nothing found{unknown}"))
        print_note("see which APIs there are: httptask catalog list")
        print_note("add another: httptask catalog add FILE|FOLDER|URL|NAME")


@catalog.command(
    epilog="Example: httptask catalog show openai.createChatCompletion\n\n"
    "Example: httptask catalog show openai.createChatCompletion 200.choices --depth 1"
)
def show(
    name: Annotated[str, typer.Argument(metavar="API[.OPERATION]", help="An API, or one of its operations.")],
    field: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIELD]", help="Of the body or an answer alone: body.items, 200.data.customer."
        ),
    ] = None,
    *,
    depth: Annotated[
        int | None,
        typer.Option(
            "--depth", min=1, max=12, metavar="N", help="Levels of fields; else 3, and 2 of answers."
        ),
    ] = None,
    problems: Annotated[
        bool, typer.Option("--problems", help="Show what is wrong in the document instead.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what an operation takes and gives, or which operations an API has.

    An operation is named as the API names it (its operationId), without what is neither letter, digit nor underscore:
    repos/list-for-org is reposListForOrg. One that has no name has that of its method and path: getUsersId. A field
    that is marked with … has more inside, which its name, behind that of its part, shows.
    """
    from httptask.catalog.markdown import field_page, overview_page, problems_page, reference_page
    from httptask.openapi.depth import SHOWN, Depth
    from httptask.openapi.operation import as_json

    levels = SHOWN if depth is None else Depth(depth, depth)
    found: ApiOverview | FieldReference | Reference
    with opened_catalog(config) as (_, apis):
        if "." not in name and field is not None:
            hint = f"httptask catalog show {name}.OPERATION {field}"
            raise CliError(f"`{field}` is of no operation, for `{name}` is an API", hint)
        if "." not in name:
            found = overview = apis.overview(name)
            wrong, page = overview.problems, partial(overview_page, overview)
        elif field is not None:
            found = one = apis.reference(name).field(field, levels.request)
            wrong, page = (), partial(field_page, one, levels.request)
        else:
            found = reference = apis.reference(name, None if problems else levels)
            wrong, page = reference.operation.problems, partial(reference_page, reference, levels)
    if json:
        print_json(as_json(wrong) if problems else found.as_json())
    else:
        print_page(problems_page(name, wrong) if problems else page(), _SHORTER)


@catalog.command(epilog="Example: httptask catalog remove shop")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of an API that was added.")],
    *,
    config: ConfigOption = None,
) -> None:
    """Remove an API and its document from the project."""
    with opened_catalog(config) as (_, apis):
        apis.remove(name)
    print_note(f"removed {name}")


catalog.command(
    epilog="Example: httptask catalog update\n\nExample: httptask catalog update shop --from openapi.yaml --json"
)(update)
catalog.add_typer(directory, name="directory", epilog="Example: httptask catalog directory list httptask")
catalog.command(
    epilog=(
        "Example: httptask catalog prepare shop.createOrder --into workflow.yaml --field article=7\n\n"
        "Example: httptask catalog prepare openai.createChatCompletion --server ollama --field model=llama3.3"
    )
)(prepare)
catalog.command(
    "from-curl", epilog="Example: httptask catalog from-curl 'curl https://api.example.com/orders'"
)(from_curl)
catalog.command(
    "from-postman",
    epilog="Example: httptask catalog from-postman shop.postman_collection.json --only Orders --into workflow.yaml",
)(from_postman)
catalog.command(
    "from-har",
    epilog="Example: httptask catalog from-har shop.har --only api.example.com --into workflow.yaml",
)(from_har)


def _require(source: str, apis: "Catalog") -> None:
    """Refuse what is no file, with the known API that may have been meant."""
    from httptask.diagnostics.suggest import hint_for_misspelt

    if not Path(source).exists():
        hint = hint_for_misspelt(source, apis.directories.apis())
        raise CliError(f"{source}: no such file or folder, and no known API", hint or _SEARCH)


def _tell_broken(apis: "Catalog") -> None:
    for name, error in apis.broken.items():
        print_note(harmless(f"left out: {name}: {error.message}"))
        print_note(harmless(f"  hint: {error.hint or f'httptask catalog update {name}'}"))


def _tell_added(added: "ApiOverview") -> None:
    from httptask.catalog.markdown import counted
    from httptask.http.headers import HIDDEN

    about = added.about
    titled = " ".join(filter(None, (about.title, about.version)))
    problems = counted(about.problems, "problem") if about.problems else ""
    told = filter(None, (titled, counted(about.operations, "operation"), problems))
    print_note(harmless(f"added {added.name}: {', '.join(told)}"))
    if not about.operations:
        print_note("note: there is nothing to show or to search for: its document has nothing under `paths`")
    if HIDDEN in (added.source or ""):
        print_note(
            "note: the credential in the address is not kept: "
            f"httptask catalog update {added.name} --from URL loads the document again"
        )
    print_note(f"see: httptask catalog show {added.name}")


def _table_of(found: "SearchResult") -> None:
    from rich.markup import escape
    from rich.table import Table

    from httptask.catalog.search.words import in_short
    from httptask.cli.terminal.styled import stdout

    table = Table(box=None, pad_edge=False)
    longest = max(len(one.name) for one in found.operations)
    table.add_column("operation", no_wrap=True, min_width=longest)
    for title in ("call", "summary", "found by"):
        table.add_column(title, overflow="fold")
    for one in found.operations:
        words = [word if word == asked else f"{word} ({asked})" for asked, word in one.found_by.items()]
        deprecated = "deprecated: " if one.operation.deprecated else ""
        summary = in_short(one.operation.summary, one.operation.description, _LONGEST_SUMMARY)
        call = f"{one.operation.method} {one.operation.path}"
        row = (one.name, call, f"{deprecated}{summary}", ", ".join(words))
        table.add_row(*(escape(harmless(cell)) for cell in row))
    stdout.print(table)
    print_note(f"see: httptask catalog show {found.operations[0].name}")
