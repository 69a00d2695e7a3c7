"""Calls: which function, and whether its arguments are what it takes."""

from collections.abc import Iterator
from typing import Any

from httptask.activities.allowance import OURS
from httptask.chat.faults import Level
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.dsl.faults import Fault, child_pointer
from httptask.dsl.functions import (
    FUNCTIONS,
    UNSUPPORTED_CALLS,
    function_name,
)
from httptask.dsl.model import CallTask
from httptask.dsl.structure.chat import chat_faults, is_expression
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.kinds import shown
from httptask.dsl.structure.locate import keys_of
from httptask.dsl.structure.nulls import null_faults
from httptask.dsl.structure.requests import request_faults
from httptask.dsl.structure.tasks import RawTask
from httptask.dsl.structure.unsupported import unsupported
from httptask.dsl.structure.validate import errors_of
from httptask.json.pointer import json_pointer
from httptask.json.types import is_object

__all__ = ["argument_errors", "call_faults", "is_expression"]


def argument_errors(task: RawTask) -> list[Found]:
    """Arguments that the called function doesn't take or takes in another form."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    model = FUNCTIONS.get(function_name(call)) if isinstance(call, str) else None
    if model is None or not is_object(arguments) or _misspells_with(task):
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
    if model is not None and is_object(arguments):
        yield from null_faults(model, arguments, (*task.tokens, "with"))
    pointer = json_pointer((*task.tokens, "call"))
    name = function_name(call)
    if name in UNSUPPORTED_CALLS:
        yield unsupported(pointer, f"call `{name}`", "call the service over HTTP with `call: httpRequest`")
    elif name not in FUNCTIONS:
        yield Fault(pointer, "unknown-function", f"unknown function {shown(call)}", _hint_for_function(call))
    elif _misspells_with(task):
        return
    elif name == "httpRequest" and is_object(arguments):
        yield from request_faults(json_pointer((*task.tokens, "with")), arguments)
    elif name == "chatCompletion" and is_object(arguments):
        yield from chat_faults(json_pointer((*task.tokens, "with")), arguments, rules)
    elif name == "activity" and is_object(arguments):
        yield from _activity_faults(json_pointer((*task.tokens, "with")), arguments)


def _hint_for_function(call: str) -> str:
    name, _, version = call.partition(":")
    if version and name in FUNCTIONS:
        return f"write `{name}` or `{name}:1.0.0@default`"
    return hint_for_unknown(name, FUNCTIONS, "functions")


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
