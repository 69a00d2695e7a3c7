"""Operations of a document."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_object
from httptask.openapi import swagger
from httptask.openapi.authentication import read_authentication
from httptask.openapi.contents import ContentReader
from httptask.openapi.depth import SHOWN, Depth, Reached, definitions_within
from httptask.openapi.document import Document, Node, Problems
from httptask.openapi.naming import operation_names
from httptask.openapi.operation import METHODS, Body, Operation, Parameter
from httptask.openapi.schemas import JsonSchema, SchemaReader
from httptask.openapi.servers import read_servers

__all__ = ["Listed", "OperationReader", "list_operations", "within"]


class Listed(NamedTuple):
    """An operation among those of its document.

    Attributes:
        name: by which people name it.
        method: as it is sent.
    """

    name: str
    operation_id: str
    method: str
    path: str
    summary: str
    description: str
    tags: tuple[str, ...]
    deprecated: bool


def list_operations(document: Document, problems: Problems) -> list[Listed]:
    """All operations of a document, in its order."""
    found = [
        (method, path, operation)
        for path in _paths(document)
        for method, operation in _operations(document, _path_item(document, path, problems), problems)
    ]
    names = operation_names((node.text("operationId"), method, path) for method, path, node in found)
    return [
        Listed(
            name,
            node.text("operationId"),
            method,
            path,
            node.text("summary"),
            node.text("description"),
            _tags(node),
            node.value.get("deprecated") is True,
        )
        for name, (method, path, node) in zip(names, found, strict=True)
    ]


def within(operation: Operation, depth: Depth) -> Operation:
    """An operation that was read with all of its definitions, without those that stand deeper."""
    reached = definitions_within(_schemas_of(operation, depth), operation.definitions.__getitem__)
    return replace(operation, definitions=reached.definitions, deeper=reached.deeper)


def _schemas_of(operation: Operation, depth: Depth) -> list[tuple[JsonSchema, int]]:
    """What an operation sends and receives, each with the levels that are wanted of it."""
    sent = [
        *(one.schema for one in operation.parameters),
        *(content.schema for content in (operation.body.contents if operation.body else ())),
    ]
    received = [
        *(content.schema for response in operation.responses for content in response.contents),
        *(header.schema for response in operation.responses for header in response.headers),
    ]
    return [*((one, depth.request) for one in sent), *((one, depth.answers) for one in received)]


class OperationReader:
    """Reads operations of one document, each of its schemas once."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self._document = document
        self._problems = problems
        self._schemas = SchemaReader(document, problems)
        self._contents = ContentReader(document, self._schemas, problems)

    def read(self, listed: Listed, depth: Depth | None = None) -> Operation:
        """An operation that the document has, with the definitions that its schemas need.

        Args:
            listed: which it is.
            depth: of the definitions that are wanted; None for all.
        """
        operation = self._described(listed)
        if depth is None:
            schemas = (schema for schema, _ in _schemas_of(operation, SHOWN))
            reached = Reached(self._schemas.definitions_of(*schemas), ())
        else:
            reached = definitions_within(_schemas_of(operation, depth), self._schemas.definition)
        return replace(
            operation,
            definitions=reached.definitions,
            deeper=reached.deeper,
            problems=tuple(self._problems.list()),
        )

    def check(self, listed: Listed) -> None:
        """Read an operation and all that it refers to, for the sake of its problems."""
        self._described(listed)
        self._schemas.read_definitions()

    def _described(self, listed: Listed) -> Operation:
        """An operation without definitions and problems."""
        document, problems = self._document, self._problems
        item = _path_item(document, listed.path, problems)
        node = next(node for method, node in _operations(document, item, problems) if method == listed.method)
        parameters = self._parameters(item, node, listed.path)
        body: Body | None
        if document.is_swagger:
            body, parameters = swagger.split_body(parameters, node, self._contents)
        else:
            body = self._contents.body(node.get("requestBody"))
        described = tuple(self._contents.parameter(one) for one in parameters)
        responses = tuple(
            self._contents.response(status, response, node)
            for status, response in node.get("responses").members()
        )
        described += self._undeclared(listed.path, described, node)
        return Operation(
            name=listed.name,
            method=listed.method,
            path=listed.path,
            operation_id=listed.operation_id,
            summary=listed.summary or item.text("summary"),
            description=listed.description or item.text("description"),
            deprecated=listed.deprecated,
            tags=listed.tags,
            documentation=node.get("externalDocs").text("url"),
            servers=read_servers(document, item, node, problems),
            authentication=read_authentication(document, node, problems),
            parameters=described,
            body=body,
            responses=responses,
        )

    def _parameters(self, item: Node, operation: Node, path: str) -> list[Node]:
        """Those of the path, replaced by those of the operation where both have one."""
        found: dict[tuple[str, str], Node] = {}
        for holder in (item, operation):
            for written in holder.get("parameters").items():
                node = self._document.follow(written, self._problems)
                if node is None:
                    continue
                name, location = node.text("name"), node.text("in")
                if not name or not location:
                    message = "a parameter has a `name` and an `in`"
                    self._problems.add(node.place, "malformed", message)
                    continue
                found[(location, name)] = node
        return list(found.values())

    def _undeclared(self, path: str, parameters: tuple[Parameter, ...], node: Node) -> tuple[Parameter, ...]:
        """What stands in braces in the path, and is no parameter of it: it has to be filled all the same."""
        known = {one.name for one in parameters if one.location == "path"}
        pieces = path.partition("?")[0].split("{")[1:]
        names = dict.fromkeys(piece.partition("}")[0] for piece in pieces if "}" in piece)
        absent = [name for name in names if name not in known]
        for name in absent:
            self._problems.add(
                node.place.child("parameters"),
                "undeclared-parameter",
                f"`{{{name}}}` of the path is no parameter",
            )
        return tuple(Parameter(name, "path", required=True, schema={"type": "string"}) for name in absent)


def _paths(document: Document) -> Iterator[str]:
    prefix = f"{document.root}#/paths/"
    for place in document.pieces:
        if place.startswith(prefix):
            [_, path] = pointer_tokens(place.removeprefix(f"{document.root}#"))
            if not path.startswith("x-"):
                yield path


def _path_item(document: Document, path: str, problems: Problems) -> Node:
    node = document.top("paths", path)
    found = document.follow(node, problems)
    return Node(None, node.place) if found is None else found


def _operations(document: Document, item: Node, problems: Problems) -> Iterator[tuple[str, Node]]:
    """Methods and operations of a path."""
    more = item.get("additionalOperations").members()
    written = [
        *((key.upper(), node) for key, node in item.members() if key.upper() in METHODS and key.islower()),
        *more,
    ]
    for method, node in written:
        operation = document.follow(node, problems) if node.value is not None else None
        if operation is None:
            continue
        if is_object(operation.value):
            yield method, operation
        else:
            problems.add(operation.place, "malformed", "an operation is an object")


def _tags(node: Node) -> tuple[str, ...]:
    return tuple(tag.value for tag in node.get("tags").items() if isinstance(tag.value, str))
