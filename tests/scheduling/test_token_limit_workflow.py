"""The workflow that counts tokens, and whoever asks it and is not answered in time."""

import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from httptask.activities.names import TOKEN_LIMIT
from httptask.activities.token_limit import backends
from httptask.activities.token_limit.backends import SharedCount
from httptask.activities.token_limit.messages import TAKE, Correction, Need, Question, Taken, TokenLimitInput
from httptask.http.errors import Postponed
from httptask.plugin import HttpTaskPlugin
from httptask.scheduling import token_limit_workflow
from httptask.scheduling.token_limit_workflow import TokenLimitWorkflow
from support.cluster import address_of, run_ids

A_MINUTE = 60_000
"""Tokens, of the limit that all tests have."""
PLUGIN = HttpTaskPlugin(connections={})


class Counter:
    """A workflow that counts, on a queue of its own."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.queue = f"test-{uuid.uuid4().hex[:8]}/model"
        self.handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(f"httptask-tokens/{self.queue}")

    def working(self) -> Worker:
        return Worker(self.client, task_queue=self.queue, workflows=[TokenLimitWorkflow])

    async def start(self) -> None:
        self.handle = await self.client.start_workflow(
            TOKEN_LIMIT, TokenLimitInput(), id=self.handle.id, task_queue=self.queue
        )

    async def ask(self, number: int, *, asker: str = "a", **fields: Any) -> Taken:
        """Ask for one call; what is not given is as of an asker that has heard all answers."""
        question: dict[str, Any] = {
            "asker": asker,
            "number": number,
            "answered": number - 1,
            "until": time.time() + 30,
            "per_minute": A_MINUTE,
            "needs": [need(0)],
            "batch": number,
            "corrections": [],
        }
        asked = Question.model_validate({**question, **fields})
        found: list[Taken] = await self.handle.execute_update(TAKE, asked, result_type=list[Taken])
        return found[0]

    async def replay(self) -> None:
        replayer = Replayer(workflows=[TokenLimitWorkflow], plugins=[PLUGIN])
        async for run_id in run_ids(self.client, self.handle):
            history = await self.client.get_workflow_handle(self.handle.id, run_id=run_id).fetch_history()
            await replayer.replay_workflow(history)


@pytest.fixture
async def counter(temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    """Replayed as long as what the test has patched is so."""
    assert monkeypatch
    counter = Counter(await Client.connect(address_of(temporal), plugins=[PLUGIN]))
    yield counter
    await counter.replay()
    await counter.handle.terminate()


def need(tokens: float, model: str = "m") -> Need:
    return Need(asked=0, model=model, most=tokens)


async def asked(count: SharedCount, counter: Counter, wanted: Need) -> Taken:
    """Ask from within an activity that the server has just started."""
    environment = ActivityEnvironment(client=counter.client)
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    return await environment.run(count.take, wanted)


async def test_nothing_is_granted_to_questions_that_were_given_up(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They reach the workflow when its workers come back, and would be a minute's debt each."""
    with monkeypatch.context() as hurried, capture_logs():
        hurried.setattr(backends, "_ANSWERS_WITHIN", 0.2)
        hurried.setattr(backends, "_ON_ITS_WAY", 0.1)
        for _ in range(4):
            with pytest.raises(Postponed, match="does not answer"):
                await asked(SharedCount(counter.queue, A_MINUTE), counter, need(A_MINUTE))

    async with counter.working():
        taken = await asked(SharedCount(counter.queue, A_MINUTE), counter, need(A_MINUTE))

    assert taken == Taken(wait=0, tokens=A_MINUTE)


async def test_a_live_asker_is_answered_although_its_clock_is_slow(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() - 3600)
    async with counter.working():
        taken = await asked(SharedCount(counter.queue, A_MINUTE), counter, need(100))
    assert taken == Taken(wait=0, tokens=100)


async def test_corrections_count_once_however_often_they_are_told(counter: Counter) -> None:
    beyond: Sequence[Correction] = [Correction(model="m", beyond=A_MINUTE / 2)]
    async with counter.working():
        await counter.start()
        await counter.ask(1, asker="other", needs=[need(A_MINUTE / 6)])
        first = await counter.ask(1, corrections=beyond)
        again = await counter.ask(2, batch=1, corrections=beyond)
        more = await counter.ask(3, batch=2, corrections=beyond)

    assert 36 < first.wait < 41
    assert 36 < again.wait < 41
    assert more.wait == pytest.approx(60, abs=1)  # the longest wait, and who waits is spread


async def test_what_was_granted_and_never_heard_is_given_back(counter: Counter) -> None:
    async with counter.working():
        await counter.start()
        unheard = await counter.ask(1, needs=[need(A_MINUTE)])
        late = await counter.ask(1, answered=0, needs=[need(A_MINUTE)])
        heard = await counter.ask(2, answered=0, needs=[need(A_MINUTE)])
        other = await counter.ask(1, asker="b")

    assert (unheard.wait, heard.wait) == (0, 0)
    assert late == Taken(wait=token_limit_workflow._UNHEARD, tokens=0)  # it was overtaken by another question
    assert 50 < other.wait < 63


async def test_what_was_learned_of_answers_outlasts_the_process_and_the_run(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_limit_workflow, "_MOST_UPDATES", 2)
    async with counter.working():
        await counter.start()
        used = [Correction(model="m", beyond=0, answer=50), Correction(model="m", beyond=0, answer=100)]
        await counter.ask(1, corrections=used)
        await counter.ask(2)
        known = await counter.ask(1, asker="another", needs=[need(1000)])
        unknown = await counter.ask(2, asker="another", needs=[need(1000, model="other")])

    assert (known.tokens, unknown.tokens) == (60, 1000)
    assert len([run async for run in run_ids(counter.client, counter.handle)]) >= 2
