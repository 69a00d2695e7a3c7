"""Files of tests: found, and read with all that is wrong with them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from httptask.definitiontests.comparing import conditions
from httptask.definitiontests.format import DefinitionTest, DefinitionTests, Expectations
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import hint_for_misspelt, hint_for_unknown
from httptask.diagnostics.validation import faults_of, keys_at
from httptask.diagnostics.words import Kind, name_of
from httptask.dsl.bounds import MAX_BYTES
from httptask.dsl.expressions import Expression, is_whole_expression, parse_expression
from httptask.dsl.loader import Loaded, definition_files_in, jq_faults, load_file, load_text, place_of
from httptask.dsl.program import Program
from httptask.dsl.report import Report
from httptask.dsl.yaml import Place, Positions, read_yaml
from httptask.fixtures.transport import Fixture, FixtureInvalid, read_fixtures
from httptask.http import errors as of_calls
from httptask.http.files import open_file
from httptask.json.pointer import pointer_tokens
from httptask.plugin.definitions import definitions_inside
from httptask.workflows import errors as of_workflows

__all__ = ["SUFFIXES", "LoadedTest", "LoadedTests", "find_tests", "load_tests"]

SUFFIXES: Final = (".test.yaml", ".test.yml")
"""By which a file of tests is told from a definition."""

_NO_PLACE_OF_TESTS: Final = frozenset({"node_modules", "__pycache__"})


_ERRORS: Final = frozenset(
    {*of_calls.__all__, *of_workflows.__all__, "NextPageInvalid", "PayloadsTooLarge", "WorkerMissing"}
)
"""Names of errors that a run may end with, without those of activities of the user's own."""


@dataclass(frozen=True, slots=True)
class LoadedTest:
    """A test, ready to run.

    Attributes:
        pointer: where it stands in its file.
        input: of the run.
        fixtures: its answers, with the file of each.
        definition: what it runs; its `program` is there.
        inside: the definitions that it runs, and that those run.
        positions: of all parts of its file.
    """

    file: Path
    pointer: str
    test: DefinitionTest
    input: Any
    fixtures: Sequence[tuple[Path, Fixture]]
    definition: Loaded
    inside: Sequence[Loaded]
    positions: Positions

    def place(self, pointer: str) -> Place:
        """Where a part of its file stands."""
        return self.positions.key(pointer)


@dataclass(frozen=True, slots=True)
class LoadedTests:
    """What became of one file of tests.

    Attributes:
        text: of the file.
        tests: empty where there is an error among the reports.
        reports: errors and warnings, those of the definition too.
        sources: every file and folder that the tests are made of, as far as they could be read.
    """

    file: Path
    text: str
    tests: Sequence[LoadedTest]
    reports: Sequence[Report]
    sources: frozenset[Path]

    @property
    def is_broken(self) -> bool:
        """Whether there is an error among the reports."""
        return any(report.severity is Severity.ERROR for report in self.reports)


