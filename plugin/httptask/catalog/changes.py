"""What a newer document of an API changes in its operations."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from httptask.json.types import is_array, is_object
from httptask.openapi.document import Document, Problems
from httptask.openapi.operation import Body, Operation, Parameter
from httptask.openapi.reader import OperationReader, list_operations
from httptask.openapi.schemas import JsonSchema
from httptask.openapi.words import reference_of

__all__ = ["Change", "Changes", "compare"]

_DEFINITION: Final = "#/$defs/"
_TEXTS: Final = ("title", "description", "example", "examples", "$comment", "externalDocs", "deprecated")
_MAPS: Final = ("properties", "patternProperties", "$defs", "dependentSchemas", "dependentRequired")
"""Keywords whose members are no keywords."""


@dataclass(frozen=True, slots=True)
class Change:
    """An operation that is new, gone, or another than it was.

    Attributes:
        what: changed, in phrases; empty for one that is new or gone.
    """

    name: str
    method: str
    path: str
    what: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {"name": self.name, "method": self.method, "path": self.path, "what": list(self.what)}


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the operations of an API."""

    api: str
    operations: int
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        kinds = {"added": self.added, "removed": self.removed, "changed": self.changed}
        told = {kind: [one.as_json() for one in changes] for kind, changes in kinds.items()}
        return {"api": self.api, "operations": self.operations, **told}


def compare(api: str, before: Document | None, after: Document) -> Changes:
    """What a document changes against an earlier one; everything is new where there is none.

    An operation stays the same one as long as its method and path do, or else its operationId.
    """
    old, new = _operations(before), _operations(after)
    earlier = {one.operation_id: key for key, one in old.items() if key not in new and one.operation_id}
    moved = {
        key: earlier[one.operation_id]
        for key, one in new.items()
        if key not in old and one.operation_id in earlier
    }
    pairs = [(old[moved.get(key, key)], one) for key, one in new.items() if moved.get(key, key) in old]
    phrases = [(one, tuple(_what(previous, one))) for previous, one in pairs if previous != one]
    stayed = {*new, *moved.values()}
    return Changes(
        api,
        len(new),
        added=_told((one, ()) for key, one in new.items() if key not in old and key not in moved),
        removed=_told((one, ()) for key, one in old.items() if key not in stayed),
        changed=_told((one, what) for one, what in phrases if what),
    )


def _operations(document: Document | None) -> dict[tuple[str, str], Operation]:
    if document is None:
        return {}
    problems = Problems()
    reader = OperationReader(document, problems)
    listed = list_operations(document, problems)
    return {(one.method, one.path): replace(reader.read(one), problems=()) for one in listed}


def _told(changes: Iterable[tuple[Operation, tuple[str, ...]]]) -> tuple[Change, ...]:
    return tuple(Change(one.name, one.method, one.path, what) for one, what in changes)


def _what(before: Operation, after: Operation) -> Iterator[str]:
    if (before.method, before.path) != (after.method, after.path):
        yield f"was {before.method} {before.path}"
    if before.name != after.name:
        yield f"was called {before.name}"
    if before.deprecated != after.deprecated:
        yield "is deprecated" if after.deprecated else "is no longer deprecated"
    if before.authentication != after.authentication:
        yield "other authentication"
    if before.servers != after.servers:
        yield "other servers"
    shapes = _Shapes(before.definitions), _Shapes(after.definitions)
    found = [
        *_parameters(before.parameters, after.parameters, shapes),
        *_body(before.body, after.body, shapes),
        *_responses(before, after, shapes),
    ]
    yield from found or _texts(before, after)


def _texts(before: Operation, after: Operation) -> Iterator[str]:
    old, new = ((one.summary, one.description, one.tags, one.documentation) for one in (before, after))
    if old != new:
        yield "other texts"


