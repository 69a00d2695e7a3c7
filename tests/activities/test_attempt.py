import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import structlog
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from httptask.activities.attempt import run_attempt
from httptask.activities.storage import MAX_INLINE_BYTES
from httptask.chat.models import Completion
from httptask.http.errors import RateLimited, RequestInvalid
from httptask.transport.observation import CallObservation, observed

Call = Callable[[int], Awaitable[Completion]]


async def run(call: Call, **info: Any) -> Completion:
    env = ActivityEnvironment()
    env.info = replace(env.info, **info)
    return await env.run(run_attempt, call)


def answering(completion: Completion) -> Call:
    async def call(attempt: int) -> Completion:
        return completion

    return call


def failing(error: BaseException) -> Call:
    async def call(attempt: int) -> Completion:
        raise error

    return call


async def test_passes_the_number_of_the_attempt() -> None:
    async def call(attempt: int) -> Completion:
        return Completion(text=str(attempt))

    assert (await run(call, attempt=4)).text == "4"


async def test_log_lines_of_the_call_name_the_activity() -> None:
    seen: dict[str, Any] = {}

    async def call(attempt: int) -> Completion:
        seen.update(get_contextvars())
        return Completion()

    await run(call, workflow_id="wf", workflow_run_id="run", activity_id="7", attempt=2)
    assert seen == {"workflow_id": "wf", "run_id": "run", "activity_id": "7", "attempt": 2}
    assert get_contextvars() == {}


async def test_works_without_a_workflow() -> None:
    seen: dict[str, Any] = {}

    async def call(attempt: int) -> Completion:
        seen.update(get_contextvars())
        return Completion(text="alone")

    completion = await run(call, workflow_id=None, workflow_run_id=None, activity_run_id="ar")
    assert completion.text == "alone"
    assert seen == {"run_id": "ar", "activity_id": "test", "attempt": 1}


async def test_an_error_becomes_a_failure_and_one_log_line() -> None:
    with capture_logs() as lines, pytest.raises(ApplicationError) as caught:
        await run(failing(RateLimited("slow down", retry_after=2)), attempt=3, activity_type="a.b")
    assert (caught.value.type, caught.value.details[0]["attempt"]) == ("RateLimited", 3)
    assert 2 <= lines[0].pop("wait") <= 3
    assert lines == [
        {
            "event": "activity.attempt.failed",
            "log_level": "warning",
            "activity": "a.b",
            "error": "RateLimited",
            "retryable": True,
        }
    ]


async def test_a_failure_is_not_logged_twice() -> None:
    call = CallObservation(method="GET", host="h", path="/", connection=None, attempt=1)

    async def send(_attempt: int) -> Completion:
        with observed(call, []):
            raise RateLimited("slow down")

    with capture_logs() as lines, pytest.raises(ApplicationError):
        await run(send)
    assert [line["event"] for line in lines] == ["http.request.failed"]


async def test_success_is_not_logged_twice() -> None:
    with capture_logs() as lines:
        await run(answering(Completion()))
    assert lines == []


async def test_no_foreign_exception_reaches_temporal() -> None:
    foreign = ValueError("Illegal header value b'Bearer sk-sentinel\\n'")
    with capture_logs() as lines, pytest.raises(ApplicationError) as caught:
        await run(failing(foreign))
    failure = caught.value
    assert (failure.type, failure.non_retryable) == ("InternalError", True)
    assert failure.message.startswith("internal error of httptask: ValueError at test_attempt.py:")
    assert "sentinel" not in f"{failure!r} {failure.details} {lines}"


@pytest.mark.parametrize("error", [RequestInvalid("x"), ValueError("x")])
async def test_failures_carry_no_chain(error: Exception) -> None:
    with capture_logs(), pytest.raises(ApplicationError) as caught:
        await run(failing(error))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_cancellation_passes() -> None:
    with pytest.raises(asyncio.CancelledError):
        await run(failing(asyncio.CancelledError()))


async def test_a_result_that_temporal_would_refuse_is_an_error() -> None:
    overhead = len(Completion(text="").model_dump_json())
    assert await run(answering(Completion(text="x" * (MAX_INLINE_BYTES - overhead))))
    with capture_logs(), pytest.raises(ApplicationError) as caught:
        await run(answering(Completion(text="x" * (MAX_INLINE_BYTES - overhead + 1))))
    assert (caught.value.type, caught.value.non_retryable) == ("ResponseTooLarge", True)
    assert caught.value.details[0]["size"] == MAX_INLINE_BYTES + 1


async def test_a_result_that_json_cannot_hold_is_an_error() -> None:
    with capture_logs(), pytest.raises(ApplicationError) as caught:
        await run(answering(Completion(text="\ud800")))
    assert caught.value.type == "ResponseInvalid"


@pytest.fixture(autouse=True)
def _plain_structlog() -> Any:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
