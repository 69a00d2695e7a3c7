"""Plans the call of an HTTP task: the very same for a run and for a test request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from httptask.activities.names import HTTP_REQUEST
from httptask.authentication.models import Authentication
from httptask.authentication.policy import Policy
from httptask.calls.activity_call import HTTP_SECONDS, STREAM_SECONDS, ActivityCall, host_and_path
from httptask.calls.bodies import header_texts, parameters, refuse_request, request_body
from httptask.calls.page_requests import first_page
from httptask.calls.url import RenderPart, has_address_from_data, path_template, render_url
from httptask.connections.authentication import read_policy
from httptask.diagnostics.validation import describe_invalid
from httptask.dsl.expression_parts import Part
from httptask.dsl.expressions.rendering import Rendered
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpRequestArguments, named_connections
from httptask.dsl.tasks.http.parts import AUTHENTICATION, EVENT, LAST_EVENT, REQUEST
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.errors import RequestInvalid
from httptask.http.headers import KEYED_METHODS, check_idempotency_key
from httptask.http.models import (
    HttpAnswer,
    HttpRequest,
    HttpResponse,
    Limits,
    SecretReference,
    StatusPattern,
    StreamReading,
)
from httptask.json.types import is_object

__all__ = ["http_output", "plan_http_call", "read_authentication", "with_whole_response"]


def plan_http_call(
    node: TaskNode,
    data: Any,
    render: RenderPart,
    *,
    id_: str,
    idempotency_key: str,
) -> ActivityCall[HttpAnswer]:
    """Render a `call: http` or `call: httpRequest`; of one with pages, the request for the first.

    Args:
        node: the task.
        data: the task's input, whose members are the variables of URI templates.
        render: renders the task's compiled parts.
        id_: of the activity.
        idempotency_key: sent with methods that are not idempotent by themselves.

    Raises:
        TaskFault: the rendered parts do not make a request.
    """
    arguments = node.spec
    assert isinstance(arguments, AnyHttpArguments)
    request = _request(arguments, data, render, idempotency_key)
    seconds = HTTP_SECONDS
    if isinstance(arguments, HttpRequestArguments) and arguments.paginate is not None:
        request = first_page(arguments.paginate, request)
    stream = _stream_reading(node)
    if stream is not None:
        request, seconds = request.model_copy(update={"stream": stream}), STREAM_SECONDS
    call = ActivityCall(HTTP_REQUEST, request, HttpAnswer, id_, seconds, request.connection)
    return with_whole_response(call) if _is_read_whole(arguments) else call


def with_whole_response(call: ActivityCall[HttpAnswer]) -> ActivityCall[HttpAnswer]:
    """The call of an HTTP task with all of the answer as its result, and what went out."""
    argument = call.argument.model_copy(update={"whole_response": True})
    return replace(call, argument=argument, result_type=HttpResponse)


def _is_read_whole(arguments: AnyHttpArguments) -> bool:
    is_paged = isinstance(arguments, HttpRequestArguments) and arguments.paginate is not None
    return is_paged or arguments.output == "response"


def http_output(output: str, answer: HttpAnswer) -> Any:
    """The task's raw output (dsl-reference.md, HTTP Call: `output` raw, content or response)."""
    if output != "response":
        return answer.content
    assert isinstance(answer, HttpResponse)  # it was asked for
    return {
        "request": answer.request.model_dump(),
        "headers": answer.headers,
        "statusCode": answer.status,
        "content": answer.content,
    }


def _request(arguments: AnyHttpArguments, data: Any, render: RenderPart, idempotency_key: str) -> HttpRequest:
    rest = render(REQUEST)
    assert rest is not None  # every call has one
    url, secrets = render_url(data, render)
    policy = render(AUTHENTICATION)
    body, moved = request_body(rest)
    method = rest.value["method"]
    headers = header_texts(rest.value.get("headers", {}))
    own_key = _own_key(rest.value, headers)
    is_keyed = isinstance(method, str) and method.upper() in KEYED_METHODS
    try:
        authentication, policy_secrets = read_authentication(policy)
        return HttpRequest(
            method=method.upper() if isinstance(method, str) else method,
            url=url,
            connection=_connection(arguments, policy),
            headers=headers if own_key is None else {**headers, "Idempotency-Key": own_key},
            query=parameters(rest.value.get("query", {}), "query"),
            separators=getattr(arguments, "separators", {}),
            body=body,
            authentication=authentication,
            secrets=(*secrets, *moved, *policy_secrets),
            success=_success(arguments),
            raw=arguments.output == "raw",
            charset=getattr(arguments, "charset", None),
            keep_headers=getattr(arguments, "keep_headers", ()),
            limits=_limits(arguments),
            idempotency_key=own_key or (idempotency_key if is_keyed else None),
            path_template=_telling(path_template(arguments), url),
            address_from_data=has_address_from_data(arguments),
        )
    except ValidationError as error:
        refuse_request(describe_invalid(error))


def _telling(template: str | None, url: str) -> str | None:
    """A path template that says something else than the URL does."""
    _, path = host_and_path(url)
    return None if template == path else template


def _own_key(value: Mapping[str, Any], headers: Any) -> str | None:
    """The key that the author gives in place of the task's own; it goes out with every method."""
    if "idempotencyKey" not in value:
        return None
    key = value["idempotencyKey"]
    is_number = isinstance(key, int) and not isinstance(key, bool)
    text = str(key) if is_number or isinstance(key, str) else ""
    try:
        check_idempotency_key(text)
    except RequestInvalid as error:
        refuse_request(error.message)
    if is_object(headers) and any(name.lower() == "idempotency-key" for name in headers):
        refuse_request("give either idempotencyKey or the header Idempotency-Key, not both")
    return text


def read_authentication(
    rendered: Rendered | None,
) -> tuple[Authentication | None, tuple[SecretReference, ...]]:
    """What a rendered policy asks for, and where its secrets belong in a request."""
    if rendered is None:
        return None, ()
    return read_policy(Policy.model_validate(rendered.value), rendered.secrets)


def _connection(arguments: AnyHttpArguments, policy: Rendered | None) -> str | None:
    named = [name for _, name in named_connections(arguments, None if policy is None else policy.value)]
    if len(set(named)) > 1:
        refuse_request(f"the connection is {named[0]}, and the authentication that of {named[1]}: keep one")
    return named[0] if named else None


def _limits(arguments: AnyHttpArguments) -> Limits:
    own = arguments.response_bytes if isinstance(arguments, HttpRequestArguments) else None
    return Limits(response_bytes=own)


def _success(arguments: AnyHttpArguments) -> tuple[StatusPattern, ...]:
    if isinstance(arguments, HttpRequestArguments) and arguments.success is not None:
        return arguments.success
    return ("2xx", "3xx") if arguments.redirect else ("2xx",)


def _stream_reading(node: TaskNode) -> StreamReading | None:
    """How the response of a task is read; None where it is no stream."""
    arguments = node.spec
    if not isinstance(arguments, HttpRequestArguments) or arguments.stream is None:
        return None
    stream = arguments.stream
    return StreamReading(
        format=stream.format,
        take=stream.take,
        each=_source(node, EVENT),
        until=_source(node, LAST_EVENT),
        limit=stream.limit,
        pointer=f"{node.pointer}/with/stream",
    )


def _source(node: TaskNode, part: Part) -> str | None:
    found = node.expression(part)
    return None if found is None else found.source
