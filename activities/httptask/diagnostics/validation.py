"""What pydantic finds in a file that somebody wrote, or in data, in our own words; values are not repeated."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import closest, hint_for_misspelt
from httptask.diagnostics.words import Kind
from httptask.json.pointer import json_pointer, pointer_tokens

__all__ = ["as_setting", "describe_invalid", "faults_of", "keys_at"]

_MOST_DESCRIBED = 5
_KINDS = {
    "string_type": Kind.TEXT,
    "int_type": Kind.WHOLE_NUMBER,
    "int_parsing": Kind.WHOLE_NUMBER,
    "float_type": Kind.NUMBER,
    "float_parsing": Kind.NUMBER,
    "bool_parsing": Kind.BOOLEAN,
    "bool_type": Kind.BOOLEAN,
    "tuple_type": Kind.LIST,
    "list_type": Kind.LIST,
    "dict_type": Kind.OBJECT,
    "model_type": Kind.OBJECT,
}
_EXPECTED = {
    "path_type": Fault("", "wrong-type", "must be a path in quotes"),
    "too_short": Fault("", "empty", "must not be empty"),
    "string_too_short": Fault("", "empty", "must not be empty"),
    "invalid-json-value": Fault("", "not-json", "must be a JSON value", "put a date or the like in quotes"),
    "missing": Fault("", "missing-key", "is required"),
    "extra_forbidden": Fault("", "unknown-key", "unknown key"),
}
"""By pydantic's names of errors, as the kinds are; their places are added."""

Path = tuple[str | int, ...]


def faults_of(error: ValidationError, known: Callable[[Path], Sequence[str]], table: str) -> list[Fault]:
    """All that a validation found, by pointers into the file.

    Args:
        error: what it raised.
        known: the keys that the table at a place may have.
        table: what the file's format calls a table.
    """
    found: list[Fault] = []
    faults = error.errors(include_url=False, include_input=False)
    places = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
    for fault in faults:
        path = fault["loc"]
        if fault["type"] == "too_short" and path in places:
            continue  # of a list, items that are faulty are not counted
        if fault["type"] == "missing" and closest(str(path[-1]), _unknown_beside(path, faults)):
            continue  # it is there, misspelt
        told = _told(fault, {Kind.TEXT: f"{Kind.TEXT} in quotes", Kind.OBJECT: table})
        if fault["type"] == "extra_forbidden":
            keys = known(path[:-1])
            hint = hint_for_misspelt(str(path[-1]), keys, mark="") or f"known keys: {', '.join(keys)}"
            told = replace(told, hint=hint)
        found.append(replace(told, pointer=json_pointer(path)))
    return found


def describe_invalid(error: ValidationError) -> str:
    """Which members of some data are wrong; never their values, which may be large or secret."""
    faults = error.errors(include_url=False, include_input=False)[:_MOST_DESCRIBED]
    return "; ".join(
        f"{'/'.join(map(str, fault['loc'])) or 'it'}: {_told(fault, {}).message}" for fault in faults
    )


def as_setting(fault: Fault) -> str:
    """A fault in one line: its dotted key, what is wrong and the cure."""
    told = fault.message if fault.hint is None else f"{fault.message}; {fault.hint}"
    return f"{'.'.join(pointer_tokens(fault.pointer))}: {told}" if fault.pointer else told


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the table at a place of a model may have."""
    at: Any = model
    for step in path:
        at = _required(_fields(at)[str(step)] if _is_model(at) else _item(at))
    return list(_fields(at)) if _is_model(at) else []


def _told(error: ErrorDetails, words: Mapping[Kind, str]) -> Fault:
    """The fault without its place; `words` are what the kinds are called where the data stand."""
    kind = _KINDS.get(error["type"])
    if kind is not None:
        return Fault("", "wrong-type", f"must be {words.get(kind, kind)}")
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return _EXPECTED.get(error["type"], Fault("", "invalid", message))


def _unknown_beside(path: Path, faults: Iterable[ErrorDetails]) -> list[str]:
    beside = (fault["loc"] for fault in faults if fault["type"] == "extra_forbidden")
    return [str(loc[-1]) for loc in beside if loc[:-1] == path[:-1]]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _item(annotation: Any) -> Any:
    """The type of what is in a list or table."""
    arguments = get_args(annotation)
    return arguments[0] if get_origin(annotation) is tuple else arguments[1]


def _required(annotation: Any) -> Any:
    """The type without `| None`."""
    members = [member for member in get_args(annotation) if member is not NoneType]
    return members[0] if get_origin(annotation) is UnionType and len(members) == 1 else annotation


def _is_model(annotation: Any) -> bool:
    return (
        get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel)
    )
