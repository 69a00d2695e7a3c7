"""The text of an answer while it comes: published on the stream of a workflow, and followed there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from temporalio.client import Client
from temporalio.contrib.workflow_streams import WorkflowStreamClient
from temporalio.exceptions import TemporalError

from httptask.activities.names import LIVE_TOPIC, PARTS_TOPIC
from httptask.chat.streaming.live_text import LiveText
from httptask.http.log import get_logger

__all__ = ["LivePublisher", "live_texts"]

_PATIENCE = 1.0
"""Seconds that Temporal has to take a piece of a text. The last one is waited for before the call returns."""

log = get_logger("httptask.activities")


class LivePublisher:
    """Publishes the text of an answer, while it comes, on the stream of the workflow that asked for it.

    An error is logged once; what it kept back is sent with the next piece.
    """

    def __init__(self, name: str, attempt: int) -> None:
        self._name = name
        self._attempt = attempt
        self._client = WorkflowStreamClient.from_within_activity()
        self._topic = self._client.topic(LIVE_TOPIC, type=LiveText)
        self._failed = False

    async def hear(self, text: str, *, begins: bool) -> None:
        """See `Listener.hear`."""
        try:
            self._topic.publish(LiveText(name=self._name, attempt=self._attempt, begins=begins, text=text))
            async with asyncio.timeout(_PATIENCE):
                await self._client.flush()
        except Exception as error:  # noqa: BLE001 - nothing that goes wrong here may fail the call
            if not self._failed:
                self._failed = True
                log.warning("live.unpublished", error=type(error).__name__)


async def live_texts(client: Client, workflow_id: str) -> AsyncGenerator[LiveText]:
    """The texts of a workflow's answers, piece by piece, until the workflow ends.

    Begins with what is kept of those that came before, and follows a workflow that continues as new. Those of a `map`
    that runs in parts come, too, one part after the other.

    Args:
        client: has the plugin.
        workflow_id: of a workflow that publishes its texts.

    Raises:
        RPCError: there is no such workflow, or Temporal can't be reached.
        WorkflowUpdateFailedError: the workflow hosts no stream, as a run of a definition that was not started `live`.
        WorkflowQueryFailedError: the same, of one that has ended.
    """
    stream = WorkflowStreamClient.create(client, workflow_id)
    async for item in stream.subscribe([LIVE_TOPIC, PARTS_TOPIC]):
        if item.topic == LIVE_TOPIC:
            yield LiveText.model_validate(item.data)
            continue
        with suppress(TemporalError):  # it may be gone
            async with aclosing(live_texts(client, item.data)) as of_part:
                async for piece in of_part:
                    yield piece
