"""What a Python workflow catches when Temporal ends a call."""

from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutType
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from httptask.workflows.errors import CallTimeout
from httptask.workflows.failures import call_error


def ended_by(cause: BaseException, state: RetryState = RetryState.TIMEOUT) -> ActivityError:
    error = ActivityError(
        "x",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="httptask.http_request",
        activity_id="ask",
        retry_state=state,
    )
    error.__cause__ = cause
    return error


def test_a_timeout_tells_the_failure_before_it() -> None:
    timeout = TemporalTimeoutError("too late", type=TimeoutType.SCHEDULE_TO_CLOSE, last_heartbeat_details=[])
    timeout.__cause__ = ApplicationError("503 from a.example: down", type="HttpStatusError")
    found = call_error(ended_by(timeout))
    assert isinstance(found, CallTimeout)
    assert found.message.endswith("; the last failure before: HttpStatusError: 503 from a.example: down")


def test_a_call_that_is_put_off_past_its_timeout_timed_out() -> None:
    put_off = ApplicationError("the secret KEY has no value; nothing was sent", type="Postponed")
    found = call_error(ended_by(put_off))
    assert isinstance(found, CallTimeout)
    assert found.message == "the call timed out: the secret KEY has no value; nothing was sent"
    assert not isinstance(call_error(ended_by(put_off, RetryState.MAXIMUM_ATTEMPTS_REACHED)), CallTimeout)
