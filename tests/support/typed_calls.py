"""What the type checkers say of `chat_completion`; never run."""

from typing import Any, Literal, assert_type

from pydantic import BaseModel

from httptask.workflows import Budget, ChatParams, ChatResult, chat_completion

__all__ = ["calls"]


class Label(BaseModel):
    priority: Literal["low", "urgent"]


async def calls() -> None:
    messages: list[dict[str, str]] = [{"role": "user", "content": "Hello"}]

    labelled = await chat_completion(
        model="m", messages=messages, output_type=Label, reask=2, budget=Budget(calls=3)
    )
    assert_type(labelled, ChatResult[Label])
    assert_type(labelled.json, Label)
    assert_type(labelled.json.priority, Literal["low", "urgent"])

    plain = await chat_completion(model="m", messages=messages, connection="local", rules="warn")
    assert_type(plain, ChatResult[Any])
    assert_type(plain.text, str | None)

    params: ChatParams = {
        "temperature": 0,
        "stop": ["\n"],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
        "metadata": None,
    }
    assert_type(await chat_completion(model="m", messages=messages, **params), ChatResult[Any])
    await chat_completion(model="m", messages=messages, n=2, logprobs=True, top_logprobs=3, stop="x")
    await chat_completion(model="m", messages=messages, reasoning_effort="low", extra_body={"top_k": 3})
