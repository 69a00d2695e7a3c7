"""`http_request` and `chat_completion` in workflows written in Python."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from httptask.testing import Reply, ScriptedServer
from support.chat import calling, completion
from support.chat_streams import chunk, sse
from support.connections import local_connection, secret_store
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
from support.runs import Runner, running

WORKFLOWS = [Asks, AsksAgain, AsksWithIdleTools, AsksWrongly, CallsWrongly, Listens, Posts, Uploads]
REFUSED = Reply.json(
    {
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "refusal": "I can't."}}
        ]
    }
)


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([Reply.json({"ok": True})]) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    connections = {
        "openai": local_connection(
            "openai", server.url, authentication={"bearer": {"token": "$secrets.KEY"}}
        ),
        "shop": local_connection("shop", server.url),
    }
    secrets = secret_store({"KEY": "sk-0123456789"})
    worker = {"workflows": WORKFLOWS}
    async with running(temporal, connections=connections, secrets=secrets, worker=worker) as found:
        yield found


async def run(runner: Runner, workflow: Any) -> Any:
    handle = await runner.client.start_workflow(
        workflow.run, id=f"py-{runner.task_queue}", task_queue=runner.task_queue
    )
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        return error.cause
    finally:
        replayer = Replayer(workflows=WORKFLOWS, plugins=[runner.plugin])
        await replayer.replay_workflow(await handle.fetch_history())


async def test_an_answer_is_an_object_of_the_callers_model(runner: Runner, server: ScriptedServer) -> None:
    server.script = [completion('{"priority": "urgent", "reason": "down"}')]

    assert await run(runner, Asks) == "Label urgent"
    sent = server.requests[0].json()
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["response_format"]["json_schema"]["schema"]["required"] == ["priority", "reason"]
    assert sent["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert sent["temperature"] == 0


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (REFUSED, "no Label: the model refused: I can't."),
        (completion('{"priority": "meh", "reason": "?"}'), "meh"),
        (completion('{"priority": "urgent", "reason": " "}'), "not a Label: /reason: "),
    ],
    ids=["refusal", "not of its schema", "not what the model's own validator wants"],
)
async def test_what_is_no_such_object_fails_the_workflow(
    runner: Runner, server: ScriptedServer, reply: Reply, message: str
) -> None:
    server.script = [reply]

    cause = await run(runner, Asks)

    assert isinstance(cause, ApplicationError)
    assert cause.type == ("AnswerRefused" if reply is REFUSED else "OutputInvalid")
    assert message in str(cause) + str(cause.details)
    assert len(server.requests) == 1


async def test_asks_again_and_says_what_is_wrong(runner: Runner, server: ScriptedServer) -> None:
    server.script = [
        completion('{"priority": "meh", "reason": "?"}'),
        completion('{"priority": "low", "reason": " "}'),
        completion('{"priority": "low", "reason": "later"}'),
    ]

    priority, tokens, warning = await run(runner, AsksAgain)
    assert (priority, tokens, warning["pointer"]) == ("low", 30, "/top_k")
    assert warning.keys() == {"pointer", "code", "message", "hint", "severity"}
    sent = [request.json()["messages"] for request in server.requests]
    assert [len(messages) for messages in sent] == [1, 3, 5]
    assert sent[1][1]["content"] == '{"priority": "meh", "reason": "?"}'
    assert "say something" in sent[2][4]["content"]
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 3
    assert server.requests[0].json()["top_k"] == 3


async def test_a_refusal_is_not_asked_again(runner: Runner, server: ScriptedServer) -> None:
    server.script = [REFUSED]

    cause = await run(runner, AsksAgain)

    assert isinstance(cause, ApplicationError)
    assert (cause.type, len(server.requests)) == ("AnswerRefused", 1)


@pytest.mark.parametrize("text", [None, "Let me look."])
async def test_a_call_in_the_place_of_an_answer_is_told(
    runner: Runner, server: ScriptedServer, text: str | None
) -> None:
    server.script = [calling(("look", "{}"), text=text)]

    message, calls, said = await run(runner, AsksWithIdleTools)

    assert message.startswith("no Label: the model called `look` instead of answering: ")
    assert calls == [{"id": "c0", "type": "function", "name": "look", "arguments": "{}"}]
    assert (said, len(server.requests)) == (text, 1)


async def test_nothing_is_sent_that_cannot_be_right(runner: Runner, server: ScriptedServer) -> None:
    assert await run(runner, AsksWrongly) == [
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
    assert server.requests == []


async def test_streamed_answer(runner: Runner, server: ScriptedServer) -> None:
    events = sse(chunk({"reasoning": "hm"}), chunk({"content": "Hel"}), chunk({"content": "lo"}, "stop"))
    server.script = [Reply.of(events, headers={"Content-Type": "text/event-stream", "X-Request-Id": "req-1"})]

    assert await run(runner, Listens) == ["Hello", "hm", True, "req-1"]
    assert server.requests[0].json()["stream"] is True


async def test_errors_are_caught_by_their_class(runner: Runner, server: ScriptedServer) -> None:
    body = {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}
    server.script = [Reply.json(body, status=429)]

    assert await run(runner, Posts) == "quota exhausted: 429"
    assert len(server.requests) == 1


async def test_a_request_carries_one_key_over_its_attempts(runner: Runner, server: ScriptedServer) -> None:
    server.script = [Reply.of(status=503), Reply.json({"id": 7})]

    assert await run(runner, Posts) == "posted 7"
    first, second = server.requests
    assert (first.method, first.target, first.body) == ("POST", "/orders?tag=a&tag=b", b'{"n":1}')
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_bodies_of_every_kind(runner: Runner, server: ScriptedServer) -> None:
    assert await run(runner, Uploads) == "sent"
    raw, form, multipart = server.requests
    assert raw.body == b"\x00\xff"
    assert form.body == b"a=1&a=x+y"
    assert b'name="file"; filename="a.txt"' in multipart.body


async def test_wrong_arguments_fail_the_workflow_and_send_nothing(
    runner: Runner, server: ScriptedServer
) -> None:
    assert await run(runner, CallsWrongly) == [
        "give one of `json`, `text`, `form`, `multipart` and `content`",
        "headers/A: must be text; query: must be an object",
        "success: must be a list",
        "fields: must be an object",
        "parts: must not be empty",
        "limits: must be an object",
    ]
    assert server.requests == []
