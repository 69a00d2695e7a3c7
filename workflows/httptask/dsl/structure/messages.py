"""One pydantic error in words of ours."""

import json
import re
from typing import Any, Final

from pydantic import BaseModel

from httptask.diagnostics.attribute_docs import attribute_docs
from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import closest, hint_for_misspelt, hint_for_unknown
from httptask.diagnostics.words import Kind, kind_of_type, name_of, quoted, wrong_kind
from httptask.dsl.durations import meant_duration
from httptask.dsl.key_synonyms import elsewhere, meant_key
from httptask.dsl.locate import keys_of
from httptask.dsl.model import Document, TaskBase, Timeout
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.item_lists import ITEM_LISTS
from httptask.dsl.structure.unsupported import unsupported_key
from httptask.dsl.tasks import KEYWORDS
from httptask.dsl.tasks.try_catch import meant_in_catch
from httptask.json.pointer import child_pointer, json_pointer
from httptask.json.types import is_array, is_number, is_object

__all__ = ["fault_of"]

_FORMS: Final = {
    "link": ("a relation type", "write the text that stands behind `rel=`, such as `next`"),
    "body": ("a JSON Pointer", "write `/` before each key, such as `/variables/after`"),
    "parameter": ("the name of a query parameter", "write it as it stands in the URL"),
    "dsl": ("a version of the standard that this version of httptask runs", 'write "1.0.3"'),
    "version": ("a semantic version", 'write three numbers in quotes, like "1.0.0"'),
    "namespace": ("a name", "use letters, digits and `-`, at most 63"),
    "name": ("a name", "use letters, digits and `-`, at most 63"),
}
_EXPRESSIONS: Final = frozenset({"as", "exceptWhen", "from", "if", "in", "items", "until", "when", "while"})
_LONGEST_LITERAL: Final = 60
_DURATIONS: Final = frozenset({"after", "delay", "duration", "every", "interval", "timeout", "wait"})
_TYPES: Final = {
    "string_type": Kind.TEXT,
    "int_type": Kind.WHOLE_NUMBER,
    "float_type": Kind.NUMBER,
    "bool_type": Kind.BOOLEAN,
    "tuple_type": Kind.LIST,
    "list_type": Kind.LIST,
}
_UNQUOTED: Final[dict[str, str]] = {
    Kind.BOOLEAN: "`true` or `false`",
    Kind.WHOLE_NUMBER: "digits",
    Kind.NUMBER: "digits",
}
_KINDS_OF_TASK: Final = ", ".join(f"`{keyword}`" for keyword in KEYWORDS)
_ITEM_LIST_KEYS: Final = frozenset(each.path[-1] for each in ITEM_LISTS)


def fault_of(found: Found) -> Fault:
    """The fault that an error stands for."""
    match found.kind:
        case "extra_forbidden":
            return _unknown_key(found)
        case "missing":
            return _missing_key(found)
        case "union_tag_not_found":
            return _not_a_task(found)
        case "string_pattern_mismatch":
            what, hint = _FORMS.get(
                found.key, ("a status", 'write a number (404) or a class of them ("2xx")')
            )
            return Fault(found.pointer, "wrong-form", f"{quoted(str(found.value))} is not {what}", hint)
        case "literal_error":
            return _unknown_choice(found)
        case "too_short":
            return TextFault(
                found.pointer, "empty", f"`{found.key}` is empty", "write at least one item", at_key=True
            )
        case "greater_than_equal" | "less_than_equal":
            return _out_of_bounds(found)
        case _:
            return _wrong_type(found)


def _unknown_key(found: Found) -> Fault:
    owner, key = found.location.owner, found.key
    refused = unsupported_key(found.pointer, owner, key)
    if refused is not None:
        return refused
    if owner is not None and issubclass(owner, TaskBase) and key in KEYWORDS:
        message, hint = (
            f"the task has a second keyword, `{key}`",
            "one task does one thing: make them two tasks",
        )
        return TextFault(found.pointer, "two-keywords", message, hint, at_key=True)
    known = keys_of(owner) if owner is not None else ()
    hint = hint_for_unknown(key, known, "keys that may stand here")
    if closest(key, known) is None:
        hint = _hint_for_other_name(found, known) or hint
    return TextFault(found.pointer, "unknown-key", f"unknown key {quoted(key)}", hint, at_key=True)


def _hint_for_other_name(found: Found, known: tuple[str, ...]) -> str | None:
    """What somebody meant who knows the key from elsewhere, or from another call."""
    owner, key = found.location.owner, found.key
    if owner is not None and issubclass(owner, TaskBase):
        if key in ("catch", "onError"):
            return "put the task into a `try`: { try: [ { NAME: … } ], catch: { do: [ … ] } }"
        if "retr" in key.lower():
            return elsewhere(key)
    if owner is not None and (meant := meant_in_catch(owner, key)) is not None:
        return meant
    if owner is Timeout and meant_key(key, known) is not None:
        return f"write after: {{ {key}: … }}"
    kind = found.called
    return None if kind is None or owner is not kind.spec_model else kind.hint_for_argument(key)


