"""Runs tests of definitions on a server of their own, and tells what came of them."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from httptask.cli.project.project import Project
from httptask.cli.temporal.cluster import connect_embedded
from httptask.cli.terminal.console import harmless, is_terminal, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import clear_notice, show_notice
from httptask.definitiontests import (
    LoadedTest,
    TestResult,
    as_json,
    as_junit,
    describe,
    load_tests,
    run_tests,
)

__all__ = ["Session", "run_session"]


@dataclass(frozen=True, slots=True)
class Session:
    """What is to be tested, and how that is told.

    Attributes:
        name: what file or name of a test must have in it; None for all.
        junit: a file that gets the results as JUnit's XML.
    """

    files: Sequence[Path]
    project: Project
    name: str | None
    junit: Path | None
    as_json: bool


def run_session(session: Session) -> ExitCode:
    """Run all tests, and tell what came of them.

    Raises:
        CliError: a file of tests has errors, or there is nothing to run.
    """
    chosen = _chosen(session)
    began = time.perf_counter()
    results = asyncio.run(_run(session, chosen))
    seconds = time.perf_counter() - began
    if session.junit is not None:
        session.junit.parent.mkdir(parents=True, exist_ok=True)
        session.junit.write_text(as_junit(results, seconds), encoding="utf-8")
    if session.as_json:
        print_json(as_json(results, seconds))
    print_note(_summary(results, seconds))
    return ExitCode.DONE if all(result.passed for result in results) else ExitCode.FAILED


def _chosen(session: Session) -> list[LoadedTest]:
    show_notice("reading tests")
    loaded = [load_tests(file) for file in session.files]
    for report in dict.fromkeys(report for one in loaded for report in one.reports):
        print_note(str(report))
    broken = [str(one.file) for one in loaded if one.is_broken]
    if broken:
        raise CliError(f"{', '.join(broken)}: not run, because of the errors above")
    name = (session.name or "").lower()
    chosen = [
        test for one in loaded for test in one.tests if name in f"{test.file}: {test.test.name}".lower()
    ]
    if not chosen:
        raise CliError(f"no test has {session.name!r} in its name", "leave -k out to run all")
    return chosen


async def _run(session: Session, chosen: Sequence[LoadedTest]) -> list[TestResult]:
    results: list[TestResult] = []

    with Interrupts.caught() as interrupts, tempfile.TemporaryDirectory(prefix="httptask-test-") as folder:
        # Not the project's server: nothing of a test is left behind, and no cluster of the user's is used.
        async with connect_embedded(Path(folder) / "state", interrupts) as client:
            show_notice("running tests")

            async def run() -> None:
                async for result in run_tests(client, chosen, session.project.config):
                    results.append(result)
                    if not session.as_json:
                        _tell(result)

            await interrupts.guard(run())
    return results


def _tell(result: TestResult) -> None:
    clear_notice()
    loaded = result.loaded
    lines = [
        f"{'ok  ' if result.passed else 'FAIL'}  {loaded.file}: {loaded.test.name} ({result.seconds:.1f} s)"
    ]
    lines += [f"  {line}" for told in describe(result) for line in told.split("\n")]
    if not is_terminal("stdout"):
        sys.stdout.write("".join(f"{harmless(line)}\n" for line in lines))
        sys.stdout.flush()
        return
    from rich.text import Text

    from httptask.cli.terminal.styled import stdout

    text = Text("\n".join(map(harmless, lines)))
    text.stylize("green" if result.passed else "bold red", 0, 4)
    stdout.print(text)


def _summary(results: Sequence[TestResult], seconds: float) -> str:
    failed = sum(not result.passed for result in results)
    tests = "1 test" if len(results) == 1 else f"{len(results)} tests"
    return (
        f"{tests}: {len(results) - failed} passed, {failed} failed in {seconds:.1f} s "
        "(simulated: nothing was sent, waits were skipped)"
    )
