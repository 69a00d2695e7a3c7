"""Values in paths, queries, headers and forms, as OpenAPI's styles write them (OpenAPI 3.1.1, section 4.8.12).

What is written is data of a task; what is read is what went out, in which numbers and booleans are texts.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from httptask.http.parameters import Separator
from httptask.json.tree import compact
from httptask.json.types import is_array, is_object

__all__ = [
    "Found",
    "Style",
    "encodings",
    "form_fields",
    "header_text",
    "path_text",
    "query_fields",
    "read_header",
    "read_path",
    "read_query",
]

_SEPARATORS: Final[Mapping[str, Separator]] = {"pipeDelimited": "|", "spaceDelimited": " "}
_BETWEEN: Final[Mapping[Separator, re.Pattern[str]]] = {
    ",": re.compile(","),
    " ": re.compile(r"%20|\+"),
    "|": re.compile(r"\||%7C", re.IGNORECASE),
}
"""How they stand in a URL."""
_PLAIN: Final = "!$&'()*+:@"
"""What stands plain in a path beside what always does: not what is between items and members there."""
_DEEPEST: Final = 16
_IN_BRACKETS: Final = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Style:
    """How lists and objects are written.

    Attributes:
        name: as OpenAPI has it.
        explode: whether each item or member stands by itself.
        media_type: in which the value is written, where it is not by `name`.
    """

    name: str = "form"
    explode: bool = True
    media_type: str = ""

    @property
    def separator(self) -> Separator | None:
        """What is between the items of a list that is one parameter of a query; None where each item is one."""
        if self.explode or self.media_type or self.name == "deepObject":
            return None
        return _SEPARATORS.get(self.name, ",")


class Found(NamedTuple):
    """One way to read what went out.

    Attributes:
        value: of texts: numbers, booleans and null are not told from them on the way.
        names: of the parameters of a query that it was read from.
    """

    value: Any
    names: frozenset[str] = frozenset()


class _Shape(NamedTuple):
    """How a value stands in a path (RFC 6570, sections 3.2.2, 3.2.5 and 3.2.7)."""

    first: str = ""
    between: str = ","
    """What is between items that stand by themselves."""
    is_named: bool = False


_SHAPES: Final = {"label": _Shape(".", "."), "matrix": _Shape(";", ";", is_named=True)}


def encodings(written: Mapping[str, Any]) -> Style | None:
    """How a field of a form is written, where its document says so."""
    if "style" not in written and "explode" not in written:
        return None
    name = written.get("style") if isinstance(written.get("style"), str) else "form"
    explode = written.get("explode")
    return Style(str(name), name == "form" if not isinstance(explode, bool) else explode)


def query_fields(name: str, value: Any, style: Style) -> dict[str, Any]:
    """A value as parameters of a query: text, numbers, booleans, and lists of them.

    Between the items of a list comes what the style has as `separator`.
    """
    if value is None:
        return {}
    if style.media_type:
        return {name: value if isinstance(value, str) else compact(value)}
    if style.name == "deepObject" and (is_object(value) or is_array(value)):
        return dict(_deep(name, value))
    if is_object(value):
        members = {key: _scalar(one) for key, one in value.items() if one is not None}
        if style.separator is None:
            return members
        return {name: [*chain.from_iterable(members.items())]} if members else {}
    if is_array(value):
        return {name: [_scalar(one) for one in value if one is not None]}
    return {name: value}


def form_fields(name: str, value: Any, style: Style) -> dict[str, Any]:
    """A value as fields of a form, in which a separator is text as any other."""
    between = style.separator
    return {
        key: between.join(map(_text, one)) if between is not None and is_array(one) and one else one
        for key, one in query_fields(name, value, style).items()
    }


def path_text(name: str, value: Any, style: Style, expressions: Collection[str] = ()) -> str:
    """A value in the path of a URL, percent-encoded; the texts that are expressions stay, and are encoded in a run."""

    def encoded(one: Any) -> str:
        return one if one in expressions else quote(_text(one), safe=_PLAIN)

    if style.media_type and value not in expressions:
        return quote(compact(value), safe=_PLAIN)
    return _joined(value, style, name, encoded)


def header_text(value: Any, style: Style) -> str:
    """A value of a header or a cookie."""
    if style.media_type:
        return compact(value)
    return _joined(value, Style("simple", style.explode), "", _text)


def _joined(value: Any, style: Style, name: str, encoded: Callable[[Any], str]) -> str:
    shape = _SHAPES.get(style.name, _Shape())
    own = f"{name}=" if shape.is_named else ""
    if is_object(value) and style.explode:
        members = (f"{encoded(key)}={encoded(one)}" for key, one in value.items())
        return shape.first + shape.between.join(members)
    if is_array(value) and style.explode:
        return shape.first + shape.between.join(own + encoded(one) for one in value)
    items = chain.from_iterable(value.items()) if is_object(value) else value if is_array(value) else [value]
    return shape.first + own + ",".join(map(encoded, items))


def _deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Members and items with their names in brackets, as APIs with `deepObject` read them."""
    members: Iterator[tuple[Any, Any]] = iter(enumerate(value)) if is_array(value) else iter(value.items())
    for key, one in members:
        inner = f"{name}[{key}]"
        if is_object(one) or is_array(one):
            yield from _deep(inner, one)
        elif one is not None:
            yield inner, one


