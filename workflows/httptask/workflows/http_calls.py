"""Plans the call of an HTTP task: the very same for a run and for a test request."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import uritemplate
from pydantic import ValidationError

from httptask.activities.names import HTTP_REQUEST
from httptask.dsl.expressions import Rendered
from httptask.dsl.functions import HttpArguments, HttpRequestArguments
from httptask.dsl.json_values import is_list, is_mapping
from httptask.dsl.model import Endpoint
from httptask.http.models import (
    Authentication,
    BasicAuthentication,
    BearerAuthentication,
    HttpRequest,
    HttpResponse,
    JsonBody,
    RequestBody,
    SecretReference,
    StatusPattern,
    TextBody,
)
from httptask.workflows.activity_call import HTTP_SECONDS, ActivityCall
from httptask.workflows.problem import TaskFault, describe_invalid
from httptask.workflows.routes import path_template

__all__ = ["RenderPart", "http_output", "plan_http_call", "request_summary"]

RenderPart = Callable[..., Rendered | None]
"""`(part, encode=None)`: renders one compiled part of the task, None when the task has no such part."""


def plan_http_call(
    arguments: HttpArguments | HttpRequestArguments,
    data: Any,
    render: RenderPart,
    *,
    id_: str,
    idempotency_key: str,
) -> ActivityCall[HttpResponse]:
    """Render a `call: http` or `call: httpRequest`.

    Args:
        arguments: the call's arguments as they stand in the definition.
        data: the task's input, whose members are the variables of URI templates.
        render: renders the task's compiled parts.
        id_: of the activity.
        idempotency_key: sent with methods that are not idempotent by themselves.

    Raises:
        TaskFault: the rendered parts do not make a request.
    """
    request = _request(arguments, data, render, idempotency_key)
    return ActivityCall(HTTP_REQUEST, request, HttpResponse, id_, request_summary(request), HTTP_SECONDS)


def http_output(arguments: HttpArguments | HttpRequestArguments, response: HttpResponse) -> Any:
    """The task's raw output (dsl-reference.md, HTTP Call: `output` raw, content or response)."""
    if arguments.output != "response":
        return response.content
    return {
        "request": response.request.model_dump(),
        "headers": response.headers,
        "statusCode": response.status,
        "content": response.content,
    }


def request_summary(request: HttpRequest) -> str:
    """What a person reads in a list of calls: method, host and path; never a query, never a secret."""
    first = min(
        (ref for ref in request.secrets if ref.pointer == "/url"), key=lambda ref: ref.offset, default=None
    )
    if first is not None:
        shown = f"${first.name}"
    else:
        host, path = _host_and_path(request.url)
        shown = (host or request.connection or "") + path
    return f"{request.method} {shown}"[:200]


