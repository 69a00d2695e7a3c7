"""Runs tests of definitions on a server of their own, and tells what came of them."""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from httptask.cli.project.definitions import stamps
from httptask.cli.project.project import load_project
from httptask.cli.temporal.cluster import connect_embedded
from httptask.cli.terminal.background import run_async
from httptask.cli.terminal.console import harmless, is_terminal, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import clear_notice, show_notice
from httptask.config import Config, ConfigInvalid
from httptask.config.find import CONFIG_NAME, DOTENV_NAME, find_config
from httptask.definitiontests import (
    LoadedTest,
    LoadedTests,
    TestResult,
    as_json,
    as_junit,
    describe,
    find_tests,
    load_tests,
    run_tests,
    unended,
    update,
)
from httptask.fixtures.transport import Fixtures
from httptask.http.files import FileChanged, replace_text

__all__ = ["Session", "run_session"]

_LOOK_SECONDS = 0.5

_FIRST_TEST = """write one beside a definition, as workflow.test.yaml:

definition: workflow.yaml
fixtures: fixtures        # `httptask run workflow.yaml --record fixtures` writes them
tests:
  - name: answers a call
    input: { caller: Ann }
    expect:
      output: { text: Hello }"""


@dataclass(frozen=True, slots=True)
class Session:
    """What is to be tested, and how that is told.

    Attributes:
        paths: files of tests, or folders.
        name: what file or name of a test must have in it; None for all.
        config: the configuration file, if the user names one.
        junit: a file that gets the results as JUnit's XML.
        watch: whether to run again whenever a file changes, until interrupted.
        update: whether the files of tests are to expect what is seen.
    """

    paths: Sequence[Path]
    name: str | None
    config: Path | None
    junit: Path | None
    as_json: bool
    watch: bool
    update: bool


@dataclass(frozen=True, slots=True)
class _Selection:
    """The tests of a session as they are now.

    Attributes:
        files: of which there are tests, read.
        tests: those that are to be run.
        problem: why none can be.
    """

    files: Sequence[LoadedTests]
    tests: Sequence[LoadedTest] = ()
    problem: CliError | None = None


def run_session(session: Session) -> ExitCode:
    """Run all tests, and tell what came of them.

    Raises:
        CliError: a file of tests has errors, or there is nothing to run.
    """
    if session.watch:
        return run_async(_watch(session))
    selection = _select(session)
    if selection.problem is not None:
        raise selection.problem
    return run_async(_run(session, selection))


def _select(session: Session) -> _Selection:
    show_notice("reading tests")
    try:
        files = find_tests(session.paths)
    except FileNotFoundError as error:
        missing = f"{error.filename}: no such file or folder"
        return _Selection((), problem=CliError(missing, "name files of tests, or folders"))
    if not files:
        places = ", ".join(map(str, session.paths))
        return _Selection((), problem=CliError(f"no tests (*.test.yaml) in {places}", _FIRST_TEST))
    loaded = [load_tests(file) for file in files]
    for report in dict.fromkeys(report for one in loaded for report in one.reports):
        print_note(str(report))
    broken = [str(one.file) for one in loaded if one.is_broken]
    if broken:
        message = f"{', '.join(broken)}: not run, because of the errors above"
        return _Selection(loaded, problem=CliError(message))
    name = (session.name or "").lower()
    tests = [test for one in loaded for test in one.tests if name in f"{test.file}: {test.test.name}".lower()]
    if not tests:
        message = f"no test has {session.name!r} in its name"
        return _Selection(loaded, problem=CliError(message, "leave -k out to run all"))
    return _Selection(loaded, tests)


async def _run(session: Session, selection: _Selection) -> ExitCode:
    config = _config(session, selection)
    async with _own_server() as (client, interrupts):
        return (await interrupts.guard(_round(client, session, selection, config))).exit_code


async def _watch(session: Session) -> ExitCode:
    while True:
        try:
            async with _own_server() as (client, interrupts):
                await interrupts.guard(_rounds(client, session))
        except _ServerLost as error:
            print_note(f"error: {error.message}; starting another")
        except CliError as error:
            if error.exit_code is not ExitCode.INTERRUPTED:
                raise
            return ExitCode.DONE


class _ServerLost(CliError):
    """The server of the tests does not answer any more."""


@asynccontextmanager
async def _own_server() -> AsyncGenerator[tuple[Client, Interrupts]]:
    """Not the project's: nothing of a test is left behind, and no cluster of the user's is used."""
    with Interrupts.caught() as interrupts, tempfile.TemporaryDirectory(prefix="httptask-test-") as folder:
        async with connect_embedded(Path(folder) / "state", interrupts) as client:
            yield client, interrupts


async def _rounds(client: Client, session: Session) -> None:
    selection = _Selection(())
    while True:
        before = _stamps(session, selection)
        selection = _select(session)
        # What was changed while it was read counts as changed.
        watched = {file: before.get(file, stamp) for file, stamp in _stamps(session, selection).items()}
        try:
            if selection.problem is not None:
                raise selection.problem
            ended = await _round(client, session, selection, _config(session, selection))
            watched |= stamps(ended.written)
        except CliError as error:
            if error.exit_code is not ExitCode.INVALID:
                raise
            print_note(f"error: {error.message}" + (f"\n  hint: {error.hint}" if error.hint else ""))
        print_note("waiting for changes; Ctrl-C ends")
        while (found := _stamps(session, selection)) == watched:  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(_LOOK_SECONDS)
        changed = sorted({str(file) for file, _ in watched.items() ^ found.items()})
        print_note(f"\n--- changed: {', '.join(changed)}")


def _stamps(session: Session, selection: _Selection) -> Mapping[Path, tuple[int, int]]:
    """The state of everything that a round is made of, and of what may come to it."""
    return stamps(_watched(session, selection))


