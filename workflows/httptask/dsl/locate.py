"""From the location in a pydantic error to the place in the definition that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = [
    "Branch",
    "Location",
    "Token",
    "alternatives_of",
    "child_type",
    "is_model",
    "key_types",
    "keys_of",
    "locate",
    "tag_of",
    "tokens_of",
    "unwrapped",
    "value_at",
]

Token = str | int
_OF_A_KEY = "[key]"
"""Pydantic ends a location with it when the key itself is at fault."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of a union that pydantic tried.

    Attributes:
        tokens: where the union's value stands.
        type: the alternative.
        alternatives: all of them.
        fits: whether it takes values like the one that stands there.
    """

    tokens: tuple[Token, ...]
    type: Any
    alternatives: tuple[Any, ...]
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the data.

    Attributes:
        tokens: keys and indices that lead to it.
        owner: the model whose key is the last token, if a model has it.
        branches: the alternatives on the way, outermost first.
    """

    tokens: tuple[Token, ...]
    owner: type[BaseModel] | None
    branches: tuple[Branch, ...]


def locate(model: type[BaseModel], loc: tuple[Token, ...]) -> Location:
    """Follow a pydantic location, which names unions' alternatives among the keys and indices."""
    tokens: list[Token] = []
    branches: list[Branch] = []
    owner: type[BaseModel] | None = None
    current: Any = model
    for token in loc:
        if token == _OF_A_KEY:
            break
        alternatives = alternatives_of(current)
        if alternatives:
            chosen = next((member for member in alternatives if _label(member) == _plain_label(token)), None)
            if tag_of(chosen) is None:
                branches.append(Branch(tuple(tokens), chosen, alternatives))
            current = chosen
            continue
        tokens.append(token)
        current = unwrapped(current)
        owner = current if is_model(current) else None
        current = child_type(current, token)
    return Location(tuple(tokens), owner, tuple(branches))


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a mapping of this model may have, as authors write them."""
    return tuple(key for key, _ in key_types(model))


def value_at(data: Any, tokens: tuple[Token, ...]) -> Any:
    """The value behind these keys and indices, None where the data ends before it; no text has places in it."""
    for token in tokens:
        if is_object(data):
            data = data.get(token) if isinstance(token, str) else None
        elif is_array(data) and isinstance(token, int) and token < len(data):
            data = data[token]
        else:
            return None
    return data


def tokens_of(data: Any, pointer: str) -> tuple[Token, ...]:
    """The keys and indices that a JSON Pointer into data names."""
    tokens: tuple[Token, ...] = ()
    for key in pointer_tokens(pointer):
        tokens += (int(key) if key.isdecimal() and is_array(value_at(data, tokens)) else key,)
    return tokens


def unwrapped(annotation: Any) -> Any:
    """Without constraints and without `| None`."""
    while get_origin(annotation) is Annotated and not _is_tagged(annotation):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        if len(members) == 1:
            return unwrapped(members[0])
    return annotation


def _is_tagged(annotation: Any) -> bool:
    """Whether a union is told apart by a tag: pydantic then tries the one alternative that is meant."""
    if get_origin(annotation) is not Annotated:
        return False
    return any(tag_of(member) is not None for member in get_args(get_args(annotation)[0]))


def alternatives_of(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, None left out; nothing for any other type."""
    annotation = unwrapped(annotation)
    if _is_tagged(annotation):
        return get_args(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(member for member in get_args(annotation) if member is not NoneType)
    return ()


def tag_of(annotation: Any) -> str | None:
    """The tag that tells a member of a tagged union from the others."""
    if get_origin(annotation) is not Annotated:
        return None
    return next((extra.tag for extra in get_args(annotation)[1:] if isinstance(extra, Tag)), None)


def _label(member: Any) -> str:
    tag = tag_of(member)
    if tag is not None:
        return tag
    plain = unwrapped(member)
    return str((get_origin(plain) or plain).__name__)


def _plain_label(token: Token) -> str:
    """`dict[str,any]` and `constrained-str` are pydantic's names for `dict` and `str`."""
    return str(token).partition("[")[0].removeprefix("constrained-")


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether a type is a pydantic model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def key_types(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """The keys of a model's mapping, as authors write them, and their types."""
    for name, field in model.model_fields.items():
        yield field.alias or name, field.annotation


def child_type(annotation: Any, token: Token) -> Any:
    """The type of what stands behind a key or index, None when it isn't known."""
    annotation = unwrapped(annotation)
    if is_model(annotation):
        return dict(key_types(annotation)).get(str(token))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return arguments[1]
    return arguments[0] if origin in (tuple, list) else None