def _missing_key(found: Found) -> Fault:
    owner, key = found.location.owner, found.key
    about = None if owner is None else _docstring(owner, key)
    hint = f"add `{key}`: {about}" if about else f"add `{key}`"
    container = name_of(found.tokens[:-1]) if len(found.tokens) > 1 else "the definition"
    kind = found.called
    if kind is not None and len(found.location.tokens) == 1:
        container = f"`call: {kind.function}`"
    return TextFault(
        json_pointer(found.tokens[:-1]), "missing-key", f"{container} has no `{key}`", hint, at_key=True
    )


def _docstring(owner: type[BaseModel], key: str) -> str | None:
    """What the owner of a key says about it."""
    names = (name for name, field in owner.model_fields.items() if key in (field.alias, name))
    return attribute_docs(owner).get(next(names, ""))


def _not_a_task(found: Found) -> Fault:
    task: Any = found.value
    if not is_object(task):
        message = wrong_kind(f"the task `{found.key}`", task, Kind.OBJECT)
        return TextFault(
            found.pointer, "wrong-type", message, f"write what it does: {_KINDS_OF_TASK}", at_key=True
        )
    for key in task:
        hint = None if key in keys_of(TaskBase) else hint_for_misspelt(key, KEYWORDS)
        if hint is not None:
            place = child_pointer(found.pointer, key)
            return TextFault(place, "unknown-key", f"unknown key `{key}`", hint, at_key=True)
    message = f"the task `{found.key}` doesn't say what it does"
    return TextFault(found.pointer, "no-keyword", message, f"add one of {_KINDS_OF_TASK}", at_key=True)


def _unknown_choice(found: Found) -> Fault:
    choices = re.findall(r"'([^']*)'", str(found.error.get("ctx", {}).get("expected", "")))
    hint = hint_for_unknown(str(found.value), choices, "allowed")
    return Fault(found.pointer, "unknown-choice", f"`{found.key}` can't be {quoted(found.value)}", hint)


def _out_of_bounds(found: Found) -> Fault:
    bounds = found.error.get("ctx", {})
    limit = f"at least {bounds['ge']}" if "ge" in bounds else f"at most {bounds['le']}"
    return Fault(
        found.pointer, "out-of-bounds", f"{name_of(found.tokens)} is {found.value}", f"it must be {limit}"
    )


def _wrong_type(found: Found) -> Fault:
    if found.tokens[-2:-1] and found.tokens[-2] in _ITEM_LIST_KEYS:
        hint = "write `- NAME:` and under it what it does"
        return Fault(
            found.pointer, "wrong-type", wrong_kind("this item", found.value, "a name with an object"), hint
        )
    expected = _expected(found)
    message = wrong_kind(name_of(found.tokens), found.value, expected)
    return Fault(found.pointer, "wrong-type", message, _hint_for_type(found, expected))


def _expected(found: Found) -> str:
    """What may stand there: all the alternatives, where a union took none."""
    if found.alternatives:
        return " or ".join(dict.fromkeys(kind_of_type(member) for member in found.alternatives))
    return _TYPES.get(found.kind, Kind.OBJECT)


def _hint_for_type(found: Found, expected: str) -> str | None:
    owner, value = found.location.owner, found.value
    meant = None if owner is None else meant_in_catch(owner, found.key)
    if meant is not None:
        return meant
    kind = found.called
    of_kind = None if kind is None else kind.hint_for_value(found.location.tokens, value)
    if of_kind is not None:
        return of_kind
    if owner is Document and is_number(value):
        return f'write three numbers in quotes: {found.key}: "{_three_numbers(value)}"'
    if found.key in _DURATIONS and (meant := meant_duration(value)) is not None:
        return f"write {{ after: {meant} }}" if found.key == "timeout" else f"write {meant}"
    if value is None:
        return "give it a value, or remove the key"
    if found.key in _EXPRESSIONS and (is_array(value) or is_object(value)):
        return f"write an expression: {found.key}: '${{ {_literal(value)} }}'"
    if expected == Kind.TEXT and isinstance(value, bool | int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'quote it: {found.key}: "{text}"'
    if expected in _UNQUOTED and isinstance(value, str):
        return (
            "an expression can't stand here"
            if "${" in value
            else f"write {_UNQUOTED[expected]}, without quotes"
        )
    return "write the items as a list" if expected == Kind.LIST else None


def _literal(value: Any) -> str:
    literal = json.dumps(value, ensure_ascii=False)
    return literal if len(literal) <= _LONGEST_LITERAL and "'" not in literal else "…"


def _three_numbers(value: float) -> str:
    return ".".join([*str(value).split("."), "0", "0"][:3])
