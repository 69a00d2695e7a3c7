"""`raise`: end in an error of the author's own."""

from typing import Any

from pydantic import ValidationError

from httptask.calls.problem import Problem, TaskFault
from httptask.diagnostics.validation import describe_invalid
from httptask.dsl.tasks.raise_error import ERROR
from httptask.interpreter.task_context import Child, Step, TaskContext

__all__ = ["run_raise"]


async def run_raise(context: TaskContext, _child: Child | None) -> Step:
    """Raise the error, inline or named under `use.errors` (dsl-reference.md, Raise)."""
    error: dict[str, Any] = context.value(ERROR)
    try:
        problem = Problem.model_validate({"title": "Error", **error})
    except ValidationError as invalid:
        TaskFault.raise_standard("expression", "Not an error", detail=describe_invalid(invalid))
    raise TaskFault(problem)
