"""What the server knows of a pending call, told as what it waits for."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo

from httptask.interpreter.fetch_status import with_attempts
from httptask.interpreter.status import TaskStatus

TOKENS = ("Postponed", "waits for tokens of the connection model, which has 6000 a minute")
BUSY = ("RateLimited", "429 from model")
IN_QUEUE = "in the queue, for its turn or for a worker"


def pending(failure: tuple[str, str] | None, since: float) -> PendingActivityInfo:
    """A call that is due since so many seconds; as the server tells it, to be made only later if negative."""
    due = datetime.now(UTC) - timedelta(seconds=since)
    info = PendingActivityInfo(
        activity_id="ask",
        attempt=1 if failure is None else 2,
        state=PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED,
    )
    info.scheduled_time.FromDatetime(due)
    if since < 0:
        info.next_attempt_schedule_time.FromDatetime(due)
    if failure is not None:
        info.last_failure.application_failure_info.type, info.last_failure.message = failure
    return info


@pytest.mark.parametrize(
    ("failure", "since", "why"),
    [
        (None, 0.0, None),
        (None, 10.0, IN_QUEUE),
        (TOKENS, -5.0, TOKENS[1]),
        (TOKENS, 10.0, IN_QUEUE),
        (BUSY, -5.0, BUSY[1]),
        (BUSY, 10.0, f"{BUSY[1]}; {IN_QUEUE}"),
    ],
)
def test_a_call_in_its_queue_waits_for_nothing_else(
    failure: tuple[str, str] | None, since: float, why: str | None
) -> None:
    task = TaskStatus(
        id="ask",
        name="ask",
        pointer="/do/0/ask",
        kind="call",
        started_at=datetime.now(UTC),
        activity_id="ask",
    )
    [told] = with_attempts([task], [pending(failure, since)])
    assert (told.state, told.last_failure) == ("running" if why is None else "waiting", why)
    assert (told.next_attempt_at is not None) == (since < 0)
