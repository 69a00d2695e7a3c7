"""HTTP calls and chat completions for workflows written in Python."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, TypedDict, TypeVar, overload

from pydantic import BaseModel, ValidationError
from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from httptask.activities.connections import ConnectionProfile
from httptask.activities.names import CHAT_COMPLETION, HTTP_REQUEST
from httptask.chat.models import ChatRequest, Completion, ToolCall, Usage
from httptask.http.models import (
    BinaryBody,
    FormBody,
    HttpRequest,
    HttpResponse,
    JsonBody,
    Limits,
    MultipartBody,
    ParameterValue,
    Part,
    RequestBody,
    StatusPattern,
    TextBody,
)
from httptask.workflows.activity_call import (
    CHAT_SECONDS,
    HTTP_SECONDS,
    ActivityCall,
    activity_options,
    counted,
)
from httptask.workflows.connections import resolve_connections
from httptask.workflows.errors import OutputInvalid, call_error, typed_error
from httptask.workflows.http_calls import request_summary
from httptask.workflows.output_type import response_format_of
from httptask.workflows.polling import execute_call

__all__ = ["CallOptions", "ChatResult", "chat_completion", "http_request"]

Json = TypeVar("Json")
Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result", bound=BaseModel)


class CallOptions(TypedDict, total=False):
    """How Temporal runs a call; whatever is left out is as in a definition."""

    task_queue: str
    schedule_to_close_timeout: timedelta
    schedule_to_start_timeout: timedelta
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: workflow.ActivityCancellationType
    summary: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class ChatResult(Generic[Json]):
    """The answer of a model.

    Attributes:
        text: the first choice's text.
        json: the parsed text when JSON was asked for: an instance of `output_type` when that was given.
        cost: US dollars; None when the price is not known.
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


async def http_request(
    method: str,
    url: str,
    *,
    connection: str | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, ParameterValue] | None = None,
    json: Any = None,
    text: str | None = None,
    form: Mapping[str, ParameterValue] | None = None,
    multipart: Sequence[Part] | None = None,
    content: bytes | None = None,
    success: Sequence[StatusPattern] = ("2xx",),
    limits: Limits | None = None,
    idempotency_key: str | None = None,
    options: CallOptions | None = None,
) -> HttpResponse:
    """Make one HTTP request as an activity, with retries.

    Args:
        method: GET, POST, ...
        url: absolute, or relative to the connection's base URL.
        connection: name of a connection of the worker, which adds its credentials.
        headers: request headers.
        query: query parameters; a list is sent as one parameter per item.
        json: body to send as JSON.
        text: body to send as it is.
        form: body to send as `application/x-www-form-urlencoded`; a list is one field per item.
        multipart: body to send as `multipart/form-data`.
        content: body to send as these bytes.
        success: statuses that are a result; every other one raises.
        limits: deadlines (seconds) and response size (bytes) of one attempt.
        idempotency_key: sent with POST and PATCH; by default one that is the same for every attempt of this call.
        options: how Temporal runs the activity.

    Raises:
        CallFailed: or one of its subclasses in `httptask.workflows.errors`.
        ValueError: more than one body is given.
    """
    request = HttpRequest(
        method=method.upper(),
        url=url,
        connection=connection,
        headers=dict(headers or {}),
        query=dict(query or {}),
        body=_body(json, text, form, multipart, content),
        success=tuple(success),
        limits=limits or Limits(),
        idempotency_key=idempotency_key or str(workflow.uuid4()),
    )
    call = ActivityCall(
        HTTP_REQUEST, request, HttpResponse, "", request_summary(request), HTTP_SECONDS, connection
    )
    return await _execute(call, options)


@overload
async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[Model],
    connection: str = ...,
    limits: Limits | None = ...,
    options: CallOptions | None = ...,
    **params: Any,
) -> ChatResult[Model]: ...


@overload
async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: None = None,
    connection: str = ...,
    limits: Limits | None = ...,
    options: CallOptions | None = ...,
    **params: Any,
) -> ChatResult[Any]: ...


