"""Names: what refers to a part under `use`, authentication policies, and variables of loops."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from httptask.authentication.check import policy_faults
from httptask.authentication.policy import Policy
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.dsl.durations import meant_duration
from httptask.dsl.faults import Fault, Severity, child_pointer
from httptask.dsl.functions import HttpArguments, HttpRequestArguments, MapArguments
from httptask.dsl.model import AuthenticationPolicy, Endpoint, ForTask, RaiseTask, Use
from httptask.dsl.program import Program, TaskNode

__all__ = ["check_names"]

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = frozenset(
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
        yield from _unknown("/timeout", "timeout", program.definition.timeout, use.timeouts)
    for node in program.nodes.values():
        task = node.task
        if isinstance(task.timeout, str):
            yield from _unknown(f"{node.pointer}/timeout", "timeout", task.timeout, use.timeouts)
        if isinstance(task, RaiseTask) and isinstance(task.raise_.error, str):
            yield from _unknown(f"{node.pointer}/raise/error", "error", task.raise_.error, use.errors)
        yield from _authentication_faults(node, use)
        yield from _loop_faults(node)


def _unknown(pointer: str, what: str, name: str, known: Collection[str]) -> Iterator[Fault]:
    if name not in known:
        meant = meant_duration(name) if what == "timeout" else None
        hint = (
            f"write timeout: {{ after: {meant} }}"
            if meant
            else hint_for_unknown(name, known, f"names under `use.{what}s`")
        )
        yield Fault(pointer, f"unknown-{what}", f"there is no {what} `{name}`", hint)


def _authentication_faults(node: TaskNode, use: Use) -> Iterator[Fault]:
    arguments = node.arguments
    endpoint = arguments.endpoint if isinstance(arguments, HttpArguments | HttpRequestArguments) else None
    if isinstance(endpoint, Endpoint) and endpoint.authentication is not None:
        pointer = f"{node.pointer}/with/endpoint/authentication"
        yield from _policy_faults(endpoint.authentication, pointer, use)


def _policy_faults(policy: Policy, pointer: str, use: Use) -> Iterator[Fault]:
    """A policy is exactly one of its kinds, and complete (dsl-reference.md, Authentication)."""
    faults = list(policy_faults(policy))
    for fault in faults:
        place = "/".join((pointer, *fault.path))
        yield Fault(place, fault.code, fault.message, fault.hint, at_key=bool(fault.path))
    if any(not fault.path for fault in faults):
        return
    [(scheme, settings)] = policy.given()
    if isinstance(policy, AuthenticationPolicy) and policy.use is not None:
        near = None if policy.use in use.authentications else closest(policy.use, use.authentications)
        if near is not None:
            message = f"`{policy.use}` is not under `use.authentications`, so it names a connection"
            hint = f"did you mean `{near}`?"
            yield Fault(f"{pointer}/use", "unknown-authentication", message, hint, Severity.WARNING)
    elif scheme != "certificate" and settings.use is not None and settings.use not in use.secrets:
        hint = hint_for_unknown(settings.use, use.secrets, "declared secrets")
        message = f"`{settings.use}` is not under `use.secrets`"
        yield Fault(f"{pointer}/{scheme}/use", "unknown-secret", message, hint)


def _loop_faults(node: TaskNode) -> Iterator[Fault]:
    if isinstance(node.task, ForTask):
        pointer, each, at = f"{node.pointer}/for", node.task.for_.each, node.task.for_.at
    elif isinstance(node.arguments, MapArguments):
        pointer, each, at = f"{node.pointer}/with", node.arguments.each, node.arguments.at
    else:
        return
    for key, name in (("each", each), ("at", at)):
        if not _VARIABLE.fullmatch(name):
            hint = "use letters, digits and `_`, and write the name without `$`"
            yield Fault(f"{pointer}/{key}", "variable-name", f"`{name}` can't be a variable's name", hint)
        elif name in _RESERVED:
            yield Fault(
                f"{pointer}/{key}", "variable-name", f"`${name}` exists already", "choose another name"
            )
        elif name in node.variables:
            message = f"`${name}` hides the variable of the loop around this one"
            yield Fault(
                f"{pointer}/{key}", "hidden-variable", message, "choose another name", Severity.WARNING
            )
    if each == at:
        yield Fault(
            f"{pointer}/at", "variable-name", f"item and index are both named `${at}`", "choose two names"
        )
