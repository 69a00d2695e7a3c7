"""The tables of the pages list what the code has, no more and no less."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from temporalio.exceptions import ApplicationError

from httptask.calls.problem import ERROR_TYPE_PREFIX, problem_of_failure
from httptask.chat.models import CALL_FIELDS, Completion
from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.dsl.tasks import KEYWORDS
from httptask.dsl.tasks.chat.arguments import ChatCompletionArguments
from httptask.dsl.tasks.http.arguments import HttpArguments, HttpRequestArguments
from httptask.fixtures.transport import FixtureRequest, FixtureResponse
from httptask.http import errors
from httptask.http.errors import HttpStatusError, HttpTaskError
from httptask.http.limits import CHAT_DEFAULTS, CHAT_STREAM_DEFAULTS, HTTP_DEFAULTS, bounds
from httptask.http.models import Limits
from httptask.plugin import HttpTaskPlugin
from httptask.resilience.classify import classify
from httptask.scheduling.budget import _STOPS
from support.chat_reference import CHAT_PAGE, CHAT_TABLES
from support.ctk import scenarios
from support.fences import ROOT
from support.reference import PAGE, TABLES, TASKS_PAGE, outdated, with_tables

ERRORS = "docs/errors-and-retries.md"
CODE = re.compile(r"`([^`]+)`")


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table behind a text, without its head."""
    behind = (ROOT / page).read_text().partition(heading)[2]
    lines = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


def names(table: list[list[str]]) -> list[str]:
    """What stands in code in the first cell of each row."""
    return [name for row in table for name in CODE.findall(row[0])]


def fields(model: type[BaseModel], *left_out: str) -> list[str]:
    return sorted({info.alias or name for name, info in model.model_fields.items()} - set(left_out))


def test_keys_of_the_configuration() -> None:
    assert not (told := outdated(PAGE)), told
    page = PAGE.read_text()
    for table in TABLES:
        assert f"<!-- keys of {table} -->" in page


def test_fields_and_rules_of_chat_requests() -> None:
    assert not (told := outdated(CHAT_PAGE)), told
    page = CHAT_PAGE.read_text()
    for table in CHAT_TABLES:
        assert f"<!-- table of {table} -->" in page


def test_an_outdated_page_is_shown_with_what_renews_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- table of tasks -->\n| Of another time |\n<!-- end -->\n")
    told = outdated(page)
    assert "\n-| Of another time |\n+| Task | What it does | Output |\n" in told
    assert told.endswith("uv run poe reference")
    page.write_text(with_tables(page.read_text()))
    assert outdated(page) == ""


def test_arguments_of_calls() -> None:
    table = rows("docs/http-tasks.md", "# HTTP tasks")
    assert sorted(names(table)) == fields(HttpRequestArguments)
    assert sorted(names([row for row in table if row[1]])) == fields(HttpArguments)
    assert sorted(names(rows("docs/chat-completions.md", "Six arguments"))) == fields(ChatCompletionArguments)


def test_output_of_a_chat_completion() -> None:
    told = names(rows("docs/chat-completions.md", "## Output"))
    output = Completion().model_dump(exclude=set(CALL_FIELDS))
    assert sorted(told) == sorted(output)


def test_keys_of_fixtures() -> None:
    assert sorted(names(rows("docs/fixtures.md", "## A file"))) == fields(FixtureRequest)
    assert sorted(names(rows("docs/fixtures.md", "the others.\n"))) == fields(FixtureResponse)


def test_arguments_of_the_plugin() -> None:
    told = names(rows("docs/python-workflows.md", "## The plugin"))
    assert sorted(told) == sorted(set(inspect.signature(HttpTaskPlugin.__init__).parameters) - {"self"})


def test_tasks() -> None:
    assert not (changes := outdated(TASKS_PAGE)), changes
    told = {name.partition(":")[0] for name in names(rows("docs/write-a-definition.md", "## Tasks"))}
    assert told == set(KEYWORDS)


def test_errors_of_calls() -> None:
    table = {CODE.findall(row[0])[0]: row for row in rows("docs/errors-and-retries.md", "## Errors of calls")}
    assert set(table) == set(errors.__all__) - {"HttpTaskError"}
    for name, (_, _, retried, kind) in table.items():
        error: type[HttpTaskError] = getattr(errors, name)
        assert retried == (
            "by status" if error is HttpStatusError else "yes" if error.retryable_by_default else "no"
        )
        problem = problem_of_failure(ApplicationError("", type=name))
        assert problem.type == (
            kind if kind.startswith("`urn:") else f"`{ERROR_TYPE_PREFIX}{kind[1:]}"
        ).strip("`")


def test_errors_of_the_workflow_itself() -> None:
    told = {
        (name, row[2].strip("`"))
        for row in rows(ERRORS, "## Errors of the workflow itself")
        for name in CODE.findall(row[0])
        if name != "raise"
    }
    of_calls = names(rows(ERRORS, "## Errors of calls"))
    known = {("WorkerMissing", "timeout"), *((name, "runtime") for name in _STOPS)}
    for path in (ROOT / "workflows").rglob("*.py"):
        known.update(raised_in(ast.parse(path.read_text())))
    assert {(name, kind) for name, kind in known if name not in of_calls} == told


def raised_in(module: ast.Module) -> Iterator[tuple[str, str]]:
    """The name and the standard's type of each error that is written out where it is raised, or above it by name."""
    constants = {
        ast.unparse(line.targets[0]): line.value for line in module.body if isinstance(line, ast.Assign)
    }
    for call in ast.walk(module):
        if not isinstance(call, ast.Call):
            continue
        values = [constants.get(ast.unparse(argument), argument) for argument in call.args[:2]]
        given = [value.value if isinstance(value, ast.Constant) else None for value in values]
        named = {word.arg: word.value for word in call.keywords}
        error = named.get("error")
        match ast.unparse(call.func):
            case "TaskFault.raise_standard" | "Problem.standard" if isinstance(given[1], str):
                yield str(error.value if isinstance(error, ast.Constant) else given[1]), str(given[0])
            case "_raise":  # of addresses
                yield str(given[0]), "expression"


def test_statuses() -> None:
    table = rows("docs/errors-and-retries.md", "## Statuses")
    [told] = [row[0] for row in table if row[1] == "retried"]
    retried = [status for status in range(300, 600) if classify(status, {}, None).retryable]
    assert told == ", ".join(map(str, retried))


def test_bounds() -> None:
    http, chat = bounds(HTTP_DEFAULTS), bounds(CHAT_DEFAULTS)
    told = [row[1:] for row in rows("docs/http-tasks.md", "## Bounds")[:5]]
    seconds = [
        [f"{getattr(each, name):g} s" for each in (http, chat)]
        for name in ("connect", "first_byte", "idle", "total")
    ]
    assert told == [*seconds, [f"{each.response_bytes // 1024**2} MiB" for each in (http, chat)]]


@pytest.mark.parametrize("defaults", [CHAT_DEFAULTS, CHAT_STREAM_DEFAULTS])
def test_a_model_that_thinks_in_silence_has_the_whole_time(defaults: Limits) -> None:
    decided = bounds(defaults)
    assert (decided.first_byte, decided.idle, decided.total) == (600, 600, 600)


def test_scenarios_of_the_conformance_kit() -> None:
    for scenario in scenarios():
        faults = compile_definition(scenario.definition).faults
        assert [fault for fault in faults if fault.severity is Severity.ERROR] == []
    assert (
        f"All {len(scenarios())} scenarios of its conformance kit pass." in (ROOT / "README.md").read_text()
    )