async def chat_completion(
    *,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    output_type: type[Any] | None = None,
    connection: str = "openai",
    limits: Limits | None = None,
    options: CallOptions | None = None,
    **params: Any,
) -> ChatResult[Any]:
    """Ask for one chat completion as an activity, with retries.

    Args:
        model: name of the model.
        messages: the conversation, as in `POST /chat/completions`.
        output_type: pydantic model of the answer; the server is given its JSON schema, and `json` is an instance of it.
        connection: name of a connection of the worker.
        limits: deadlines (seconds) and response size (bytes) of one attempt.
        options: how Temporal runs the activity.
        params: every other field of the API's request body.

    Raises:
        CallFailed: or one of its subclasses in `httptask.workflows.errors`; `OutputInvalid` when the answer does not
            have the form that was asked for, or the model refused to give one.
    """
    body: dict[str, Any] = {"model": model, "messages": [dict(message) for message in messages], **params}
    if output_type is not None:
        body["response_format"] = response_format_of(output_type)
    request = ChatRequest(
        body=body, connection=connection, limits=limits or Limits(), idempotency_key=str(workflow.uuid4())
    )
    summary = f"POST {connection}/chat/completions"
    call = ActivityCall(CHAT_COMPLETION, request, Completion, "", summary, CHAT_SECONDS, connection)
    completion = await _execute(call, options)
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
    )


def _typed(completion: Completion, output_type: type[Model]) -> Model:
    """The answer as the caller's model."""
    if completion.json_ is None:
        reason = (
            f"the model refused: {completion.refusal}" if completion.refusal else "the answer holds no JSON"
        )
        raise _output_invalid(completion, f"no {output_type.__name__}: {reason}", [])
    try:
        return output_type.model_validate(completion.json_)
    except ValidationError as error:
        faults = [
            {"pointer": "/" + "/".join(map(str, fault["loc"])), "message": fault["msg"]}
            for fault in error.errors(include_url=False)
        ]
        message = f"not a {output_type.__name__}: {faults[0]['pointer']}: {faults[0]['message']}"
        raise _output_invalid(completion, message, faults) from None


def _output_invalid(completion: Completion, message: str, faults: list[dict[str, str]]) -> OutputInvalid:
    details = {"text": completion.text, "refusal": completion.refusal, "errors": faults}
    return OutputInvalid(message[:1000], details, type="OutputInvalid", non_retryable=True)


async def _execute(call: ActivityCall[Result], options: CallOptions | None) -> Result:
    """Make the call by the rules of its connection, and by the caller's own before those."""
    given = options or CallOptions()
    profile = await _profile(call.connection, given)
    merged: dict[str, Any] = {**activity_options(call, profile), "summary": call.summary, **given}
    attempts: int | None = profile.retry.attempts
    if "retry_policy" in given:
        attempts = given["retry_policy"].maximum_attempts or None
        merged["retry_policy"] = replace(given["retry_policy"], maximum_attempts=0)
    try:
        return await execute_call(call, counted(call.argument, attempts), attempts, profile, merged)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise call_error(error) from None
    except ApplicationError as failure:
        raise typed_error(failure) from None


async def _profile(connection: str | None, options: CallOptions) -> ConnectionProfile:
    """The profile of a connection of this worker; calls on another queue are other workers' matter."""
    if connection is None or "task_queue" in options:
        return ConnectionProfile()
    try:
        profiles = await resolve_connections([connection])
    except ApplicationError as error:
        raise typed_error(error) from None
    return profiles.get(connection, ConnectionProfile())


def _body(
    json: Any,
    text: str | None,
    form: Mapping[str, ParameterValue] | None,
    multipart: Sequence[Part] | None,
    content: bytes | None,
) -> RequestBody | None:
    bodies: list[RequestBody] = []
    if json is not None:
        bodies.append(JsonBody(value=json))
    if text is not None:
        bodies.append(TextBody(text=text))
    if form is not None:
        bodies.append(FormBody(fields=dict(form)))
    if multipart is not None:
        bodies.append(MultipartBody(parts=tuple(multipart)))
    if content is not None:
        bodies.append(BinaryBody(base64=base64.b64encode(content).decode("ascii")))
    if len(bodies) > 1:
        raise ValueError("give one of `json`, `text`, `form`, `multipart` and `content`")
    return bodies[0] if bodies else None
