"""A collection and what is in it: requests in folders, each with the authentication that holds for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.diagnostics.cutting import shortened
from httptask.json.tree import objects_in
from httptask.json.types import is_array, is_object

__all__ = ["Item", "check_collection", "items_of"]

_SCHEMA: Final = "schema.getpostman.com/json/collection/v"
_READ: Final = ("v2.0.", "v2.1.")
_DEEPEST: Final = 50
_SEPARATOR: Final = " / "
_LONGEST_NAME: Final = 80

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """A request of a collection.

    Attributes:
        names: of the folders around it, and its own.
        request: as it stands there.
        auth: how it is authenticated, by itself or a folder around it; None for not at all.
        scripts: the kinds of scripts that Postman runs with it, with the place where each stands.
        sends_body_of_get: whether Postman sends a body with methods that usually have none.
    """

    names: tuple[str, ...]
    request: Any
    auth: Json | None
    scripts: tuple[tuple[str, str], ...]
    sends_body_of_get: bool

    @property
    def place(self) -> str:
        """Where it stands."""
        return _SEPARATOR.join(self.names)

    def is_named_by(self, pattern: str) -> bool:
        """Whether a pattern names it, its place, or a folder around it."""
        wanted = pattern.lower()
        places = [_SEPARATOR.join(self.names[: end + 1]) for end in range(len(self.names))]
        return any(fnmatchcase(name.lower(), wanted) for name in (*self.names, *places))


def check_collection(data: Any) -> Json:
    """The collection that a file is.

    Raises:
        CatalogError: it is none, or one of a version that is not read.
    """
    if not is_object(data):
        raise CatalogError("this is no collection of Postman", "export one as Collection v2.1")
    wrapped = data.get("collection")
    if is_object(wrapped):  # as Postman's API has it
        return check_collection(wrapped)
    info = data.get("info")
    schema = str(info.get("schema", "")) if is_object(info) else ""
    version = schema.partition(_SCHEMA)[2]
    if _SCHEMA in schema and not f"v{version}".startswith(_READ):
        raise CatalogError(
            f"this is a collection of version {shortened(version.split('/')[0], 20)}, and 2.0 and 2.1 are read",
            "export it from Postman as Collection v2.1",
        )
    if is_array(data.get("item")):
        return data
    if "requests" in data and "order" in data:
        raise CatalogError("this is a collection of version 1", "export it from Postman as Collection v2.1")
    if "_postman_variable_scope" in data or is_array(data.get("values")):
        raise CatalogError(
            "this is an environment of Postman", "name the collection, and give this as --environment"
        )
    if is_object(data.get("log")):
        raise CatalogError("this is a HAR file", "use `httptask catalog from-har`")
    if "openapi" in data or "swagger" in data:
        raise CatalogError("this is the document of an API", "use `httptask catalog add`")
    raise CatalogError(
        "this is no collection of Postman: it has no list `item`", "export one as Collection v2.1"
    )


def items_of(collection: Json) -> Iterator[Item]:
    """The requests, in their order."""
    yield from _items(collection, (), None, _scripts(collection, "the collection"))


def _items(
    folder: Json, names: tuple[str, ...], auth: Json | None, scripts: tuple[tuple[str, str], ...]
) -> Iterator[Item]:
    if len(names) > _DEEPEST:
        raise CatalogError(f"folders stand more than {_DEEPEST} deep in each other", "export a part of it")
    own = folder.get("auth")
    auth = own if is_object(own) else auth
    for index, entry in objects_in(folder["item"]):
        name = shortened(" ".join(str(entry.get("name") or f"request {index + 1}").split()), _LONGEST_NAME)
        here = (*names, name)
        around = (*scripts, *_scripts(entry, _SEPARATOR.join(here)))
        if is_array(entry.get("item")):
            yield from _items(entry, here, auth, around)
            continue
        request = entry.get("request")
        declared = request.get("auth") if is_object(request) else None
        settings = entry.get("protocolProfileBehavior")
        yield Item(
            here,
            request,
            declared if is_object(declared) else auth,
            around,
            is_object(settings) and settings.get("disableBodyPruning") is True,
        )


def _scripts(entry: Json, place: str) -> tuple[tuple[str, str], ...]:
    """The scripts of a collection, folder or request that hold more than blanks."""
    kinds = {"prerequest": "pre-request", "test": "test"}
    found: list[tuple[str, str]] = []
    for _, event in objects_in(entry.get("event")):
        script = event.get("script")
        lines = script.get("exec") if is_object(script) else None
        text = "\n".join(map(str, lines)) if is_array(lines) else str(lines or "")
        if text.strip():
            listen = str(event.get("listen"))
            found.append((kinds.get(listen, shortened(listen, 20)), place))
    return tuple(found)
