"""Messages as OpenTelemetry's conventions for generative AI write them: each a role and a list of parts."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from httptask.chat.models import Completion
from httptask.json.tree import parse
from httptask.json.types import is_array, is_object

__all__ = ["input_messages", "output_messages"]


def input_messages(body: Mapping[str, Any]) -> list[Any]:
    """The messages of a request. A part that the conventions have no form for stays as it is."""
    return [_message(message) for message in _objects(body["messages"])]


def output_messages(completion: Completion) -> list[Any]:
    """One message for each choice; none of an answer that says nothing."""
    if completion.choices is not None:
        choices = [(choice.get("message"), choice.get("finish_reason")) for choice in completion.choices]
    else:
        choices = [(_answer(completion), completion.finish_reason)]
    told = [
        {**_message(message), "finish_reason": reason} for message, reason in choices if is_object(message)
    ]
    return [message for message in told if message["parts"]]


def _answer(completion: Completion) -> dict[str, Any]:
    calls = [
        {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}
        for call in completion.tool_calls
    ]
    content = completion.parts or completion.text
    return {
        "content": content,
        "reasoning": completion.reasoning,
        "refusal": completion.refusal,
        "tool_calls": calls,
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role, content = message.get("role") or "assistant", message.get("content")
    if role == "tool":
        answered = {"id": message.get("tool_call_id"), "response": content}
        return {"role": role, "parts": [{"type": "tool_call_response", **answered}]}
    parts: list[Any] = []
    if reasoning := message.get("reasoning_content") or message.get("reasoning"):
        parts.append({"type": "reasoning", "content": reasoning})
    parts += [_part(part) for part in (content if is_array(content) else [content]) if part]
    if refusal := message.get("refusal"):
        parts.append({"type": "refusal", "refusal": refusal})
    parts += [_call(call) for call in _objects(message.get("tool_calls"))]
    return {"role": role, "parts": parts}


def _part(part: Any) -> Any:
    text = part.get("text") if is_object(part) and part.get("type") == "text" else part
    return {"type": "text", "content": text} if isinstance(text, str) else part


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    [called, *_] = _objects([call.get("function"), call.get("custom"), {}])
    arguments: Any = called.get("arguments", called.get("input"))
    with suppress(TypeError, ValueError):  # what is no JSON is told as it came
        arguments = parse(arguments)
    return {"type": "tool_call", "id": call.get("id"), "name": called.get("name"), "arguments": arguments}


def _objects(values: Any) -> list[dict[str, Any]]:
    """Those of a list that are objects: neither a request that is not checked nor an answer is sure to be in order."""
    return [value for value in values if is_object(value)] if is_array(values) else []
