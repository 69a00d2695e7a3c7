"""What an OpenAI-compatible server says."""

from collections.abc import Sequence
from typing import Any

from httptask.testing import Reply

__all__ = ["QUESTION", "calling", "unmetered"]

QUESTION: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
"""A body of a request, as short as one may be."""


def unmetered(text: str) -> Reply:
    """A finished answer that says neither what it has used nor which model it is of."""
    message = {"role": "assistant", "content": text}
    return Reply.json({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]})


def calling(
    *calls: tuple[str, str],
    finish_reason: str = "tool_calls",
    ids: Sequence[str | None] | None = None,
    text: str | None = None,
) -> Reply:
    """An answer that calls tools, each with its raw arguments; their ids are c0, c1, ... unless they are given."""
    ids = [f"c{index}" for index in range(len(calls))] if ids is None else ids
    message = {
        "role": "assistant",
        "content": text,
        "refusal": None,
        "thinking_signature": "s1",
        "tool_calls": [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id_, (name, arguments) in zip(ids, calls, strict=True)
        ],
    }
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choices = [{"index": 0, "finish_reason": finish_reason, "message": message}]
    return Reply.json({"id": "c-1", "model": "m", "choices": choices, "usage": usage})
