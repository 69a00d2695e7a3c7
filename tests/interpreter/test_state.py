"""A run's state as another run gets it: each value once, and shared again."""

import json
from typing import Any

import pytest

from httptask.interpreter.state import Branch, Frame, ParallelState, RunState, TaskExecution
from httptask.workflows.conversation import ConversationState

LARGE = {"text": "x" * 1_000}


def branch_with(data: Any, **execution: Any) -> Branch:
    current = TaskExecution(id="a", raw_input=data, input=data, started_at=1.0, **execution)
    return Branch(frames=[Frame(sequence="/do", outputs={"one": data}, current=current)], context=data)


def state_with(root: Branch, data: Any = None) -> RunState:
    return RunState(origin_run_id="o", input=data, started_at=1.0, root=root)


def test_a_value_is_written_once_and_shared_again() -> None:
    items = {index: branch_with(LARGE) for index in range(16)}
    state = state_with(branch_with(LARGE, parallel=ParallelState(next=16, branches=items)), dict(LARGE))
    packed = json.loads(json.dumps(state.packed()))
    assert json.dumps(packed).count(LARGE["text"]) == 1

    found = RunState.unpacked(packed)
    assert found == state
    current = found.root.frames[0].current
    assert current is not None
    assert current.parallel is not None
    assert current.parallel.branches[3].context is found.input is current.input


def test_what_a_loop_goes_through_is_its_own() -> None:
    items = list(range(100))
    packed = json.loads(json.dumps(state_with(branch_with(items, items=items)).packed()))
    frame = RunState.unpacked(packed).root.frames[0]
    assert frame.current is not None
    frame.current.items[0] = None
    assert frame.current.input == frame.outputs["one"] == items


VALUES = [None, True, 0, 7, 1.0, "", "short", [], [1], [[0]], {}, {"a": 0}, "0", "x" * 100, [{"a": "x" * 70}]]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_every_value_comes_back(value: Any) -> None:
    packed = json.loads(json.dumps(state_with(branch_with(value), value).packed()))
    found = RunState.unpacked(packed)
    assert json.dumps(found.input) == json.dumps(found.root.frames[0].outputs["one"]) == json.dumps(value)


def test_what_a_loop_binds_is_not_written() -> None:
    root = Branch(frames=[Frame(sequence="/do", item=3, variables={"item": LARGE})])
    assert LARGE["text"] not in json.dumps(state_with(root).packed())


def test_what_takes_the_most_room_has_a_name() -> None:
    state = state_with(branch_with({"a": 1}, parallel=ParallelState(results={0: LARGE, 1: LARGE})), LARGE)
    name, size = state.largest_value()
    assert name == "the results of a"
    assert 2_000 < size < 2_100
    assert state_with(branch_with({"a": 1}), LARGE).largest_value()[0] == "the workflow's input"
    assert state_with(branch_with(LARGE), 1).largest_value()[0] == "`$context`"


def test_a_conversation_may_take_the_most_room() -> None:
    conversation = ConversationState(messages=[{"role": "tool", "content": LARGE["text"]}])
    state = state_with(branch_with(None, state={"conversation": conversation}))
    name, size = state.largest_value()
    assert name == "what a has come to"
    assert 1_000 < size < 1_500


def test_items_that_are_over_do_not_travel() -> None:
    begun = {number: Branch(frames=[Frame(sequence="/do/0/all/do", item=number)]) for number in (5, 7)}
    inside = branch_with(None, items=list("abcdefghij"), parallel=ParallelState(next=8, branches=begun))
    root = branch_with(None, items=[*range(100)])
    root.frames += [
        Frame(sequence="/do/0/all/do", item=42).model_copy(update={"current": inside.frames[0].current})
    ]
    kept = RunState.unpacked(json.loads(json.dumps(state_with(root).packed()))).root.frames
    loop, within = kept[0].current, kept[1].current
    assert loop is not None
    assert within is not None
    assert (loop.first_item, loop.items) == (42, [*range(42, 100)])
    assert (within.first_item, within.items) == (5, ["f", None, "h", "i", "j"])


def test_what_counts_up_is_written_by_its_ends() -> None:
    root = branch_with(None, items=range(100_000))
    root.frames.append(Frame(sequence="/do/0/all/do", item=70_000))
    packed = json.dumps(state_with(root).packed())
    assert len(packed) < 2_000
    loop = RunState.unpacked(json.loads(packed)).root.frames[0].current
    assert loop is not None
    assert (loop.first_item, loop.items) == (70_000, range(70_000, 100_000))
