"""The kinds of task: what one table names, the others have as well."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.calls.planners import PLANNERS
from httptask.dsl.tasks import CALLS, KINDS
from httptask.dsl.tasks.do import DO, DoTask
from httptask.dsl.tasks.function import FUNCTION
from httptask.dsl.tasks.kind import Body, TaskKind
from httptask.dsl.tasks.openapi import OPENAPI
from httptask.interpreter.task_context import Child, Complete, Descend, Step, TaskContext
from httptask.interpreter.tasks import RUNNERS
from support.fences import ROOT
from support.runs import running

ALL = (*KINDS, *CALLS.values(), FUNCTION)


def test_calls_are_found_by_their_functions() -> None:
    assert {function: kind.function for function, kind in CALLS.items()} == {name: name for name in CALLS}


def test_every_kind_runs() -> None:
    assert set(RUNNERS) == set(ALL)


def test_what_sends_requests_can_be_tried_alone() -> None:
    """But for what is made of a document that a run loads first."""
    assert {kind.function for kind in ALL if kind.sends_requests} == {*PLANNERS, OPENAPI.function}


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_who_knows_the_model_of_a_kind(kind: TaskKind[Any]) -> None:
    """Its own module, and who calls and runs it: everybody else asks the kind."""
    own = ROOT / "workflows/httptask/dsl/tasks"
    others = [path for path in (ROOT / "workflows/httptask/dsl").rglob("*.py") if own not in path.parents]
    others += (ROOT / "plugin/httptask").rglob("*.py")
    name = re.compile(rf"\b{kind.spec_model.__name__}\b")
    assert [str(path) for path in others if name.search(path.read_text())] == []


def test_the_plugin_asks_the_kinds() -> None:
    """Not what stands in a task of one of them."""
    inside = re.compile(r"\bspec\(")
    plugin = (ROOT / "plugin/httptask").rglob("*.py")
    assert [str(path) for path in plugin if inside.search(path.read_text())] == []


async def test_a_kind_names_its_lists_itself(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bodies(_kind: TaskKind[Any], pointer: str, spec: DoTask) -> Iterator[Body]:
        yield Body("then", f"{pointer}/do", spec.do)

    async def run(context: TaskContext, child: Child | None) -> Step:
        if child is not None:
            return Complete(child.output)
        return Descend(context.node.sequences["then"], context.execution.input, {})

    monkeypatch.setattr(type(DO), "bodies", bodies)
    monkeypatch.setitem(RUNNERS, DO, run)
    async with running(temporal) as runner:
        outcome = await runner.run("do: [{ outer: { do: [{ inner: { set: { a: 1 } } }] } }]")
    assert outcome.output == {"a": 1}
