"""Which task comes after which."""

import pytest

from support.definitions import faults_of

TASK = "{ set: { x: 1 } }"


def codes(tasks: str) -> list[tuple[str, str]]:
    return [(fault.code, fault.pointer) for fault in faults_of(f"do:\n{tasks}")]


LISTS = {
    "next": ("  - a: { set: { x: 1 }, then: b }\n  - b: { set: { x: 1 }, then: end }", []),
    "over and back": (
        "  - a: { set: { x: 1 }, then: c }\n  - b: { set: { x: 1 }, then: end }\n  - c: { set: { x: 1 }, then: b }",
        [],
    ),
    "unknown": ("  - a: { set: { x: 1 }, then: x }", [("unknown-target", "/do/0/a/then")]),
    "unknown of a case": (
        "  - a: { switch: [{ c: { then: x } }] }",
        [("unknown-target", "/do/0/a/switch/0/c/then")],
    ),
    "twice": (f"  - a: {TASK}\n  - a: {TASK}", [("duplicate-task", "/do/1/a")]),
    "after exit": (
        f"  - a: {{ set: {{ x: 1 }}, then: exit }}\n  - b: {TASK}\n  - c: {TASK}",
        [("unreachable", "/do/1/b")],
    ),
    "after raise": (
        f"  - a: {{ raise: {{ error: {{ type: https://example.com/t, status: 400 }} }} }}\n  - b: {TASK}",
        [("unreachable", "/do/1/b")],
    ),
    "skipped end": (f"  - a: {{ if: .x, set: {{ x: 1 }}, then: end }}\n  - b: {TASK}", []),
    "after a case for all": (
        f"  - a: {{ switch: [{{ c: {{ then: end }} }}] }}\n  - b: {TASK}",
        [("unreachable", "/do/1/b")],
    ),
    "case for some": (f"  - a: {{ switch: [{{ c: {{ when: .x, then: end }} }}] }}\n  - b: {TASK}", []),
    "after some cases and an end": (
        f"  - a: {{ switch: [{{ c: {{ when: .x, then: end }} }}], then: end }}\n  - b: {TASK}",
        [("unreachable", "/do/1/b")],
    ),
    "case that continues": (f"  - a: {{ switch: [{{ c: {{ then: continue }} }}] }}\n  - b: {TASK}", []),
}


@pytest.mark.parametrize(("tasks", "faults"), LISTS.values(), ids=LISTS)
def test_targets_and_dead_tasks(tasks: str, faults: list[tuple[str, str]]) -> None:
    assert codes(tasks) == faults


SWITCH = "  - s: { switch: [{ one: { when: .x, then: a } }, { two: { then: c } }] }\n"


@pytest.mark.parametrize(
    ("tasks", "at"),
    [
        (f"  - a: {TASK}\n  - c: {TASK}", "/do/1/a"),
        (f"  - a: {TASK}\n  - b: {TASK}\n  - c: {TASK}", "/do/2/b"),
        (f"  - a: {{ if: .x, set: {{ x: 1 }} }}\n  - c: {TASK}", "/do/1/a"),
        (f"  - a: {{ set: {{ x: 1 }}, then: end }}\n  - c: {TASK}", None),
        (f"  - a: {{ set: {{ x: 1 }}, then: continue }}\n  - c: {TASK}", None),
        (f"  - a: {TASK}\n  - b: {{ set: {{ x: 1 }}, then: end }}\n  - c: {TASK}", None),
        (f"  - c: {{ set: {{ x: 1 }}, then: end }}\n  - a: {TASK}", None),
    ],
    ids=["one task", "two tasks", "skipped task", "ends", "continues", "ends later", "last case"],
)
def test_a_case_that_runs_on_into_another_is_warned_of(tasks: str, at: str | None) -> None:
    assert codes(SWITCH + tasks) == ([("fall-through", at)] if at else [])


def test_a_target_in_another_list_is_said_to_be_there() -> None:
    (fault,) = faults_of("do:\n  - a: { do: [{ b: { set: { x: 1 }, then: c } }] }\n  - c: { set: { x: 1 } }")
    assert fault.hint == "`c` is in another list; `then` reaches tasks of its own list only"


READS = '{ set: { x: "${ $tasks.b.x }" } }'
TOO_EARLY = {
    "beside": (f"  - a: {READS}\n  - b: {TASK}", "/do/0/a/set/x", "move `a` behind `b`"),
    "inside a later one": (
        f"  - a: {READS}\n  - c: {{ do: [{{ b: {TASK} }}] }}",
        "/do/0/a/set/x",
        "move `a` behind `c`",
    ),
    "of a loop": (
        f"  - l: {{ for: {{ in: .x }}, do: [{{ a: {READS} }}] }}\n  - b: {TASK}",
        "/do/0/l/do/0/a/set/x",
        "move `l` behind `b`",
    ),
    "in a list inside": (
        f"  - d: {{ do: [{{ a: {READS} }}, {{ b: {TASK} }}] }}",
        "/do/0/d/do/0/a/set/x",
        "move `a` behind `b`",
    ),
    "one that only goes on": (
        f"  - a: {READS}\n  - b: {{ set: {{ x: 1 }}, then: c }}\n  - c: {TASK}",
        "/do/0/a/set/x",
        "move `a` behind `b`",
    ),
}


@pytest.mark.parametrize(("tasks", "at", "hint"), TOO_EARLY.values(), ids=TOO_EARLY)
def test_an_output_that_is_read_before_its_task_has_run(tasks: str, at: str, hint: str) -> None:
    (fault,) = faults_of(f"do:\n{tasks}")
    assert (fault.code, fault.severity, fault.pointer, fault.hint) == ("read-too-early", "warning", at, hint)
    assert fault.message == "`$tasks.b` is read before `b` has run: it is null here"


IN_TIME = {
    "behind it": f"  - b: {TASK}\n  - a: {READS}",
    "a way back": f"  - a: {READS}\n  - b: {{ set: {{ x: 1 }}, if: .x, then: a }}",
    "a way back from behind": f"  - a: {READS}\n  - b: {TASK}\n  - c: {{ set: {{ x: 1 }}, if: .x, then: a }}",
    "a way back to the list around": (
        f"  - d: {{ do: [{{ a: {READS} }}, {{ b: {TASK} }}] }}\n  - e: {{ set: {{ x: 1 }}, if: .x, then: d }}"
    ),
    "a loop": f"  - l: {{ for: {{ in: .x }}, do: [{{ a: {READS} }}, {{ b: {TASK} }}] }}",
    "tried again": (
        f"  - t: {{ try: [{{ a: {READS} }}, {{ b: {TASK} }}], catch: {{ retry: {{ delay: PT1S, limit: {{ attempt: {{ count: 2 }} }} }} }} }}"
    ),
    "asked for": f"  - a: {{ set: {{ x: '${{ $tasks.b.x // 1 }}' }} }}\n  - b: {TASK}",
}


@pytest.mark.parametrize("tasks", IN_TIME.values(), ids=IN_TIME)
def test_an_output_that_may_be_there_by_then(tasks: str) -> None:
    assert codes(tasks) == []
