"""The connection of `httptask.toml` that an operation is called through: one that is there, or what to write."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
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

__all__ = ["Chosen", "choose_server", "closed_server", "connection_for", "tables_of"]

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


def connection_for(
    api: str,
    server: Chosen | None,
    recipe: Recipe,
    known: Mapping[str, Connection],
    source: str | None = None,
) -> tuple[str, dict[str, Any] | None]:
    """The name of the connection, and its settings where it is to be written.

    Args:
        api: its name.
        server: None where the document names none.
        recipe: what is sent to authenticate.
        known: connections that there are.
        source: the URL that the document was loaded from, which somebody allowed where its host is private.

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
        return api, None
    same = [
        one
        for one in known.values()
        if (one.base_url or "").rstrip("/") == server.url and _serves(one, recipe)
    ]
    if same:
        return min(same, key=lambda one: one.name != api).name, None
    if own is not None and server.declared_by == "document" and _serves(own, recipe):
        return api, None  # whoever wrote it chose another server of the API, such as a sandbox
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
    return name, settings


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
    return recipe.is_empty == (connection.authentication is None and not connection.headers)


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
