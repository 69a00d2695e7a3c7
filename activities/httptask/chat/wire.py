"""The parts of an API answer that are read, leniently.

Two of the API's own five published examples fail its schema, and other servers omit or add more. So only
what a completion can't do without is required, and an unimportant field of a wrong type counts as absent:
the answer is already paid for.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from httptask.chat.models import Audio
from httptask.chat.usage import Usage
from httptask.http.json_tree import is_array, is_object

__all__ = ["WireChoice", "WireCompletion", "WireFunction", "WireMessage", "WireToolCall"]


def _text_or_none(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _raw_arguments(value: object) -> str | None:
    """Some servers send the arguments parsed; the API sends their text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _index_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object_or_none(value: object) -> object:
    return value if is_object(value) else None


def _list_if_null(value: object) -> object:
    return [] if value is None else value


def _audio_or_none(value: object) -> Audio | None:
    try:
        return Audio.model_validate(value)
    except ValidationError:
        return None


def _list_or_empty(value: object) -> object:
    return value if is_array(value) else []


Text = Annotated[str | None, BeforeValidator(_text_or_none)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="allow")


class WireFunction(_Wire):
    """The called function; a custom tool has `input` where a function has `arguments`."""

    name: Text = None
    arguments: Annotated[str | None, BeforeValidator(_raw_arguments)] = None
    input: Text = None


class WireToolCall(WireFunction):
    """A call of a function or of a custom tool; a few servers write its name and arguments directly in it."""

    id: Text = None
    type: Text = None
    function: WireFunction | None = None
    custom: WireFunction | None = None


class WireMessage(_Wire):
    """What the model said; `function_call` is the deprecated form of `tool_calls`.

    Reasoning, which is not the API's, has two names: DeepSeek's, and the one of vLLM and OpenRouter.
    """

    content: str | list[Any] | None = None
    refusal: Text = None
    tool_calls: Annotated[list[WireToolCall], BeforeValidator(_list_if_null)] = []
    function_call: WireFunction | None = None
    reasoning_content: Text = None
    reasoning: Text = None
    audio: Annotated[Audio | None, BeforeValidator(_audio_or_none)] = None
    annotations: Annotated[list[Any], BeforeValidator(_list_or_empty)] = []


class WireChoice(_Wire):
    """One of the alternatives of an answer."""

    index: Annotated[int | None, BeforeValidator(_index_or_none)] = None
    message: WireMessage
    finish_reason: Text = None
    logprobs: Annotated[dict[str, Any] | None, BeforeValidator(_object_or_none)] = None


class WireCompletion(_Wire):
    """The body of an answer."""

    id: Text = None
    model: Text = None
    choices: list[WireChoice] = Field(min_length=1)
    usage: Annotated[Usage | None, BeforeValidator(_object_or_none)] = None
