"""What a run can go on from when its definition has changed, and what is told of the changes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from httptask.cli.runs.rerunning import definition_of
from httptask.dsl.compile import compile_definition
from httptask.interpreter.status import TaskData
from httptask.reruns import NotRerunnable, Rerun, plan_rerun
from httptask.reruns.earlier import Earlier, Ran
from httptask.reruns.places import Places
from httptask.runs.records import CallRecord, FailureRecord, RunRecord, TaskRecord
from support.definitions import parse

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
GETS = "call: httpRequest, with: { method: get, connection: shop, path: %s }"


def get(name: str, path: str = "/x", more: str = "") -> str:
    return f"  - {name}: {{ {GETS % path}{more} }}\n"


def places(text: str) -> Places:
    compiled = compile_definition(parse(text))
    assert compiled.program is not None, compiled.faults
    return Places(compiled.program)


def earlier(text: str, **outputs: Any) -> Earlier:
    """A run whose tasks had these outputs in turn, by name; the last one, whose output is an exception, failed."""
    known = places(text)
    by_name = {place.node.name: place for place in known.by_pointer.values()}
    ran: list[Ran] = []
    before: Any = "in"
    for number, (name, output) in enumerate(outputs.items()):
        place, at = by_name[name], BEGAN + timedelta(seconds=number)
        is_done = not isinstance(output, Exception)
        call = CallRecord(id=name, activity="httptask.http_request", scheduled_at=at, response={"cost": 0.25})
        task = TaskRecord(
            id=name,
            name=name,
            pointer=place.node.pointer,
            kind=place.node.kind.name,
            state="completed" if is_done else "faulted",
            started_at=at,
            ended_at=at,
            data=TaskData(before, {"seen": name}, {}),
            output=output if is_done else None,
            calls=[call] if place.node.kind.sends_requests else [],
        )
        ran.append(Ran(place.path, task, is_in_loop=bool(place.node.scope)))
        before = output
    failed = [each.task.pointer for each in ran if each.task.state == "faulted"]
    failure = FailureRecord(message="no", details={"instance": failed[-1]}) if failed else None
    record = RunRecord(
        id="old", run_id="r", definition="d", state="faulted", started_at=BEGAN, input="in", failure=failure
    )
    return Earlier(record, known, ran)


def planned(run: Earlier, text: str, task: str | None = None) -> Rerun:
    program = places(text).program
    return plan_rerun(run, parse(text), program, task)


def told(rerun: Rerun) -> dict[str, str]:
    return {misfit.task: misfit.change for misfit in rerun.report.misfits}


NO = ValueError()
READS = get("post", more=", input: { from: '${ $tasks.a }' }")
OLD = "do:\n" + get("a") + get("b") + get("post")
RAN = {"a": 1, "b": 2, "post": NO}


def test_begins_where_the_run_failed_and_tells_what_that_saves() -> None:
    rerun = planned(earlier(OLD, **RAN), OLD)
    assert (rerun.report.task, rerun.raw_inputs, rerun.outputs) == ("post", (2,), {})
    assert [(each.task, each.calls, each.cost_usd) for each in rerun.report.reused] == [
        ("a", 1, 0.25),
        ("b", 1, 0.25),
    ]
    assert (rerun.report.calls, rerun.report.cost_usd, told(rerun)) == (2, 0.5, {})


def test_a_call_before_it_whose_function_was_changed_is_told_of() -> None:
    """And it begins with a call as a whole, also where the run failed inside the function."""
    function = f"use: {{ functions: {{ f: {{ do: [{{ inside: {{ {GETS % '/f'} }} }}] }} }} }}\n"
    old = f"{function}do:\n  - a: {{ call: f }}\n{get('post')}"
    assert told(planned(earlier(old, inside=1, a=1, post=NO), old.replace("/f", "/g"))) == {
        "inside": "changed"
    }
    assert told(planned(earlier(old, inside=1, a=1, post=NO), old)) == {}
    with pytest.raises(NotRerunnable, match="which only runs as a whole"):
        planned(earlier(old, inside=1, a=1, post=NO), old, "inside")


def test_an_output_that_nothing_read_then_is_there_where_it_is_read_now() -> None:
    rerun = planned(earlier(OLD, **RAN), "do:\n" + get("a") + get("b") + READS)
    assert rerun.outputs == {"a": 1}


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        (get("a") + get("renamed") + get("post"), {"renamed": "renamed"}),
        (get("a", "/other") + get("b") + get("post"), {"a": "changed"}),
        (get("b") + get("post"), {"a": "removed"}),
        (get("new") + get("a") + get("b") + get("post"), {"new": "new"}),
        (get("b") + get("post") + get("a"), {"a": "moved"}),
        (get("b") + get("a") + get("post"), {}),
    ],
    ids=["renamed", "changed", "removed", "new", "moved", "in-another-order"],
)
def test_what_is_another_than_it_was(tasks: str, expected: dict[str, str]) -> None:
    old = OLD.replace(get("b"), get("b", "/b"))
    tasks = tasks.replace(get("b"), get("b", "/b")).replace(get("renamed"), get("renamed", "/b"))
    rerun = planned(earlier(old, **RAN), "do:\n" + tasks)
    assert told(rerun) == expected
    assert rerun.raw_inputs == (2,)


def test_what_was_removed_is_told_in_the_order_in_which_it_ran() -> None:
    names = [f"task{number}" for number in range(8)]
    old = "do:\n" + "".join(get(name) for name in names) + get("post")
    ran = dict(zip(names, range(8), strict=True))
    removed = planned(earlier(old, **ran, post=NO), "do:\n" + get(names[-1]) + get("post"))
    assert list(told(removed)) == names[:-1]


@pytest.mark.parametrize(
    ("tasks", "task", "message", "hint"),
    [
        (
            get("a") + get("b") + get("new", "/new") + get("post"),
            None,
            "new stands before post",
            "--from new",
        ),
        (get("a") + get("post"), "b", "there is no task b", None),
        (
            get("new", "/new") + get("a") + get("b") + READS.replace("$tasks.a", "$tasks.new"),
            None,
            "new stands before post",
            "--from new",
        ),
        (get("a"), None, "post, at which old stopped, is not in the definition any more", "--from TASK"),
        (
            get("a") + get("b") + get("post") + get("later"),
            "later",
            "post stands before later, and did not complete",
            "--from post",
        ),
    ],
    ids=["new-before", "unknown", "new-that-is-read", "gone", "behind-the-failed-one"],
)
def test_where_no_run_can_begin(tasks: str, task: str | None, message: str, hint: str | None) -> None:
    with pytest.raises(NotRerunnable) as refused:
        planned(earlier(OLD, **RAN), "do:\n" + tasks, task)
    assert message in str(refused.value)
    assert hint is None or hint in str(refused.value.hint)


LOOP = "do:\n" + get("a") + "  - each: { for: { in: '${ [1] }' }, do: [{ inner: { %s } }] }\n" % (GETS % "/x")


def test_a_loop_runs_as_a_whole() -> None:
    run = earlier(LOOP, a=1, each=NO, inner=NO)
    rerun = planned(run, LOOP)
    assert (rerun.report.task, rerun.raw_inputs) == ("each", (1,))
    with pytest.raises(NotRerunnable, match=r"inner stands inside each \(for\), which only runs as a whole"):
        planned(run, LOOP, "inner")


def test_what_runs_for_an_error_does_not_run_by_itself() -> None:
    """Though tasks of the same `try` do."""
    text = f"do:\n  - t: {{ try: [{{ b: {{ {GETS % '/b'} }} }}], catch: {{ do: [{{ n: {{ {GETS % '/n'} }} }}] }} }}\n"
    run = earlier(text, b=NO)
    assert planned(run, text, "b").report.task == "b"
    with pytest.raises(NotRerunnable, match="n runs for an error of t alone"):
        planned(run, text, "n")


def test_a_run_that_completed_needs_a_task_to_begin_with() -> None:
    run = earlier(OLD, a=1, b=2, post=3)
    with pytest.raises(NotRerunnable, match="no task of old failed"):
        planned(run, OLD)
    assert planned(run, OLD, "b").raw_inputs == (1,)
    assert planned(run, OLD, "a").raw_inputs == ("in",)


def test_a_task_that_is_tried_now_goes_on_inside() -> None:
    inner = get("b").replace("  - ", "", 1).strip(), get("post").replace("  - ", "", 1).strip()
    text = "timeout: { after: PT1H }\ndo:\n" + get("a")
    text += "  - block:\n      timeout: { after: PT10M }\n      input: { from: '${ { was: . } }' }\n"
    text += f"      try: [{{ {inner[0]} }}, {{ {inner[1]} }}]\n      catch: {{ do: [] }}\n"
    rerun = planned(earlier(OLD, **RAN), text.replace("catch: { do: [] }", "catch: { then: continue }"))
    assert [place.node.name for place in rerun.place.chain] == ["block", "post"]
    assert rerun.raw_inputs == (1, 2)
    state = rerun.state("new")
    outer, frame = state.root.frames
    assert outer.current is not None
    assert (outer.index, outer.current.input, frame.index, frame.data) == (1, {"was": 1}, 1, 2)
    assert outer.current.deadline == pytest.approx(state.started_at + 600)
    assert state.deadline == pytest.approx(state.started_at + 3600)
    assert [each.task for each in rerun.report.reused] == ["a", "b"]


CONTEXT = get("post", more=", input: { from: '${ $context }' }")


def test_the_context_is_that_of_then() -> None:
    exports = get("a", more=", export: { as: '${ . }' }")
    text = "do:\n" + exports + get("b") + CONTEXT
    assert planned(earlier(text, **RAN), text).context == {"seen": "post"}
    assert planned(earlier(OLD, **RAN), OLD).context is None


def test_an_input_that_does_not_fit_any_more() -> None:
    text = "input: { schema: { format: json, document: { type: object } } }\n" + OLD
    with pytest.raises(NotRerunnable, match="old does not fit: the workflow's input does not fit its schema"):
        planned(earlier(OLD, **RAN), text)


def test_the_id_of_a_run_inside_another_is_no_path() -> None:
    """Definitions that it runs are looked for beside the file that a definition was read from."""
    tasks = [{"one": {"set": {"a": 1}}}]
    inside = earlier(json.dumps({"do": tasks}))
    inside.record.id = "whole/one"
    inside.record.document = {
        "document": {"dsl": "1.0.3", "namespace": "tests", "name": "one", "version": "1.0.0"},
        "do": tasks,
    }
    assert definition_of(inside, None).name == "whole-one.json"
