"""Keys with nothing behind them: `timeout:` alone means null, which the standard allows only in data."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.words import accepts
from httptask.dsl.locate import (
    Token,
    alternatives_of,
    child_type,
    is_model,
    key_types,
    tag_of,
    unwrapped,
)
from httptask.dsl.tasks import keyword_of
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["null_faults"]


def null_faults(model: type[BaseModel], data: Any, prefix: tuple[Token, ...] = ()) -> Iterator[Fault]:
    """Every key of a model that is given and empty."""
    if not _holds_null(data):
        return  # as most do, before each place is looked up in the model
    for tokens in _nulls(model, data, prefix):
        message = f"nothing stands behind `{tokens[-1]}`"
        yield TextFault(
            json_pointer(tokens), "empty", message, "give it a value, or remove the key", at_key=True
        )


def _holds_null(data: Any) -> bool:
    rest = [data]
    while rest:
        value = rest.pop()
        if value is None:
            return True
        rest.extend(value.values() if is_object(value) else value if is_array(value) else ())
    return False


def _nulls(annotation: Any, data: Any, tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    annotation = unwrapped(annotation)
    alternatives = alternatives_of(annotation)
    if alternatives:
        chosen = next((member for member in alternatives if _is_meant(member, data)), None)
        yield from _nulls(chosen, data, tokens) if chosen is not None else ()
    elif is_model(annotation) and is_object(data):
        for key, inner in key_types(annotation):
            if key in data and data[key] is None and inner is not Any:
                yield (*tokens, key)
            elif key in data:
                yield from _nulls(inner, data[key], (*tokens, key))
    elif is_object(data):
        for key, value in data.items():
            yield from _nulls(child_type(annotation, key), value, (*tokens, key))
    elif is_array(data):
        for index, value in enumerate(data):
            yield from _nulls(child_type(annotation, index), value, (*tokens, index))


def _is_meant(member: Any, data: Any) -> bool:
    tag = tag_of(member)
    return accepts(member, data) if tag is None else is_object(data) and tag == keyword_of(data)
