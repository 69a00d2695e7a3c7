"""A definition's text to a program that can run, or to everything that is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.dsl.bounds import MAX_BYTES
from httptask.dsl.expressions import Expression, ExpressionsBusy
from httptask.dsl.report import Report
from httptask.dsl.yaml import Place, Positions, read_yaml
from httptask.http.files import files_in

if TYPE_CHECKING:
    from httptask.dsl.catalogs import FunctionFile
    from httptask.dsl.program import Program

__all__ = ["Loaded", "definition_files_in", "jq_faults", "load_file", "load_text", "place_of"]

_EXPRESSION = "${"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file.

    Attributes:
        name: the file's path as given.
        data: the definition as JSON data, with the functions of catalogues that it calls; None when it can't be read.
        program: ready to run; None when there is an error among the reports.
        draft: the same with stand-ins for the parts at fault, good for further checks only.
        reports: errors and warnings in the order of the text.
        positions: where the parts of `data` stand in `text`.
        functions: files of the functions that it calls, by their pointers in `data`.
    """

    name: str
    text: str
    data: Any
    program: "Program | None"
    draft: "Program | None"
    reports: list[Report]
    positions: Positions
    functions: "Mapping[str, FunctionFile]" = field(default_factory=dict[str, "FunctionFile"])

    def report(self, faults: Iterable[Fault]) -> list[Report]:
        """Further faults of this definition, with their places, in the order of the text."""
        found = (replace(fault, pointer=self._written_at(fault.pointer)) for fault in faults)
        return _sorted(
            self.name,
            (_report(self.name, self.positions, self.functions, fault) for fault in dict.fromkeys(found)),
        )

    def where(self, pointer: str, *, at_key: bool = False) -> tuple[str, Place]:
        """The file that a part of the definition is written in, and where; `at_key` is for its key."""
        report = _report(
            self.name,
            self.positions,
            self.functions,
            TextFault(self._written_at(pointer), "", "", at_key=at_key),
        )
        return report.file, Place(report.line, report.column)

    def _written_at(self, pointer: str) -> str:
        return pointer if self.draft is None else self.draft.written_at(pointer)


def definition_files_in(folder: Path) -> list[Path]:
    """The definitions of a folder, without their tests and what its folders hold."""
    return [file for file in files_in(folder, (".yaml", ".yml")) if not file.stem.endswith(".test")]


def load_file(path: Path) -> Loaded:
    """Load a YAML or JSON file. Whatever is wrong is among the reports, even that it can't be read."""
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return load_text(content.decode(), name, path.parent)
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


def load_text(text: str, name: str, folder: Path | None = None) -> Loaded:
    """Load a definition from its text.

    Args:
        text: of the definition.
        name: stands for the file in reports.
        folder: that its catalogues lie in; None where it is in none.
    """
    document = read_yaml(text)
    reports = [Report.of(name, located.place, located.fault) for located in document.faults]
    if not document.complete:
        return Loaded(name, text, None, None, None, _sorted(name, reports), document.positions)
    if _EXPRESSION in text:
        from httptask.dsl.expressions.pool import warm_up

        warm_up()  # while the kinds of tasks are loaded, which takes as long
    from httptask.dsl.catalogs import Linked, with_functions
    from httptask.dsl.compile import Compiled, compile_definition

    linked = Linked(document.data) if folder is None else with_functions(document.data, folder)
    try:
        compiled = compile_definition(linked.data)
    except ExpressionsBusy as busy:
        compiled = Compiled(None, None, [_busy(busy)])
    faults = [*linked.faults, *compiled.faults, *jq_faults(compiled.expressions)]
    reports += linked.reports
    reports += [_report(name, document.positions, linked.files, fault) for fault in faults]
    failed = any(report.severity is Severity.ERROR for report in reports)
    return Loaded(
        name,
        text,
        linked.data,
        None if failed else compiled.program,
        compiled.draft,
        _sorted(name, reports),
        document.positions,
        linked.files,
    )


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


def _report(name: str, positions: Positions, functions: "Mapping[str, FunctionFile]", fault: Fault) -> Report:
    """A fault of a definition, or of a function that it calls, at its place."""
    for pointer, file in functions.items():
        inside = fault.pointer.removeprefix(pointer)
        if fault.pointer.startswith(pointer) and inside[:1] in ("", "/"):
            fault = replace(fault, pointer=inside)
            return Report.of(str(file.path), place_of(file.positions, fault), fault)
    return Report.of(name, place_of(positions, fault), fault)


def place_of(positions: Positions, fault: Fault) -> Place:
    """Where a fault stands in the text."""
    if not isinstance(fault, TextFault):
        return positions.value(fault.pointer)
    return positions.key(fault.pointer) if fault.at_key else positions.value(fault.pointer, fault.offset)


def _sorted(name: str, reports: Iterable[Report]) -> list[Report]:
    """In the order of the text, those of the definition's own file first."""
    return sorted(
        reports, key=lambda one: (one.file != name, one.file, one.line, one.column, one.code, one.message)
    )
