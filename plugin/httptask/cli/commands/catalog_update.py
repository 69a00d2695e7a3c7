"""`httptask catalog update`: newer documents in place of those that there are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption
from httptask.cli.project.apis import opened_catalog, read_document
from httptask.cli.terminal.console import harmless, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.catalog.catalog import Catalog, Entry
    from httptask.catalog.changes import Changes
    from httptask.cli.project.project import Project

__all__ = ["update"]

_MOST_PHRASES: Final = 4


def update(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="An API; by default all.")] = None,
    *,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE|FOLDER|URL", help="Where the newer document is."),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Load documents again, and tell which operations are new, gone or changed.

    A document comes from where it was added from; one that was added as a file needs --from. Where the newer one can't
    be read, or has no operations, the one there is stays.
    """
    if source is not None and name is None:
        raise CliError("--from is for one API", "name it: httptask catalog update NAME --from FILE")
    with opened_catalog(config) as (project, apis):
        known = {entry.name: entry for entry in apis.entries()}
        if name is not None and name not in known:
            apis.about(name)  # tells what is wrong with the name
            raise CliError(f"`{name}` is built in, and is as new as httptask")
        wanted = known.values() if name is None else [known[name]]
        broken = {} if name is not None else dict(apis.broken)
        results = [_updated(entry, source, project, apis, alone=name is not None) for entry in wanted]
        results += [{"api": one, "error": error.message, "hint": error.hint} for one, error in broken.items()]
    if json:
        print_json([{key: value for key, value in one.items() if key != "changes"} for one in results])
    else:
        for one in results:
            for line in _lines(one):
                print_note(harmless(line))
    if any(one.get("error") for one in results):
        raise typer.Exit(ExitCode.FAILED)


def _updated(
    entry: "Entry", source: str | None, project: "Project", apis: "Catalog", *, alone: bool
) -> dict[str, Any]:
    """What became of an API, or why it stays as it is; alone, the latter ends the command."""
    from httptask.catalog.errors import CatalogError

    try:
        changes = _changes(entry, source, project, apis)
    except CatalogError as error:
        if alone:
            raise
        return {"api": entry.name, "error": error.message, "hint": error.hint}
    return {**changes.as_json(), "changes": changes}


def _changes(entry: "Entry", source: str | None, project: "Project", apis: "Catalog") -> "Changes":
    from httptask.catalog.errors import CatalogError
    from httptask.catalog.importing.credentials import without_credentials
    from httptask.http.headers import HIDDEN
    from httptask.openapi.text import DocumentInvalid

    hint = f"httptask catalog update {entry.name} --from FILE|FOLDER|URL"
    if source is None and HIDDEN in (entry.source or ""):
        raise CatalogError(
            f"{entry.name} was added from an address with a credential, which was not kept", hint
        )
    published = apis.directories.find(entry.name)
    known = published.url if published is not None and not published.folder else None
    place = source or entry.source or known
    if place is None:
        raise CatalogError(f"{entry.name} was added from a file, and nothing says where a newer one is", hint)
    try:
        file, read, url = read_document(place, project)
        show_notice(f"comparing {entry.name}")
        return apis.update(entry.name, file, read, source=url)
    except DocumentInvalid as error:
        raise CatalogError(f"{without_credentials(place)}: {error}") from None


def _lines(one: dict[str, Any]) -> Iterator[str]:
    from httptask.catalog.markdown import counted

    changes: Changes | None = one.get("changes")
    if changes is None:
        yield f"{one['api']}: not updated: {one['error']}"
        if one["hint"]:
            yield f"  hint: {one['hint']}"
        return
    counts = {"new": changes.added, "gone": changes.removed, "changed": changes.changed}
    told = ", ".join(f"{len(found)} {kind}" for kind, found in counts.items() if found)
    yield f"{changes.api}: {counted(changes.operations, 'operation')}, {told or 'nothing changed'}"
    for kind, found in counts.items():
        for change in found:
            what = "; ".join(change.what[:_MOST_PHRASES])
            more = f"; {len(change.what) - _MOST_PHRASES} more" if len(change.what) > _MOST_PHRASES else ""
            named = f"{change.name} ({change.method} {change.path})"
            yield f"  {kind}: {named}{f': {what}{more}' if what else ''}"
