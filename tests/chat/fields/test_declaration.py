"""The declaration of the fields: complete, described, and the same for type checkers."""

import inspect
import re
from collections.abc import Iterator
from typing import Unpack, get_args, get_origin, get_type_hints

from httptask.chat.fields.annotations import ABSENT, FIRST_REVISION
from httptask.chat.fields.request import ChatBody, ChatParams
from httptask.chat.fields.shapes import Either, Field, ListOf, ObjectOf, Shape, shape_of
from httptask.dsl.tasks.chat.arguments import EXTRA_ARGUMENTS
from httptask.workflows import chat_completion

BODY = shape_of(ChatBody)
REFERENCE = {
    *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
    *("max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "n"),
    *("parallel_tool_calls", "prediction", "presence_penalty", "reasoning_effort", "response_format", "seed"),
    *("service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools"),
    *("top_logprobs", "top_p", "user", "web_search_options"),
}
NEWER = {
    *("moderation", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
    *("safety_identifier", "verbosity"),
}
DEFAULTS = {
    "temperature": 1,
    "top_p": 1,
    "n": 1,
    "stop": None,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": None,
    "logprobs": False,
    "parallel_tool_calls": True,
    "stream": False,
    "stream_options": None,
    "modalities": ["text"],
    "reasoning_effort": "medium",
    "verbosity": "medium",
    "service_tier": "auto",
    "store": False,
}
REPLACED = {
    "max_tokens": "max_completion_tokens",
    "functions": "tools",
    "function_call": "tool_choice",
    "seed": "",
    "user": "safety_identifier or prompt_cache_key",
    "prompt_cache_retention": "prompt_cache_options",
}
NOT_NULL = {
    *("model", "messages", "response_format", "tools", "tool_choice", "parallel_tool_calls", "functions"),
    *("function_call", "user", "prompt_cache_options", "web_search_options"),
}


def fields(shape: Shape) -> Iterator[Field]:
    match shape:
        case ObjectOf():
            for field in shape.fields.values():
                yield field
                yield from fields(field.shape)
        case ListOf():
            yield from fields(shape.item)
        case Either():
            for part in (shape.list, *shape.objects.values()):
                yield from () if part is None else fields(part)
        case _:
            pass


def test_has_every_field_of_the_reference_and_those_that_came_since() -> None:
    assert {name for name, field in BODY.fields.items() if field.about.since == FIRST_REVISION} == REFERENCE
    assert {name for name, field in BODY.fields.items() if field.about.since != FIRST_REVISION} == NEWER


def test_defaults_replacements_and_null_are_those_of_the_reference() -> None:
    told = {name: field.about for name, field in BODY.fields.items()}
    assert {name: one.default for name, one in told.items() if one.default is not ABSENT} == DEFAULTS
    assert {name: one.deprecated for name, one in told.items() if one.deprecated is not None} == REPLACED
    assert {name for name, field in BODY.fields.items() if not field.nullable} == NOT_NULL


def test_every_field_is_described_in_a_sentence() -> None:
    found = [*fields(BODY)]
    assert len(found) > 150
    assert [field.name for field in found if not re.fullmatch(r"[A-Z].{3,110}\.", field.about.text)] == []


def test_type_checkers_know_every_field() -> None:
    params = inspect.signature(chat_completion).parameters
    [unpacked] = [
        get_type_hints(chat_completion)[name] for name, one in params.items() if one.kind is one.VAR_KEYWORD
    ]
    assert get_origin(unpacked) is Unpack
    [declared] = get_args(unpacked)
    assert declared is ChatParams
    assert {*get_type_hints(ChatParams), "model", "messages"} == set(BODY.fields)


def test_no_argument_of_ours_is_a_field_of_the_api() -> None:
    ours = {*EXTRA_ARGUMENTS, "output", "reask", "fallback", "handlers", "maxTurns", "connection"}
    assert ours & set(BODY.fields) == set()
