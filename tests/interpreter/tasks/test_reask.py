"""`reask`: an answer that does not fit its schema is asked for again, visibly and counted."""

from typing import Any

from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.chat import completion
from support.connections import local_connection, secret_store
from support.definitions import LABELS
from support.runs import Outcome, running


async def ask(temporal: WorkflowEnvironment, replies: list[Reply]) -> tuple[Outcome, ScriptedServer]:
    async with ScriptedServer(replies) as server:
        openai = local_connection("openai", server.url, authentication={"bearer": {"token": "$secrets.KEY"}})
        secrets = secret_store({"KEY": "sk-0123456789"})
        async with running(temporal, connections={"openai": openai}, secrets=secrets) as runner:
            return await runner.run(LABELS), server


def messages(server: ScriptedServer, index: int) -> Any:
    return server.requests[index].json()["messages"]


async def test_the_validators_message_goes_back_to_the_model(temporal: WorkflowEnvironment) -> None:
    outcome, server = await ask(
        temporal, [completion("{}"), completion("no JSON"), completion('{"label": "a"}')]
    )

    assert outcome.output["json"] == {"label": "a"}
    assert outcome.output["usage"]["total_tokens"] == 30
    assert [len(messages(server, index)) for index in range(3)] == [1, 3, 5]
    assert messages(server, 1)[1] == {"role": "assistant", "content": "{}"}
    assert "label" in messages(server, 1)[2]["content"]
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 3


async def test_what_goes_back_is_never_empty(temporal: WorkflowEnvironment) -> None:
    empty: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": ""},
        "finish_reason": "stop",
    }
    thought = {**empty, "message": {"role": "assistant", "content": None, "reasoning": '{"label": "b"}'}}
    replies = [Reply.json({"choices": [choice]}) for choice in (empty, thought)]
    outcome, server = await ask(temporal, [*replies, completion('{"label": "a"}')])

    assert outcome.output["json"] == {"label": "a"}
    assert [message["content"] for message in messages(server, 2)[1::2]] == ["(nothing)", '{"label": "b"}']
    assert "no text; its reasoning is the JSON" in messages(server, 2)[4]["content"]


async def test_it_is_bounded(temporal: WorkflowEnvironment) -> None:
    outcome, server = await ask(temporal, [completion("{}")])

    assert len(server.requests) == 3
    assert outcome.problem["error"] == "OutputInvalid"


async def test_an_answer_that_was_cut_is_not_asked_for_again(temporal: WorkflowEnvironment) -> None:
    cut = {"message": {"role": "assistant", "content": '{"lab'}, "finish_reason": "length", "index": 0}
    outcome, server = await ask(temporal, [Reply.json({"id": "c", "choices": [cut]})])

    assert len(server.requests) == 1
    assert outcome.problem["error"] == "AnswerTruncated"
    assert (outcome.problem["type"], outcome.problem["status"]) == (
        "urn:httptask:error:answer-truncated",
        422,
    )
