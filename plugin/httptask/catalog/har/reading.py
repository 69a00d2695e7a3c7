"""HAR files in, tasks out."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.har.entries import Entry, entries_of
from httptask.catalog.har.requests import request_of
from httptask.catalog.importing.collecting import Imported, TaskCollector
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.named_secrets import ProjectSecrets
from httptask.catalog.importing.request import ImportedRequest

__all__ = ["import_har"]

_MOST_TASKS: Final = 1000


def import_har(
    archive: Any,
    *,
    only: Sequence[str] = (),
    all_kinds: bool = False,
    name: str | None = None,
    taken: Collection[str] = (),
    project: ProjectSecrets | None = None,
) -> Imported:
    """Make tasks of the requests in a HAR file of version 1.1 or 1.2. Nothing is sent.

    Args:
        archive: the data of the file.
        only: patterns, with `*`, of addresses, alone or behind the method; each where there are none.
        all_kinds: whether parts of pages are taken, too: documents, scripts, images, fonts and the like.
        name: of the task; further ones get a number behind it. By default it says what a request asks for.
        taken: names that other tasks have.
        project: that secrets get their names by.

    Raises:
        CatalogError: this is none, or none of its requests can be kept.
    """
    entries = entries_of(archive)
    secrets = Secrets(project or ProjectSecrets(), is_one_per_place=True)
    tasks = TaskCollector(secrets, name=name, taken=taken)
    browsers_own: set[str] = set()
    seen: dict[Any, ImportedRequest] = {}
    repeated = 0
    chosen = _chosen(entries, only, tasks, all_kinds=all_kinds)
    for entry in chosen:
        with tasks.or_leave_out(entry.place):
            request = request_of(entry, secrets, browsers_own)
            asked = (request.method, request.url.text, request.body, tuple(request.parts or ()))
            if asked in seen:  # whatever its headers are
                repeated += 1
                continue
            seen[asked] = request
            tasks.add(request)
    if repeated:
        tasks.notes.append(f"{repeated} requests repeat others, and are left out")
    if browsers_own:
        tasks.notes.append(f"the browser's own headers are left out: {', '.join(sorted(browsers_own))}")
    tasks.notes += [
        f"the secret {name} has several values there: take the newest" for name in secrets.renewed
    ]
    if not any(_has_credential(request) for request in seen.values()):
        tasks.notes.append(
            "there are no cookies and no Authorization: browsers leave them out of files that are "
            "sanitized; save it with sensitive data if the API asks for them"
        )
    return tasks.imported()


def _chosen(
    entries: Sequence[Entry], only: Sequence[str], tasks: TaskCollector, *, all_kinds: bool
) -> Sequence[Entry]:
    """Those that are asked for; how many are no calls of an API goes to the notes."""
    never = frozenset({"empty", "other scheme", "preflight", "websocket"})
    named = [entry for entry in entries if not only or any(entry.is_named_by(pattern) for pattern in only)]
    chosen = [entry for entry in named if entry.kind == "call" or (all_kinds and entry.kind not in never)]
    others = Counter(entry.kind for entry in named) - Counter(entry.kind for entry in chosen)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items()))
    if not named:
        raise CatalogError(
            f"none of {len(entries)} entries is named so" if only else "there is no entry",
            "--only takes a part of the address, or a pattern with *"
            if only
            else "save the file with the page open",
        )
    if not chosen:
        raise CatalogError(
            f"there is no call of an API among {len(named)} entries: {told}", "add --all for the others"
        )
    if len(chosen) > _MOST_TASKS:
        raise CatalogError(
            f"there are {len(chosen)} requests, more than {_MOST_TASKS}", "choose some: --only TEXT"
        )
    if others:
        tasks.notes.append(f"{others.total()} of {len(named)} entries are no calls of an API: {told}")
    return chosen


def _has_credential(request: ImportedRequest) -> bool:
    names = {name.lower() for name, _ in request.headers}
    return bool(request.login or request.token or names & {"cookie", "authorization"})
