"""One policy, two back ends: Temporal and tenacity make the same attempts with the same waits."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from httptask.activities.attempt import run_attempt
from httptask.calls.activity_call import temporal_policy
from httptask.chat.models import Completion
from httptask.http.errors import ConnectFailed, HttpTaskError, Postponed, RateLimited, RequestInvalid
from httptask.resilience.retry import Retry, with_retries


def some_policy(chance: random.Random) -> Retry:
    return Retry(
        attempts=chance.randint(1, 8),
        first_interval=chance.choice([0.1, 1, 7, 90]),
        factor=chance.choice([1, 1.5, 2, 10]),
        longest_interval=chance.choice([0.5, 5, 60, 3600]),
    )


def some_error(chance: random.Random) -> HttpTaskError | None:
    """What an attempt comes to; None is an answer."""
    return chance.choices(
        [
            ConnectFailed("x"),
            RateLimited("x", retry_after=chance.choice([None, 0.0, 0.2, 3.0, 600.0])),
            Postponed("x", retry_after=chance.uniform(0.1, 9)),
            RequestInvalid("x"),
            None,
        ],
        [6, 6, 5, 1, 1],
    )[0]


class Script:
    """Plays a sequence of errors, and notes the numbers of the attempts."""

    def __init__(self, errors: list[HttpTaskError | None]) -> None:
        self.errors = iter(errors)
        self.numbers: list[int] = []
        self.ended: str | None = None

    async def send(self, attempt: int) -> Completion:
        self.numbers.append(attempt)
        error = next(self.errors)
        if error is not None:
            raise type(error)(error.message, retry_after=error.retry_after)
        return Completion()


async def with_tenacity(policy: Retry, script: Script, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", note)
        try:
            await with_retries(script.send, policy)
        except HttpTaskError as error:
            script.ended = error.type
    return waits


async def with_temporal(policy: Retry, script: Script) -> list[float]:
    """The activity itself, under the server's rules: it counts every execution, and hands on heartbeats."""
    compiled = temporal_policy(policy)
    waits: list[float] = []
    beats: list[Any] = []
    execution = 0
    while True:
        execution += 1
        env = ActivityEnvironment()
        env.info = replace(env.info, attempt=execution, heartbeat_details=beats[-1:], retry_policy=compiled)
        env.on_heartbeat = lambda *details: beats.extend(details)
        try:
            with capture_logs():
                await env.run(run_attempt, script.send, policy.attempts)
        except ApplicationError as failure:
            if failure.non_retryable or execution == compiled.maximum_attempts:
                script.ended = failure.type
                return waits
            interval = compiled.initial_interval * compiled.backoff_coefficient ** (execution - 1)
            longest = compiled.maximum_interval or timedelta.max
            waits.append((failure.next_retry_delay or min(interval, longest)).total_seconds())
        else:
            return waits


async def test_both_back_ends_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(300):
        chance = random.Random(seed)
        policy = some_policy(chance)
        errors = [some_error(chance) for _ in range(60)] + [None]
        one, other = Script(errors), Script(errors)

        random.seed(seed)
        tenacity_waits = await with_tenacity(policy, one, monkeypatch)
        random.seed(seed)
        temporal_waits = await with_temporal(policy, other)

        assert one.numbers == other.numbers, seed
        assert one.ended == other.ended, seed
        assert tenacity_waits == pytest.approx(temporal_waits, abs=1e-5), seed
        sent = [error for error in errors[: len(one.numbers)] if error is None or error.counts]
        assert len(sent) <= policy.attempts, seed


async def test_an_attempt_too_many_sends_nothing() -> None:
    """The last attempts may all have died with their workers, which tell Temporal nothing."""
    script = Script([None])
    env = ActivityEnvironment()
    env.info = replace(env.info, attempt=6, heartbeat_details=[5])
    with capture_logs(), pytest.raises(ApplicationError, match="none of 5 attempts came to an end") as caught:
        await env.run(run_attempt, script.send, 5)
    assert (caught.value.type, caught.value.non_retryable) == ("Timeout", True)
    assert script.numbers == []
