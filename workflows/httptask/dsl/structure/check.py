"""From data to a `Definition`, or to every fault of its structure."""

import copy
import json
import math
from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.words import wrong_kind
from httptask.dsl.bounds import MAX_DEPTH, MAX_TASKS
from httptask.dsl.definition import Definition
from httptask.dsl.metadata import rules_level
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.functions import calls_in_circle, unfolds_too_far
from httptask.dsl.structure.indentation import indented
from httptask.dsl.structure.messages import fault_of
from httptask.dsl.structure.nulls import null_faults
from httptask.dsl.structure.repair import put_task, repair
from httptask.dsl.structure.tasks import argument_errors, call_faults, list_faults, raw_tasks
from httptask.dsl.structure.unsupported import other_document
from httptask.dsl.structure.validate import errors_of
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["Structure", "check_structure", "read_definition"]

_MOST_ROUNDS: Final = 8
"""One round repairs every error that is visible; a repair can uncover another one beneath."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the data says.

    Attributes:
        definition: with stand-ins for the parts at fault; None when too little is left.
        document: the data that `definition` was made from.
    """

    definition: Definition | None
    document: dict[str, Any]
    faults: list[Fault]


def check_structure(data: Any) -> Structure:
    """Find every fault of the structure, and make a definition of what is sound."""
    fault = _plain_fault(data) or other_document(data) or _too_many_tasks(data)
    if fault is not None:
        return Structure(None, {}, [fault])
    data, faults = indented(data)
    faults += [fault_of(found) for found in _errors(data)]
    faults += null_faults(Definition, data)
    faults += list_faults(data)
    document = data.get("document")
    of_document = document.get("metadata") if is_object(document) else None
    use = data.get("use")
    for task in raw_tasks(data):
        rules = rules_level(task.body.get("metadata"), of_document)
        faults += call_faults(task, rules, use if is_object(use) else {})
    circles = list(calls_in_circle(data))
    faults += (fault for _, fault in circles)
    repaired = copy.deepcopy(data) if faults else data
    for tokens, _ in circles:
        put_task(repaired, tokens)
    if (fault := unfolds_too_far(repaired)) is not None:
        return Structure(None, {}, [*faults, fault])
    return Structure(_sound(repaired), repaired, faults)


def _too_many_tasks(data: dict[str, Any]) -> Fault | None:
    if sum(1 for _ in raw_tasks(data)) <= MAX_TASKS:
        return None
    message = f"the definition has more than {MAX_TASKS} tasks"
    return TextFault("/do", "too-many-tasks", message, "loop over data with `for` or `map`", at_key=True)


def read_definition(data: dict[str, Any]) -> Definition:
    """The definition that sound data is; read as JSON, for pydantic then takes lists for tuples, strictly."""
    return Definition.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)


def _errors(data: dict[str, Any]) -> list[Found]:
    errors = errors_of(Definition, data)
    for task in raw_tasks(data):
        errors += argument_errors(task)
    return errors


def _sound(data: dict[str, Any]) -> Definition | None:
    for _ in range(_MOST_ROUNDS):
        errors = _errors(data)
        if not errors:
            return read_definition(data)
        for found in errors:
            repair(data, found)
    return None


def _plain_fault(data: Any) -> Fault | None:
    """The reason why data can't be a definition at all, if there is one: not all of it comes through the loader."""
    if not is_object(data):
        message = wrong_kind("the definition", data, "an object with `document` and `do`")
        return Fault("", "wrong-type", message, "begin with `document:`")
    pending: list[tuple[Any, str, int]] = [(data, "", 1)]
    while pending:
        value, pointer, depth = pending.pop()
        if depth > MAX_DEPTH:
            return Fault(pointer, "too-deep", f"nested deeper than {MAX_DEPTH} levels", "flatten this part")
        if not _is_json(value):
            hint = "write text, numbers, true, false, null, lists and objects"
            return Fault(pointer, "not-json", "JSON can't hold this value", hint)
        children = value.items() if is_object(value) else enumerate(value) if is_array(value) else ()
        pending += [(child, child_pointer(pointer, key), depth + 1) for key, child in children]
    return None


def _is_json(value: Any) -> bool:
    match value:
        case str():
            return _is_unicode(value)
        case float():
            return math.isfinite(value)
        case dict():
            return _has_text_keys(value)
        case _:
            return value is None or isinstance(value, bool | int | list)


def _has_text_keys(mapping: Any) -> bool:
    return all(isinstance(key, str) and _is_unicode(key) for key in mapping)


def _is_unicode(text: str) -> bool:
    """Half a surrogate pair can't be written as UTF-8."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
