"""Publishes the text of an answer, while it comes, on the stream of the workflow that asked for it."""

import asyncio

from temporalio import activity
from temporalio.contrib.workflow_streams import WorkflowStreamClient

from httptask.activities.names import LIVE_TOPIC
from httptask.chat.models import ChatRequest
from httptask.chat.streaming.live_text import Listener, LiveText
from httptask.http.log import get_logger

__all__ = ["publisher"]

_PATIENCE = 1.0
"""Seconds that Temporal has to take a piece. The last one is waited for before the call returns."""

log = get_logger("httptask.activities")


def publisher(request: ChatRequest, attempt: int) -> Listener | None:
    """Who publishes the text of an attempt; None where nobody asked for it, or no workflow did."""
    if request.live is None or activity.info().workflow_id is None:
        return None
    return _Publisher(request.live, attempt)


class _Publisher:
    """Publishes what it hears. An error is logged once; what it kept back is sent with the next piece."""

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
