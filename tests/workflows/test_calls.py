"""`http_request` and `chat_completion` in workflows written in Python."""

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from httptask.connections import Connection
from httptask.testing import HttpTaskEnvironment, Reply
from support.chat import calling
from support.chat_streams import chunk, sse
from support.python_workflows import (
    Asks,
    AsksAgain,
    AsksWithIdleTools,
    AsksWrongly,
    CallsWrongly,
    Listens,
    Posts,
    Uploads,
)

REFUSED = Reply.chat(refusal="I can't.")


@pytest.fixture
def env(httptask_env: HttpTaskEnvironment) -> HttpTaskEnvironment:
    """With the server that the workflows know as `shop`."""
    httptask_env.connections["shop"] = Connection(name="shop", base_url="https://shop.example.com")
    return httptask_env


async def failure(env: HttpTaskEnvironment, workflow: Any) -> ApplicationError:
    """What fails a workflow."""
    with pytest.raises(WorkflowFailureError) as failed:
        await env.run(workflow)
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause


async def test_an_answer_is_an_object_of_the_callers_model(env: HttpTaskEnvironment) -> None:
    env.script = [Reply.chat('{"priority": "urgent", "reason": "down"}')]

    assert await env.run(Asks.run) == "Label urgent"
    sent = env.requests[0].json()
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["response_format"]["json_schema"]["schema"]["required"] == ["priority", "reason"]
    assert sent["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert sent["temperature"] == 0


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (REFUSED, "no Label: the model refused: I can't."),
        (Reply.chat('{"priority": "meh", "reason": "?"}'), "meh"),
        (Reply.chat('{"priority": "urgent", "reason": " "}'), "not a Label: /reason: "),
    ],
    ids=["refusal", "not of its schema", "not what the model's own validator wants"],
)
async def test_what_is_no_such_object_fails_the_workflow(
    env: HttpTaskEnvironment, reply: Reply, message: str
) -> None:
    env.script = [reply]

    cause = await failure(env, Asks.run)

    assert cause.type == ("AnswerRefused" if reply is REFUSED else "OutputInvalid")
    assert message in str(cause) + str(cause.details)
    assert len(env.requests) == 1


async def test_asks_again_and_says_what_is_wrong(env: HttpTaskEnvironment) -> None:
    env.script = [
        Reply.chat('{"priority": "meh", "reason": "?"}'),
        Reply.chat('{"priority": "low", "reason": " "}'),
        Reply.chat('{"priority": "low", "reason": "later"}'),
    ]

    priority, tokens, warning = await env.run(AsksAgain.run)
    assert (priority, tokens, warning["pointer"]) == ("low", 30, "/top_k")
    assert warning.keys() == {"pointer", "code", "message", "hint", "severity"}
    sent = [request.json()["messages"] for request in env.requests]
    assert [len(messages) for messages in sent] == [1, 3, 5]
    assert sent[1][1]["content"] == '{"priority": "meh", "reason": "?"}'
    assert "say something" in sent[2][4]["content"]
    assert len({request.headers["idempotency-key"] for request in env.requests}) == 3
    assert env.requests[0].json()["top_k"] == 3


async def test_a_refusal_is_not_asked_again(env: HttpTaskEnvironment) -> None:
    env.script = [REFUSED]

    cause = await failure(env, AsksAgain.run)

    assert (cause.type, len(env.requests)) == ("AnswerRefused", 1)


@pytest.mark.parametrize("text", [None, "Let me look."])
async def test_a_call_in_the_place_of_an_answer_is_told(env: HttpTaskEnvironment, text: str | None) -> None:
    env.script = [calling(("look", "{}"), text=text)]

    message, calls, said = await env.run(AsksWithIdleTools.run)

    assert str(message).startswith("no Label: the model called `look` instead of answering: ")
    assert calls == [{"id": "c0", "type": "function", "name": "look", "arguments": "{}"}]
    assert (said, len(env.requests)) == (text, 1)


async def test_nothing_is_sent_that_cannot_be_right(env: HttpTaskEnvironment) -> None:
    assert await env.run(AsksWrongly.run) == [
        "/messages/0/role",
        "/temperature",
        "give one of `output_type` and `response_format`",
        "`extra_body` repeats `n`",
        "`reask` asks again for JSON: give `output_type`, or a `response_format` of JSON",
        "`reask` is -1: write how often to ask again, 0 for never",
        "`max_turns` counts the turns of `handlers`, and there are none: leave it out",
        "`max_turns` is 0: the model is asked at least once",
        "rules: must be 'off', 'warn' or 'strict'",
        "connection: must be text; incomplete: must be 'error' or 'value'",
        "`messages` is of type str: write a list of messages, as in [{'role': 'user', 'content': 'Hello'}]",
        "`messages` is of type NoneType: write a list of messages, as in [{'role': 'user', 'content': 'Hello'}]",
        "`messages[1]` is of type str: write a message, as in {'role': 'user', 'content': 'Hello'}",
        "`output_type` is a pydantic model, and dict[str, int] is none: write one with a field that holds it",
        "`budget` is of type dict: write a Budget, as in Budget(tokens=1000)",
    ]
    assert env.requests == []


async def test_streamed_answer(env: HttpTaskEnvironment) -> None:
    events = sse(chunk({"reasoning": "hm"}), chunk({"content": "Hel"}), chunk({"content": "lo"}, "stop"))
    env.script = [Reply.of(events, headers={"Content-Type": "text/event-stream", "X-Request-Id": "req-1"})]

    assert await env.run(Listens.run) == ["Hello", "hm", True, "req-1"]
    assert env.requests[0].json()["stream"] is True


async def test_errors_are_caught_by_their_class(env: HttpTaskEnvironment) -> None:
    body = {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}
    env.script = [Reply.json(body, status=429)]

    assert await env.run(Posts.run) == "quota exhausted: 429"
    assert len(env.requests) == 1


async def test_a_request_carries_one_key_over_its_attempts(env: HttpTaskEnvironment) -> None:
    env.script = [Reply.of(status=503), Reply.json({"id": 7})]

    assert await env.run(Posts.run) == "posted 7"
    first, second = env.requests
    assert (first.method, first.target, first.body) == ("POST", "/orders?tag=a&tag=b", b'{"n":1}')
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_bodies_of_every_kind(env: HttpTaskEnvironment) -> None:
    env.script = [Reply.json({"ok": True})] * 3

    assert await env.run(Uploads.run) == "sent"
    raw, form, multipart = env.requests
    assert raw.body == b"\x00\xff"
    assert form.body == b"a=1&a=x+y"
    assert b'name="file"; filename="a.txt"' in multipart.body


async def test_wrong_arguments_fail_the_workflow_and_send_nothing(env: HttpTaskEnvironment) -> None:
    assert await env.run(CallsWrongly.run) == [
        "give one of `json`, `text`, `form`, `multipart` and `content`",
        "headers/A: must be text; query: must be an object",
        "success: must be a list",
        "fields: must be an object",
        "parts: must not be empty",
        "limits: must be an object",
    ]
    assert env.requests == []
