"""`run: workflow`: a run of another definition, within this one."""

from httptask.dsl.tasks.run_workflow import RUN, RUN_INPUT
from httptask.interpreter.task_context import Child, Complete, Step, TaskContext

__all__ = ["run_workflow"]


async def run_workflow(context: TaskContext, _child: Child | None) -> Step:
    """Run the definition in a workflow of its own, to its end (dsl-reference.md, Workflow Process).

    A task that does not wait for it has its own input as its output (dsl-reference.md, Run).
    """
    node, given = context.node, context.value(RUN_INPUT)
    if RUN.leaves_run(node):
        await context.run_definition(RUN.definition(node), given, leave=True)
        output = context.execution.input
    else:
        output = await context.run_definition(RUN.definition(node), given)
    return Complete(None if RUN.drops_output(node) else output)
