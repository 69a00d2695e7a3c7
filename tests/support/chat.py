"""What an OpenAI-compatible server says."""

from typing import Any

from httptask.testing import Reply

__all__ = ["completion", "rate_limited", "unavailable"]


def completion(text: str) -> Reply:
    """A finished answer with one choice."""
    message = {"role": "assistant", "content": text}
    choices: list[Any] = [{"index": 0, "finish_reason": "stop", "message": message}]
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return Reply.json(
        {"id": "c-1", "object": "chat.completion", "model": "m", "choices": choices, "usage": usage}
    )


def rate_limited(retry_after: str) -> Reply:
    """429 that asks to wait."""
    body = {"error": {"message": "slow down", "type": "requests"}}
    return Reply.json(body, status=429, headers={"Retry-After": retry_after})


def unavailable() -> Reply:
    """503 that says nothing about when to come back."""
    return Reply.json({"error": {"message": "overloaded"}}, status=503)
