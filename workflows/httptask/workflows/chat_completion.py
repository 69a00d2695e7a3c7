"""Chat completions for workflows written in Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, Unpack, overload

from pydantic import BaseModel, ValidationError
from temporalio import workflow

from httptask.activities.names import CHAT_COMPLETION
from httptask.chat.faults import BodyFault, Level
from httptask.chat.fields.request import ChatParams
from httptask.chat.models import Audio, ChatRequest, Completion, Extra, Incomplete, ToolCall, Usage
from httptask.chat.rate_limits import RateLimits
from httptask.http.json_pointer import json_pointer
from httptask.http.models import Limits
from httptask.workflows.activity_call import CHAT_SECONDS, ActivityCall
from httptask.workflows.calls import CallOptions, execute
from httptask.workflows.chat_calls import sum_usage
from httptask.workflows.errors import AnswerRefused, OutputInvalid
from httptask.workflows.output_type import response_format_of
from httptask.workflows.reask import ask

__all__ = ["ChatResult", "chat_completion"]

Json = TypeVar("Json")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ChatResult(Generic[Json]):
    """The answer of a model.

    Attributes:
        text: the first choice's text.
        json: the parsed text when JSON was asked for: an instance of `output_type` when that was given.
        usage: token counts, those of answers that were asked for again included.
        cost: US dollars; None when the price is not known.
        warnings: what of the request the server might have rejected.
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
    warnings: Sequence[BodyFault] = ()
    reasoning: str | None = None
    parts: Sequence[Any] | None = None
    audio: Audio | None = None
    annotations: Sequence[Any] = ()
    logprobs: Mapping[str, Any] | None = None
    rate_limits: RateLimits | None = None
    time_to_first_token: float | None = None
    request_id: str | None = None
    extra: Extra | None = None


@overload
async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[Model],
    connection: str = ...,
    reask: int = ...,
    rules: Level = ...,
    incomplete: Incomplete | None = ...,
    limits: Limits | None = ...,
    options: CallOptions | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    **params: Unpack[ChatParams],
) -> ChatResult[Model]: ...


@overload
async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: None = None,
    connection: str = ...,
    reask: int = ...,
    rules: Level = ...,
    incomplete: Incomplete | None = ...,
    limits: Limits | None = ...,
    options: CallOptions | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    **params: Unpack[ChatParams],
) -> ChatResult[Any]: ...


async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[Any] | None = None,
    connection: str = "openai",
    reask: int = 0,
    rules: Level = "strict",
    incomplete: Incomplete | None = None,
    limits: Limits | None = None,
    options: CallOptions | None = None,
    extra_body: Mapping[str, Any] | None = None,
    **params: Unpack[ChatParams],
) -> ChatResult[Any]:
    """Ask for one chat completion as an activity, with retries.

    Args:
        model: name of the model.
        messages: the conversation, as in `POST /chat/completions`.
        output_type: pydantic model of the answer; the server is given its JSON schema, and `json` is an instance of it.
        connection: name of a connection of the worker.
        reask: how often to ask again when the answer does not have the form that was asked for.
        rules: `strict` refuses what the server is sure to reject, `warn` only warns of it, `off` does neither.
        incomplete: whether an answer that was cut, held back or refused is an `error` or a `value`; by default an error
            where JSON is asked for.
        limits: deadlines (seconds) and response size (bytes) of one attempt.
        options: how Temporal runs each activity.
        extra_body: fields that only some servers know.
        params: every other field of the API's request body.

    Raises:
        CallFailed: or one of its subclasses in `httptask.workflows.errors`; `OutputInvalid` when the answer does not
            have the form that was asked for, or the model refused to give one.
        ValueError: both `output_type` and `response_format` are given, or a field twice.
    """
    body = _body(model, messages, output_type, {**params}, extra_body or {})

    async def send(asked: Mapping[str, Any], _question: int) -> ChatResult[Any]:
        request = ChatRequest(
            body=dict(asked),
            connection=connection,
            limits=limits or Limits(),
            idempotency_key=str(workflow.uuid4()),
            rules=rules,
            incomplete=incomplete,
        )
        summary = f"POST {connection}/chat/completions"
        call = ActivityCall(CHAT_COMPLETION, request, Completion, "", summary, CHAT_SECONDS, connection)
        return _result(await execute(call, options), output_type)

    result, before = await ask(body, send, reask=reask, note=workflow.logger.info)
    usage = result.usage and sum_usage(before, result.usage)
    return replace(result, usage=usage)


def _body(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[BaseModel] | None,
    params: dict[str, Any],
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "messages": [dict(message) for message in messages], **params}
    if output_type is not None:
        if "response_format" in body:
            raise ValueError("give one of `output_type` and `response_format`")
        body["response_format"] = response_format_of(output_type)
    twice = sorted(body.keys() & extra.keys())
    if twice:
        raise ValueError(f"`extra_body` repeats {', '.join(f'`{name}`' for name in twice)}")
    return {**body, **extra}


def _result(completion: Completion, output_type: type[BaseModel] | None) -> ChatResult[Any]:
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
        "errors": list(faults),
        "finish_reason": completion.finish_reason,
        "usage": completion.usage.model_dump() if completion.usage else None,
    }
    return error(message[:1000], details, type=error.__name__, non_retryable=True)