def _parameters(
    before: Iterable[Parameter], after: Iterable[Parameter], shapes: "tuple[_Shapes, _Shapes]"
) -> Iterator[str]:
    old = {(one.location, one.name): one for one in before}
    new = {(one.location, one.name): one for one in after}
    for key, one in new.items():
        was = old.get(key)
        if was is None:
            yield f"new {'required ' if one.required else ''}parameter {one.name}"
        elif was.required != one.required:
            yield f"parameter {one.name} is {'required now' if one.required else 'no longer required'}"
        elif shapes[0].of(was.schema) != shapes[1].of(one.schema):
            yield f"parameter {one.name} takes other values"
    yield from (f"parameter {one.name} is gone" for key, one in old.items() if key not in new)


def _body(before: Body | None, after: Body | None, shapes: "tuple[_Shapes, _Shapes]") -> Iterator[str]:
    if before is None or after is None:
        if before is not after:
            yield "takes a body" if before is None else "takes no body any more"
        return
    if before.required != after.required:
        yield f"its body is {'required now' if after.required else 'no longer required'}"
    old = {one.media_type: one.schema for one in before.contents}
    new = {one.media_type: one.schema for one in after.contents}
    yield from (f"takes {media_type} too" for media_type in new if media_type not in old)
    yield from (f"takes no {media_type} any more" for media_type in old if media_type not in new)
    for media_type in (one for one in new if one in old):
        fields = list(_fields(shapes[0].top(old[media_type]), shapes[1].top(new[media_type])))
        if fields or shapes[0].of(old[media_type]) != shapes[1].of(new[media_type]):
            yield from fields or ["its body takes other values"]
            return  # of other media types it is the same most of the time


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before.get("properties", {}), after.get("properties", {})
    was, needed = before.get("required", ()), after.get("required", ())
    for name in new:
        if name not in old:
            yield f"new {'required ' if name in needed else ''}field {name}"
        elif (name in was) != (name in needed):
            yield f"field {name} is {'required now' if name in needed else 'no longer required'}"
    yield from (f"field {name} is gone" for name in old if name not in new)


def _responses(before: Operation, after: Operation, shapes: "tuple[_Shapes, _Shapes]") -> Iterator[str]:
    old = {one.status: one for one in before.responses}
    new = {one.status: one for one in after.responses}
    yield from (f"may answer {status}" for status in new if status not in old)
    yield from (f"answers {status} no more" for status in old if status not in new)
    for status in (one for one in new if one in old):
        contents = [
            [(content.media_type, shape.of(content.schema)) for content in one.contents]
            for one, shape in zip((old[status], new[status]), shapes, strict=True)
        ]
        if contents[0] != contents[1]:
            yield f"other answer {status}"


class _Shapes:
    """What schemas take, whatever they say of it in words."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def top(self, schema: JsonSchema) -> Mapping[str, Any]:
        """The schema, or the definition that it is by name."""
        if not is_object(schema):
            return {}
        found = self._definitions.get(reference_of(schema) or "")
        return found if is_object(found) else schema

    def of(self, schema: Any) -> Any:
        """The schema without texts, and all definitions that it reaches."""
        reached: dict[str, Any] = {}
        waiting = [schema]
        while waiting:
            for name in _references(waiting.pop()):
                if name not in reached:
                    reached[name] = self._definitions.get(name)
                    waiting.append(reached[name])
        return _bare(schema), {name: _bare(value) for name, value in reached.items()}


def _references(value: Any) -> Iterator[str]:
    if is_object(value):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(_DEFINITION):
            yield target.removeprefix(_DEFINITION)
        for member in value.values():
            yield from _references(member)
    elif is_array(value):
        for item in value:
            yield from _references(item)


def _bare(value: Any, *, is_map: bool = False) -> Any:
    if is_object(value):
        kept = {key: member for key, member in value.items() if is_map or key not in _TEXTS}
        return {key: _bare(member, is_map=not is_map and key in _MAPS) for key, member in kept.items()}
    return [_bare(item) for item in value] if is_array(value) else value
