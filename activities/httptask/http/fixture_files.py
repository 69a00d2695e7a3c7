"""Reading the files of fixtures: what they say, or all that is wrong with them."""

import json
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from httptask.http.invalid import Finding, findings, keys_at
from httptask.http.json_tree import is_array

__all__ = ["read_items"]

Item = TypeVar("Item", bound=BaseModel)
Steps = tuple[str | int, ...]


def read_items(file: Path, model: type[Item]) -> tuple[list[Item], list[str]]:
    """Reads a file that holds one item or a list of them.

    Returns:
        The items, and one line for each fault: file, line and column, dotted key, what is wrong and the cure.
    """
    try:
        text = file.read_text("utf-8-sig")
        written = json.loads(text) if file.suffix == ".json" else _loader().load(text)
    except OSError as error:
        return [], [f"{file}: can't be read: {error.strerror}"]
    except UnicodeDecodeError:
        return [], [f"{file}: is not UTF-8 text"]
    except json.JSONDecodeError as error:
        return [], [f"{file}:{error.lineno}:{error.colno}: is not valid JSON: {error.msg}"]
    except MarkedYAMLError as error:
        told: Any = error  # ruamel.yaml leaves its types out
        place = f":{told.problem_mark.line + 1}:{told.problem_mark.column + 1}" if told.problem_mark else ""
        return [], [f"{file}{place}: is not valid YAML: {told.problem}"]
    except (YAMLError, ValueError, RecursionError):
        return [], [f"{file}: is not valid {'JSON' if file.suffix == '.json' else 'YAML'}"]
    items: list[Item] = []
    faults: list[str] = []
    for index, item in enumerate(written if is_array(written) else [written]):
        try:
            items.append(model.model_validate(item))
        except ValidationError as error:
            at: Steps = (index,) if is_array(written) else ()
            faults += [
                _line(file, text, Finding((*at, *found.path), found.sentence))
                for found in findings(error, partial(keys_at, model), "a mapping")
            ]
    return items, faults


def _loader() -> Any:
    return YAML(typ="safe", pure=True)


def _line(file: Path, text: str, found: Finding) -> str:
    try:
        mark = _mark(_loader().compose(text), found.path)  # JSON is read as the YAML that it is
    except YAMLError:
        mark = None
    return f"{file}:{mark.line + 1}:{mark.column + 1}: {found}" if mark else f"{file}: {found}"


def _mark(node: Any, path: Steps) -> Any:
    """Where a key stands, or what is nearest around one that is missing; None in an empty file."""
    mark = node and node.start_mark
    for step in path:
        inside: dict[str | int, tuple[Any, Any]] = {}
        if isinstance(node, MappingNode):
            inside = {key.value: (key, value) for key, value in _parts(node)}
        elif isinstance(node, SequenceNode):
            inside = {index: (value, value) for index, value in enumerate(_parts(node))}
        if step not in inside:
            break
        key, node = inside[step]
        mark = key.start_mark
    return mark


def _parts(node: Any) -> Any:
    return node.value
