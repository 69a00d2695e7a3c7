"""Variables and `$tasks`: whether an expression can see what it names; variables of other tools.

dsl.md, "Runtime expression arguments", says which expression sees which argument; loops add theirs, and this
runtime adds `$tasks`.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_misspelt, hint_for_unknown
from httptask.dsl.checks.places import offset_in
from httptask.dsl.expression_parts import ExpressionUse, Place
from httptask.dsl.expressions import TemplateText
from httptask.dsl.program import Program, Scope, resolve_scope
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["check_placeholders", "check_references", "reference_faults"]

_EVERYWHERE: Final = frozenset({"workflow", "runtime"})
_BEFORE_INPUT: Final = _EVERYWHERE | {"context", "task", "tasks"}
_IN_TASK: Final = _BEFORE_INPUT | {"input", "authorization"}
_ARGUMENTS: Final[dict[Place, frozenset[str]]] = {
    "workflow-input": _EVERYWHERE,
    "workflow-output": _EVERYWHERE | {"context", "tasks"},
    "if": _BEFORE_INPUT,
    "input": _BEFORE_INPUT,
    "definition": _IN_TASK,
    "while": _IN_TASK,
    "event": frozenset({"event"}),
    "filter": _IN_TASK,
    "page": _IN_TASK | {"response"},
    "output": _IN_TASK,
    "export": _IN_TASK | {"output"},
}
_PLACES: Final[dict[Place, str]] = {
    "workflow-input": "the workflow's `input.from` and `timeout`",
    "workflow-output": "the workflow's `output.as`",
    "if": "`if`",
    "input": "`input.from`",
    "definition": "a task's own fields",
    "while": "a task's own fields",
    "event": "an expression on the events of a stream",
    "filter": "a filter of events",
    "page": "an expression on a page",
    "output": "`output.as`",
    "export": "`export.as`",
}
_INSTEAD: Final = {
    "input": "here `.` is the input before `input.from`",
    "output": "here `.` is the output; `$output` is for `export.as`",
    "context": "`$context` begins with the first task; here `.` is the workflow's input",
    "tasks": "no task has run yet",
    "task": "there is no task here",
    "authorization": "only a task's own fields, `output.as` and `export.as` see `$authorization`",
}
_OF_FUNCTIONS: Final = "a function sees its arguments and its own tasks only"
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([$.\w]*\w)\s*\}\}")
_UNWRAPPED: Final = re.compile(r"\$(?:context|input|secrets|tasks|workflow)\.\w+(?:\.\w+|\[\d*\])*")
"""An expression without its `${ }`."""
"""Of other tools."""


def _visible_variables(program: Program, use: ExpressionUse) -> frozenset[str]:
    """Names of the variables that an expression can see, without `$`."""
    variables = _ARGUMENTS[use.place] | use.variables
    if use.task is None or use.place == "event":
        return variables
    return variables | program.nodes[use.task].variables


def check_references(program: Program) -> Iterator[Fault]:
    """Find variables that don't exist at their place, and tasks whose output can't be read there."""
    for use in program.uses:
        yield from reference_faults(program, use)


def reference_faults(program: Program, use: ExpressionUse) -> Iterator[Fault]:
    """Find them in one expression."""
    visible = _visible_variables(program, use)
    for name in sorted(use.expression.variables - visible - {"secrets"}):
        yield _unknown_variable(program, use, name, visible)
    if "output" in use.expression.keys_of("task") and use.place not in ("output", "export"):
        message, hint = "`$task.output` is not there yet", "`output.as` and `export.as` see it"
        at = offset_in(use.expression, "$task.output")
        yield TextFault(use.pointer, "variable-not-here", message, hint, offset=at)
    if "tasks" in visible:
        scope = "" if use.task is None else program.nodes[use.task].scope
        for name in dict.fromkeys(filter(None, use.expression.keys_of("tasks"))):
            yield from _task_faults(program, use, scope, name)


def _unknown_variable(program: Program, use: ExpressionUse, name: str, visible: frozenset[str]) -> Fault:
    at = offset_in(use.expression, f"${name}")
    loops = [
        node for node in program.nodes.values() for body in node.bodies if name in body.variables.values()
    ]
    around = [node for node in loops if (use.task or "").startswith(f"{node.pointer}/")]
    loop = next(iter([*reversed(around), *loops]), None)
    if use.place == "event":
        message = f"`${name}` is not available in an expression on events"
        hint = "it sees `.`, the data of an event, and `$event` with `type` and `id`; `output.as` sees the others"
        return TextFault(use.pointer, "variable-not-here", message, hint, offset=at)
    call = None if use.task is None else program.call_around(program.nodes[use.task])
    if call is not None and name in call.variables:
        message = f"`${name}` can't be read here: {_OF_FUNCTIONS}"
        hint = f"give it to the function as an argument: with: {{ {name}: '${{ ${name} }}' }}"
        return TextFault(use.pointer, "variable-not-here", message, hint, offset=at)
    if name in _INSTEAD:
        message = f"`${name}` is not available in {_PLACES[use.place]}"
        return TextFault(use.pointer, "variable-not-here", message, _INSTEAD[name], offset=at)
    if loop is not None:
        message = f"`${name}` exists only inside the loop `{loop.name}`"
        hint = f"use the loop's output: `$tasks.{loop.name}`"
        if loop.kind.catches:
            message = f"`${name}` exists only in `catch` of `{loop.name}`"
            hint = f"make what is needed of it the output of `catch.do`: `$tasks.{loop.name}`"
        return TextFault(use.pointer, "variable-not-here", message, hint, offset=at)
    if "tasks" in visible and any(name == node.name for node in program.nodes.values()):
        message = f"unknown variable `${name}`: it is the name of a task"
        return TextFault(use.pointer, "unknown-variable", message, f"write `$tasks.{name}`", offset=at)
    tasks = {node.name for node in program.nodes.values()}
    read = next((key for key in use.expression.keys_of(name) if key in tasks), None)
    if read is not None and "tasks" in visible:
        message = f"unknown variable `${name}`"
        return TextFault(use.pointer, "unknown-variable", message, f"write `$tasks.{read}`", offset=at)
    hint = hint_for_misspelt(f"${name}", ["$secrets"]) or hint_for_unknown(
        f"${name}", [f"${known}" for known in sorted(visible)], "variables here"
    )
    return TextFault(use.pointer, "unknown-variable", f"unknown variable `${name}`", hint, offset=at)


def _task_faults(program: Program, use: ExpressionUse, scope: str, name: str) -> Iterator[Fault]:
    found = program.resolve_task(scope, name)
    if found is None:
        yield _unknown_task(program, use, scope, name)
    elif len(found.names[name]) > 1:
        places = " and ".join(map(program.written_at, found.names[name][:2]))
        message = f"`$tasks.{name}` could be either of two tasks: {places}"
        yield TextFault(
            use.pointer,
            "ambiguous-task",
            message,
            "give one of them another name",
            offset=_at(use, name),
        )


def _is_seen_around(program: Program, scope: str, name: str) -> bool:
    """Whether a scope around that of a function has a task of that name."""
    closed = next((found for found in _chain(program, scope) if found.is_closed), None)
    if closed is None or closed.parent is None:
        return False
    return resolve_scope(program.scopes, closed.parent, name) is not None or _is_seen_around(
        program, closed.parent, name
    )


def _unknown_task(program: Program, use: ExpressionUse, scope: str, name: str) -> Fault:
    at = _at(use, name)
    if _is_seen_around(program, scope, name):
        message = f"`$tasks.{name}` can't be read here: {_OF_FUNCTIONS}"
        hint = f"give it to the function as an argument: with: {{ {name}: '${{ $tasks.{name} }}' }}"
        return TextFault(use.pointer, "task-not-visible", message, hint, offset=at)
    inner = next((other for other in program.scopes.values() if name in other.names), None)
    if inner is not None and inner.task is not None:
        around = program.nodes[inner.task]
        body = next(body for body in around.bodies if body.scope == inner.pointer)
        runs = "a function of its own" if body.is_function else body.runs
        message = f"`$tasks.{name}` can't be read here: it runs inside `{around.name}`, {runs}"
        hint = f"read what comes of it: `$tasks.{around.name}{body.output}`"
        if (
            body.is_branch
            and not body.is_function
            and use.task is not None
            and use.task.startswith(f"{around.pointer}/")
        ):
            read = f"$tasks.{around.name}{body.output}"
            hint = f"branches don't see each other: read it behind `{around.name}`, as `{read}`"
        return TextFault(use.pointer, "task-not-visible", message, hint, offset=at)
    names = [known for seen in _chain(program, scope) for known in seen.names]
    hint = hint_for_unknown(name, names, "tasks that can be read here")
    return TextFault(use.pointer, "unknown-task", f"`$tasks.{name}` names no task", hint, offset=at)


def _at(use: ExpressionUse, name: str) -> int:
    return offset_in(use.expression, f"$tasks.{name}")


def _chain(program: Program, scope: str) -> Iterator[Scope]:
    """The scopes that are seen in one, itself first."""
    current: str | None = scope
    while current is not None:
        found = program.scopes[current]
        yield found
        current = None if found.is_closed else found.parent


def check_placeholders(program: Program) -> Iterator[Fault]:
    """Find what is filled in elsewhere, `{{name}}` or `$tasks.name`, and sent as it stands here.

    In an address the first is an error.
    """
    for use in program.templates:
        if use.pointer == f"{use.task}/with":
            yield from _placeholders(use.pointer, use.template.value)


def _placeholders(pointer: str, value: Any) -> Iterator[Fault]:
    if is_object(value):
        for key, inner in value.items():
            yield from _placeholders(child_pointer(pointer, key), inner)
    elif is_array(value):
        for index, inner in enumerate(value):
            yield from _placeholders(child_pointer(pointer, index), inner)
    for part in value.parts if isinstance(value, TemplateText) else (value,):
        if not isinstance(part, str):
            continue
        if (found := _PLACEHOLDER.search(part)) is not None:
            meant = f".{found[1].lstrip('$.').removeprefix('json.')}"
        elif (found := _UNWRAPPED.search(part)) is not None:
            meant = found[0]
        else:
            continue
        message = f"`{found[0]}` is sent as it stands"
        yield Fault(
            pointer, "no-variable", message, f"if it is a variable, write `${{ {meant} }}`", Severity.WARNING
        )
        return
