"""`handlers`: tasks answer the tools that a model calls, and the model is asked again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.chat import calling
from support.chat_streams import CALLS, call, sse
from support.connections import local_connection
from support.event_streams import SSE
from support.runs import Outcome, running

DEFINITION = """
do:
  - agent:
      call: chatCompletion
      with:
        connection: model
        model: m
        messages: [{ role: user, content: "What about ${ .city }?" }]
        tools:
          - type: function
            function:
              name: weather
              parameters: { type: object, required: [city], properties: { city: { type: string } } }
          - { type: function, function: { name: clock } }
        handlers:
          weather:
            do:
              - look: { call: httpRequest, with: { method: get, connection: shop, path: "/weather/${ .city }" } }
              - say: { set: "${ .sky + \\" in \\" + $workflow.input.city }" }
          clock: { do: [{ tell: { set: { hour: 12 } } }] }
"""
WEATHER = ("weather", '{"city": "Oslo"}')


async def run(
    temporal: WorkflowEnvironment,
    replies: list[Reply] | Callable[[ServedRequest], Reply],
    definition: str = DEFINITION,
    shop: list[Reply] | None = None,
    **options: Any,
) -> tuple[Outcome, list[dict[str, Any]], list[ServedRequest]]:
    """The outcome, the bodies that the model got, and the requests that its tools made."""
    async with (
        ScriptedServer(replies) as server,
        ScriptedServer(shop or [Reply.json({"sky": "grey"})]) as sky,
    ):
        connections = {
            "model": local_connection("model", server.url),
            "shop": local_connection("shop", sky.url),
        }
        async with running(temporal, connections=connections) as runner:
            outcome = await runner.run(definition, {"city": "Oslo"}, **options)
        return outcome, [request.json() for request in server.requests], sky.requests


def answers(body: dict[str, Any]) -> dict[str, Any]:
    """What the last message of each call tells the model."""
    return {
        message["tool_call_id"]: message["content"]
        for message in body["messages"]
        if message["role"] == "tool"
    }


async def test_tasks_answer_and_the_model_is_asked_again(temporal: WorkflowEnvironment) -> None:
    outcome, asked, looked = await run(temporal, [calling(WEATHER), Reply.chat("It is grey.")])

    assert (outcome.problem, outcome.output["text"]) == ({}, "It is grey.")
    assert outcome.output["usage"]["total_tokens"] == 20
    assert [request.target for request in looked] == ["/weather/Oslo"]
    assert asked[1]["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "thinking_signature": "s1",
            "tool_calls": [
                {
                    "id": "c0",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c0", "content": "grey in Oslo"},
    ]
    assert {key: value for key, value in asked[1].items() if key != "messages"} == {
        key: value for key, value in asked[0].items() if key != "messages"
    }


async def test_calls_of_one_answer_run_together_and_are_answered_in_order(
    temporal: WorkflowEnvironment,
) -> None:
    outcome, asked, _ = await run(temporal, [calling(WEATHER, ("clock", "")), Reply.chat("Noon.")])

    assert outcome.output["text"] == "Noon."
    assert answers(asked[1]) == {"c0": "grey in Oslo", "c1": '{"hour":12}'}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("weather", "{"), "the arguments are not JSON"),
        (("weather", "[1]"), "not an object"),
        (("weather", '{"town": "Oslo"}'), '"city" is a required property'),
        (("wether", "{}"), "there is no tool wether; there are: weather, clock"),
    ],
)
async def test_what_is_wrong_with_a_call_goes_to_the_model(
    temporal: WorkflowEnvironment, call: tuple[str, str], told: str
) -> None:
    outcome, asked, looked = await run(temporal, [calling(call), calling(WEATHER), Reply.chat("Grey.")])

    assert outcome.output["text"] == "Grey."
    assert told in json.loads(answers(asked[1])["c0"])["error"]
    assert len(looked) == 1


@pytest.mark.parametrize(
    "arguments", ['{"city": "Os', '{"city": "Oslo"}{"city": "Bergen"}', "null", " ", "[]", '"x"']
)
async def test_a_server_that_reads_the_conversation_again_gets_objects_only(
    temporal: WorkflowEnvironment, arguments: str
) -> None:
    replies = iter([calling(("weather", arguments)), calling(("clock", arguments)), Reply.chat("Noon.")])

    def strict(request: ServedRequest) -> Reply:
        """As vLLM, SGLang and llama.cpp do it."""
        for message in request.json()["messages"]:
            for made in message.get("tool_calls", []):
                if not isinstance(_json(made["function"]["arguments"]), dict):
                    return Reply.json({"error": {"message": "Unterminated string", "code": 400}}, status=400)
        return next(replies)

    outcome, asked, looked = await run(temporal, strict)
    assert (outcome.problem, outcome.output["text"], looked) == ({}, "Noon.", [])
    told = [json.loads(message["content"]) for message in asked[2]["messages"] if message["role"] == "tool"]
    assert "error" in told[0]
    assert ("error" in told[1]) is (arguments not in ("null", " ", "[]"))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


async def test_a_handler_that_fails_tells_the_model_why(temporal: WorkflowEnvironment) -> None:
    outcome, asked, _ = await run(
        temporal, [calling(WEATHER), Reply.chat("I can't tell.")], shop=[Reply.json({}, status=404)]
    )

    assert outcome.output["text"] == "I can't tell."
    assert "404" in json.loads(answers(asked[1])["c0"])["error"]


async def test_it_is_bounded(temporal: WorkflowEnvironment) -> None:
    text = DEFINITION.replace("model: m", "model: m\n        maxTurns: 3")
    outcome, asked, looked = await run(temporal, [calling(WEATHER)], text)

    assert (len(asked), len(looked)) == (3, 3)
    assert outcome.problem["error"] == "TurnsExceeded"
    assert outcome.problem["instance"] == "/do/0/agent"
    keys = [request.headers.get("idempotency-key") for request in looked]
    assert keys == [None] * 3


async def test_a_tool_without_a_handler_is_for_the_author(temporal: WorkflowEnvironment) -> None:
    text = DEFINITION.replace("          clock: { do: [{ tell: { set: { hour: 12 } } }] }\n", "")
    outcome, asked, looked = await run(temporal, [calling(WEATHER, ("clock", "{}"))], text)

    assert [call["name"] for call in outcome.output["tool_calls"]] == ["weather", "clock"]
    assert (len(asked), len(looked)) == (1, 0)


async def test_budget_bounds_it_too(temporal: WorkflowEnvironment) -> None:
    head = "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0, metadata: { httptask: { budget: { tokens: 15 } } } }"
    outcome, asked, _ = await run(temporal, [calling(WEATHER)], head + DEFINITION)

    assert len(asked) == 2
    assert outcome.problem["error"] == "BudgetExceeded"


async def test_one_at_a_time_where_the_author_says_so(temporal: WorkflowEnvironment) -> None:
    text = DEFINITION.replace("model: m", "model: m\n        parallel_tool_calls: false")
    outcome, asked, looked = await run(temporal, [calling(WEATHER, WEATHER), Reply.chat("Twice grey.")], text)

    assert outcome.output["text"] == "Twice grey."
    assert len(looked) == 2
    assert answers(asked[1]) == {"c0": "grey in Oslo", "c1": "grey in Oslo"}


async def test_it_goes_on_in_a_continued_run(temporal: WorkflowEnvironment) -> None:
    replies = [calling(WEATHER), calling(WEATHER, ("clock", "{}")), calling(WEATHER), Reply.chat("Grey.")]
    outcome, asked, looked = await run(temporal, replies, continue_as_new_after=4)

    assert outcome.output["text"] == "Grey."
    assert outcome.output["usage"]["total_tokens"] == 40
    assert (len(asked), len(looked)) == (4, 3)
    assert len(asked[3]["messages"]) == 1 + 2 + 3 + 2


async def test_calls_of_an_answer_that_was_cut_are_not_made(temporal: WorkflowEnvironment) -> None:
    outcome, asked, looked = await run(temporal, [calling(WEATHER, finish_reason="length")])

    assert outcome.problem["error"] == "AnswerTruncated"
    assert (len(asked), len(looked)) == (1, 0)


@pytest.mark.parametrize("tools", ["${ [] }", "${ .tools }"])
async def test_handlers_without_a_tool_are_found_before_anything_is_sent(
    temporal: WorkflowEnvironment, tools: str
) -> None:
    head, _, rest = DEFINITION.partition("        tools:\n")
    text = head + f'        tools: "{tools}"\n' + rest[rest.index("        handlers:") :]
    outcome, asked, _ = await run(temporal, [Reply.chat("?")], text)

    assert outcome.problem["detail"] == "no tool has the name `weather`: add it to `tools`"
    assert asked == []


async def test_calls_without_an_id_of_their_own_are_told_apart(temporal: WorkflowEnvironment) -> None:
    replies = [
        calling(WEATHER, ("clock", ""), ids=[None, ""]),
        calling(WEATHER, ("clock", ""), ids=["a", "a"]),
        calling(WEATHER, ids=["a"]),
        Reply.chat("Noon."),
    ]
    outcome, asked, _ = await run(temporal, replies, continue_as_new_after=4)

    assert (outcome.problem, outcome.output["text"]) == ({}, "Noon.")
    assert answers(asked[3]) == {
        "call_0": "grey in Oslo",
        "call_1": '{"hour":12}',
        "a": "grey in Oslo",
        "call_2": '{"hour":12}',
        "call_3": "grey in Oslo",
    }


async def test_streamed_calls_without_ids_are_told_apart(temporal: WorkflowEnvironment) -> None:
    events = sse(call(0, *WEATHER), call(1, "clock", "{}"), CALLS)
    replies = [Reply.of(events, headers=SSE), Reply.chat("Noon.")]
    text = DEFINITION.replace("model: m", "model: m\n        stream: true")
    outcome, asked, _ = await run(temporal, replies, text)

    assert (outcome.problem, outcome.output["text"]) == ({}, "Noon.")
    assert answers(asked[1]) == {"call_0": "grey in Oslo", "call_1": '{"hour":12}'}


@pytest.mark.parametrize("choice", ["required", "{ type: function, function: { name: weather } }"])
async def test_a_forced_call_is_forced_once(temporal: WorkflowEnvironment, choice: str) -> None:
    def reply(request: ServedRequest) -> Reply:
        return Reply.chat("Grey.") if request.json()["tool_choice"] == "auto" else calling(WEATHER)

    text = DEFINITION.replace("model: m", f"model: m\n        tool_choice: {choice}")
    outcome, asked, looked = await run(temporal, reply, text, continue_as_new_after=4)

    assert (outcome.problem, outcome.output["text"]) == ({}, "Grey.")
    assert (len(asked), len(looked)) == (2, 1)
