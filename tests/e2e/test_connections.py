"""What a run learns of its connections at its start, and goes by."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from httptask.http.models import Limits
from httptask.resilience import connection_limits
from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer
from support.cluster import events_of
from support.connections import local_connection
from support.crowds import Crowd
from support.definitions import parse
from support.orders import GET_ORDERS
from support.python_workflows import Posts
from support.runs import running

MANY = """
do:
  - all:
      call: map
      with:
        in: ${ [range(12)] }
        concurrency: 12
        do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: /orders } } }]
"""
TWO_CALLS = """
do:
  - pay: { call: httpRequest, with: { method: post, connection: shop, path: /payments } }
  - tell: { call: http, with: { method: get, endpoint: { uri: "https://x.example.com", authentication: { use: shpo } } } }
"""


async def test_unknown_connection_ends_the_run_before_anything_is_sent(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([Reply.json({})]) as server,
        running(
            temporal, connections={"shop": local_connection("shop", server.url)}, share_queue=False
        ) as runner,
    ):
        outcome = await runner.run(TWO_CALLS)

    assert outcome.problem["error"] == "ConnectionUnknown"
    assert outcome.problem["detail"].startswith("there is no connection shpo on this worker (known: shop)")
    assert server.requests == []


async def test_unknown_connection_ends_a_run_of_a_served_definition(temporal: WorkflowEnvironment) -> None:
    definition = parse(TWO_CALLS)
    async with (
        ScriptedServer([Reply.json({})]) as server,
        running(
            temporal,
            definitions=[definition],
            connections={"shop": local_connection("shop", server.url)},
            share_queue=False,
        ) as runner,
    ):
        handle = await runner.client.start_workflow(
            definition["document"]["name"], id="unknown-connection", task_queue=runner.task_queue
        )
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()
        await runner.replay(handle)

    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.details[0]["error"] == "ConnectionUnknown"
    assert server.requests == []


async def test_the_connections_policy_rules_a_definitions_calls(temporal: WorkflowEnvironment) -> None:
    policy = Retry(attempts=3, first_interval=0.2, factor=2)
    async with ScriptedServer([Reply.of(status=418)]) as server:
        shop = local_connection(
            "shop", server.url, retry=policy, retryable_statuses=[418], limits=Limits(total=90)
        )
        async with running(temporal, connections={"shop": shop}) as runner:
            outcome = await runner.run(GET_ORDERS)
            [scheduled] = await events_of(outcome.handle, "activity_task_scheduled")

    assert outcome.problem["status"] == 418
    assert len(server.requests) == 3
    attributes = scheduled.activity_task_scheduled_event_attributes
    assert attributes.start_to_close_timeout.ToSeconds() == 105
    assert attributes.retry_policy.initial_interval.ToMilliseconds() == 200


async def test_a_server_may_ask_for_as_much_as_the_connection_allows(temporal: WorkflowEnvironment) -> None:
    later = Reply.of(status=503, headers={"Retry-After": "30"})
    async with ScriptedServer([later]) as server:
        shop = local_connection("shop", server.url, retry=Retry(longest_retry_after=20))
        async with running(temporal, connections={"shop": shop}) as runner:
            outcome = await runner.run(GET_ORDERS)

    assert outcome.problem["detail"].endswith(
        "the server asked for 30 s, more than the 20 s that a retry may wait"
    )
    assert len(server.requests) == 1


async def test_a_run_without_connections_asks_for_none(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        outcome = await runner.run("do: [{ one: { set: { n: 1 } } }]")

    assert await events_of(outcome.handle, "marker_recorded") == []


async def test_the_policy_rules_python_workflows_too(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.of(status=503)]) as server:
        shop = local_connection("shop", server.url, retry=Retry(attempts=2, first_interval=0.1))
        async with running(temporal, connections={"shop": shop}, worker={"workflows": [Posts]}) as runner:
            handle = await runner.client.start_workflow(
                Posts.run, id=f"py-{runner.task_queue}", task_queue=runner.task_queue
            )
            with pytest.raises(WorkflowFailureError) as caught:
                await handle.result()

    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "HttpStatusError"
    assert len(server.requests) == 2


async def test_calls_that_find_no_place_come_again_and_none_is_lost(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postponed calls use up no attempt, of which there is one."""
    monkeypatch.setattr(connection_limits, "_LONGEST_WAIT_FOR_PLACE", 0.05)
    monkeypatch.setattr(connection_limits, "_COME_BACK", 0.05)
    crowd = Crowd(0.1, Reply.json(1))

    async with ScriptedServer(crowd) as server:
        shop = local_connection("shop", server.url, concurrency=2, retry=Retry(attempts=1))
        async with running(temporal, connections={"shop": shop}) as runner:
            outcome = await runner.run(MANY)

    assert outcome.output == [1] * 12
    assert (crowd.most, len(server.requests)) == (2, 12)
