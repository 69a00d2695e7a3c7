"""The data that a person tries tasks and expressions with."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel

from httptask.calls.problem import TaskFault
from httptask.designer.problems import Problem
from httptask.designer.workspace import Workspace
from httptask.dsl.checks.known_shapes import task_before
from httptask.dsl.expressions import (
    Expression,
    ExpressionFailed,
    ExpressionLimitExceeded,
    ExpressionsBusy,
    Template,
    expressions_of,
)
from httptask.dsl.expressions.paths import Reading
from httptask.dsl.program import Program
from httptask.dsl.tasks.for_each import ITEMS
from httptask.dsl.tasks.kind import TaskNode
from httptask.json.types import is_array
from httptask.testrequest import NotTestable, Sample, SampleIncomplete, sample_of_run, with_value
from httptask.testrequest.naming import reads_input
from httptask.testrequest.sample import Place, find_task, transform

__all__ = ["SampleData", "binding_tasks", "readings_of", "sample_from", "sample_given", "told_lacking"]


_NOTHING: Final = Sample()
_NO_ITEMS: Final = (NotTestable, ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy, TaskFault)


class SampleData(BaseModel):
    """What a task would find in a run; of an earlier run, what is not given."""

    input: Any = None
    task_input: Any = None
    """The task's own; where it is not given, the output of the task before, or the workflow's input."""
    outputs: dict[str, Any] = {}
    """Of other tasks, by name."""
    variables: dict[str, Any] = {}
    """Of loops, by name."""
    context: Any = None
    values: dict[str, Any] = {}
    """Single values by the names under which `missing` asks for them: `input.caller`, `fetch.body.id`.

    Those that nothing in the text has the name of any more are passed over."""
    own: dict[str, dict[str, Any]] = {}
    """The same of what one task alone knows, by its name: a loop's variables (`item.id`), a task's own input (`.id`).

    Tasks outside the loop see nothing of them."""
    simulated: list[str] = []
    """Names of tasks whose outputs are of answers that are made up."""
    run: str | None = None
    """Id of the earlier run."""


async def sample_from(workspace: Workspace, program: Program, task: str, data: SampleData) -> Sample:
    """The sample of a task.

    Raises:
        Problem: a name is unknown, or the run can't be read.
    """
    if data.run is None:
        return await asyncio.to_thread(sample_given, program, task, data)
    try:
        read = await workspace.past_runs.read(workspace.required_temporal().client, data.run)
        earlier, _ = sample_of_run(read.record, program, task)
    except NotTestable as error:
        raise Problem(422, str(error), **error.facts) from None
    return await asyncio.to_thread(sample_given, program, task, data, earlier)


def sample_given(program: Program, task: str, data: SampleData, earlier: Sample = _NOTHING) -> Sample:
    """The sample of a task, and what it lacks from another one.

    Raises:
        Problem: a name is unknown.
    """
    sample = Sample(data.input, data.task_input, data.outputs, data.variables, data.context).over(earlier)
    try:
        node = find_task(program, task)
    except NotTestable as error:
        raise Problem(422, str(error), **error.facts) from None
    before = task_before(program, node) if sample.task_input is None else None
    if before is not None and before.name in sample.outputs:
        sample = replace(sample, task_input=sample.outputs[before.name])
    sample = _with_first_items(program, node, sample)
    owners = [*dict.fromkeys(owner.name for owner in binding_tasks(program, node).values()), node.name]
    for values in (data.values, *(data.own.get(name, {}) for name in owners)):
        for name, value in values.items():
            # What was given for a task that has another name now, or is gone, is in the way of nothing.
            with suppress(NotTestable):
                sample = with_value(sample, program, task, name, value)
    return sample


def binding_tasks(program: Program, node: TaskNode) -> dict[str, TaskNode]:
    """The task around that binds each variable that a task sees, the innermost one of that name; outer ones first."""
    parts = node.pointer.split("/")
    around = [program.nodes.get("/".join(parts[:end])) for end in range(len(parts))]
    found: dict[str, TaskNode] = {}
    for owner in filter(None, around):
        for body in owner.bodies:
            for name in body.variables.values() if node.pointer.startswith(f"{body.pointer}/") else ():
                found.pop(name, None)
                found[name] = owner
    return found


def readings_of(owner: TaskNode) -> list[Reading]:
    """What a loop reads for the list that it goes through; `for` and `map` have it by the same name."""
    items = owner.parts.get(ITEMS)
    return [] if items is None else [reading for one in expressions_of(items) for reading in one.readings]


def told_lacking(error: SampleIncomplete) -> tuple[str, str]:
    """What is read and not there, and what to do about it in the page."""
    missing = error.facts["missing"]
    names = ", ".join([*missing["outputs"], *(f"${name}" for name in missing["variables"])])
    source = "what gives its list" if missing["variables"] else "it"
    return f"{names}: no data yet", f"test {source}, run the definition, or give a value in Test request"


def _with_first_items(program: Program, node: TaskNode, sample: Sample) -> Sample:
    """A sample in which loops are at their first items, as far as their lists are known and nothing else is given."""
    for name, owner in binding_tasks(program, node).items():
        items = owner.parts.get(ITEMS)
        if items is None or name in sample.variables:
            continue
        listed = _evaluated(program, owner, items, sample)
        if not is_array(listed) or not listed:
            continue
        is_index = any(
            bound == name and pointer.endswith("/at")
            for body in owner.bodies
            for pointer, bound in body.variables.items()
        )
        first = 0 if is_index else listed[0]
        sample = replace(sample, variables={**sample.variables, name: first})
    return sample


def _evaluated(program: Program, owner: TaskNode, part: Expression | Template, sample: Sample) -> Any:
    before = task_before(program, owner)
    found = replace(sample, task_input=None if before is None else sample.outputs.get(before.name))
    try:
        found.require(owner, expressions_of(part), owner.name)
        needs_input = found.task_input is None and reads_input(owner, readings_of(owner))
        place = Place.of(program, owner, found, needs_input=needs_input)
        return transform(part, place.execution.input, place.variables)
    except _NO_ITEMS:
        return None
