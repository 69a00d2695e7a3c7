"""An API document in pieces: each is looked up when something refers to it."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from posixpath import dirname, join, normpath
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from httptask.diagnostics.fault import Fault, Severity
from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.tree import text_of
from httptask.json.types import is_array, is_object
from httptask.openapi.text import DocumentInvalid, read_text

__all__ = ["Document", "Node", "Place", "Problems", "load_document"]

MOST_FILES: Final = 20_000
_SWAGGER: Final = ("2.0", "2")
"""The one version; as YAML may hold it, too, without its quotes."""
_MOST_KEYS: Final = 3
"""Of the path of a piece: `/components/schemas/NAME`."""
_MAPS: Final = ("definitions", "parameters", "paths", "responses", "securityDefinitions")
"""Keys of the root whose members are pieces each; of `components` the members of its members are."""


class Place(NamedTuple):
    """Where something stands: a file of the document, and the keys that lead to it there."""

    file: str
    path: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"{self.file}#{json_pointer(self.path)}"

    def child(self, key: str | int) -> "Place":
        """The place of a member."""
        return Place(self.file, (*self.path, key))


class Node(NamedTuple):
    """A value of a document, and where it stands."""

    value: Any
    place: Place

    def get(self, key: str) -> "Node":
        """A member; its value is None where there is none."""
        value = self.value.get(key) if is_object(self.value) else None
        return Node(value, self.place.child(key))

    def text(self, key: str) -> str:
        """A member that is text, else an empty one."""
        return text_of(self.get(key).value)

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """The members of an object, without those that extend the format; nothing of what is no object."""
        for key, value in self.value.items() if is_object(self.value) else ():
            if not key.startswith("x-"):
                yield key, Node(value, self.place.child(key))

    def items(self) -> Iterator["Node"]:
        """The items of a list; nothing of what is none."""
        for index, value in enumerate(self.value if is_array(self.value) else ()):
            yield Node(value, self.place.child(index))


class Problems:
    """What is wrong in a document: each place and code once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Fault] = {}

    def add(self, place: Place, code: str, message: str, hint: str | None = None) -> None:
        """Name a problem; the document is read on."""
        fault = Fault(str(place), code, message, hint, Severity.WARNING)
        self._found.setdefault((fault.pointer, code), fault)

    def list(self) -> list[Fault]:
        """All of them, in the order in which they were met."""
        return list(self._found.values())


class Document:
    """Looks up places, and follows references, in the pieces of a document.

    Args:
        root: the name of the file that the document begins in.
        pieces: its parts by their places, as `load_document` makes them.
    """

    def __init__(self, root: str, pieces: Mapping[str, Any]) -> None:
        self.root = root
        self.pieces = pieces
        self._found: dict[Place, Node | None] = {}

    @property
    def is_swagger(self) -> bool:
        """Whether it is of version 2.0."""
        return self.top("openapi").value is None

    @property
    def version(self) -> str:
        """As the document says."""
        return str(self.top("swagger" if self.is_swagger else "openapi").value)

    def top(self, *keys: str) -> Node:
        """A member of the root; its value is None where there is none."""
        place = Place(self.root, keys)
        return Node(None, place) if (found := self.at(place)) is None else found

    def at(self, place: Place) -> Node | None:
        """What stands at a place; None where nothing does."""
        if place not in self._found:
            self._found[place] = self._look_up(place)
        return self._found[place]

    def _look_up(self, place: Place) -> Node | None:
        for count in range(min(_MOST_KEYS, len(place.path)), -1, -1):
            piece = self.pieces.get(str(Place(place.file, place.path[:count])), _NOTHING)
            if piece is not _NOTHING:
                return _within(piece, place, count)
        return None

    def follow(self, node: Node, problems: Problems) -> Node | None:
        """What a node refers to in the end, itself if it refers to nothing; None where nothing is.

        Args:
            node: perhaps a reference.
            problems: is told why there is nothing.
        """
        passed = {node.place}
        while is_object(node.value) and isinstance(reference := node.value.get("$ref"), str):
            target = _target(reference, node.place.file)
            if isinstance(target, str):
                problems.add(node.place, "external-reference", f"`{reference}` is not followed: {target}")
                return None
            found = self.at(target)
            if found is None:
                problems.add(node.place, "dangling-reference", f"`{reference}` leads nowhere")
                return None
            if target in passed:
                problems.add(node.place, "circular-reference", f"`{reference}` leads back to itself")
                return None
            passed.add(target)
            node = found
        return node


