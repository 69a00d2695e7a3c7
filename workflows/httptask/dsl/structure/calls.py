"""Calls: which function, and whether its arguments are what it takes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.activities.allowed import OURS
from httptask.chat.check import check_body
from httptask.chat.faults import UNKNOWN_FIELD, Level
from httptask.chat.model_rules import Takes
from httptask.dsl.faults import Fault, Severity, child_pointer, pointer_of
from httptask.dsl.functions import (
    CHAT_EXTRA_ARGUMENTS,
    FUNCTIONS,
    UNSUPPORTED_CALLS,
    function_name,
)
from httptask.dsl.json_values import is_mapping
from httptask.dsl.model import CallTask
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.kinds import shown
from httptask.dsl.structure.locate import keys_of
from httptask.dsl.structure.nulls import null_faults
from httptask.dsl.structure.requests import request_faults
from httptask.dsl.structure.tasks import RawTask
from httptask.dsl.structure.unsupported import unsupported
from httptask.dsl.structure.validate import errors_of
from httptask.http.suggest import closest, hint_for_unknown

__all__ = ["argument_errors", "call_faults", "is_expression"]

_ANY_MODEL: Final[Mapping[str, Takes]] = {"*": {}}
"""What models take is told by the configuration, which is not at hand here."""


def argument_errors(task: RawTask) -> list[Found]:
    """Arguments that the called function doesn't take or takes in another form."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    model = FUNCTIONS.get(function_name(call)) if isinstance(call, str) else None
    if model is None or not is_mapping(arguments) or _misspells_with(task):
        return []
    return errors_of(model, arguments, (*task.tokens, "with"))


def _misspells_with(task: RawTask) -> bool:
    """Whether the arguments stand under a key that is reported already."""
    others = task.body.keys() - set(keys_of(CallTask))
    return "with" not in task.body and closest("with", sorted(others)) is not None


def call_faults(task: RawTask, rules: Level) -> Iterator[Fault]:
    """An unknown function, or a chat request that the API would refuse, as strictly as `rules` says."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    if not isinstance(call, str):
        return
    model = FUNCTIONS.get(function_name(call))
    if model is not None and is_mapping(arguments):
        yield from null_faults(model, arguments, (*task.tokens, "with"))
    pointer = pointer_of((*task.tokens, "call"))
    name = function_name(call)
    if name in UNSUPPORTED_CALLS:
        yield unsupported(pointer, f"call `{name}`", "call the service over HTTP with `call: httpRequest`")
    elif name not in FUNCTIONS:
        yield Fault(pointer, "unknown-function", f"unknown function {shown(call)}", _hint_for_function(call))
    elif _misspells_with(task):
        return
    elif name == "httpRequest" and is_mapping(arguments):
        yield from request_faults(pointer_of((*task.tokens, "with")), arguments)
    elif name == "chatCompletion" and is_mapping(arguments):
        yield from _chat_faults(pointer_of((*task.tokens, "with")), arguments, rules)
    elif name == "activity" and is_mapping(arguments):
        yield from _activity_faults(pointer_of((*task.tokens, "with")), arguments)


def _hint_for_function(call: str) -> str:
    name, _, version = call.partition(":")
    if version and name in FUNCTIONS:
        return f"write `{name}` or `{name}:1.0.0@default`"
    return hint_for_unknown(name, FUNCTIONS, "functions")


def _chat_faults(pointer: str, arguments: dict[str, Any], rules: Level) -> Iterator[Fault]:
    body = {key: value for key, value in arguments.items() if key not in CHAT_EXTRA_ARGUMENTS}
    misspelt = {key: near for key in body if (near := _meant_argument(key, arguments)) is not None}
    for key, near in misspelt.items():
        hint = f"did you mean `{near}`?"
        yield Fault(
            child_pointer(pointer, key), "unknown-key", f"unknown key {shown(key)}", hint, at_key=True
        )
    for fault in check_body(body, is_expression, level=rules, model_rules=_ANY_MODEL):
        if fault.pointer[1:] not in (*misspelt, *misspelt.values()):
            yield Fault(
                pointer + fault.pointer,
                "chat-request",
                fault.message,
                fault.hint,
                Severity(fault.severity),
                at_key=fault.rule == UNKNOWN_FIELD,
            )


def _activity_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    """Which activity is called has to be known before the run, for the worker to allow it."""
    type_, given = arguments.get("type"), arguments.get("arguments")
    at = child_pointer(pointer, "type")
    if isinstance(type_, str) and type_.startswith(OURS):
        hint = "write `call: httpRequest` or `call: chatCompletion`"
        yield Fault(at, "own-activity", f"{shown(type_)} is an activity of httptask", hint)
    elif is_expression(type_):
        hint = "write the name; `switch` chooses between several"
        yield Fault(at, "expression-not-here", "`type` is a name, not an expression", hint)
    if isinstance(given, str) and not is_expression(given):
        hint = 'write a list, such as ["${ .id }"], or an expression that yields one'
        yield Fault(child_pointer(pointer, "arguments"), "wrong-type", "`arguments` is not a list", hint)


def _meant_argument(key: str, arguments: dict[str, Any]) -> str | None:
    """The argument that a key misspells: the API has fields of its own, so only what is near counts."""
    known = {"model", "messages", *CHAT_EXTRA_ARGUMENTS}
    near = None if key in known else closest(key, sorted(known))
    return None if near in arguments else near


def is_expression(value: Any) -> bool:
    """Whether a value of a definition is known only when its task runs."""
    return isinstance(value, str) and "${" in value
