"""Parameters, bodies and answers of operations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from httptask.json.types import is_array, is_object
from httptask.openapi.document import Document, Node, Place, Problems
from httptask.openapi.operation import Body, Content, Example, Parameter, Response
from httptask.openapi.schemas import SchemaReader

__all__ = ["ContentReader"]

_STREAMS: Final = (
    "application/json-seq",
    "application/jsonl",
    "application/stream+json",
    "application/x-ndjson",
    "multipart/mixed",
    "text/event-stream",
)
_STYLES: Final = {"csv": "form", "multi": "form", "pipes": "pipeDelimited", "ssv": "spaceDelimited"}
"""Of lists, in Swagger 2.0 and since."""


class ContentReader:
    """Reads what is sent and what comes back, of one document."""

    def __init__(self, document: Document, schemas: SchemaReader, problems: Problems) -> None:
        self.problems = problems
        self.schemas = schemas
        self._document = document
        self._parameters: dict[Place, Parameter] = {}
        self._responses: dict[Place, Response] = {}

    def parameter(self, node: Node) -> Parameter:
        """A parameter whose references have been followed; many operations refer to the same."""
        if node.place not in self._parameters:
            self._parameters[node.place] = self._parameter(node)
        return self._parameters[node.place]

    def _parameter(self, node: Node) -> Parameter:
        location = node.text("in")
        contents = self._contents(node.get("content"))
        if contents:
            schema, examples, media_type = contents[0].schema, contents[0].examples, contents[0].media_type
        elif self._document.is_swagger:
            schema, examples, media_type = self.schemas.read(node), (), ""
        else:
            schema, media_type = self.schemas.read(node.get("schema")), ""
            examples = tuple(self._examples(node))
        explode = node.value.get("explode")
        style, collection = node.text("style"), node.text("collectionFormat")
        if self._document.is_swagger and node.text("type") == "array":
            collection = collection or "csv"  # Swagger 2.0, Parameter Object
        if collection:
            style, explode = _STYLES.get(collection, ""), collection == "multi"
        return Parameter(
            name=node.text("name"),
            location=location,
            required=location == "path" or node.value.get("required") is True,
            description=node.text("description"),
            deprecated=node.value.get("deprecated") is True,
            schema=_without_description(schema) if self._document.is_swagger else schema,
            examples=examples,
            style=style,
            explode=explode if isinstance(explode, bool) else None,
            allow_reserved=node.value.get("allowReserved") is True,
            media_type=media_type,
        )

    def body(self, written: Node) -> Body | None:
        """A request's body; None where there is none."""
        node = self._document.follow(written, self.problems)
        if node is None or not is_object(node.value):
            return None
        required = node.value.get("required") is True
        return Body(required, node.text("description"), self._contents(node.get("content")))

    def response(self, status: str, written: Node, operation: Node) -> Response:
        """An answer; of Swagger 2.0 in the media types that its operation produces."""
        node = self._document.follow(written, self.problems)
        if node is None or not is_object(node.value):
            return Response(status)
        if self._document.is_swagger:
            return self._response(status, node, tuple(self._produced(node, operation)))
        if node.place not in self._responses:
            self._responses[node.place] = self._response(status, node, self._contents(node.get("content")))
        return replace(self._responses[node.place], status=status)

    def _response(self, status: str, node: Node, contents: tuple[Content, ...]) -> Response:
        return Response(status, node.text("description"), tuple(self._headers(node.get("headers"))), contents)

    def media_types(self, key: str, operation: Node) -> list[str]:
        """What `consumes` or `produces` says in Swagger 2.0, of an operation or of its document."""
        written = operation.get(key)
        if not is_array(written.value):
            written = self._document.top(key)
        return [one.value for one in written.items() if isinstance(one.value, str)]

    def _contents(self, written: Node) -> tuple[Content, ...]:
        return tuple(
            self._content(media_type, node)
            for media_type, reference in written.members()
            if (node := self._document.follow(reference, self.problems)) is not None
        )

    def _content(self, media_type: str, node: Node) -> Content:
        item = node.get("itemSchema")
        is_items = item.value is not None
        bare = media_type.partition(";")[0].strip().lower()
        encoding = node.get("encoding").value
        return Content(
            media_type=media_type,
            schema=self.schemas.read(item if is_items else node.get("schema")),
            is_stream=is_items or bare in _STREAMS,
            examples=tuple(self._examples(node)),
            encoding=encoding if is_object(encoding) else {},
        )

    def _produced(self, node: Node, operation: Node) -> Iterator[Content]:
        shown = node.get("examples").value
        examples: dict[str, Any] = shown if is_object(shown) else {}
        if node.get("schema").value is None and not examples:
            return
        schema = self.schemas.read(node.get("schema"))
        for media_type in self.media_types("produces", operation) or list(examples) or ["application/json"]:
            found = (Example(value=examples[media_type]),) if media_type in examples else ()
            is_stream = media_type.partition(";")[0].strip().lower() in _STREAMS
            yield Content(media_type, schema, is_stream, found)

    def _headers(self, written: Node) -> Iterator[Parameter]:
        for name, reference in written.members():
            node = self._document.follow(reference, self.problems)
            if node is not None and is_object(node.value):
                header = Node({**node.value, "name": name, "in": "header"}, node.place)
                yield self._parameter(header)

    def _examples(self, node: Node) -> Iterator[Example]:
        if is_object(node.value) and "example" in node.value:
            yield Example(value=node.value["example"])
        for name, reference in node.get("examples").members():
            example = self._document.follow(reference, self.problems)
            if example is None:
                continue
            if not is_object(example.value):
                yield Example(name, value=example.value)
                continue
            key = next(
                (key for key in ("value", "dataValue", "serializedValue") if key in example.value), "value"
            )
            yield Example(
                name, example.text("summary"), example.value.get(key), example.text("externalValue")
            )


def _without_description(schema: Any) -> Any:
    """Of Swagger 2.0 a parameter is its own schema, whose description has been told."""
    return (
        {key: value for key, value in schema.items() if key != "description"} if is_object(schema) else schema
    )
