"""`emit` and `listen` on a real server; every run is replayed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.activities.event_sink import EventSink
from httptask.connections.connection import Connection
from httptask.interpreter.inbox import EVENT_SIGNAL
from httptask.interpreter.listens import LISTENS_MEMO
from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer
from support.runs import Runner, listening, running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, worker={"max_cached_workflows": 0}) as found:
        yield found


def event(id_: str, type_: str = "order.approved", **properties: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": id_, "source": "/tests", "type": type_, **properties}


async def test_an_event_is_emitted(runner: Runner) -> None:
    outcome = await runner.run(
        'do: [{ tell: { emit: { event: { with: { type: order.placed, data: { n: "${ .n }" }, priority: high } } } } }]',
        {"n": 3},
    )
    made = outcome.output
    assert made.keys() == {"specversion", "id", "source", "time", "type", "data", "priority"}
    assert (made["source"], made["data"]) == ("/test/test/1.0.0", {"n": 3})
    again = await runner.run("do: [{ tell: { emit: { event: { with: { type: order.placed, id: i-1 } } } } }]")
    assert again.output["id"] == "i-1"


async def test_one_event_is_waited_for(runner: Runner) -> None:
    handle = await runner.start(
        "do: [{ wait: { listen: { to: { one: { with: { type: order.approved } } } } } }]"
    )
    await listening(handle)
    await handle.signal(EVENT_SIGNAL, event("1", "order.rejected", data="no"))
    await handle.signal(EVENT_SIGNAL, {"type": "no event"})
    await handle.signal(EVENT_SIGNAL, event("2", data={"by": "Ann"}))
    assert await handle.result() == [{"by": "Ann"}]
    assert await (await handle.describe()).memo_value(LISTENS_MEMO, None) is None
    await runner.replay(handle)


async def test_of_rounds_that_wait_the_one_that_is_meant_takes_an_event(runner: Runner) -> None:
    handle = await runner.start("""
do:
  - each:
      call: map
      with:
        in: '${ ["a", "b"] }'
        concurrency: 2
        do: [{ answer: { listen: { to: { one: { with: { type: t } } } } } }]
