"""Has Temporal skip the time that runs wait, and tells where it skipped more than that."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

__all__ = ["skipped_too_far", "skipping_time"]

_TOLERANCE: Final = timedelta(seconds=1)
_MOST_SKIPS: Final = 100_000
"""In one run: the server's own bound is for what goes round in circles."""


def skipping_time(client: Client) -> Client:
    """A client of the same server whose runs take no time for what they wait, between attempts too.

    Args:
        client: of a server that lets time be skipped (`frontend.WorkflowTimeSkippingEnabled`).
    """
    return TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=_MOST_SKIPS)).client


def skipped_too_far(events: Iterable[HistoryEvent]) -> bool:
    """Whether a timer was skipped over that should have ended the wait.

    The server (seen in 1.32.0) goes to the next timer that lies ahead when a workflow task ends, without those that are
    due already and have not fired yet. On a busy machine a run that waits for several things at once, and has a
    `timeout`, then meets its timeout at once.
    """
    due: dict[int, datetime] = {}
    for event in events:
        if event.HasField("timer_started_event_attributes"):
            wait = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            due[event.event_id] = event.event_time.ToDatetime(tzinfo=UTC) + wait
        elif event.HasField("timer_fired_event_attributes"):
            due.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.HasField("timer_canceled_event_attributes"):
            due.pop(event.timer_canceled_event_attributes.started_event_id, None)
        elif event.HasField("workflow_execution_time_skipping_transitioned_event_attributes"):
            skipped = event.workflow_execution_time_skipping_transitioned_event_attributes
            target = skipped.target_time.ToDatetime(tzinfo=UTC)
            if due and target - min(due.values()) > _TOLERANCE:
                return True
    return False
