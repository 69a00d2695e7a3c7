"""`reask`: an answer that does not fit its schema is asked for again, visibly and counted."""

from typing import Any

import pytest

from httptask.testing import DefinitionFailed, HttpTaskEnvironment, Reply
from support.definitions import LABELS, parse


def messages(env: HttpTaskEnvironment, index: int) -> Any:
    return env.requests[index].json()["messages"]


async def test_the_validators_message_goes_back_to_the_model(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.script = [Reply.chat("{}"), Reply.chat("no JSON"), Reply.chat('{"label": "a"}')]

    output = await httptask_env.run(parse(LABELS))
    assert output["json"] == {"label": "a"}
    assert output["usage"]["total_tokens"] == 30
    assert [len(messages(httptask_env, index)) for index in range(3)] == [1, 3, 5]
    assert messages(httptask_env, 1)[1] == {"role": "assistant", "content": "{}"}
    assert "label" in messages(httptask_env, 1)[2]["content"]
    assert len({request.headers["idempotency-key"] for request in httptask_env.requests}) == 3


async def test_what_goes_back_is_never_empty(httptask_env: HttpTaskEnvironment) -> None:
    empty: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": ""},
        "finish_reason": "stop",
    }
    thought = {**empty, "message": {"role": "assistant", "content": None, "reasoning": '{"label": "b"}'}}
    replies = [Reply.json({"choices": [choice]}) for choice in (empty, thought)]
    httptask_env.script = [*replies, Reply.chat('{"label": "a"}')]

    output = await httptask_env.run(parse(LABELS))
    assert output["json"] == {"label": "a"}
    assert [message["content"] for message in messages(httptask_env, 2)[1::2]] == [
        "(nothing)",
        '{"label": "b"}',
    ]
    assert "no text; its reasoning is the JSON" in messages(httptask_env, 2)[4]["content"]


async def test_it_is_bounded(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.script = lambda _request: Reply.chat("{}")
    with pytest.raises(DefinitionFailed) as failed:
        await httptask_env.run(parse(LABELS))

    assert len(httptask_env.requests) == 3
    assert failed.value.problem["error"] == "OutputInvalid"


async def test_an_answer_that_was_cut_is_not_asked_for_again(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.script = [Reply.chat('{"lab', finish_reason="length")]
    with pytest.raises(DefinitionFailed) as failed:
        await httptask_env.run(parse(LABELS))

    assert len(httptask_env.requests) == 1
    assert failed.value.problem["error"] == "AnswerTruncated"
    assert (failed.value.problem["type"], failed.value.problem["status"]) == (
        "urn:httptask:error:answer-truncated",
        422,
    )
