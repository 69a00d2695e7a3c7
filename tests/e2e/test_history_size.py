"""History grows with the number of tasks, not with its square: each call carries only what it needs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from httptask.activities.names import LOAD_DEFINITION, RESOLVE_CONFIGURATION
from httptask.dsl.canonical import sha256
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.plugin import AllowedActivity
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.definitions import document
from support.runs import running

ANSWER = Reply.json({"text": "x" * 5_000})


def calls_in_sequence(count: int) -> dict[str, Any]:
    """Each task reads the answer of the one before."""
    tasks: list[dict[str, Any]] = []
    for number in range(count):
        body = {"before": f"${{ $tasks.call{number - 1}.text }}" if number else "nothing"}
        arguments = {"method": "post", "connection": "shop", "path": "/x", "body": body}
        tasks.append({f"call{number}": {"call": "httpRequest", "with": arguments}})
    return document(do=tasks)


def calls_in_a_loop(count: int) -> dict[str, Any]:
    arguments = {"method": "post", "connection": "shop", "path": "/x", "body": {"before": "${ .text }"}}
    loop = {
        "for": {"in": f"${{ [range({count})] }}"},
        "do": [{"call": {"call": "httpRequest", "with": arguments}}],
    }
    return document(do=[{"loop": loop}])


@pytest.mark.parametrize("make", [calls_in_sequence, calls_in_a_loop])
async def test_twice_the_tasks_take_twice_the_bytes(
    temporal: WorkflowEnvironment, make: Callable[[int], dict[str, Any]]
) -> None:
    sizes: list[int] = []
    async with ScriptedServer([ANSWER]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            for count in (10, 20):
                outcome = await runner.run(make(count), {"text": ""})
                assert outcome.problem == {}
                history = await outcome.handle.fetch_history()
                sizes.append(sum(event.ByteSize() for event in history.events))

    assert sizes[1] <= 2.2 * sizes[0]


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ({}, {"content", "headers"}),
        ({"output": "raw"}, {"content", "content_kind", "headers"}),
        ({"output": "response"}, {"content", "headers", "size", "request", "timing"}),
        (
            {"paginate": {"page": {"parameter": "page"}, "limit": 1}},
            {"content", "headers", "size", "request", "timing"},
        ),
    ],
    ids=["content", "raw", "response", "paginate"],
)
async def test_an_answer_is_kept_as_far_as_it_is_read(
    temporal: WorkflowEnvironment, arguments: dict[str, Any], kept: set[str]
) -> None:
    with_ = {"method": "get", "connection": "shop", "path": "/x", **arguments}
    answer = Reply.json([1], headers={"X-Request-Id": "r-1", "ETag": '"2"'})
    async with ScriptedServer([answer]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(document(do=[{"get": {"call": "httpRequest", "with": with_}}]))
            history = await outcome.handle.fetch_history()

    [completed] = [
        event.activity_task_completed_event_attributes
        for event in history.events
        if event.HasField("activity_task_completed_event_attributes")
    ]
    found = json.loads(completed.result.payloads[0].data)
    assert found.keys() == kept
    assert ("etag" in found["headers"]) is ("size" in kept)
    assert found["headers"]["x-request-id"] == "r-1"


@activity.defn
async def count(item: str) -> int:
    return len(item)


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "given"])
async def test_a_run_asks_its_worker_once_before_its_first_call(
    temporal: WorkflowEnvironment, is_served: bool
) -> None:
    counted = {"type": "count", "arguments": ["lamp"]}
    get = {"method": "get", "connection": "shop", "path": "/x"}
    definition = document(
        do=[{"count": {"call": "activity", "with": counted}}, {"get": {"call": "httpRequest", "with": get}}]
    )
    async with (
        ScriptedServer([Reply.json([1])]) as server,
        running(
            temporal,
            definitions=[definition],
            connections={"shop": local_connection("shop", server.url)},
            allowed_activities=[AllowedActivity(name="count")],
            worker={"activities": [count]},
        ) as runner,
    ):
        started_with = RunInput(definition=definition, sha256=sha256(definition))
        handle = await runner.client.start_workflow(
            definition["document"]["name"] if is_served else WORKFLOW_TYPE,
            *((None,) if is_served else (started_with,)),
            id=f"asks-{is_served}",
            task_queue=runner.task_queue,
        )
        assert await handle.result() == [1]
        await runner.replay(handle)
        history = await handle.fetch_history()

    asked = [
        json.loads(event.marker_recorded_event_attributes.details["data"].payloads[0].data)["activity_type"]
        for event in history.events
        if event.HasField("marker_recorded_event_attributes")
    ]
    assert asked == [LOAD_DEFINITION if is_served else RESOLVE_CONFIGURATION]
