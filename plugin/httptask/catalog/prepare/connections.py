"""The connection of `httptask.toml` that an operation is called through: one that is there, or what to write."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlsplit

from httptask.catalog.errors import CatalogError, ServerUnknown
from httptask.catalog.importing.credentials import without_credentials
from httptask.catalog.prepare.credentials import Recipe, require_literal
from httptask.connections.connection import Connection
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.egress.address import permission
from httptask.egress.closed import closed_networks
from httptask.egress.guard import addresses_of
from httptask.http.errors import RequestInvalid
from httptask.http.url import Url
from httptask.openapi.naming import unused_name
from httptask.openapi.operation import Operation, Server, Variable

__all__ = ["Chosen", "Way", "choose_server", "closed_server", "tables_of", "way_to"]

_PLAIN_LABELS: Final = ("api", "www")
_IN_BRACES: Final = re.compile(r"\{([^{}]*)\}")


@dataclass
class Chosen:
    """A server.

    Attributes:
        url: without variables.
        declared_by: what of the document names it, `person` where somebody does; empty where they do together.
        invented: variables whose value nobody gave, and that the document has none for.
    """

    url: str
    declared_by: str = "person"
    invented: list[str] = field(default_factory=list[str])

    @property
    def origin(self) -> str | None:
        """Where credentials are sent to; None where the URL is none."""
        try:
            return Url.parse(self.url).origin
        except RequestInvalid:
            return None


def choose_server(operation: Operation, wanted: str | None, values: Mapping[str, Any]) -> Chosen | None:
    """The server to call; None where the document names none.

    Args:
        operation: with its servers.
        wanted: a URL, absolute; None for the first of the document.
        values: of the variables of its URL.

    Raises:
        CatalogError: a variable is unknown, or can't have the value.
    """
    if wanted is not None:
        written = next((one for one in operation.servers if one.url == wanted), Server(wanted))
        chosen = _filled(written, values, "person")
        if chosen.origin is None:
            shown = without_credentials(wanted)
            raise CatalogError(f"--server: `{shown}` is no URL of a server", "write it from https:// on")
        return chosen
    if not operation.servers:
        return None
    server = operation.servers[0]
    chosen = _filled(server, values, "" if values else server.declared_by)
    return None if chosen.origin is None else chosen


def _filled(server: Server, values: Mapping[str, Any], declared_by: str) -> Chosen:
    names = _IN_BRACES.findall(server.url)
    for name in values:
        if name not in names:
            raise CatalogError(
                f"server.{name}: the server has no such variable", hint_for_unknown(name, names, "variables")
            )
    chosen = Chosen("", declared_by)

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        variable = server.variables.get(name, Variable(""))
        if name in values:
            value = str(values[name])
            if variable.values and value not in variable.values:
                raise CatalogError(f"server.{name}: `{value}` is none of {', '.join(variable.values)}")
            return value
        if variable.default or variable.values:
            return variable.default or variable.values[0]
        chosen.invented.append(name)
        return (
            f"{re.sub('[^A-Za-z0-9]+', '-', name).strip('-').lower()}.example.com"
            if found.start() == len("https://")
            else name
        )

    chosen.url = _IN_BRACES.sub(fill, server.url).rstrip("/")
    require_literal("the server's URL", chosen.url)
    return chosen


@dataclass(frozen=True)
class Way:
    """How requests get to a server.

    Attributes:
        connection: that they go by.
        settings: of it, where it is to be written.
        prefix: of their paths: what the server's URL has behind that of the connection.
        is_elsewhere: whether the connection has another server than was asked for.
        authenticates: whether the connection sends all credentials, and not the task.
    """

    connection: str
    settings: dict[str, Any] | None = None
    prefix: str = ""
    is_elsewhere: bool = False
    authenticates: bool = True


def way_to(
    api: str,
    server: Chosen | None,
    recipe: Recipe,
    known: Mapping[str, Connection],
    source: str | None = None,
    *,
    is_chosen: bool = False,
) -> Way:
    """How to get to a server: by a connection that has it already, whoever made that for what, else by a new one.

    Args:
        api: its name.
        server: None where the document names none.
        recipe: what is sent to authenticate.
        known: connections that there are.
        source: the URL that the document was loaded from, which somebody allowed where its host is private.
        is_chosen: whether somebody told how to authenticate: where nothing is to be sent, no connection sends more.

    Raises:
        ServerUnknown: there is no server, and no connection of the API's name.
    """
    own = known.get(api)
    if server is None:
        if own is None or own.base_url is None:
            raise ServerUnknown(
                f"the document of `{api}` does not say at which server it is",
                "name it: --server https://HOST",
            )
        return Way(api)
    there = [(one, below) for one in known.values() if (below := _below(one, server)) is not None]
    fitting = [
        ((len(below), not _serves(one, recipe), one.name != api), Way(one.name, prefix=below))
        for one, below in there
        if _may_serve(one, recipe, is_chosen=is_chosen)
    ]
    bare = [
        ((len(below), False, one.name != api), Way(one.name, prefix=below, authenticates=False))
        for one, below in there
        if _is_bare(one) and recipe.in_task() is not None
    ]
    for ways in (fitting, bare):
        if ways:
            return min(ways, key=itemgetter(0))[1]
    if own is not None and server.declared_by == "document" and _serves(own, recipe):
        return Way(
            api, is_elsewhere=True
        )  # whoever wrote it chose another server of the API, such as a sandbox
    name = unused_name(_name_for(api, server), known, "-")
    settings: dict[str, Any] = {"base_url": server.url}
    host = urlsplit(server.url).hostname or ""
    is_meant = server.declared_by == "person" or host == urlsplit(source or "").hostname
    closed = closed_networks(host, resolve=addresses_of) if is_meant else []
    if closed and all(one.is_own for one in closed):
        settings["allow_private"] = [one.network for one in closed]
    if recipe.authentication:
        settings["authentication"] = recipe.authentication
    if recipe.headers:
        settings["headers"] = recipe.headers
    return Way(name, settings)


def _below(connection: Connection, server: Chosen) -> str | None:
    """What a server's URL has behind that of a connection; None where it is not below it."""
    base = urlsplit(connection.base_url or "")
    if server.origin is None or connection.origin != server.origin or base.query:
        return None
    own, wanted = base.path.rstrip("/"), urlsplit(server.url).path.rstrip("/")
    return wanted.removeprefix(own) if f"{wanted}/".startswith(f"{own}/") else None


