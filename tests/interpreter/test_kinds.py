"""The kinds of task: what one table names, the others have as well."""

import re
from typing import Any

import pytest

from httptask.calls.planners import PLANNERS
from httptask.dsl.tasks import CALLS, KINDS
from httptask.dsl.tasks.kind import TaskKind
from httptask.interpreter.tasks import RUNNERS
from support.fences import ROOT

ALL = (*KINDS, *CALLS.values())


def test_calls_are_found_by_their_functions() -> None:
    assert {function: kind.function for function, kind in CALLS.items()} == {name: name for name in CALLS}


def test_every_kind_runs() -> None:
    assert set(RUNNERS) == set(ALL)


def test_what_sends_requests_can_be_tried_alone() -> None:
    assert {kind for kind in ALL if kind.sends_requests} == set(PLANNERS)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_who_knows_the_model_of_a_kind(kind: TaskKind[Any]) -> None:
    """Its own module, and who calls and runs it: everybody else asks the kind."""
    own = ROOT / "workflows/httptask/dsl/tasks"
    others = [path for path in (ROOT / "workflows/httptask/dsl").rglob("*.py") if own not in path.parents]
    others += (ROOT / "plugin/httptask").rglob("*.py")
    name = re.compile(rf"\b{kind.spec_model.__name__}\b")
    assert [str(path) for path in others if name.search(path.read_text())] == []
