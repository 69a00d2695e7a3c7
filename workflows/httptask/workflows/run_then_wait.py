"""A run of a served definition, and the time after it until the next may begin: what `schedule.after` is made of."""

import asyncio
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError

from httptask.activities.names import RUN_THEN_WAIT
from httptask.scheduling.spending_state import SCHEDULE_MEMO

__all__ = ["RunThenWait", "RunThenWaitWorkflow", "id_of_run"]


class RunThenWait(BaseModel):
    """What `httptask.run_then_wait` is started with."""

    schedule: str
    """Id of the schedule that starts it."""
    definition: str
    """Name of a definition that its worker serves."""
    input: Any = None
    seconds: int
    """From the end of the run to the end of this."""


@workflow.defn(name=RUN_THEN_WAIT, sandboxed=False)
class RunThenWaitWorkflow:
    """Ends so long after the run that it starts, and as that did: its schedule starts the next one at once then."""

    @workflow.run
    async def run(self, given: RunThenWait) -> None:
        """Run the definition, and wait.

        Raises:
            ChildWorkflowError: the run did not complete.
        """
        failure: ChildWorkflowError | None = None
        try:
            await workflow.execute_child_workflow(
                given.definition,
                given.input,
                id=id_of_run(workflow.info().workflow_id),
                memo={SCHEDULE_MEMO: given.schedule},
                # The SDK does not wait for the end of one that is cancelled while it starts.
                parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
            )
        except ChildWorkflowError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # this, and not the run alone
                raise
            failure = error
        await workflow.sleep(given.seconds, summary="until the next run")
        if failure is not None:
            raise failure


def id_of_run(id_: str) -> str:
    """The id of the run that such a workflow starts."""
    return f"{id_}/run"
