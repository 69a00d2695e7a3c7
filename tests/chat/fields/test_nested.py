"""Every field inside messages and objects: whether it may be null or left out, and that a number is not what it holds."""

import copy
import re
from typing import Any

from httptask.chat.check import check_body
from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import shape_of
from support.chat_rows.places import places

BREAKPOINT = {"mode": "explicit"}
TEXT = {"type": "text", "text": "x", "prompt_cache_breakpoint": BREAKPOINT}
IMAGE = {
    "type": "image_url",
    "image_url": {"url": "https://a", "detail": "high"},
    "prompt_cache_breakpoint": BREAKPOINT,
}
AUDIO = {
    "type": "input_audio",
    "input_audio": {"data": "AA==", "format": "wav"},
    "prompt_cache_breakpoint": BREAKPOINT,
}
FILE = {
    "type": "file",
    "file": {"filename": "a", "file_data": "data:", "file_id": "f"},
    "prompt_cache_breakpoint": BREAKPOINT,
}
NAMED = [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "c"}}]
GRAMMAR = {"type": "grammar", "grammar": {"definition": "a", "syntax": "regex"}}
SPOKEN = {
    "role": "assistant",
    "content": [TEXT],
    "refusal": "No.",
    "name": "Ann",
    "audio": {"id": "a"},
    "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "2", "type": "custom", "custom": {"name": "c", "input": "x"}},
    ],
    "function_call": {"name": "f", "arguments": "{}"},
}
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "developer", "content": [TEXT], "name": "Ann"},
        {"role": "system", "content": [TEXT], "name": "Ann"},
        {"role": "user", "content": [TEXT, IMAGE, AUDIO, FILE], "name": "Ann"},
        SPOKEN,
        {"role": "tool", "tool_call_id": "1", "content": [TEXT]},
        {"role": "tool", "tool_call_id": "2", "content": "x"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "function", "name": "f", "content": "4"},
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": {}, "strict": True}},
        {"type": "custom", "custom": {"name": "c", "description": "d", "format": GRAMMAR}},
    ],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": NAMED}},
    "functions": [{"name": "f", "description": "d", "parameters": {}}],
    "function_call": {"name": "f"},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "a", "description": "d", "schema": {}, "strict": True},
    },
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": True},
    "modalities": ["audio"],
    "audio": {"voice": {"id": "v"}, "format": "flac"},
    "prediction": {"type": "content", "content": [TEXT]},
    "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
    "moderation": {"model": "m", "policy": {"input": {"mode": "block"}, "output": {"mode": "score"}}},
    "web_search_options": {
        "user_location": {
            "type": "approximate",
            "approximate": {"country": "DE", "region": "NRW", "city": "Bonn", "timezone": "Europe/Berlin"},
        },
        "search_context_size": "low",
    },
}
OTHER_CHOICES = {"function": NAMED[0], "custom": NAMED[1]}

