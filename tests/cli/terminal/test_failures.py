"""What the terminal says of a run that failed."""

import pytest

from httptask.calls.problem import Problem
from httptask.cli.terminal.failures import explain_failure, hint_at_input
from httptask.dsl.loader import load_text

LOADED = load_text(
    """\
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask: { set: 1 }
""",
    "asks.yaml",
)
TITLES = [
    ("Too many turns", "TurnsExceeded", "Too many turns (TurnsExceeded)"),
    ("RateLimited", "RateLimited", "RateLimited"),
    ("The expression failed", None, "The expression failed"),
]


@pytest.mark.parametrize(("title", "error", "shown"), TITLES)
def test_an_error_has_the_name_that_the_documentation_lists(
    title: str, error: str | None, shown: str
) -> None:
    problem = Problem.standard("runtime", title, detail="why", error=error, instance="/do/0/ask")
    explained = explain_failure(problem.to_json(), LOADED)
    assert explained == f"asks.yaml:3:5: {shown}\n  why\n  task: ask"
    assert problem.to_failure().message == f"{shown}: why"


def test_faults_that_the_failure_had_no_room_for_are_counted() -> None:
    fault = {"pointer": "/top_p", "message": "it is 3", "hint": "write 1"}
    problem = Problem.standard(
        "validation", "RequestInvalid", detail="long", details={"count": 3, "faults": [fault]}
    )
    assert explain_failure(problem.to_json(), LOADED).splitlines()[1:] == [
        "  the chat request can't be sent:",
        "    /top_p: it is 3; write 1",
        "    and 2 more",
    ]


def test_an_answer_that_does_not_fit_is_shown_with_a_cure() -> None:
    details = {"text": "Sure!\nHere\x9b31m it is: " + "x" * 1000, "finish_reason": "stop", "errors": []}
    problem = Problem.standard("validation", "OutputInvalid", error="OutputInvalid", details=details)
    _, said, hint = explain_failure(problem.to_json(), LOADED).splitlines()
    assert said.startswith("  the model said: Sure! Here\ufffd31m it is: xxx")
    assert len(said) < 300
    assert (
        hint
        == "  hint: with `reask: N` the model is shown this and what is wrong with it, and asked again up to N times"
    )


def test_an_answer_that_was_cut_is_shown_and_not_asked_for_again() -> None:
    details = {"text": "", "finish_reason": "length"}
    problem = Problem.standard("validation", "AnswerTruncated", error="AnswerTruncated", details=details)
    assert explain_failure(problem.to_json(), LOADED).splitlines()[1:] == ["  the model said: nothing"]


def test_a_timeout_of_the_workflow_names_no_task() -> None:
    problem = Problem.standard("timeout", "Timed out", detail="late", instance="")
    assert explain_failure(problem.to_json(), LOADED) == "asks.yaml:1:1: Timed out\n  late"


@pytest.mark.parametrize(
    ("data", "kind", "detail", "told"),
    [
        (None, "expression", "`.name` is null and can't stand in a text", True),
        (None, "expression", "string and number cannot be added", False),
        (None, "validation", "null is not of type object", False),
        ({}, "expression", "`.name` is null and can't stand in a text", False),
    ],
    ids=["null in a text", "other fault of an expression", "invalid", "input was given"],
)
def test_a_run_without_input_is_reminded_of_it(data: object, kind: str, detail: str, *, told: bool) -> None:
    problem = Problem.standard(kind, "The expression failed", detail=detail)
    assert (hint_at_input(problem.to_json(), data) is not None) == told
