"""Runs that are made up: held against what is expected, and written in its place."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from httptask.definitiontests import Outcome, TestResult, as_junit, load_tests, update
from httptask.definitiontests.format import Expectations, ExpectedRequest
from httptask.definitiontests.observed import request_differences
from httptask.definitiontests.outcome import judge
from httptask.dsl.expressions import pool
from httptask.interpreter.status import TaskStatus
from httptask.request.preview import PreparedRequest

FLOW = """\
document: { dsl: 1.0.3, namespace: test, name: flow, version: 1.0.0 }
do: [{ ask: { call: http, with: { method: get, endpoint: "https://api.example.com/" } } }]
"""
HEAD = "definition: flow.yaml\ntests:\n  - name: one\n"
FAILED = {
    "type": "about:blank",
    "status": 500,
    "title": "Failed",
    "error": "ServerFailed",
    "instance": "/do/0/ask",
}


def result_of(folder: Path, expect: str, outcome: Outcome, flow: str = FLOW) -> TestResult:
    """What is made of a run by a test that is written to a file."""
    (folder / "flow.yaml").write_text(flow)
    file = folder / "flow.test.yaml"
    file.write_text(f"{HEAD}    expect: {expect}\n")
    [test] = load_tests(file).tests
    return TestResult(test, judge(test, outcome), outcome, 0.0)


def updated(folder: Path, expect: str, outcome: Outcome) -> tuple[str, list[tuple[str, str]]]:
    """What is expected afterwards, and what is left."""
    result = result_of(folder, expect, outcome)
    found = update((folder / "flow.test.yaml").read_text(), [result])
    assert found.text.startswith(f"{HEAD}    expect: ")
    left = [(difference.path, reason) for difference, reason in found.left]
    return found.text.removeprefix(f"{HEAD}    expect: ").strip(), left


@pytest.mark.parametrize(
    "output",
    ["${ .name }", "say ${ .name } and $${ .name }", {"${ .key }": ["${ . }", "$${"]}, ["$$${ . }", "}${"]],
    ids=["whole", "within", "key", "escapes"],
)
def test_a_text_that_looks_like_a_condition_is_none(tmp_path: Path, output: Any) -> None:
    expect, left = updated(tmp_path, "{ output: old, exact: true }", Outcome(output=output))
    assert left == []
    assert not result_of(tmp_path, expect, Outcome(output=output)).differences
    assert result_of(tmp_path, expect, Outcome(output="other")).differences


@pytest.mark.parametrize(
    ("expect", "outcome", "left"),
    [
        ("{ output: { id: '${ . > 0 }' } }", Outcome(output={"id": 0}), ("output.id", "it is a condition")),
        (
            "{ output: { ids: ['${ . > 0 }', 2] } }",
            Outcome(output={"ids": [1]}),
            ("output.ids", "there is a condition in it"),
        ),
        (
            "{ output: { found: { id: '${ . > 0 }' } } }",
            Outcome(output={"found": None}),
            ("output.found", "there is a condition in it"),
        ),
        ("{ output: { a: ['${ . }'] } }", Outcome(output={}), ("output.a", "there is a condition in it")),
        ("{ output: [['${ . }']] }", Outcome(problem=FAILED), ("error", "there is a condition in it")),
        (
            "{ error: { status: '${ . > 500 }' } }",
            Outcome(output=1),
            ("error", "there is a condition in it"),
        ),
        (
            "{ error: '${ length > 30 }' }",
            Outcome(problem=FAILED),
            ("error.error", "there is a condition in it"),
        ),
    ],
    ids=[
        "the value",
        "list",
        "map",
        "nothing there",
        "the run failed",
        "the run completed",
        "name of an error",
    ],
)
def test_a_condition_stays(tmp_path: Path, expect: str, outcome: Outcome, left: tuple[str, str]) -> None:
    assert updated(tmp_path, expect, outcome) == (expect, [left])


def test_what_stands_beside_a_condition_is_updated(tmp_path: Path) -> None:
    expect, left = updated(
        tmp_path, "{ output: { id: '${ . > 0 }', name: old } }", Outcome(output={"id": 1, "name": "new"})
    )
    assert (expect, left) == ("{ output: { id: '${ . > 0 }', name: new } }", [])


def test_an_error_that_is_written_by_its_name_is_updated(tmp_path: Path) -> None:
    assert updated(tmp_path, "{ error: RateLimited }", Outcome(problem=FAILED)) == (
        "{ error: ServerFailed }",
        [],
    )


def unwritten(_written_by: object) -> str:
    return ""


SENT = PreparedRequest.model_construct(
    method="GET", uri="https://api.example.com/", headers={}, body=None, export=unwritten
)


def test_a_method_may_be_a_condition(tmp_path: Path) -> None:
    expect = (
        "{ requests: [{ method: '${ test(\"^G\") }' }], notRequested: [{ method: '${ . == \"PUT\" }' }] }"
    )
    assert not result_of(tmp_path, expect, Outcome(requests=[SENT])).differences


def test_many_requests_that_are_all_the_same_are_each_found() -> None:
    count = 1_000
    expect = Expectations(requests=(ExpectedRequest(method="get"),) * count)
    assert not list(request_differences(expect, [SENT] * count, ""))
    assert len(list(request_differences(expect, [SENT] * (count - 1), ""))) == 1


@pytest.mark.parametrize("key", ["requests", "notRequested"])
def test_a_busy_machine_is_no_failed_expectation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    expect = f"{{ {key}: [{{ url: '${{ length > 1 }}' }}] }}"
    result = result_of(tmp_path, expect, Outcome())
    monkeypatch.setattr(pool._pool, "_slots", [])  # pyright: ignore[reportPrivateUsage]
    [difference] = judge(result.loaded, Outcome(requests=[SENT]))
    assert difference.path == "run"
    assert difference.message is not None
    assert difference.message.startswith(
        "the machine was too busy to evaluate a condition, run the test again: "
    )


def test_a_build_server_can_read_whatever_a_test_is_called(tmp_path: Path) -> None:
    result = result_of(tmp_path, "{ output: 1 }", Outcome(output=2))
    named = replace(result.loaded, test=result.loaded.test.model_copy(update={"name": "\x1b[31m red"}))
    [case] = ET.fromstring(as_junit([replace(result, loaded=named)], 0.0)).iter("testcase")
    assert case.get("name") == "\ufffd[31m red"


def test_a_build_server_is_told_apart_what_failed_and_what_has_not_ended(tmp_path: Path) -> None:
    results = [
        result_of(tmp_path, "{ output: 1 }", outcome)
        for outcome in (Outcome(output=2), Outcome(unended="the server is away"), Outcome(output=1))
    ]
    suites = ET.fromstring(as_junit(results, 0.0))
    told = [[(one.tag, one.get("message")) for one in case] for case in suites.iter("testcase")]
    assert told == [[("failure", "not as expected: output")], [("error", "the server is away")], []]
    for suite in (suites, suites[0]):
        assert [suite.get(key) for key in ("tests", "failures", "errors")] == ["3", "1", "1"]


def execution(id_: str, pointer: str, kind: str = "set") -> TaskStatus:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return TaskStatus(id=id_, name=id_.rpartition("/")[2], pointer=pointer, kind=kind, started_at=now)


FORKS = """\
document: { dsl: 1.0.3, namespace: test, name: forks, version: 1.0.0 }
do:
  - first: { set: { n: 1 } }
  - both:
      fork:
        branches:
          - a: { do: [{ ask: { set: { n: 1 } } }, { keep: { set: { n: 1 } } }] }
          - b: { do: [{ ask: { set: { n: 1 } } }] }
  - last: { set: { n: 1 } }
