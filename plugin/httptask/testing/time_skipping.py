"""Whether Temporal skipped more time than a run was waiting for."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.history.v1 import HistoryEvent

__all__ = ["skipped_too_far"]

_TOLERANCE: Final = timedelta(seconds=1)


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
