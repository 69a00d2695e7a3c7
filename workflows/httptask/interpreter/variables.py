"""The variables of expressions (dsl.md, Runtime expression arguments): the same for a run and for a test request."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, Protocol

from httptask.dsl.expressions import Expression, Template, expressions_of
from httptask.dsl.expressions.evaluation import Scope
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode

__all__ = ["Begun", "BegunTask", "Variables", "bind", "scope_for", "task_variables", "workflow_variables"]

_RUNTIME: dict[str, Any] = {"name": "httptask", "version": version("httptask"), "metadata": {}}

Variables = Mapping[str, Callable[[], Any]]
"""Values of the variables, made only when an expression mentions them."""


class Begun(Protocol):
    """A run, or a task of it: what it got, and when it began, in seconds since the epoch."""

    input: Any
    started_at: float


class BegunTask(Begun, Protocol):
    """A task, whose input is what `input.from` made of the raw one."""

    raw_input: Any


def workflow_variables(program: Program, run: Begun, id_: str) -> Variables:
    """What every expression may read."""
    return {
        "workflow": lambda: {
            "id": id_,
            "definition": program.document,
            "input": run.input,
            "startedAt": _moment(run.started_at),
        },
        "runtime": lambda: _RUNTIME,
    }


def task_variables(
    program: Program, node: TaskNode, execution: BegunTask, raw_output: Any = None
) -> Variables:
    """What the expressions of a task may read of the task itself."""
    return {
        "input": lambda: execution.input,
        "authorization": lambda: node.kind.authorization(node),
        "task": lambda: {
            "name": node.name,
            "reference": node.pointer,
            "definition": program.written(node.pointer),
            "input": execution.raw_input,
            "output": raw_output,
            "startedAt": _moment(execution.started_at),
        },
    }


def bind(values: Mapping[str, Any]) -> Variables:
    """Variables of values that are there already, such as a loop's."""
    return {name: partial(values.__getitem__, name) for name in values}


def scope_for(part: Expression | Template, dot: Any, variables: Variables) -> Scope:
    """What an expression, or those of a template, see: the values of the variables that they mention."""
    names = {name for expression in expressions_of(part) for name in expression.variables}
    return Scope(dot, {name: variables[name]() for name in sorted(names) if name in variables})


def _moment(seconds: float) -> dict[str, Any]:
    """The standard's date-time descriptor (dsl.md, DateTime Descriptor) of seconds since the epoch."""
    at = datetime.fromtimestamp(seconds, UTC)
    return {
        "iso8601": at.isoformat().replace("+00:00", "Z"),
        "epoch": {"seconds": int(seconds), "milliseconds": int(seconds * 1000)},
    }