def _host_and_path(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # the edge refuses it, and says why
        return "", ""
    return parts.netloc.rpartition("@")[2], parts.path


def _request(
    arguments: HttpArguments | HttpRequestArguments, data: Any, render: RenderPart, idempotency_key: str
) -> HttpRequest:
    rest = render("request")
    assert rest is not None  # every call has one
    url, secrets = _url(arguments, data, render)
    policy = render("authentication")
    body, body_pointer = _body(rest.value["body"])
    moved = [_moved(reference, "/body", body_pointer) for reference in rest.secrets]
    method = rest.value["method"]
    try:
        authentication, policy_secrets = _authentication(policy)
        return HttpRequest(
            method=method.upper() if isinstance(method, str) else method,
            url=url,
            connection=_connection(arguments, policy),
            headers=rest.value["headers"],
            query=rest.value["query"],
            body=body,
            authentication=authentication,
            secrets=(*secrets, *moved, *policy_secrets),
            success=_success(arguments),
            raw=arguments.output == "raw",
            idempotency_key=idempotency_key,
            path_template=path_template(arguments),
        )
    except ValidationError as error:
        TaskFault.raise_standard(
            "validation", "Not a request", detail=describe_invalid(error), error="RequestInvalid"
        )


def _url(
    arguments: HttpArguments | HttpRequestArguments, data: Any, render: RenderPart
) -> tuple[str, list[SecretReference]]:
    endpoint = render("endpoint", encode=_percent_encode)
    path = render("path", encode=_percent_encode)
    url, secrets = ("", []) if endpoint is None else _expanded(endpoint, data)
    if path is None:
        return url, secrets
    path_text, path_secrets = _expanded(path, data)
    base = url.rstrip("/") if url else ""
    at = len(base)
    if path_text and not path_text.startswith("/"):
        base, at = base + "/", at + 1
    shifted = [ref.model_copy(update={"offset": ref.offset + at}) for ref in path_secrets]
    return base + path_text, [*secrets, *shifted]


def _expanded(rendered: Rendered, data: Any) -> tuple[str, list[SecretReference]]:
    """Expand the URI template (RFC 6570) around the secrets, whose offsets move with the text."""
    if not isinstance(rendered.value, str):
        TaskFault.raise_standard(
            "expression",
            "Not a URL",
            detail=f"the endpoint yields {type(rendered.value).__name__}; it needs text",
        )
    variables = data if is_mapping(data) else {}
    secrets: list[SecretReference] = []
    expanded, start = "", 0
    for reference in sorted(rendered.secrets, key=lambda found: found.offset):
        expanded += _expand(rendered.value[start : reference.offset], variables)
        start = reference.offset
        secrets.append(
            SecretReference(pointer="/url", offset=len(expanded), name=reference.name, field=reference.field)
        )
    return expanded + _expand(rendered.value[start:], variables), secrets


def _expand(text: str, variables: Mapping[str, Any]) -> str:
    missing = [name for name in uritemplate.variables(text) if variables.get(name) is None]
    if missing:
        TaskFault.raise_standard(
            "expression",
            "URI variable missing",
            detail=f"{{{missing[0]}}} has no value in the task's input, which has: {', '.join(variables) or 'nothing'}",
        )
    return uritemplate.expand(
        text, {name: _plain(name, variables[name]) for name in uritemplate.variables(text)}
    )


def _plain(name: str, value: Any) -> Any:
    """A variable as RFC 6570 section 2.3 knows them: text, or a list or mapping of texts."""
    if is_list(value):
        return [_text(name, item) for item in value]
    if is_mapping(value):
        return {key: _text(name, item) for key, item in value.items()}
    return _text(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str | bool | int | float):
        TaskFault.raise_standard(
            "expression",
            "Not a URI variable",
            detail=f"{{{name}}} needs text, a number, or a list or mapping of those; it holds {type(value).__name__}",
        )
    return value if isinstance(value, str) else json.dumps(value)


def _percent_encode(text: str) -> str:
    """What is put into a URL stays within its segment."""
    return quote(text, safe="")


def _authentication(rendered: Rendered | None) -> tuple[Authentication | None, list[SecretReference]]:
    """The policy's credentials; `use` inside a policy names a secret that holds them as a JSON object."""
    if rendered is None:
        return None, []
    [(scheme, policy)] = rendered.value.items()
    fields = ("username", "password") if scheme == "basic" else ("token",)
    if "use" in policy:
        secrets = [
            SecretReference(pointer=f"/authentication/{field}", name=policy["use"], field=field)
            for field in fields
        ]
        policy = dict.fromkeys(fields, "")
    else:
        secrets = [_moved(reference, f"/{scheme}", "/authentication") for reference in rendered.secrets]
    model = BasicAuthentication if scheme == "basic" else BearerAuthentication
    return model(**policy), secrets


def _body(value: Any) -> tuple[RequestBody | None, str]:
    """The body and the pointer of its content: text goes out as it is, everything else as JSON."""
    if value is None:
        return None, ""
    if isinstance(value, str):
        return TextBody(text=value), "/body/text"
    return JsonBody(value=value), "/body/value"


def _moved(reference: SecretReference, old: str, new: str) -> SecretReference:
    if not reference.pointer.startswith(old):
        return reference
    return reference.model_copy(update={"pointer": new + reference.pointer.removeprefix(old)})


def _connection(arguments: HttpArguments | HttpRequestArguments, policy: Rendered | None) -> str | None:
    """The connection that the call names, or that stands where the standard has the name of a policy."""
    if isinstance(arguments, HttpRequestArguments) and arguments.connection is not None:
        return arguments.connection
    endpoint = arguments.endpoint
    if policy is None and isinstance(endpoint, Endpoint) and endpoint.authentication is not None:
        return endpoint.authentication.use
    return None


def _success(arguments: HttpArguments | HttpRequestArguments) -> tuple[StatusPattern, ...]:
    if isinstance(arguments, HttpRequestArguments) and arguments.success is not None:
        return arguments.success
    return ("2xx", "3xx") if arguments.redirect else ("2xx",)
