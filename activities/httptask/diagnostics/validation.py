"""What pydantic finds in a file that somebody wrote, as faults in our own words; values are not repeated."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import closest
from httptask.diagnostics.words import Kind
from httptask.json.pointer import json_pointer, pointer_tokens

__all__ = ["as_setting", "faults_of", "keys_at"]

_EXPECTED: dict[str, Fault] = {
    **{
        kind: Fault("", "wrong-type", f"must be {expected}")
        for kind, expected in {
            "string_type": f"{Kind.TEXT} in quotes",
            "int_type": Kind.WHOLE_NUMBER,
            "float_type": Kind.NUMBER,
            "bool_parsing": Kind.BOOLEAN,
            "bool_type": Kind.BOOLEAN,
            "tuple_type": Kind.LIST,
            "list_type": Kind.LIST,
            "path_type": "a path in quotes",
        }.items()
    },
    "too_short": Fault("", "empty", "must not be empty"),
    "invalid-json-value": Fault("", "not-json", "must be a JSON value", "put a date or the like in quotes"),
    "missing": Fault("", "missing-key", "is required"),
}
"""By pydantic's names of errors; their places are added."""
_TABLES = frozenset({"dict_type", "model_type"})

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
        if fault["type"] == "extra_forbidden":
            told = _unknown_key(str(path[-1]), known(path[:-1]))
        elif fault["type"] in _TABLES:
            told = Fault("", "wrong-type", f"must be {table}")
        else:
            message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
            told = _EXPECTED.get(fault["type"], Fault("", "invalid", message))
        found.append(replace(told, pointer=json_pointer(path)))
    return found


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


def _unknown_beside(path: Path, faults: Iterable[ErrorDetails]) -> list[str]:
    beside = (fault["loc"] for fault in faults if fault["type"] == "extra_forbidden")
    return [str(loc[-1]) for loc in beside if loc[:-1] == path[:-1]]


def _unknown_key(key: str, known: Sequence[str]) -> Fault:
    near = closest(key, known)
    hint = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return Fault("", "unknown-key", "unknown key", hint, at_key=True)


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
