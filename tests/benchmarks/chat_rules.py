"""Milliseconds that it takes to check a chat request of ten messages before it is sent.

    uv run python -m tests.benchmarks.chat_rules

The best of several rounds, so that what else the machine does counts for little. The last line is JSON.
"""

import json
import timeit
from typing import Any

from httptask.chat.check import check_body

NUMBER = 200
ROUNDS = 9

_ANSWER = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
_TOOL = {
    "type": "function",
    "function": {"name": "lookup", "description": "Finds a place.", "parameters": _ANSWER, "strict": True},
}


def _turn(number: int) -> list[dict[str, Any]]:
    call = {"name": "lookup", "arguments": '{"city": "Bonn"}'}
    return [
        {"role": "user", "content": [{"type": "text", "text": "Where is this?"}, _image(number)]},
        {"role": "assistant", "tool_calls": [{"id": f"call-{number}", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": f"call-{number}", "content": "It is on the Rhine."},
    ]


def _image(number: int) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"https://example.com/{number}.png"}}


BODY: dict[str, Any] = {
    "model": "gpt-4.1-mini",
    "messages": [
        {"role": "system", "content": "You know places."},
        *[message for number in range(3) for message in _turn(number)],
    ],
    "temperature": 0.2,
    "max_completion_tokens": 500,
    "tools": [_TOOL],
    "tool_choice": "auto",
    "response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": _ANSWER}},
    "metadata": {"team": "travel"},
}


def main() -> None:
    """Measure and print."""
    assert len(BODY["messages"]) == 10
    assert check_body(BODY) == []
    best = min(timeit.repeat(lambda: check_body(BODY), number=NUMBER, repeat=ROUNDS))
    milliseconds = round(best / NUMBER * 1000, 3)
    print(f"checking a request of {len(BODY['messages'])} messages: {milliseconds} ms")
    print(json.dumps({"validate_ms": milliseconds}))


if __name__ == "__main__":
    main()
