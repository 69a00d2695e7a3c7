"""`run: workflow`: a run of another definition, within this one."""

from httptask.dsl.tasks.run_workflow import RUN, RUN_INPUT
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_workflow"]


async def run_workflow(context: TaskContext, _child: Child | None) -> Step:
    """Run the definition in a workflow of its own, to its end (dsl-reference.md, Workflow Process)."""
    output = await context.run_definition(RUN.definition(context.node), context.value(RUN_INPUT))
    return Complete(None if RUN.drops_output(context.node) else output)
