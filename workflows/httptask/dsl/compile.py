"""Data to an executable program, or to every fault of it, without touching a file or starting a process."""

import copy
from dataclasses import dataclass, replace
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.checks import CHECKS
from httptask.dsl.definition import Definition
from httptask.dsl.expressions import Expression
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.model import CallTask
from httptask.dsl.program import Program
from httptask.dsl.program_builder import build_program
from httptask.dsl.structure import check_structure, read_definition, uncalled_functions

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
        faults: errors and warnings, each at the place where it is written.
        expressions: all that can be read, with their places.
    """

    program: Program | None
    draft: Program | None
    faults: list[Fault]
    expressions: tuple[Expression, ...] = ()


def compile_definition(data: Any) -> Compiled:
    """Compile a definition as JSON data.

    Everything is checked but whether jq accepts the expressions, for which a helper process is needed.
    """
    structure = check_structure(data)
    if structure.definition is None:
        return Compiled(None, None, structure.faults)
    unreadable: list[Fault] = []
    programs = _programs(structure.definition, structure.document, unreadable)
    if unreadable:
        sound = _without(unreadable, structure.document)
        programs = _programs(read_definition(sound), sound, [])
    found = [
        replace(fault, pointer=program.written_at(fault.pointer))
        for program in programs
        for check in CHECKS
        for fault in check(program)
        if program is programs[0] or program.written_at(fault.pointer) != fault.pointer
    ]
    told = [*structure.faults, *unreadable]
    faults = list(dict.fromkeys([*told, *(fault for fault in found if not _is_consequence(fault, told))]))
    failed = any(fault.severity is Severity.ERROR for fault in faults)
    expressions = (
        replace(use.expression, pointer=program.written_at(use.pointer))
        for program in programs
        for use in program.uses
    )
    return Compiled(None if failed else programs[0], programs[0], faults, tuple(dict.fromkeys(expressions)))


def _programs(definition: Definition, document: dict[str, Any], unreadable: list[Fault]) -> list[Program]:
    """The program of a definition; and, for checks only, one of the functions that nothing calls."""
    found: list[Fault] = []
    programs = [build_program(definition, document, found)]
    unreadable += (replace(fault, pointer=programs[0].written_at(fault.pointer)) for fault in found)
    uncalled = uncalled_functions(document)
    if uncalled:
        calls = tuple({name: CallTask(call=name)} for name in uncalled)
        of_calls = definition.model_copy(update={"input": None, "do": calls, "timeout": None, "output": None})
        found = []
        programs.append(build_program(of_calls, document, found))
        unreadable += (replace(fault, pointer=programs[1].written_at(fault.pointer)) for fault in found)
    return programs


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


def _without(unreadable: list[Fault], document: dict[str, Any]) -> dict[str, Any]:
    """The document with a stand-in for each text whose expressions can't be read: the rest is checked."""
    sound = copy.deepcopy(document)
    for fault in unreadable:
        tokens = tokens_of(sound, fault.pointer)
        if isinstance(value_at(sound, tokens), str):
            value_at(sound, tokens[:-1])[tokens[-1]] = _NOTHING
    return sound
