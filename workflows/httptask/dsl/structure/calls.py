"""Calls: which function, and whether its arguments are what it takes."""

from collections.abc import Iterator

from httptask.chat.models import Level
from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.diagnostics.words import quoted
from httptask.dsl.locate import keys_of
from httptask.dsl.model import CallTask
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.nulls import null_faults
from httptask.dsl.structure.tasks import RawTask
from httptask.dsl.structure.unsupported import unsupported
from httptask.dsl.structure.validate import errors_of
from httptask.dsl.tasks import CALLS, UNSUPPORTED_CALLS, function_name
from httptask.json.pointer import json_pointer
from httptask.json.types import is_object

__all__ = ["argument_errors", "call_faults"]


def argument_errors(task: RawTask) -> list[Found]:
    """Arguments that the called function doesn't take or takes in another form."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    kind = CALLS.get(function_name(call)) if isinstance(call, str) else None
    if kind is None or not is_object(arguments) or _misspells_with(task):
        return []
    return errors_of(kind.spec_model, arguments, (*task.tokens, "with"))


def _misspells_with(task: RawTask) -> bool:
    """Whether the arguments stand under a key that is reported already."""
    others = task.body.keys() - set(keys_of(CallTask))
    return "with" not in task.body and closest("with", sorted(others)) is not None


def call_faults(task: RawTask, rules: Level) -> Iterator[Fault]:
    """An unknown function, or arguments that its kind refuses: a chat request as strictly as `rules` says."""
    call, arguments = task.body.get("call"), task.body.get("with", {})
    if not isinstance(call, str):
        return
    name = function_name(call)
    kind = CALLS.get(name)
    pointer = json_pointer((*task.tokens, "call"))
    if name in UNSUPPORTED_CALLS:
        yield unsupported(pointer, f"call `{name}`", "call the service over HTTP with `call: httpRequest`")
    elif kind is None:
        yield Fault(pointer, "unknown-function", f"unknown function {quoted(call)}", _hint_for_function(call))
    elif is_object(arguments):
        at = (*task.tokens, "with")
        yield from null_faults(kind.spec_model, arguments, at)
        if not _misspells_with(task):
            yield from kind.argument_faults(json_pointer(at), arguments, rules)


def _hint_for_function(call: str) -> str:
    name, _, version = call.partition(":")
    if version and name in CALLS:
        return f"write `{name}` or `{name}:1.0.0@default`"
    return hint_for_unknown(name, CALLS, "functions")