_NOTHING: Final = object()


def load_document(root: str, read: Callable[[str], bytes | None]) -> Document:
    """A document with all files that it refers to.

    Args:
        root: the name of its file.
        read: gives a file by its path below the folder of that file, None where there is none.

    Raises:
        DocumentInvalid: the document can't be read, or is none of an API; files that it refers to are left out.
    """
    first = read(root)
    if first is None:
        raise DocumentInvalid("is no file")
    value = read_text(first)
    _require_api(value)
    pieces = dict(_split(root, value))
    seen, pending = {root}, list(_files(value, root))
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if len(seen) > MOST_FILES:
            raise DocumentInvalid(f"refers to more than {MOST_FILES} files")
        data = read(name)
        if data is None:
            continue
        try:
            part = read_text(data)
        except DocumentInvalid:
            continue  # whoever refers to it is told
        pieces[f"{name}#"] = part
        pending += _files(part, name)
    return Document(root, pieces)


def _require_api(value: Any) -> None:
    if not is_object(value):
        raise DocumentInvalid("is no API document: it holds no object")
    if isinstance(value.get("openapi"), str):
        return
    if "swagger" in value:
        if str(value["swagger"]) in _SWAGGER:
            return
        raise DocumentInvalid(f"is Swagger {value['swagger']}, which can't be read: 2.0 can, and OpenAPI 3")
    other: str | None = next((name for name in ("asyncapi", "arazzo", "overlay") if name in value), None)
    if other is None and is_object(value.get("info")) and "_postman_id" in value["info"]:
        other = "a Postman collection"
    said = f"it is {other}" if other else "it has neither `openapi` nor `swagger`"
    raise DocumentInvalid(f"is no OpenAPI document: {said}")


def _split(root: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    place = Place(root, ())
    for key, child in value.items():
        at = place.child(key)
        if key == "components" and is_object(child):
            for kind, members in child.items():
                yield from _each(at.child(kind), members)
        elif key in _MAPS:
            yield from _each(at, child)
        else:
            yield str(at), child


def _each(place: Place, members: Any) -> Iterator[tuple[str, Any]]:
    if not is_object(members):
        yield str(place), members
        return
    for name, member in members.items():
        yield str(place.child(name)), member


def _files(value: Any, file: str) -> Iterator[str]:
    """The files that a tree refers to."""
    rest = [value]
    while rest:
        one = rest.pop()
        if is_array(one):
            rest += one
        elif is_object(one):
            reference = one.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                target = _target(reference, file)
                if isinstance(target, Place) and target.file != file:
                    yield target.file
            rest += [value for value in one.values() if type(value) is not str]


@lru_cache(maxsize=32_768)
def _target(reference: str, file: str) -> Place | str:
    """The place that a reference names, or why it is not followed."""
    name, _, fragment = reference.partition("#")
    if "://" in name or name.startswith("//"):
        return "nothing is loaded from the network for a reference"
    if name:
        name = normpath(join(dirname(file), unquote(name)))
        if name.startswith(("../", "/")) or name == "..":
            return "it leads out of the document's folder"
    return Place(name or file, pointer_tokens(unquote(fragment)))


def _within(value: Any, place: Place, begun: int) -> Node | None:
    for key in place.path[begun:]:
        if is_object(value) and key in value:
            value = value[key]
        elif is_array(value) and str(key).isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return Node(value, place)
