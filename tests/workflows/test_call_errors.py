"""What a Python workflow catches when Temporal ends a call."""

from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutType
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from httptask.workflows.errors import CallTimeout, call_error


def test_a_timeout_tells_the_failure_before_it() -> None:
    timeout = TemporalTimeoutError("too late", type=TimeoutType.SCHEDULE_TO_CLOSE, last_heartbeat_details=[])
    timeout.__cause__ = ApplicationError("503 from a.example: down", type="HttpStatusError")
    error = ActivityError(
        "x",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="httptask.http_request",
        activity_id="ask",
        retry_state=RetryState.TIMEOUT,
    )
    error.__cause__ = timeout

    found = call_error(error)

    assert isinstance(found, CallTimeout)
    assert found.message.endswith("; the last failure before: HttpStatusError: 503 from a.example: down")
