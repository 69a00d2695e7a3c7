"""Names: what refers to a part under `use`, authentication policies, and variables of loops."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from httptask.authentication.check import policy_faults
from httptask.authentication.policy import Policy
from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_misspelt, hint_for_unknown
from httptask.dsl.durations import meant_duration
from httptask.dsl.expressions import has_expression
from httptask.dsl.model import AuthenticationPolicy, Use
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import WHY_NOT_FROM_DATA, TaskNode
from httptask.json.pointer import child_pointer

__all__ = ["RESERVED_VARIABLES", "check_names"]

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED_VARIABLES: Final = frozenset(
    {
        "authorization",
        "context",
        "input",
        "output",
        "runtime",
        "secrets",
        "task",
        "tasks",
        "workflow",
        "ENV",
        "__loc__",
    }
)


def check_names(program: Program) -> Iterator[Fault]:
    """Find names that refer to nothing, incomplete policies, and loop variables that hide others."""
    use = program.definition.use
    for name, policy in use.authentications.items():
        yield from _policy_faults(policy, child_pointer("/use/authentications", name), use)
    if isinstance(program.definition.timeout, str):
        yield from _unknown_timeout("/timeout", program.definition.timeout, use.timeouts)
    for node in program.nodes.values():
        task = node.task
        if isinstance(task.timeout, str):
            yield from _unknown_timeout(f"{node.pointer}/timeout", task.timeout, use.timeouts)
        for pointer, policy in node.kind.policies(node).items():
            yield from _policy_faults(policy, pointer, use)
        yield from _connection_faults(node)
        for body in node.bodies:
            yield from _variable_faults(node, body.variables)


def _unknown_timeout(pointer: str, name: str, known: Collection[str]) -> Iterator[Fault]:
    if name not in known:
        meant = meant_duration(name)
        hint = (
            f"write timeout: {{ after: {meant} }}"
            if meant
            else hint_for_unknown(name, known, "names under `use.timeouts`")
        )
        yield Fault(pointer, "unknown-timeout", f"there is no timeout `{name}`", hint)


def _connection_faults(node: TaskNode) -> Iterator[Fault]:
    for pointer, name in node.connections:
        if has_expression(name):
            message = f"the name of a connection is no expression: {WHY_NOT_FROM_DATA}"
            hint = "write the name out; `switch` chooses between tasks with different ones"
            yield Fault(pointer, "server-from-data", message, hint)


def _policy_faults(policy: Policy, pointer: str, use: Use) -> Iterator[Fault]:
    """A policy is exactly one of its kinds, and complete (dsl-reference.md, Authentication)."""
    faults = list(policy_faults(policy))
    for fault in faults:
        at = pointer + fault.pointer
        yield TextFault(at, fault.code, fault.message, fault.hint, fault.severity, at_key=bool(fault.pointer))
    if any(not fault.pointer for fault in faults):
        return
    [(scheme, settings)] = policy.given()
    if isinstance(policy, AuthenticationPolicy) and policy.use is not None:
        known = use.authentications
        hint = None if policy.use in known else hint_for_misspelt(policy.use, known)
        if hint is not None:
            message = f"`{policy.use}` is not under `use.authentications`, so it names a connection"
            yield Fault(f"{pointer}/use", "unknown-authentication", message, hint, Severity.WARNING)
    elif scheme != "certificate" and settings.use is not None and settings.use not in use.secrets:
        hint = hint_for_unknown(settings.use, use.secrets, "declared secrets")
        message = f"`{settings.use}` is not under `use.secrets`"
        yield Fault(f"{pointer}/{scheme}/use", "unknown-secret", message, hint)


def _variable_faults(node: TaskNode, variables: Mapping[str, str]) -> Iterator[Fault]:
    """Variables that a task binds for the tasks inside it, by the pointers of where they are named."""
    seen: set[str] = set()
    for pointer, name in variables.items():
        if not _VARIABLE.fullmatch(name):
            hint = "use letters, digits and `_`, and write the name without `$`"
            yield Fault(pointer, "variable-name", f"`{name}` can't be a variable's name", hint)
        elif name in RESERVED_VARIABLES:
            yield Fault(pointer, "variable-name", f"`${name}` exists already", "choose another name")
        elif name in node.variables and not node.kind.catches:  # the innermost error is the one that counts
            message = f"`${name}` hides the variable of the loop around this one"
            yield Fault(pointer, "hidden-variable", message, "choose another name", Severity.WARNING)
        if name in seen:
            message = f"item and index are both named `${name}`"
            yield Fault(pointer, "variable-name", message, "choose two names")
        seen.add(name)
