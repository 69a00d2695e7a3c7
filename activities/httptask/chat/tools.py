"""Calls of tools: whether they can be answered, and what goes back to the model."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from httptask.chat.models import Completion, ToolCall
from httptask.chat.response.structured_output import LONGEST_FAULT, schema_faults
from httptask.chat.response.wire import listed_calls
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.json.schema import compile_schema
from httptask.json.tree import compact, parse
from httptask.json.types import is_array, is_object

__all__ = [
    "ToolCallInvalid",
    "answer",
    "answered_calls",
    "failed",
    "follow_up",
    "handler_faults",
    "offered_tools",
    "question_so_far",
    "read_arguments",
]

_MAX_SHOWN_CHARACTERS = 500
_UNNAMED = "unnamed"
"""Name of a call that has none, where it goes back: servers refuse null. No tool is called for it."""


class ToolCallInvalid(ValueError):
    """A call that can't be answered; the message is for the model."""


def handler_faults(tools: Sequence[Any], handlers: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Handlers that no call can reach or be checked for.

    Returns:
        The name of each, what is wrong, and the cure.
    """
    offered = offered_tools(tools)
    for name in handlers:
        if name not in offered:
            near = hint_for_unknown(name, offered, "tools") if offered else "add it to `tools`"
            yield name, f"no tool has the name `{name}`", near
        elif offered[name] is not None:
            try:
                compile_schema(offered[name])
            except ValueError as invalid:
                reason = shortened(str(invalid), LONGEST_FAULT)
                message = f"the `parameters` of the tool `{name}` are no JSON Schema: {reason}"
                yield name, message, "write valid JSON Schema: the arguments of calls are held to it"


def answered_calls(
    completion: Completion, handlers: Container[str], tools: Sequence[Any], messages: Sequence[Any]
) -> Sequence[ToolCall]:
    """The calls of an answer, if all of them are to be answered here, each with an id of its own.

    None are when one of them names a tool that the request offers and that nothing here handles: then the answer is
    for the author. A name that the request does not offer is answered with what is wrong with it.

    Args:
        completion: the answer.
        handlers: names of the tools that are answered here.
        tools: what the request offers.
        messages: the conversation before the answer.
    """
    offered = offered_tools(tools)
    called = {call.name for call in completion.tool_calls if call.name is not None}
    if any(name in offered and name not in handlers for name in called):
        return ()
    return list(_identified(completion.tool_calls, messages))


def _identified(calls: Sequence[ToolCall], messages: Sequence[Any]) -> Iterator[ToolCall]:
    """Calls by whose ids their answers can be told apart: some servers send none, or the same ones again."""
    taken = _ids_in(messages)
    reserved = {*taken, *(call.id for call in calls)}
    fresh = (id_ for id_ in map("call_{}".format, count()) if id_ not in reserved)
    for call in calls:
        id_ = next(fresh) if not call.id or call.id in taken else call.id
        taken.add(id_)
        yield call.model_copy(update={"id": id_})


def _ids_in(messages: Sequence[Any]) -> set[str]:
    """The ids of the calls in a conversation, whose messages may be anything where no rules are kept."""
    called = (message.get("tool_calls") for message in messages if is_object(message))
    calls = (call for some in called if is_array(some) for call in some if is_object(call))
    return {id_ for call in calls if isinstance(id_ := call.get("id"), str)}


def read_arguments(call: ToolCall, tools: Sequence[Any]) -> Any:
    """The arguments of a call, which fit the tool's schema.

    Raises:
        ToolCallInvalid: the tool does not exist, or the arguments are no JSON object or do not fit.
    """
    offered = offered_tools(tools)
    if call.name is None or call.name not in offered:
        raise ToolCallInvalid(f"there is no tool {call.name}; there are: {', '.join(offered)}")
    if call.type == "custom":
        return call.arguments
    arguments = _object_in(call.arguments)
    schema = offered[call.name]
    faults = schema_faults(arguments, schema) if is_object(schema) else ()
    if faults:
        shown = "; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in faults)
        raise ToolCallInvalid(f"the arguments do not fit the tool's schema: {shown}")
    return arguments


def answer(call: ToolCall, output: Any) -> dict[str, Any]:
    """The message that gives a tool's output to the model: text as it is, everything else as JSON."""
    text = output if isinstance(output, str) else compact(output)
    return {"role": "tool", "tool_call_id": call.id, "content": text}


def failed(message: str) -> dict[str, str]:
    """What stands for the output of a call that has none: it tells the model why."""
    return {"error": message}


def question_so_far(completion: Completion, calls: Sequence[ToolCall]) -> dict[str, Any]:
    """The model's own message, as it stands before the answers to its calls.

    Fields that this package does not know go back as they came: several servers check them. Many read the arguments
    of calls again and refuse what is no JSON object, so `{}` stands for that; the answer to the call tells what it was.

    Args:
        completion: the answer.
        calls: all of its calls, with the ids by which they are answered.
    """
    message = {key: value for key, value in (completion.message or {}).items() if value is not None}
    nothing: list[dict[str, Any]] = [{} for _ in calls]
    sent = listed_calls(message.get("tool_calls")) or nothing  # beside a `function_call` there are none
    message.pop("function_call", None)
    return {
        **message,
        "role": "assistant",
        "content": message.get("content"),
        "tool_calls": [_called(call, as_sent) for call, as_sent in zip(calls, sent, strict=True)],
    }


def follow_up(body: Mapping[str, Any], messages: Sequence[Any]) -> dict[str, Any]:
    """The body that asks again when calls were answered.

    A call that was to be made has been made: the model may answer without one now, or it could never end.

    Args:
        body: the body that asked before.
        messages: the model's message, and the answers to its calls.
    """
    following = {**body, "messages": [*body["messages"], *messages]}
    choice = body.get("tool_choice")
    if is_object(choice) and is_object(allowed := choice.get("allowed_tools")):
        following["tool_choice"] = {**choice, "allowed_tools": {**allowed, "mode": "auto"}}
    elif choice not in (None, "auto", "none"):
        following["tool_choice"] = "auto"
    return following


def _called(call: ToolCall, as_sent: Mapping[str, Any]) -> dict[str, Any]:
    """A call in the API's form, which not all servers keep to."""
    is_custom = call.type == "custom"
    kind, key = ("custom", "input") if is_custom else ("function", "arguments")
    text = call.arguments or "" if is_custom else _arguments_to_send(call)
    others = {name: value for name, value in as_sent.items() if name not in ("name", "arguments", "input")}
    called = as_sent.get(kind)
    said = {"name": call.name or _UNNAMED, key: text}
    return {
        **others,
        "id": call.id,
        "type": call.type,
        kind: {**(called if is_object(called) else {}), **said},
    }


def _arguments_to_send(call: ToolCall) -> str:
    try:
        arguments = _object_in(call.arguments)
    except ToolCallInvalid:
        arguments = {}
    return call.arguments or "" if arguments else "{}"


def _object_in(text: str | None) -> dict[str, Any]:
    """The arguments of a call; models write nothing, blanks, `null` or an empty list where there are none.

    Raises:
        ToolCallInvalid: they are no JSON object.
    """
    if not (text or "").strip():
        return {}
    assert text is not None
    shown = shortened(text, _MAX_SHOWN_CHARACTERS)
    try:
        value = parse(text)
    except ValueError as invalid:
        is_followed = isinstance(invalid, json.JSONDecodeError) and text[invalid.pos :].startswith("{")
        why = "are several JSON objects, one behind the other" if is_followed else f"are not JSON: {invalid}"
        cure = "; make a call for each" if is_followed else ""
        raise ToolCallInvalid(f"the arguments {why}{cure}; you wrote: {shown}") from None
    if value is None or value == []:
        return {}
    if not is_object(value):
        raise ToolCallInvalid(f"the arguments are JSON, but not an object; you wrote: {shown}")
    return value


def offered_tools(tools: Sequence[Any]) -> Mapping[str, Any]:
    """The schemas of the tools that a request offers, by name."""
    offered: dict[str, Any] = {}
    for tool in tools:
        kind = tool.get("type", "function") if is_object(tool) else None
        declared = tool.get(kind) if isinstance(kind, str) else None
        if is_object(declared) and isinstance(declared.get("name"), str):
            offered[declared["name"]] = declared.get("parameters")
    return offered
