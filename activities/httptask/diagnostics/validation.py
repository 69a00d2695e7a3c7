"""pydantic's findings in a file that somebody wrote, in our own words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from httptask.diagnostics.suggest import closest
from httptask.diagnostics.words import Kind

__all__ = ["Finding", "findings", "keys_at"]

_EXPECTED = {
    "string_type": f"must be {Kind.TEXT} in quotes",
    "int_type": f"must be {Kind.WHOLE_NUMBER}",
    "float_type": f"must be {Kind.NUMBER}",
    "bool_parsing": f"must be {Kind.BOOLEAN}",
    "bool_type": f"must be {Kind.BOOLEAN}",
    "tuple_type": f"must be {Kind.LIST}",
    "list_type": f"must be {Kind.LIST}",
    "path_type": "must be a path in quotes",
    "too_short": "must not be empty",
    "invalid-json-value": "must be a JSON value; put a date or the like in quotes",
    "missing": "is required",
}
_TABLES = frozenset({"dict_type", "model_type"})

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its place, and what it is with its cure; values are not repeated."""

    path: Path
    sentence: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.sentence}" if self.path else self.sentence


def findings(error: ValidationError, known: Callable[[Path], Sequence[str]], table: str) -> list[Finding]:
    """All that a validation found.

    Args:
        error: what it raised.
        known: the keys that the table at a place may have.
        table: what the file's format calls a table.
    """
    found: list[Finding] = []
    faults = error.errors(include_url=False, include_input=False)
    places = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
    for fault in faults:
        path = fault["loc"]
        if fault["type"] == "too_short" and path in places:
            continue  # of a list, items that are faulty are not counted
        if fault["type"] == "missing" and closest(str(path[-1]), _unknown_beside(path, faults)):
            continue  # it is there, misspelt
        if fault["type"] == "extra_forbidden":
            sentence = _unknown_key(str(path[-1]), known(path[:-1]))
        elif fault["type"] in _TABLES:
            sentence = f"must be {table}"
        else:
            message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
            sentence = _EXPECTED.get(fault["type"], message)
        found.append(Finding(path, sentence))
    return found


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the table at a place of a model may have."""
    at: Any = model
    for step in path:
        at = _required(_fields(at)[str(step)] if _is_model(at) else _item(at))
    return list(_fields(at)) if _is_model(at) else []


def _unknown_beside(path: Path, faults: Iterable[ErrorDetails]) -> list[str]:
    beside = (fault["loc"] for fault in faults if fault["type"] == "extra_forbidden")
    return [str(loc[-1]) for loc in beside if loc[:-1] == path[:-1]]


def _unknown_key(key: str, known: Sequence[str]) -> str:
    near = closest(key, known)
    cure = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key; {cure}"


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