def find_tests(paths: Iterable[Path]) -> list[Path]:
    """Files of tests: those that are named, and of folders all below them, hidden ones left out.

    Raises:
        FileNotFoundError: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(2, os.strerror(2), str(path))
        found.update(dict.fromkeys(_below(path) if path.is_dir() else [path]))
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _NO_PLACE_OF_TESTS
        )
        yield from (Path(place, name) for name in sorted(files) if name.endswith(SUFFIXES) and name[0] != ".")


def load_tests(file: Path) -> LoadedTests:
    """Read a file of tests and all that it names. Whatever is wrong is among the reports."""
    return _Loading(file).load()


class _Loading:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.positions = Positions()
        self.reports: list[Report] = []
        self.sources = {file}
        self._folders: dict[str, Sequence[tuple[Path, Fixture]]] = {}

    def load(self) -> LoadedTests:
        text = self._text()
        written = None if text is None else self._read(text)
        tests: list[LoadedTest] = []
        if written is not None:
            definition = self._definition(written.definition)
            inside = self._inside(definition)
            for index, test in enumerate(written.tests):
                pointer = f"/tests/{index}"
                self._check_expected_names(test.expect, definition, f"{pointer}/expect")
                fixtures = self._fixtures(written, test, pointer)
                data = self._input(test, pointer)
                tests.append(
                    LoadedTest(self.file, pointer, test, data, fixtures, definition, inside, self.positions)
                )
        found = LoadedTests(self.file, text or "", tests, self.reports, frozenset(self.sources))
        return replace(found, tests=()) if found.is_broken else found

    def _text(self) -> str | None:
        try:
            with open_file(self.file) as opened:
                return opened.read(MAX_BYTES + 1).decode()
        except OSError as error:
            self._report("", "unreadable", f"the file can't be read: {error.strerror}", "check its name")
        except UnicodeDecodeError as error:
            fault = f"byte {error.start + 1} of the file is not UTF-8"
            self._report("", "unreadable", fault, "save the file as UTF-8")
        return None

    def _read(self, text: str) -> DefinitionTests | None:
        document = read_yaml(text)
        self.positions = document.positions
        name = str(self.file)
        self.reports += [Report.of(name, located.place, located.fault) for located in document.faults]
        if not document.complete:
            return None
        if document.data is None:
            self._report("", "empty", "the file is empty", "begin with `definition:` and `tests:`")
            return None
        try:
            written = DefinitionTests.model_validate(document.data)
        except ValidationError as error:
            for fault in faults_of(error, partial(keys_at, DefinitionTests), Kind.OBJECT):
                self._add(replace(fault, message=_named(fault)))
            return None
        for fault in _condition_faults(document.data):
            self._add(fault)
        self._check_names(written)
        return written

    def _check_names(self, written: DefinitionTests) -> None:
        seen: set[str] = set()
        for index, test in enumerate(written.tests):
            if test.name in seen:
                message = f"another test is called `{test.name}`"
                self._report(f"/tests/{index}/name", "duplicate-name", message, "give each a name of its own")
            seen.add(test.name)

    def _check_expected_names(self, expect: Expectations, definition: Loaded, pointer: str) -> None:
        """Of a task that is not there, `notRun` would be true of every run."""
        if definition.program is None:
            return
        known = {node.name for node in definition.program.nodes.values()}
        for key, names in (("tasks", expect.tasks), ("notRun", expect.not_run)):
            for index, name in enumerate(names):
                if name not in known:
                    hint = hint_for_unknown(name, sorted(known), "tasks of the definition")
                    message = f"the definition has no task `{name}`"
                    self._report(f"{pointer}/{key}/{index}", "unknown-task", message, hint)
        error = None if expect.error is None else expect.error.error
        if error is None or is_whole_expression(error):
            return
        errors = _ERRORS | _raised(definition.program)
        meant = None if error in errors else hint_for_misspelt(error, sorted(errors))
        if meant is not None:  # a warning: an activity of the user's own may end with any name
            at = f"{pointer}/error"
            at = f"{at}/error" if f"{at}/error" in self.positions.spots else at
            self._add(Fault(at, "unknown-error", f"no error is known as `{error}`", meant, Severity.WARNING))

    def _definition(self, name: str) -> Loaded:
        path = self._beside(name)
        self.sources.add(path)
        if not path.is_file():  # a pipe would be waited for
            self._report(
                "/definition", "no-definition", f"there is no file {path}", "name it as it is found from here"
            )
            return load_text("", str(path))
        loaded = load_file(path)
        self.reports += loaded.reports
        return loaded

    def _inside(self, definition: Loaded) -> Sequence[Loaded]:
        """The definitions that it runs, of its own folder, as `run` finds them."""
        if definition.program is None or not definition.program.definitions:
            return ()
        folder = Path(definition.name).parent
        self.sources.update(definition_files_in(folder))
        try:
            inside, unknown = definitions_inside([definition], folder)
        except ValueError as error:
            self._report("/definition", "definitions", str(error), "the definition runs others of its folder")
            return ()
        self.reports += unknown
        return inside

    def _fixtures(
        self, written: DefinitionTests, test: DefinitionTest, pointer: str
    ) -> list[tuple[Path, Fixture]]:
        own = [(self.file, fixture) for fixture in test.answers]
        name = test.fixtures or written.fixtures
        if name is None:
            return own
        at = f"{pointer}/fixtures" if test.fixtures else "/fixtures"
        return [*own, *self._folder(name, at)]

    def _folder(self, name: str, pointer: str) -> Sequence[tuple[Path, Fixture]]:
        if name not in self._folders:
            folder = self._beside(name)
            self.sources.add(folder)
            self._folders[name] = ()
            try:
                self._folders[name] = read_fixtures(folder)
            except FixtureInvalid as error:
                for fault in error.faults:
                    self._report(pointer, "fixtures", fault, "`httptask run … --record DIR` writes some")
        return self._folders[name]

    def _input(self, test: DefinitionTest, pointer: str) -> Any:
        if test.input_file is None:
            return test.input
        path = self._beside(test.input_file)
        self.sources.add(path)
        at = f"{pointer}/inputFile"
        try:
            with open_file(path) as opened:
                document = read_yaml(opened.read(MAX_BYTES + 1).decode())
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            self._report(
                at, "input-file", f"{path} can't be read: {reason}", "name it as it is found from here"
            )
            return None
        for fault, place in document.faults:
            message = f"{path}:{place.line}:{place.column}: {fault.message}"
            self._report(at, "input-file", message, fault.hint or "write JSON or YAML")
        return document.data

    def _beside(self, name: str) -> Path:
        return Path(os.path.normpath(self.file.parent / name))

    def _report(self, pointer: str, code: str, message: str, hint: str) -> None:
        self._add(Fault(pointer, code, message, hint))

    def _add(self, fault: Fault) -> None:
        at_key = fault.code == "unknown-key"
        place = self.positions.key(fault.pointer) if at_key else place_of(self.positions, fault)
        self.reports.append(Report.of(str(self.file), place, fault))


def _raised(program: Program) -> frozenset[str]:
    """The titles of the errors that a definition raises."""
    of_tasks = (error for node in program.nodes.values() for error in node.kind.raises(node))
    written = [*program.definition.use.errors.values(), *of_tasks]
    return frozenset(error.title for error in written if error.title is not None)


def _named(fault: Fault) -> str:
    """What is wrong, with the key that is."""
    path = [int(key) if key.isdigit() else key for key in pointer_tokens(fault.pointer)]
    if fault.code == "unknown-key":
        return f"{fault.message} {name_of(path)}"
    if not fault.message.startswith(("must ", "is ")):
        return fault.message
    return f"{name_of(path) if path else 'the file'} {fault.message}"


def _condition_faults(data: Any) -> list[Fault]:
    """What is wrong with the conditions that are expected."""
    faults: list[Fault] = []
    complete: list[Expression] = []
    for index, test in enumerate(data["tests"]):
        for pointer, text in conditions(test.get("expect"), f"/tests/{index}/expect"):
            expression = parse_expression(text, pointer, faults)
            if expression is None:
                continue
            if expression.variables:
                names = ", ".join(f"${name}" for name in sorted(expression.variables))
                hint = "compare with what `.` is: the value at this place"
                faults.append(Fault(pointer, "unknown-variable", f"there is no {names} in a test", hint))
            else:
                complete.append(expression)
    return [*faults, *jq_faults(complete)]
