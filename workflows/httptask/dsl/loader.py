"""A definition's text to a program that can run, or to everything that is wrong with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.dsl.bounds import MAX_BYTES
from httptask.dsl.compile import Compiled, compile_definition
from httptask.dsl.expressions import Expression, ExpressionsBusy
from httptask.dsl.program import Program
from httptask.dsl.report import Report
from httptask.dsl.yaml import Place, Positions, read_yaml
from httptask.http.files import files_in

__all__ = ["Loaded", "definition_files_in", "jq_faults", "load_file", "load_text", "place_of"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file.

    Attributes:
        name: the file's path as given.
        data: the definition as JSON data; None when it can't be read.
        program: ready to run; None when there is an error among the reports.
        draft: the same with stand-ins for the parts at fault, good for further checks only.
        reports: errors and warnings in the order of the text.
        positions: where the parts of `data` stand in `text`.
    """

    name: str
    text: str
    data: Any
    program: Program | None
    draft: Program | None
    reports: list[Report]
    positions: Positions

    def report(self, faults: Iterable[Fault]) -> list[Report]:
        """Further faults of this definition, with their places, in the order of the text."""
        return _sorted(Report.of(self.name, place_of(self.positions, fault), fault) for fault in faults)


def definition_files_in(folder: Path) -> list[Path]:
    """The definitions of a folder, without their tests and what its folders hold."""
    return [file for file in files_in(folder, (".yaml", ".yml")) if not file.stem.endswith(".test")]


def load_file(path: Path) -> Loaded:
    """Load a YAML or JSON file. Whatever is wrong is among the reports, even that it can't be read."""
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return load_text(content.decode(), name)
    except IsADirectoryError:
        fault = Fault("", "unreadable", "no *.yaml file in this folder", "name the definition files")
    except OSError as error:
        fault = Fault(
            "", "unreadable", f"the file can't be read: {error.strerror}", "check its name and permissions"
        )
    except UnicodeDecodeError as error:
        fault = Fault(
            "", "unreadable", f"byte {error.start + 1} of the file is not UTF-8", "save the file as UTF-8"
        )
    positions = Positions()
    return Loaded(name, "", None, None, None, [Report.of(name, Place(1, 1), fault)], positions)


def load_text(text: str, name: str) -> Loaded:
    """Load a definition from its text; `name` stands for the file in reports."""
    document = read_yaml(text)
    reports = [Report.of(name, located.place, located.fault) for located in document.faults]
    if not document.complete:
        return Loaded(name, text, None, None, None, _sorted(reports), document.positions)
    try:
        compiled = compile_definition(document.data)
    except ExpressionsBusy as busy:
        compiled = Compiled(None, None, [_busy(busy)])
    used = () if compiled.draft is None else compiled.draft.uses
    faults = [*compiled.faults, *jq_faults(list(dict.fromkeys(use.expression for use in used)))]
    reports += [Report.of(name, place_of(document.positions, fault), fault) for fault in faults]
    failed = any(report.severity is Severity.ERROR for report in reports)
    program = None if failed else compiled.program
    return Loaded(name, text, document.data, program, compiled.draft, _sorted(reports), document.positions)


def jq_faults(expressions: Sequence[Expression]) -> Sequence[Fault]:
    """What jq itself has against expressions: it compiles them in a helper process."""
    if not expressions:
        return []
    from httptask.dsl.expressions.compiling import compile_check

    try:
        return compile_check(expressions)
    except ExpressionsBusy as busy:
        return [_busy(busy)]


def _busy(busy: ExpressionsBusy) -> Fault:
    return Fault("", "expressions-busy", f"the expressions could not be compiled: {busy}", "try again")


def place_of(positions: Positions, fault: Fault) -> Place:
    """Where a fault stands in the text."""
    if not isinstance(fault, TextFault):
        return positions.value(fault.pointer)
    return positions.key(fault.pointer) if fault.at_key else positions.value(fault.pointer, fault.offset)


def _sorted(reports: Iterable[Report]) -> list[Report]:
    return sorted(reports, key=lambda report: (report.line, report.column, report.code, report.message))