def closed_server(name: str, settings: Mapping[str, Any]) -> Sequence[str]:
    """What to know of a connection that is to be written: that no request may go where the document has its server.

    Args:
        name: of the connection.
        settings: of it.
    """
    url: str = settings["base_url"]
    if "allow_private" in settings:
        return ()
    # Nobody is asked for names that a document of others has.
    closed = closed_networks(urlsplit(url).hostname or "")
    return [
        f"the document's server {url} is at {one.why}, where requests may not go: "
        f"{permission(one.address, f'[connections.{name}]')}"
        for one in closed
    ]


def _name_for(api: str, server: Chosen) -> str:
    """The name of a new connection: the API's, unless only some operations are at the server."""
    label = re.sub("[^a-z0-9-]", "", (urlsplit(server.url).hostname or "").partition(".")[0])
    is_apart = server.declared_by == "operation" or (
        server.declared_by == "path" and label not in _PLAIN_LABELS
    )
    return f"{api}-{label}" if is_apart and label else api


def _serves(connection: Connection, recipe: Recipe) -> bool:
    """Whether a connection sends a credential where one is needed, and none where none is to be sent."""
    return recipe.is_empty == _is_bare(connection)


def _may_serve(connection: Connection, recipe: Recipe, *, is_chosen: bool) -> bool:
    """Whether requests can go by a connection: many documents say nothing of the key that their server asks for."""
    return _serves(connection, recipe) or (recipe.is_empty and not is_chosen)


def _is_bare(connection: Connection) -> bool:
    return connection.authentication is None and not connection.headers


def tables_of(
    name: str,
    settings: Mapping[str, Any] | None,
    secrets: Mapping[str, str | None],
    known: Container[str],
) -> dict[str, Any]:
    """What `httptask.toml` needs: a connection, and where secrets come from.

    Args:
        name: of the connection.
        settings: of it, where it is to be written.
        secrets: by name; where they may be sent, for those that the connection does not name.
        known: secrets that are there.
    """
    missing = {
        one: {"environment": one, **({"origins": [origin]} if origin else {})}
        for one, origin in secrets.items()
        if one not in known
    }
    connections = {} if settings is None else {"connections": {name: settings}}
    return {**connections, **({"secrets": missing} if missing else {})}