""")
    await listening(handle)
    await handle.signal(EVENT_SIGNAL, event("1", "t", data="for b", httptasktask="each/1/answer"))
    await handle.signal(EVENT_SIGNAL, event("2", "t", data="for nobody", httptasktask="each/2/answer"))
    await handle.signal(EVENT_SIGNAL, event("3", "t", data="for the first"))
    assert await handle.result() == [["for the first"], ["for b"]]
    await runner.replay(handle)


LISTENING: dict[str, tuple[str, list[dict[str, Any]], Any]] = {
    "any, and what came before": (
        "{ to: { any: [{ with: { type: a } }, { with: { type: b } }] }, read: envelope }",
        [event("1", "c"), event("2", "b"), event("3", "a")],
        [event("2", "b")],
    ),
    "any of whatever type": ("{ to: { any: [] } }", [event("1", "c", data=1)], [1]),
    "all, in the order of coming": (
        "{ to: { all: [{ with: { type: a } }, { with: { type: b } }, { with: { type: a } }] } }",
        [event("1", "b", data=1), event("1", "b", data=9), event("2", "a", data=2), event("3", "a", data=3)],
        [1, 2, 3],
    ),
    "a condition on the data": (
        '{ to: { one: { with: { type: t, data: "${ .degrees > 38 }" } } } }',
        [
            event("1", "t", data={"degrees": 37}),
            event("2", "t", data="no object"),
            event("3", "t", data={"degrees": 39}),
        ],
        [{"degrees": 39}],
    ),
    "members of the data, of the input": (
        '{ to: { one: { with: { data: { order: "${ $input.order }", ok: true } } } } }',
        [
            event("1", data={"order": 2, "ok": True}),
            event("2", data={"order": 1, "ok": 1}),
            event("3", data={"order": 1, "ok": True, "n": 0}),
        ],
        [{"order": 1, "ok": True, "n": 0}],
    ),
    "a regular expression of all of it": (
        "{ to: { one: { with: { type: 'order[.](paid|sent)' } } }, read: raw }",
        [event("1", "order.paid.not", data=0), event("2", "order.sent", data={"a": 1})],
        ['{"a":1}'],
    ),
    "a text with signs of a pattern equals itself": (
        "{ to: { one: { with: { source: 'https://a.example/b?c' } } } }",
        [
            {**event("1", data=1), "source": "https://a.example/"},
            {**event("2", data=2), "source": "https://a.example/b?c"},
        ],
        [2],
    ),
    "correlation by the first event": (
        "{ to: { all: [{ with: { type: a }, correlate: { room: { from: .data.room } } }, { with: { type: b }, correlate: { room: { from: .data.room } } }] } }",
        [
            event("1", "a", data={"room": 1}),
            event("2", "b", data={"room": 2}),
            event("3", "b", data={"room": 1}),
        ],
        [{"room": 1}, {"room": 1}],
    ),
    "correlation that another filter expects": (
        '{ to: { all: [{ with: { type: a }, correlate: { room: { from: .data.room } } }, { with: { type: b }, correlate: { room: { from: .data.room, expect: "${ .order }" } } }] } }',
        [
            event("1", "a", data={"room": 2}),
            event("2", "a", data={"room": 1}),
            event("3", "b", data={"room": 1}),
        ],
        [{"room": 1}, {"room": 1}],
    ),
    "correlation that is expected": (
        '{ to: { one: { with: { type: a }, correlate: { order: { from: .subject, expect: "${ .order }" } } } } }',
        [event("1", "a", subject="2", data=1), event("2", "a", data=2), event("3", "a", subject="1", data=3)],
        [3],
    ),
}


@pytest.mark.parametrize(("listen", "events", "output"), LISTENING.values(), ids=LISTENING.keys())
async def test_which_events_are_meant(runner: Runner, listen: str, events: list[Any], output: Any) -> None:
    handle = await runner.start(f"do: [{{ wait: {{ listen: {listen} }} }}]", {"order": 1})
    for each in events:
        await handle.signal(EVENT_SIGNAL, each)
    assert await handle.result() == output
    await runner.replay(handle)


async def test_events_are_taken_once_in_their_order_across_continued_runs(runner: Runner) -> None:
    """And beside each other; a listen that is continued goes on with what it has."""
    handle = await runner.start(
        """
        do:
          - loop:
              for: { in: "${ [range(3)] }" }
              do: [{ next: { listen: { to: { all: [{ with: { type: n } }, { with: { type: n } }] } } } }, { keep: { set: "${ . }", export: { as: "${ $context + . }" } } }]
        output: { as: "${ $context }" }
        """,
        [],
        continue_as_new_after=12,
    )
    for number in range(6):
        # Together, for the run may have ended with the last one before a second signal came.
        pair = [event(str(number), "n", data=number), event(str(number), "n", data="twice")]
        await handle.signal(EVENT_SIGNAL, pair)
        await listening(handle) if number < 5 else None
    assert await handle.result() == [0, 1, 2, 3, 4, 5]
    assert (await handle.describe()).run_id != handle.first_execution_run_id
    await runner.replay(handle)


async def test_a_timeout_ends_the_wait(runner: Runner) -> None:
    outcome = await runner.run(
        "do: [{ wait: { listen: { to: { any: [] } }, timeout: { after: { milliseconds: 50 } } } }]"
    )
    assert outcome.problem["type"].endswith("/timeout")
    assert await (await outcome.handle.describe()).memo_value(LISTENS_MEMO, None) is None


async def test_an_event_that_is_none_is_an_error(runner: Runner) -> None:
    outcome = await runner.run('do: [{ tell: { emit: { event: { with: { type: "${ 1 }" } } } } }]')
    assert "type: must be text" in outcome.problem["detail"]


async def test_an_event_goes_to_another_run(temporal: WorkflowEnvironment, runner: Runner) -> None:
    listener = await runner.start("do: [{ wait: { listen: { to: { any: [] } } } }]")
    emit = "do: [{ tell: { emit: { event: { with: { type: t, data: 1 } } } } }]"
    async with running(temporal, event_sink=EventSink(run=listener.id)) as emitter:
        await emitter.run(emit)
        assert await listener.result() == [1]
        assert (await emitter.run(emit)).problem["title"] == "Not delivered"


async def test_an_event_is_posted_to_a_connection(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.of(status=503), Reply.of(status=202)]) as server:
        broker = Connection(
            name="broker", base_url=server.url, allow_private=("loopback",), retry=Retry(first_interval=0.01)
        )
        sink = EventSink(connection="broker", path="/events")
        async with running(temporal, connections={"broker": broker}, event_sink=sink) as emitter:
            outcome = await emitter.run("do: [{ tell: { emit: { event: { with: { type: t, data: 1 } } } } }]")
    first, second = server.requests
    assert (first.target, first.headers["content-type"]) == ("/events", "application/cloudevents+json")
    assert json.loads(first.body) == json.loads(second.body) == outcome.output
