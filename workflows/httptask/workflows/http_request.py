"""HTTP calls for workflows written in Python, and how a call is made there."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from httptask.activities.connection_profile import ConnectionProfile
from httptask.activities.names import HTTP_REQUEST
from httptask.calls.activity_call import (
    HTTP_SECONDS,
    ActivityCall,
    activity_options,
)
from httptask.calls.problem import TaskFault
from httptask.diagnostics.validation import describe_invalid
from httptask.http.headers import KEYED_METHODS
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
from httptask.scheduling.plugin_check import require_plugin
from httptask.scheduling.scheduler import make_call
from httptask.scheduling.worker_configuration import resolve_configuration
from httptask.workflows.activity_arguments import command_limits, require_json
from httptask.workflows.errors import CallInvalid
from httptask.workflows.failures import call_error, fault_error, typed_error

__all__ = ["CallOptions", "execute", "http_request"]

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
    raw: bool = False,
    charset: str | None = None,
    keep_headers: Sequence[str] = (),
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
        json: body to send as JSON; None is no body.
        text: body to send as it is.
        form: body to send as `application/x-www-form-urlencoded`; a list is one field per item.
        multipart: body to send as `multipart/form-data`.
        content: body to send as these bytes.
        success: statuses that are a result; every other one raises.
        raw: whether to take the body of the response as base64, unparsed.
        charset: of a response that is text, where its server does not say it.
        keep_headers: response headers to keep, by name, beside those that are always kept.
        limits: deadlines (seconds) and response size (bytes) of one attempt.
        idempotency_key: sent with POST and PATCH; by default one that is the same for every attempt of this call.
        options: how Temporal runs the activity.

    Raises:
        CallFailed: or one of its subclasses in `httptask.workflows.errors`.
        CallInvalid: more than one body, an argument of the wrong kind, or something that JSON has no form for.
    """
    require_json({"query": query, "json": json, "form": form, "multipart": multipart})
    sent = {"method": method.upper(), "url": url, "headers": headers or {}, "query": query or {}}
    read = {"success": success, "raw": raw, "charset": charset, "keep_headers": keep_headers}
    key = idempotency_key or (str(workflow.uuid4()) if method.upper() in KEYED_METHODS else None)
    made = {
        "connection": connection,
        "limits": limits or Limits(),
        "idempotency_key": key,
        "whole_response": True,
    }
    try:
        body = _body(json, text, form, multipart, content)
        request = HttpRequest.model_validate({**sent, "body": body, **read, **made})
    except ValidationError as error:
        raise CallInvalid(describe_invalid(error)) from None
    call = ActivityCall(HTTP_REQUEST, request, HttpResponse, "", HTTP_SECONDS, connection)
    return await execute(call, options)


async def execute(call: ActivityCall[Result], options: CallOptions | None) -> Result:
    """Make the call by the rules of its connection, and by the caller's own before those."""
    require_plugin()
    given = options or CallOptions()
    profile = await _profile(call.connection, given)
    merged: dict[str, Any] = {**activity_options(call, profile), **given}
    attempts: int | None = profile.retry.attempts
    if "retry_policy" in given:
        attempts = given["retry_policy"].maximum_attempts or None
        merged["retry_policy"] = replace(given["retry_policy"], maximum_attempts=0)
    try:
        return await make_call(call, attempts, profile, merged, command_limits(), "the request")
    except TaskFault as fault:
        raise fault_error(fault) from None
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
        found = await resolve_configuration([connection])
    except ApplicationError as error:
        raise typed_error(error) from None
    return found.connections.get(connection, ConnectionProfile())


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
        bodies.append(FormBody.model_validate({"fields": form}))
    if multipart is not None:
        bodies.append(MultipartBody.model_validate({"parts": multipart}))
    if content is not None:
        bodies.append(BinaryBody(base64=base64.b64encode(content).decode("ascii")))
    if len(bodies) > 1:
        raise CallInvalid("give one of `json`, `text`, `form`, `multipart` and `content`")
    return bodies[0] if bodies else None
