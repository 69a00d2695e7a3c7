"""Warnings of answers that are less than was asked for, or whose usage is."""

from typing import Any

import pytest

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.chat.response.reader import read_completion
from httptask.testing import Reply, ScriptedServer
from support.edges import opened_edge

SENTENCE = "The lamp at the end of the street was lit again after all. "


def answer(*texts: str | None, tokens: int | None) -> dict[str, Any]:
    choices = [
        {"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 9, "completion_tokens": tokens}
    return {"model": "m", "choices": choices, "usage": usage}


@pytest.mark.parametrize(
    ("body", "wanted", "rules"),
    [
        (answer(SENTENCE, SENTENCE, tokens=28), 2, []),
        (answer(SENTENCE, SENTENCE, tokens=14), 2, ["usage-of-one-choice"]),  # as llama-server counts
        (answer("yes", "no", tokens=2), 2, []),
        (answer("yes", "no", tokens=1), 2, ["usage-of-one-choice"]),
        (answer("猫は窓辺で眠っている。", "犬は庭で遊んでいる。", tokens=22), 2, []),
        (answer("yes", None, "", tokens=1), 3, []),
        (answer("yes", "no", tokens=None), 2, []),
        (answer(SENTENCE, tokens=14), 2, ["fewer-choices"]),  # as llama_cpp.server answers
        (answer(SENTENCE, SENTENCE, tokens=14), 3, ["fewer-choices", "usage-of-one-choice"]),
        (answer(SENTENCE, tokens=1), 1, []),
    ],
)
def test_an_answer_that_is_less_than_was_asked_for(body: Any, wanted: int, rules: list[str]) -> None:
    completion = read_completion(body, {"n": wanted})
    assert [fault.code for fault in completion.warnings] == rules


async def test_is_a_warning_of_the_result() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "n": 2}
    async with (
        ScriptedServer([Reply.json(answer("Hi", tokens=1))]) as server,
        opened_edge(server.url) as edge,
    ):
        completion = await complete(edge, ChatRequest(body=body))
    [warning] = completion.warnings
    assert (warning.pointer, warning.severity) == ("/n", "warning")
    assert warning.message == "`n` is 2, and the server answered with 1"
