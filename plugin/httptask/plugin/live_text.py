"""The texts of a workflow's answers while they come, for those who watch it."""

from collections.abc import AsyncGenerator

from temporalio.client import Client
from temporalio.contrib.workflow_streams import WorkflowStreamClient

from httptask.activities.names import LIVE_TOPIC
from httptask.chat.streaming.live_text import LiveText

__all__ = ["LiveText", "live_texts"]


async def live_texts(client: Client, workflow_id: str) -> AsyncGenerator[LiveText]:
    """The texts of a workflow's answers, piece by piece, until the workflow ends.

    Begins with what is kept of those that came before, and follows a workflow that continues as new.

    Args:
        client: has the plugin.
        workflow_id: of a workflow that publishes its texts.

    Raises:
        RPCError: there is no such workflow, or Temporal can't be reached.
        WorkflowUpdateFailedError: the workflow hosts no stream.
    """
    topic = WorkflowStreamClient.create(client, workflow_id).topic(LIVE_TOPIC, type=LiveText)
    async for item in topic.subscribe():
        yield item.data
