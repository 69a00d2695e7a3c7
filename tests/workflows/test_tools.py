"""`chat_completion(handlers=...)`: activities answer the tools that a model calls."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from httptask.plugin import HttpTaskPlugin
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support import tool_workflows
from support.chat import calling
from support.connections import local_connection

WORKFLOWS = [
    tool_workflows.AsksByForce,
    tool_workflows.AsksForEver,
    tool_workflows.AsksWithTools,
    tool_workflows.DescribesTools,
    tool_workflows.DescribesToolsItself,
]
NICE = Reply.chat('{"nice": true}')


@pytest.fixture(autouse=True)
def called() -> list[tuple[object, ...]]:
    tool_workflows.calls.clear()
    return tool_workflows.calls


async def run(
    temporal: WorkflowEnvironment, name: str, replies: list[Reply] | Callable[[ServedRequest], Reply]
) -> tuple[Any, list[dict[str, Any]]]:
    """The result, and the bodies that the model got."""
    async with ScriptedServer(replies) as server:
        plugin = HttpTaskPlugin(connections={"openai": local_connection("openai", server.url)})
        client = await Client.connect(temporal.client.service_client.config.target_host, plugins=[plugin])
        queue = f"test-{uuid.uuid4().hex[:8]}"
        activities: list[Any] = [tool_workflows.weather, tool_workflows.broken]
        async with Worker(client, task_queue=queue, workflows=WORKFLOWS, activities=activities):
            handle = await client.start_workflow(name, id=queue, task_queue=queue)
            result = await handle.result()
            history = await handle.fetch_history()
        await Replayer(workflows=WORKFLOWS, plugins=[plugin]).replay_workflow(history)
        return result, [request.json() for request in server.requests]


def told(body: dict[str, Any]) -> list[Any]:
    return [json.loads(message["content"]) for message in body["messages"] if message["role"] == "tool"]


async def test_activities_answer(temporal: WorkflowEnvironment, called: list[Any]) -> None:
    asked = calling(("weather", '{"city": "Oslo"}'), ("weather", '{"city": "Rome", "days": 3}'))
    result, bodies = await run(temporal, "AsksWithTools", [asked, NICE])

    assert result == [True, 20]
    assert sorted(called) == [("weather", "Oslo", 1), ("weather", "Rome", 3)]
    assert told(bodies[1]) == [{"colour": "grey"}, {"colour": "grey"}]
    assert bodies[1]["messages"][1]["thinking_signature"] == "s1"
    assert [tool["function"]["name"] for tool in bodies[0]["tools"]] == ["weather", "broken"]


async def test_calls_without_an_id_of_their_own_are_told_apart(temporal: WorkflowEnvironment) -> None:
    oslo, rome = ("weather", '{"city": "Oslo"}'), ("weather", '{"city": "Rome"}')
    replies = [calling(oslo, rome, ids=[None, None]), calling(oslo, rome, ids=["call_0", "call_0"]), NICE]
    result, bodies = await run(temporal, "AsksWithTools", replies)

    assert result == [True, 30]
    answers = [message["tool_call_id"] for message in bodies[2]["messages"] if message["role"] == "tool"]
    asked = [call["id"] for message in bodies[2]["messages"] for call in message.get("tool_calls", [])]
    assert answers == asked == ["call_0", "call_1", "call_2", "call_3"]


@pytest.mark.parametrize(
    ("call", "error", "ran"),
    [
        (("weather", '{"town": "Oslo"}'), '"city" is a required property', 0),
        (("weather", '{"city": "Oslo", "days": 0}'), "0 is less than the minimum of 1", 0),
        (
            ("weather", '{"city": "Oslo", "unit": "F"}'),
            "Additional properties are not allowed ('unit' was",
            0,
        ),
        (("broken", "{}"), "the sensor is gone", 1),
        (("wether", "{}"), "there is no tool wether", 0),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model(
    temporal: WorkflowEnvironment, called: list[Any], call: tuple[str, str], error: str, ran: int
) -> None:
    result, bodies = await run(temporal, "AsksWithTools", [calling(call), NICE])

    assert result == [True, 20]
    assert error in told(bodies[1])[0]["error"]
    assert len(called) == ran


async def test_a_schema_of_the_author_decides_on_further_arguments(
    temporal: WorkflowEnvironment, called: list[Any]
) -> None:
    asked = calling(("weather", '{"city": "Oslo", "unit": "F"}'))
    await run(temporal, "DescribesToolsItself", [asked, Reply.chat("Fine.")])

    assert called == [("weather", "Oslo", 1)]


async def test_a_forced_call_is_forced_once(temporal: WorkflowEnvironment, called: list[Any]) -> None:
    def reply(request: ServedRequest) -> Reply:
        forced = request.json()["tool_choice"] != "auto"
        return calling(("weather", '{"city": "Oslo"}')) if forced else Reply.chat("Grey.")

    result, bodies = await run(temporal, "AsksByForce", reply)

    assert (result, len(bodies), len(called)) == ("Grey.", 2, 1)


async def test_turns_are_bounded(temporal: WorkflowEnvironment, called: list[Any]) -> None:
    result, bodies = await run(temporal, "AsksForEver", [calling(("weather", '{"city": "Oslo"}'))])

    assert result.startswith("the model still calls tools after 2 turns")
    assert (len(bodies), len(called)) == (2, 2)


async def test_what_the_model_is_told_of_an_activity(temporal: WorkflowEnvironment) -> None:
    result, _ = await run(temporal, "DescribesTools", [])

    assert result == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Tell the weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"title": "City", "type": "string"},
                    "days": {"title": "Days", "type": "integer", "minimum": 1, "default": 1},
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