def _watched(session: Session, selection: _Selection) -> Iterator[Path]:
    with suppress(ConfigInvalid):  # another user's: each round says so
        config = find_config(session.config) or Path(CONFIG_NAME)
        yield from (Path(os.path.relpath(file)) for file in (config, config.with_name(DOTENV_NAME)))
    with suppress(OSError):  # a folder has just been removed
        yield from find_tests(session.paths)
    for source in {source for file in selection.files for source in file.sources}:
        with suppress(OSError):
            yield from source.iterdir() if source.is_dir() else (source,)


def _config(session: Session, selection: _Selection) -> Config:
    answers = Fixtures([fixture for test in selection.tests for fixture in test.fixtures])
    return load_project(session.config, fixtures=answers).config


@dataclass(frozen=True, slots=True)
class _Ended:
    """What came of running all tests once.

    Attributes:
        written: the files of tests that were updated.
    """

    exit_code: ExitCode
    written: Sequence[Path]


async def _round(client: Client, session: Session, selection: _Selection, config: Config) -> _Ended:
    show_notice("running tests")
    began = time.perf_counter()
    results: list[TestResult] = []
    verdicts: list[_Verdict] = []
    updating = _Updating(selection.files) if session.update else None
    try:
        async for result in run_tests(client, selection.tests, config):
            results.append(result)
            verdicts.append(_verdict(result) if updating is None else updating.add(result))
            if not session.as_json:
                _tell(result, verdicts[-1])
    except RPCError as error:
        lost = f"the Temporal server of the tests does not answer any more: {error.message}"
        left = [unended(test, lost) for test in selection.tests[len(results) :]]
        _keep(session, [*results, *left], time.perf_counter() - began)
        told = f"{len(left)} of {len(selection.tests)} tests have no result; run them again"
        raise _ServerLost(lost, told, ExitCode.UNREACHABLE) from None
    seconds = time.perf_counter() - began
    _keep(session, results, seconds)
    if session.as_json:
        print_json(as_json(results, seconds))
    notes = [] if updating is None else list(updating.write())
    written = () if updating is None else updating.written
    verdicts = [
        _Verdict.FAILED if verdict is _Verdict.UPDATED and result.loaded.file not in written else verdict
        for result, verdict in zip(results, verdicts, strict=True)
    ]
    print_note("\n".join([_summary(verdicts, seconds), *notes]))
    return _Ended(ExitCode.FAILED if _Verdict.FAILED in verdicts else ExitCode.DONE, written)


def _keep(session: Session, results: Sequence[TestResult], seconds: float) -> None:
    if session.junit is not None:
        session.junit.parent.mkdir(parents=True, exist_ok=True)
        session.junit.write_text(as_junit(results, seconds), encoding="utf-8")


class _Verdict(StrEnum):
    PASSED = "ok"
    UPDATED = "updated"
    FAILED = "FAIL"


def _verdict(result: TestResult) -> _Verdict:
    return _Verdict.PASSED if result.passed else _Verdict.FAILED


class _Updating:
    """Has files of tests expect what is seen.

    Attributes:
        written: the files that do.
    """

    def __init__(self, files: Sequence[LoadedTests]) -> None:
        self.written: list[Path] = []
        self._before = {file.file: file.text for file in files}
        self._texts = dict(self._before)
        self._counts: Counter[Path] = Counter()
        self._left: list[str] = []

    def add(self, result: TestResult) -> _Verdict:
        """Take over what a test came to; it has failed where that can't be written."""
        file = result.loaded.file
        updated = update(self._texts[file], [result])
        self._texts[file] = updated.text
        self._counts[file] += updated.count
        self._left += [
            f"{file}: {difference.path}: not updated: {reason}" for difference, reason in updated.left
        ]
        if updated.left:
            return _Verdict.FAILED
        return _Verdict.UPDATED if updated.count else _Verdict.PASSED

    def write(self) -> Iterator[str]:
        """Write the files, and say which, and what can't be written."""
        for file, count in self._counts.items():
            if not count:
                continue
            try:
                replace_text(file, self._before[file], self._texts[file])
            except FileChanged:
                yield f"{file}: not updated: it was changed while the tests ran; run them again"
            except OSError as error:
                yield f"{file}: not updated: {error.strerror}"
            else:
                self.written.append(file)
                values = "1 value" if count == 1 else f"{count} values"
                yield f"{file}: {values} updated; look at the change before you commit it"
        yield from self._left


def _tell(result: TestResult, verdict: _Verdict) -> None:
    clear_notice()
    loaded = result.loaded
    lines = [f"{verdict:<4}  {loaded.file}: {loaded.test.name} ({result.seconds:.1f} s)"]
    lines += [f"  {line}" for told in describe(result) for line in told.split("\n")]
    if not is_terminal("stdout"):
        sys.stdout.write("".join(f"{harmless(line)}\n" for line in lines))
        sys.stdout.flush()
        return
    from rich.text import Text

    from httptask.cli.terminal.styled import stdout

    text = Text("\n".join(map(harmless, lines)))
    text.stylize("bold red" if verdict is _Verdict.FAILED else "green", 0, len(verdict))
    stdout.print(text)


def _summary(verdicts: Sequence[_Verdict], seconds: float) -> str:
    tests = "1 test" if len(verdicts) == 1 else f"{len(verdicts)} tests"
    updated = f"{count} updated, " if (count := verdicts.count(_Verdict.UPDATED)) else ""
    return (
        f"{tests}: {verdicts.count(_Verdict.PASSED)} passed, {updated}"
        f"{verdicts.count(_Verdict.FAILED)} failed in {seconds:.1f} s "
        "(simulated: nothing was sent, waits were skipped)"
    )