"""
BOTH = "/do/1/both/fork/branches"
EXECUTIONS = [
    execution("first", "/do/0/first"),
    execution("both", "/do/1/both", "fork"),
    execution("both/a", f"{BOTH}/0/a", "do"),
    execution("both/b", f"{BOTH}/1/b", "do"),
    execution("both/b/ask", f"{BOTH}/1/b/do/0/ask"),
    execution("both/a/ask", f"{BOTH}/0/a/do/0/ask"),
    execution("both/a/keep", f"{BOTH}/0/a/do/1/keep"),
    execution("last", "/do/2/last"),
]


@pytest.mark.parametrize(
    ("tasks", "holds"),
    [
        ("[first, both, a, ask, keep, b, ask, last], exact: true", True),
        ("[first, both, b, ask, a, ask, keep, last], exact: true", True),
        ("[keep, b, last]", True),
        ("[ask, keep, ask]", True),
        ("[keep, ask, ask]", False),
        ("[first, both, b, ask, a, keep, last], exact: true", False),
        ("[keep, a]", False),
        ("[a, first]", False),
        ("[last, b]", False),
        ("[ask, ask, ask]", False),
    ],
)
def test_branches_of_a_fork_have_no_order_between_them(tmp_path: Path, tasks: str, *, holds: bool) -> None:
    result = result_of(tmp_path, f"{{ tasks: {tasks} }}", Outcome(tasks=EXECUTIONS), FORKS)
    assert (not result.differences) == holds
