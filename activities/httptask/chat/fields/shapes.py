"""The declared types as a tree that values can be held against and that can be described."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from httptask.chat.fields.annotations import About, AnyOther, Length, Matches, Own, Range

__all__ = [
    "Anything",
    "Choice",
    "Either",
    "Field",
    "Flag",
    "ListOf",
    "MapOf",
    "Number",
    "ObjectOf",
    "Shape",
    "Text",
    "shape_of",
]

_NO_LENGTH: Final = Length()
_NO_RANGE: Final = Range()
_TAGS: Final = ("role", "type")
"""Fields that tell which of several objects one is."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    length: Length = _NO_LENGTH
    form: Matches | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number; a whole one may be written 1.0, as in JSON Schema."""

    whole: bool
    range: Range = _NO_RANGE


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several texts; `is_open` if there may be others than those listed, `own` those of some servers."""

    values: tuple[str, ...]
    is_open: bool = False
    own: tuple[Own, ...] = ()


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: "Shape"
    length: Length = _NO_LENGTH


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with keys of the author's own."""

    value: "Shape"
    key: Text
    length: Length = _NO_LENGTH


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object."""

    name: str
    shape: "Shape"
    about: About
    required: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object with these fields; others pass through."""

    name: str
    doc: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Either:
    """Values of several kinds: a text or list, and objects told apart by their tag.

    Attributes:
        tag: the field that tells objects apart; None where there is at most one kind of object.
        objects: by the value of the tag; under "" where there is no tag.
        own: further values of the tag that some servers take.
    """

    plain: "Text | Choice | None"
    list: ListOf | None
    tag: str | None
    objects: Mapping[str, ObjectOf]
    own: tuple[Own, ...] = ()


Shape = Text | Number | Flag | Choice | ListOf | MapOf | ObjectOf | Either | Anything


@cache
def shape_of(declared: type) -> ObjectOf:
    """The shape of an object that a `TypedDict` declares."""
    hints = get_type_hints(declared, include_extras=True)
    required: frozenset[str] = declared.__required_keys__  # type: ignore[attr-defined]
    fields = {name: _field(name, hint, name in required) for name, hint in hints.items()}
    doc = " ".join((declared.__doc__ or "").split())
    return ObjectOf(declared.__name__, doc, MappingProxyType(fields))


def _field(name: str, hint: Any, required: bool) -> Field:  # noqa: FBT001 - a fact about the field, not a switch
    inner, notes = _unwrapped(get_args(hint)[0] if get_origin(hint) is Required else hint)
    members = _members(inner)
    nullable = NoneType in members
    about = next((note for note in notes if isinstance(note, About)), About("Which of several this is."))
    shape = _shape([member for member in members if member is not NoneType], notes)
    return Field(name, shape, about, required, nullable)


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type and what is noted about it; the outermost note of a kind counts."""
    if get_origin(hint) is not Annotated:
        return hint, ()
    inner, *notes = get_args(hint)
    return inner, tuple(reversed(notes))


def _members(hint: Any) -> list[Any]:
    return list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]


def _shape(members: list[Any], notes: tuple[Any, ...]) -> Shape:
    if len(members) > 1:
        return _either([_shape([member], ()) for member in members])
    inner, inner_notes = _unwrapped(members[0])
    if inner_notes:
        return _shape(_members(inner), (*notes, *inner_notes))
    return _simple(inner, notes)


def _simple(hint: Any, notes: tuple[Any, ...]) -> Shape:
    length = _note(notes, Length) or _NO_LENGTH
    if is_typeddict(hint):
        return shape_of(hint)
    if get_origin(hint) is Literal:
        return Choice(get_args(hint), _note(notes, AnyOther) is not None, _own(notes))
    if get_origin(hint) is list:
        item = _shape(_members(get_args(hint)[0]), ())
        if isinstance(item, Either) or _tag_of([item]):
            item = replace(item if isinstance(item, Either) else _either([item]), own=_own(notes))
        return ListOf(item, length)
    if get_origin(hint) is dict:
        key, value = get_args(hint)
        shape = _shape([key], ())
        assert isinstance(shape, Text)
        return MapOf(_shape(_members(value), ()), shape, length)
    if hint is str:
        return Text(length, _note(notes, Matches))
    if hint in (int, float):
        return Number(hint is int, _note(notes, Range) or _NO_RANGE)
    return Flag() if hint is bool else Anything()


def _note(notes: tuple[Any, ...], kind: type[Any]) -> Any:
    return next((note for note in notes if isinstance(note, kind)), None)


def _own(notes: tuple[Any, ...]) -> tuple[Own, ...]:
    return tuple(note for note in notes if isinstance(note, Own))


def _either(shapes: list[Shape]) -> Either:
    objects = [shape for shape in shapes if isinstance(shape, ObjectOf)]
    tag = _tag_of(objects)
    return Either(
        plain=next((shape for shape in shapes if isinstance(shape, Text | Choice)), None),
        list=next((shape for shape in shapes if isinstance(shape, ListOf)), None),
        tag=tag,
        objects=MappingProxyType({_tag_value(shape, tag): shape for shape in objects}),
    )


def _tag_value(shape: ObjectOf, tag: str | None) -> str:
    if tag is None:
        return ""
    choice = shape.fields[tag].shape
    assert isinstance(choice, Choice)
    return choice.values[0]


def _tag_of(objects: Sequence[Shape]) -> str | None:
    first = objects[0] if objects else None
    return next((tag for tag in _TAGS if isinstance(first, ObjectOf) and tag in first.fields), None)
