"""The servers of an operation: its own, or its path's, or its document's."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from httptask.openapi.document import Document, Node, Problems
from httptask.openapi.operation import Declared, Server, Variable

__all__ = ["absolute_servers", "read_servers"]

_BY_ITSELF: Final = Server("/")
"""As OpenAPI says of a document that names none."""


def read_servers(document: Document, item: Node, operation: Node, problems: Problems) -> tuple[Server, ...]:
    """The servers of an operation, the first of them as the one to take."""
    if document.is_swagger:
        return tuple(_of_swagger(document, operation))
    levels: tuple[tuple[Declared, Node], ...] = (
        ("operation", operation.get("servers")),
        ("path", item.get("servers")),
        ("document", document.top("servers")),
    )
    for declared_by, written in levels:
        servers = tuple(_server(node, declared_by, problems) for node in written.items())
        if servers:
            return servers
    return (_BY_ITSELF,)


def _server(node: Node, declared_by: Declared, problems: Problems) -> Server:
    url = node.text("url")
    variables = {
        name: Variable(
            _text(one.get("default")), tuple(map(_text, one.get("enum").items())), one.text("description")
        )
        for name, one in node.get("variables").members()
    }
    for name in _in_braces(url):
        if name not in variables:
            problems.add(
                node.place, "undeclared-variable", f"`{{{name}}}` of `url` is no variable of the server"
            )
    return Server(url or "/", node.text("description"), variables, declared_by)


def _of_swagger(document: Document, operation: Node) -> Iterator[Server]:
    base, host = document.top("basePath").value, document.top("host").value
    path = base.rstrip("/") if isinstance(base, str) else ""
    if not isinstance(host, str) or not host:
        yield Server(path or "/", declared_by="document" if path else "")
        return
    own = [node.value for node in operation.get("schemes").items()]
    schemes = own or [node.value for node in document.top("schemes").items()] or ["https"]
    for scheme in sorted((one for one in schemes if one in ("http", "https")), reverse=True) or ["https"]:
        yield Server(f"{scheme}://{host}{path}", declared_by="operation" if own else "document")


def _in_braces(url: str) -> Iterator[str]:
    for piece in url.split("{")[1:]:
        name, closed, _ = piece.partition("}")
        if closed:
            yield name


def _text(node: Node) -> str:
    """A value that is text, or should be: ports are often written as numbers."""
    return "" if node.value is None else str(node.value)


def absolute_servers(servers: Iterable[Server], source: str | None) -> tuple[Server, ...]:
    """Servers that can be called, where the document's address tells what they are relative to; None if it has none."""
    if source is None:
        return tuple(servers)
    return tuple(one if "://" in one.url else replace(one, url=urljoin(source, one.url)) for one in servers)
