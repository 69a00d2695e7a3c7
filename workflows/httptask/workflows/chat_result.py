"""The answer of a chat completion, as workflows written in Python get it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from httptask.chat.models import Audio, Completion, Extra, RateLimits, ToolCall, Usage
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault
from httptask.json.pointer import json_pointer
from httptask.workflows.errors import AnswerRefused, OutputInvalid

__all__ = ["ChatResult", "chat_result"]

Json = TypeVar("Json")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ChatResult(Generic[Json]):
    """The answer of a model.

    Attributes:
        text: the first choice's text.
        json: the parsed text when JSON was asked for: an instance of `output_type` when that was given.
        usage: token counts of all questions, those that were asked again and those before calls of tools included.
        cost: US dollars; None when the price is not known.
        warnings: what of the request the server might have rejected, and where the answer is less than it asks for.
        reasoning: what the model thought before its answer, where the server tells.
        parts: the content, when it came in parts that say more than their text.
        rate_limits: what is left of the server's limits.
        time_to_first_token: seconds until the model said something; None without `stream`.
        request_id: by which the server's operator finds the request.
        extra: what else the server sent.
    """

    text: str | None
    json: Json
    refusal: str | None
    tool_calls: Sequence[ToolCall]
    finish_reason: str | None
    model: str | None
    id: str | None
    usage: Usage | None
    cost: float | None
    choices: Sequence[Mapping[str, Any]] | None
    warnings: Sequence[Fault] = ()
    reasoning: str | None = None
    parts: Sequence[Any] | None = None
    audio: Audio | None = None
    annotations: Sequence[Any] = ()
    logprobs: Mapping[str, Any] | None = None
    rate_limits: RateLimits | None = None
    time_to_first_token: float | None = None
    request_id: str | None = None
    extra: Extra | None = None


def chat_result(completion: Completion, output_type: type[BaseModel] | None) -> ChatResult[Any]:
    """An answer as a result.

    Raises:
        OutputInvalid: (or AnswerRefused) it is no instance of the model that was asked for.
    """
    return ChatResult(
        text=completion.text,
        json=completion.json_ if output_type is None else _typed(completion, output_type),
        refusal=completion.refusal,
        tool_calls=completion.tool_calls,
        finish_reason=completion.finish_reason,
        model=completion.model,
        id=completion.id,
        usage=completion.usage,
        cost=completion.cost,
        choices=completion.choices,
        warnings=completion.warnings,
        reasoning=completion.reasoning,
        parts=completion.parts,
        audio=completion.audio,
        annotations=completion.annotations,
        logprobs=completion.logprobs,
        rate_limits=completion.rate_limits,
        time_to_first_token=completion.time_to_first_token,
        request_id=completion.request_id,
        extra=completion.extra,
    )


def _typed(completion: Completion, output_type: type[Model]) -> Model:
    """The answer as the caller's model."""
    if completion.json_ is None:
        name = output_type.__name__
        if completion.refusal:
            message = f"no {name}: the model refused: {completion.refusal}"
            raise _not_typed(AnswerRefused, completion, message)
        if completion.tool_calls:
            tools = ", ".join(dict.fromkeys(f"`{call.name}`" for call in completion.tool_calls))
            why = f'the model called {tools} instead of answering: `info["tool_calls"]` has the calls'
            raise _not_typed(OutputInvalid, completion, f"no {name}: {why}; `handlers` would answer them")
        raise _not_typed(OutputInvalid, completion, f"no {name}: the answer holds no JSON")
    try:
        return output_type.model_validate(completion.json_)
    except ValidationError as error:
        faults = [
            {"pointer": json_pointer(fault["loc"]), "message": fault["msg"]}
            for fault in error.errors(include_url=False)
        ]
        message = f"not a {output_type.__name__}: {faults[0]['pointer'] or '/'}: {faults[0]['message']}"
        raise _not_typed(OutputInvalid, completion, message, faults) from None


def _not_typed(
    error: type[OutputInvalid], completion: Completion, message: str, faults: Sequence[Mapping[str, str]] = ()
) -> OutputInvalid:
    details = {
        "text": completion.text,
        "refusal": completion.refusal,
        "tool_calls": [call.model_dump() for call in completion.tool_calls],
        "errors": list(faults),
        "finish_reason": completion.finish_reason,
        "usage": completion.usage.model_dump() if completion.usage else None,
    }
    return error(shortened(message, 1000), details, type=error.__name__, non_retryable=True)
