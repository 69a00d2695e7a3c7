"""Collections in, tasks out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.collecting import Imported, TaskCollector
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.named_secrets import ProjectSecrets
from httptask.catalog.postman.collection import Item, check_collection, items_of
from httptask.catalog.postman.requests import request_of
from httptask.catalog.postman.variables import Variables, values_of
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.json.types import is_object

__all__ = ["import_postman"]

_MOST_TASKS: Final = 1000
_MOST_PLACES: Final = 3


def import_postman(
    collection: Any,
    *,
    environment: Any = None,
    values: Mapping[str, str] | None = None,
    only: Sequence[str] = (),
    name: str | None = None,
    taken: Collection[str] = (),
    project: ProjectSecrets | None = None,
) -> Imported:
    """Make tasks of the requests of a collection, of version 2.0 or 2.1. Nothing is sent, and no script runs.

    Args:
        collection: the data of its file.
        environment: the data of an environment's file, whose values count before those of the collection.
        values: of variables, which count before both.
        only: patterns, with `*`, of names of requests or folders; each request where there are none.
        name: of the task; further ones get a number behind it. By default the request's own.
        taken: names that other tasks have.
        project: that secrets get their names by.

    Raises:
        CatalogError: this is none, or none of its requests can be kept.
    """
    found = check_collection(collection)
    secrets = Secrets(project or ProjectSecrets())
    known = {**dict(values_of(found.get("variable"))), **_environment(environment)}
    known |= {key: (value, known.get(key, ("", False))[1]) for key, value in (values or {}).items()}
    variables = Variables(known, secrets)
    tasks = TaskCollector(secrets, name=name, taken=taken)
    chosen = _chosen(list(items_of(found)), only)
    for item in chosen:
        with tasks.or_leave_out(item.place):
            tasks.add(request_of(item, variables, secrets), item.names[-1])
    tasks.notes += _notes(chosen, variables)
    return tasks.imported()


def _environment(data: Any) -> dict[str, tuple[str, bool]]:
    if data is None:
        return {}
    listed = data.get("values") if is_object(data) else None
    if not isinstance(listed, list):
        raise CatalogError("the environment has no list `values`", "export it from Postman")
    return dict(values_of(listed))


def _chosen(items: Sequence[Item], only: Sequence[str]) -> Sequence[Item]:
    for pattern in only:
        if not any(item.is_named_by(pattern) for item in items):
            names = dict.fromkeys(name for item in items for name in item.names)
            raise CatalogError(
                f"no request or folder is named {pattern}", hint_for_unknown(pattern, names, "names")
            )
    chosen = [item for item in items if not only or any(item.is_named_by(pattern) for pattern in only)]
    if not chosen:
        raise CatalogError("there is no request in the collection", "export another one")
    if len(chosen) > _MOST_TASKS:
        raise CatalogError(
            f"there are {len(chosen)} requests, more than {_MOST_TASKS}", "choose some: --only FOLDER"
        )
    return chosen


def _notes(items: Sequence[Item], variables: Variables) -> list[str]:
    """What holds for many requests, told once."""
    notes: list[str] = []
    for kind in dict.fromkeys(kind for item in items for kind, _ in item.scripts):
        places = list(dict.fromkeys(place for item in items for own, place in item.scripts if own == kind))
        shown = ", ".join(places[:_MOST_PLACES])
        also = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        notes.append(f"{kind} scripts are not kept, and none is run: those of {shown}{also}")
    notes += [
        f"{{{{${member}}}}} is the input `{member}`: a run makes up no values" for member in variables.made_up
    ]
    if variables.asked_for:
        notes.append(f"variables without a value are members of the input: {', '.join(variables.asked_for)}")
    return notes
