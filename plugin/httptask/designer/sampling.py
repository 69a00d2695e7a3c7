"""The data that a person tries tasks and expressions with."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from httptask.designer.problems import Problem
from httptask.designer.streaming import beside_requests
from httptask.designer.workspace import Workspace
from httptask.dsl.checks.known_shapes import task_before
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.runs.history import read_run
from httptask.testrequest import NotTestable, Sample, sample_of_run, with_value
from httptask.testrequest.sample import find_task

__all__ = ["SampleData", "binding_tasks", "sample_from"]


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
    sample = Sample(data.input, data.task_input, data.outputs, data.variables, data.context)
    try:
        if data.run is not None:
            record = await beside_requests(read_run(workspace.required_temporal().client, data.run))
            sample = sample.over(sample_of_run(record, program, task)[0])
        before = task_before(program, find_task(program, task)) if sample.task_input is None else None
        if before is not None and before.name in sample.outputs:
            sample = replace(sample, task_input=sample.outputs[before.name])
    except NotTestable as error:
        raise Problem(422, str(error), **error.facts) from None
    node = find_task(program, task)
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
