"""pydantic's findings in a configuration file, in our own words."""

from collections.abc import Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

__all__ = ["describe_faults"]

_EXPECTED = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "path_type": "must be a path in quotes",
}
_SIMILAR = 70
_FORMER_KEYS = {
    "base_url_secret": 'write base_url = "$secrets.NAME"',
    "bearer_secret": 'write authentication.bearer.token = "$secrets.NAME"',
}


def describe_faults(file: Path, error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each fault: file, dotted key, what is wrong and the cure; values are not repeated."""
    lines: list[str] = []
    for found in error.errors(include_url=False, include_input=False):
        path = [str(step) for step in found["loc"]]
        lines.append(f"{file}: {'.'.join(path)}: {_sentence(found['type'], found['msg'], path, model)}")
    return lines


def _sentence(kind: str, message: str, path: Sequence[str], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return _unknown_key(path[-1], _keys_at(model, path[:-1]))
    if kind == "missing":
        return "is required"
    return _EXPECTED.get(kind) or message.removeprefix("Value error, ").replace("Input should be", "must be")


def _unknown_key(key: str, known: Sequence[str]) -> str:
    if key in _FORMER_KEYS:
        return f"unknown key; {_FORMER_KEYS[key]}"
    near = process.extractOne(key, known, score_cutoff=_SIMILAR)
    cure = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key; {cure}"


def _keys_at(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The keys that the table at `path` may have."""
    at: Any = model
    for step in path:
        at = _required(_fields(at)[step] if _is_model(at) else get_args(at)[1])
    return [name for name in _fields(at) if len(path) > 2 or name != "name"] if _is_model(at) else []


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _required(annotation: Any) -> Any:
    """The type without `| None`."""
    members = [member for member in get_args(annotation) if member is not NoneType]
    return members[0] if get_origin(annotation) is UnionType and len(members) == 1 else annotation


def _is_model(annotation: Any) -> bool:
    return (
        get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel)
    )