def _scalar(value: Any) -> Any:
    """What stands where there is no room for more."""
    return compact(value) if is_object(value) or is_array(value) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def read_query(name: str, style: Style, query: Sequence[tuple[str, str]]) -> Iterator[Found]:
    """Each way to read a parameter from a query, in which it may not be at all.

    Args:
        name: of the parameter.
        style: in which it is written.
        query: names, and values as they are encoded.
    """
    own, names = [text for key, text in query if key == name], frozenset([name])
    if style.name == "deepObject":
        deep = [(key, text) for key, text in query if key.startswith(f"{name}[")]
        if deep:
            yield Found(_of_brackets(deep, len(name)), frozenset(key for key, _ in deep))
    if own:
        yield Found(unquote(own[-1]), names)
    if style.media_type:
        return
    if style.separator is None:
        if own:
            yield Found([*map(unquote, own)], names)
        if query and style.name != "deepObject":
            members = {key: unquote(text) for key, text in query}
            yield Found(members, frozenset(members))
    elif own:
        yield from (Found(one, names) for one in _split(own[-1], _BETWEEN[style.separator], unquote))


def read_path(name: str, style: Style, text: str) -> Iterator[Found]:
    """Each way to read a parameter from where it stands in a path, encoded."""
    shape = _SHAPES.get(style.name, _Shape())
    own = f"{name}=" if shape.is_named else ""
    text = text.removeprefix(shape.first)
    yield Found(unquote(text.removeprefix(own)))
    if style.media_type:
        return
    if not style.explode:
        yield from map(Found, _split(text.removeprefix(own), _BETWEEN[","], unquote))
        return
    pieces = text.split(shape.between)
    yield Found([unquote(piece.removeprefix(own)) for piece in pieces])
    yield Found(_members(pieces, unquote))


def read_header(style: Style, text: str) -> Iterator[Found]:
    """Each way to read a parameter that is a header or a cookie."""
    yield Found(text)
    if style.media_type:
        return
    if not style.explode:
        yield from map(Found, _split(text, _BETWEEN[","], str.strip))
        return
    pieces = text.split(",")
    yield Found([piece.strip() for piece in pieces])
    yield Found(_members(pieces, str.strip))


def _split(text: str, between: re.Pattern[str], decoded: Callable[[str], str]) -> Iterator[Any]:
    """A list, and an object, that stand in one text."""
    items = [decoded(item) for item in between.split(text)]
    yield items
    if len(items) % 2 == 0:
        yield dict(zip(items[::2], items[1::2], strict=True))


def _members(pieces: Sequence[str], decoded: Callable[[str], str]) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in pieces)
    return {decoded(key): decoded(text) for key, _, text in pairs}


def _of_brackets(fields: Sequence[tuple[str, str]], length: int) -> dict[str, Any]:
    """Members, and items by their index, of names with brackets behind so many characters."""
    root: dict[str, Any] = {}
    for name, text in fields:
        *path, last = _IN_BRACKETS.findall(name, length)[:_DEEPEST] or [""]
        inner = root
        for key in path:
            found = inner.setdefault(key, {})
            inner = found if is_object(found) else {}
        inner[last or str(len(inner))] = unquote(text)
    return root
