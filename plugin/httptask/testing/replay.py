"""Replays what workflows left behind: code that gives other commands for the same history is not deterministic."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Interceptor, Replayer

from httptask.dsl.expressions import ExpressionsBusy
from httptask.plugin.plugin import HttpTaskPlugin

__all__ = ["replay"]

_MOST_ATTEMPTS: Final = 5
"""How often a history is replayed on a machine that is too busy to say anything about it."""


async def replay(
    client: Client,
    handle: WorkflowHandle[Any, Any],
    plugin: HttpTaskPlugin,
    workflows: Sequence[type] = (),
    interceptors: Sequence[Interceptor] = (),
) -> None:
    """Replay every run of a workflow that continues as new, and those of its children.

    Args:
        client: reads the histories.
        handle: of the workflow.
        plugin: of the worker that ran it.
        workflows: in Python, that the worker has.
        interceptors: that the worker has.

    Raises:
        temporalio.workflow.NondeterminismError: one gives other commands than its history has; a note names it.
    """
    # Without `debug_mode` a replay fails where a busy machine takes two seconds for it.
    replayer = Replayer(
        workflows=list(workflows),
        plugins=[plugin],
        interceptors=list(interceptors),
        debug_mode=True,
    )
    async for history in _histories(client, handle.id, handle.first_execution_run_id):
        try:
            await _replay_history(replayer, history)
        except Exception as error:
            error.add_note(f"when the history of {history.workflow_id} was replayed")
            raise


async def _replay_history(replayer: Replayer, history: WorkflowHistory) -> None:
    """Replay it as a worker would, whose workflow task is tried again where an expression got no processor."""
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            await replayer.replay_workflow(history)
        except RuntimeError as error:  # the replayer has the failure of a workflow task as text alone
            if f'"{ExpressionsBusy.__name__}"' not in str(error) or attempt == _MOST_ATTEMPTS:
                raise
        else:
            return


async def _histories(client: Client, id_: str, run_id: str | None) -> AsyncIterator[WorkflowHistory]:
    while run_id:
        history = await client.get_workflow_handle(id_, run_id=run_id).fetch_history()
        yield history
        for event in history.events:
            if event.HasField("child_workflow_execution_started_event_attributes"):
                child = event.child_workflow_execution_started_event_attributes.workflow_execution
                async for of_child in _histories(client, child.workflow_id, child.run_id):
                    yield of_child
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