OPTIONAL = [
    "/messages/0/name",
    "/messages/1/name",
    "/messages/2/name",
    "/messages/3/name",
    "/messages/2/content/0/prompt_cache_breakpoint",
    "/messages/2/content/1/prompt_cache_breakpoint",
    "/messages/2/content/2/prompt_cache_breakpoint",
    "/messages/2/content/3/prompt_cache_breakpoint",
    "/messages/0/content/0/prompt_cache_breakpoint",
    "/messages/1/content/0/prompt_cache_breakpoint",
    "/messages/3/content/0/prompt_cache_breakpoint",
    "/messages/4/content/0/prompt_cache_breakpoint",
    "/messages/2/content/1/image_url/detail",
    "/messages/2/content/3/file/filename",
    "/messages/2/content/3/file/file_data",
    "/messages/2/content/3/file/file_id",
    "/messages/3/tool_calls",
    "/tools/0/function/description",
    "/tools/0/function/parameters",
    "/tools/1/custom/description",
    "/tools/1/custom/format",
    "/functions/0/description",
    "/functions/0/parameters",
    "/response_format/json_schema/description",
    "/response_format/json_schema/schema",
    "/stream_options/include_usage",
    "/stream_options/include_obfuscation",
    "/prediction/content/0/prompt_cache_breakpoint",
    "/prompt_cache_options/mode",
    "/prompt_cache_options/ttl",
    "/web_search_options/search_context_size",
    "/web_search_options/user_location/approximate/country",
    "/web_search_options/user_location/approximate/region",
    "/web_search_options/user_location/approximate/city",
    "/web_search_options/user_location/approximate/timezone",
]
OPTIONAL_OR_NULL = [
    "/messages/3/content",
    "/messages/3/refusal",
    "/messages/3/audio",
    "/messages/3/function_call",
    "/tools/0/function/strict",
    "/response_format/json_schema/strict",
    "/moderation/policy",
    "/moderation/policy/input",
    "/moderation/policy/output",
    "/web_search_options/user_location",
]
REQUIRED_OR_NULL = ["/messages/7/content"]
REQUIRED = [
    "/messages/0/role",
    "/messages/0/content",
    "/messages/1/content",
    "/messages/2/content",
    "/messages/4/content",
    "/messages/0/content/0/type",
    "/messages/0/content/0/text",
    "/messages/1/content/0/text",
    "/messages/3/content/0/text",
    "/messages/4/content/0/text",
    "/messages/2/content/0/text",
    "/messages/2/content/0/prompt_cache_breakpoint/mode",
    "/messages/2/content/1/prompt_cache_breakpoint/mode",
    "/messages/2/content/2/prompt_cache_breakpoint/mode",
    "/messages/2/content/3/prompt_cache_breakpoint/mode",
    "/messages/2/content/1/image_url",
    "/messages/2/content/1/image_url/url",
    "/messages/2/content/2/input_audio",
    "/messages/2/content/2/input_audio/data",
    "/messages/2/content/2/input_audio/format",
    "/messages/2/content/3/file",
    "/messages/3/audio/id",
    "/messages/3/tool_calls/0/type",
    "/messages/3/tool_calls/0/id",
    "/messages/3/tool_calls/0/function",
    "/messages/3/tool_calls/0/function/name",
    "/messages/3/tool_calls/0/function/arguments",
    "/messages/3/tool_calls/1/id",
    "/messages/3/tool_calls/1/custom",
    "/messages/3/tool_calls/1/custom/name",
    "/messages/3/tool_calls/1/custom/input",
    "/messages/3/function_call/name",
    "/messages/3/function_call/arguments",
    "/messages/4/tool_call_id",
    "/messages/6/content/0/refusal",
    "/messages/7/name",
    "/tools/0/type",
    "/tools/0/function",
    "/tools/0/function/name",
    "/tools/1/custom",
    "/tools/1/custom/name",
    "/tools/1/custom/format/type",
    "/tools/1/custom/format/grammar",
    "/tools/1/custom/format/grammar/definition",
    "/tools/1/custom/format/grammar/syntax",
    "/tool_choice/type",
    "/tool_choice/allowed_tools",
    "/tool_choice/allowed_tools/mode",
    "/tool_choice/allowed_tools/tools",
    "/tool_choice/allowed_tools/tools/0/type",
    "/tool_choice/allowed_tools/tools/0/function",
    "/tool_choice/allowed_tools/tools/0/function/name",
    "/tool_choice/allowed_tools/tools/1/custom",
    "/tool_choice/allowed_tools/tools/1/custom/name",
    "/tool_choice/function",
    "/tool_choice/function/name",
    "/tool_choice/custom",
    "/tool_choice/custom/name",
    "/functions/0/name",
    "/function_call/name",
    "/response_format/type",
    "/response_format/json_schema",
    "/response_format/json_schema/name",
    "/audio/voice",
    "/audio/voice/id",
    "/audio/format",
    "/prediction/type",
    "/prediction/content",
    "/prediction/content/0/type",
    "/prediction/content/0/text",
    "/prediction/content/0/prompt_cache_breakpoint/mode",
    "/moderation/model",
    "/moderation/policy/input/mode",
    "/moderation/policy/output/mode",
    "/web_search_options/user_location/type",
    "/web_search_options/user_location/approximate",
]
ALL = [*REQUIRED, *REQUIRED_OR_NULL, *OPTIONAL, *OPTIONAL_OR_NULL]
ABSENT = object()


def rules_at(pointer: str, value: Any) -> list[str]:
    """What the fields' own rules have against a value at a place of the body."""
    kind = pointer.split("/")[2]
    choice = OTHER_CHOICES.get(kind) if pointer.startswith("/tool_choice/") else None
    body: Any = copy.deepcopy({**BODY, "tool_choice": choice} if choice else BODY)
    at = body
    *path, last = [int(step) if step.isdecimal() else step for step in pointer[1:].split("/")]
    for step in path:
        at = at[step]
    if value is ABSENT:
        del at[last]
    else:
        at[last] = value
    return [fault.code for fault in check_body(body) if fault.pointer == pointer and "-" not in fault.code]


def test_the_body_is_sound_but_for_what_excludes_each_other() -> None:
    assert {fault.code for fault in check_body(BODY) if fault.severity == "error"} == set()


def test_every_nested_field_is_listed() -> None:
    listed = {re.sub(r"/\d+(?=/|$)", "/*", pointer) for pointer in ALL}
    assert {place for place in places(shape_of(ChatBody)) if place.count("/") > 1} - listed == set()


def against_null(pointer: str) -> list[str]:
    is_tag = pointer.endswith(("/type", "/role")) and not pointer.startswith(("/prediction/type", "/web"))
    return [] if pointer in (*OPTIONAL_OR_NULL, *REQUIRED_OR_NULL) else ["type" if is_tag else "null"]


def test_null() -> None:
    assert {pointer: rules_at(pointer, None) for pointer in ALL} == {one: against_null(one) for one in ALL}


def test_a_number() -> None:
    assert {pointer: rules_at(pointer, 1) for pointer in ALL} == {pointer: ["type"] for pointer in ALL}


def test_left_out() -> None:
    required = (*REQUIRED, *REQUIRED_OR_NULL)
    expected = {pointer: ["missing"] if pointer in required else [] for pointer in ALL}
    assert {pointer: rules_at(pointer, ABSENT) for pointer in ALL} == expected
