"""Data to an executable program, or to every fault of it, without touching a file or starting a process."""

import copy
from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.checks import CHECKS
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.program import Program
from httptask.dsl.program_builder import build_program
from httptask.dsl.structure import check_structure, read_definition

__all__ = ["Compiled", "compile_definition"]

_ABOUT_USE: Final = frozenset(
    {"unknown-authentication", "unknown-error", "unknown-secret", "unknown-timeout"}
)
"""What a fault under `use` brings about elsewhere."""
_NOTHING: Final = "${ null }"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a definition.

    Attributes:
        program: ready to run; None when there is an error among the faults.
        draft: the same with stand-ins for the parts at fault, good for further checks only.
        faults: errors and warnings.
    """

    program: Program | None
    draft: Program | None
    faults: list[Fault]


def compile_definition(data: Any) -> Compiled:
    """Compile a definition as JSON data.

    Everything is checked but whether jq accepts the expressions, for which a helper process is needed.
    """
    structure = check_structure(data)
    if structure.definition is None:
        return Compiled(None, None, structure.faults)
    unreadable: list[Fault] = []
    draft = build_program(structure.definition, structure.document, unreadable)
    if unreadable:
        draft = _without(unreadable, structure.document)
    found = [fault for check in CHECKS for fault in check(draft)]
    told = [*structure.faults, *unreadable]
    faults = list(dict.fromkeys([*told, *(fault for fault in found if not _is_consequence(fault, told))]))
    failed = any(fault.severity is Severity.ERROR for fault in faults)
    return Compiled(None if failed else draft, draft, faults)


def _is_consequence(fault: Fault, told: list[Fault]) -> bool:
    """Whether a check finds what a fault told already brings about."""
    if fault.code in _ABOUT_USE:
        return any(cause.pointer.startswith("/use") for cause in told)
    around = {
        "authentication": fault.pointer,
        "empty": fault.pointer,
        "unreachable": _list_of(fault.pointer),
    }.get(fault.code)
    return around is not None and any(cause.pointer.startswith(f"{around}/") for cause in told)


def _list_of(task: str) -> str:
    """Pointer of the list that a task is in: any of its tasks may have been meant to lead elsewhere."""
    return task.rsplit("/", 2)[0]


def _without(unreadable: list[Fault], document: dict[str, Any]) -> Program:
    """The program with a stand-in for each text whose expressions can't be read: the rest is checked."""
    sound = copy.deepcopy(document)
    for fault in unreadable:
        tokens = tokens_of(sound, fault.pointer)
        if isinstance(value_at(sound, tokens), str):
            value_at(sound, tokens[:-1])[tokens[-1]] = _NOTHING
    return build_program(read_definition(sound), sound, [])
