"""Plans the calls of `call: openapi`: that for its document, and that of the operation."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from httptask.activities.api_operation import ApiBody, ApiOperation, ApiParameter, OperationRequest
from httptask.activities.names import API_OPERATION, HTTP_REQUEST
from httptask.calls.activity_call import HTTP_SECONDS, ActivityCall, host_and_path
from httptask.calls.bodies import parameters, refuse_request
from httptask.calls.http import read_authentication, with_whole_response
from httptask.calls.operation_names import name_faults, whole_body
from httptask.calls.url import RenderPart, is_address_from_data, render_url
from httptask.diagnostics.validation import describe_invalid
from httptask.diagnostics.words import kind_of
from httptask.dsl.expression_parts import Part as TaskPart
from httptask.dsl.expressions.rendering import Rendered
from httptask.dsl.tasks.http.addresses import is_path
from httptask.dsl.tasks.http.parts import AUTHENTICATION
from httptask.dsl.tasks.http.policies import connections_of_policy
from httptask.dsl.tasks.kind import TaskNode
from httptask.dsl.tasks.openapi import (
    DOCUMENT_AUTHENTICATION,
    OPENAPI,
    PARAMETERS,
    document_address,
    written_policies,
)
from httptask.http.headers import FORM_TYPE, KEYED_METHODS
from httptask.http.models import (
    MAX_RESPONSE_BYTES,
    BinaryBody,
    FormBody,
    HttpAnswer,
    HttpRequest,
    JsonBody,
    Limits,
    MultipartBody,
    Part,
    RequestBody,
    SecretReference,
    TextBody,
)
from httptask.http.styles import Style, form_fields, header_text, path_text, query_fields
from httptask.json.pointer import child_pointer, pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["plan_document_call", "plan_operation_call"]

_MULTIPART: Final = "multipart/form-data"


def plan_document_call(
    node: TaskNode, data: Any, render: RenderPart, *, id_: str
) -> ActivityCall[ApiOperation]:
    """The call that loads the document of a task, and finds the operation in it.

    Args:
        node: the task.
        data: the task's input, whose members are the variables of URI templates.
        render: renders the task's compiled parts.
        id_: of the activity.

    Raises:
        TaskFault: the rendered parts do not make a request.
    """
    spec = OPENAPI.spec(node)
    address, policy = document_address(spec), render(DOCUMENT_AUTHENTICATION)
    url, secrets = render_url(data, render)
    if is_path(url) and url != address:
        refuse_request(f"`{url}` is a path; that of a document is written out in the definition")
    connection = _connection(node, DOCUMENT_AUTHENTICATION, policy)
    try:
        authentication, policy_secrets = read_authentication(policy)
        request = OperationRequest(
            method="GET",
            url=url,
            connection=connection,
            authentication=authentication,
            secrets=(*secrets, *policy_secrets),
            raw=True,
            limits=Limits(response_bytes=MAX_RESPONSE_BYTES),
            address_from_data=is_address_from_data(address),
            operation_id=spec.operation_id,
        )
    except ValidationError as error:
        refuse_request(describe_invalid(error))
    return ActivityCall(API_OPERATION, request, ApiOperation, id_, HTTP_SECONDS, connection)


def plan_operation_call(
    node: TaskNode, operation: ApiOperation, render: RenderPart, *, id_: str, idempotency_key: str
) -> ActivityCall[HttpAnswer]:
    """The call of an operation.

    Args:
        node: the task.
        operation: as it was found in the document.
        render: renders the task's compiled parts.
        id_: of the activity.
        idempotency_key: sent with methods that are not idempotent by themselves.

    Raises:
        TaskFault: the parameters are not those of the operation, or do not make a request.
    """
    spec = OPENAPI.spec(node)
    given, policy = render(PARAMETERS), render(AUTHENTICATION)
    assert given is not None  # every task has them
    draft = _Draft(operation, given)
    connection = _connection(node, AUTHENTICATION, policy)
    try:
        draft.fill()
        authentication, policy_secrets = read_authentication(policy)
        request = HttpRequest(
            method=operation.method,
            url=operation.server.rstrip("/") + draft.path,
            connection=connection,
            headers=draft.headers,
            query=parameters(draft.query, "parameters"),
            separators=draft.separators,
            body=draft.body,
            authentication=authentication,
            secrets=(*draft.secrets, *policy_secrets),
            success=("2xx", "3xx") if spec.redirect else ("2xx",),
            raw=spec.output == "raw",
            idempotency_key=idempotency_key if operation.method in KEYED_METHODS else None,
            path_template=host_and_path(operation.server)[1].rstrip("/") + operation.path.partition("?")[0],
            address_from_data=operation.server_found or is_address_from_data(document_address(spec)),
        )
    except ValidationError as error:
        refuse_request(describe_invalid(error))
    call = ActivityCall(HTTP_REQUEST, request, HttpAnswer, id_, HTTP_SECONDS, connection)
    return with_whole_response(call) if spec.output == "response" else call


def _connection(node: TaskNode, of: TaskPart, policy: Rendered | None) -> str | None:
    value = None if policy is None else policy.value
    written = ((place, own) for part, place, own in written_policies(OPENAPI.spec(node)) if part == of)
    named = (name for place, own in written for _, name in connections_of_policy(place, own, value))
    return next(named, None)


@dataclass
class _Draft:
    """A request of an operation, made of values by the names of its parameters."""

    operation: ApiOperation
    given: Rendered
    path: str = ""
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    separators: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: RequestBody | None = None
    secrets: list[SecretReference] = field(default_factory=list[SecretReference])

    def fill(self) -> None:
        """Put each value where its parameter belongs.

        Raises:
            TaskFault: a value has no parameter, a parameter that is required no value, or none that can be sent.
        """
        values = {name: value for name, value in self.given.value.items() if value is not None}
        for fault in name_faults(self.operation, values, self.given.value.keys() - values):
            self._refuse(fault.what)
        self.path = self.operation.path
        if self.operation.accept is not None:
            self.headers["Accept"] = self.operation.accept
        for parameter in self.operation.parameters:
            if parameter.name in values:
                self._put(parameter, values[parameter.name])
        described = {one.name for one in self.operation.parameters}
        others = {name: value for name, value in values.items() if name not in described}
        if self.operation.body is not None and others:
            self._fill_body(self.operation.body, others)

    def _put(self, parameter: ApiParameter, value: Any) -> None:
        name, style = parameter.name, parameter.style
        secrets = self._secrets_of(name)
        if secrets and (parameter.location == "path" or not isinstance(value, str)):
            self._refuse(
                f"can't be sent with a secret in `{name}`: it stands in a header, a query or the body"
            )
        match parameter.location:
            case "path":
                text = path_text(name, value, style)
                if not text:
                    self._refuse(f"has an empty `{name}`, which is another address")
                self.path = self.path.replace("{" + name + "}", text)
            case "query":
                fields = query_fields(name, value, style)
                self.query |= fields
                if style.separator is not None:
                    self.separators |= {key: style.separator for key, one in fields.items() if is_array(one)}
                self._move(secrets, child_pointer("/query", name))
            case "header":
                self.headers[name] = header_text(value, style)
                self._move(secrets, child_pointer("/headers", name))
            case "cookie":
                before = f"{self.headers['Cookie']}; " if "Cookie" in self.headers else ""
                start, text = f"{before}{name}=", header_text(value, style)
                if ";" in text:
                    self._refuse(f"has a `;` in the cookie `{name}`, where another one would begin")
                self.headers["Cookie"] = start + text
                self._move(secrets, "/headers/Cookie", len(start))

    def _secrets_of(self, name: str) -> list[SecretReference]:
        at = child_pointer("", name)
        return [one for one in self.given.secrets if one.pointer == at or one.pointer.startswith(f"{at}/")]

    def _move(self, secrets: list[SecretReference], pointer: str, by: int = 0) -> None:
        """Keep secrets of a parameter, which stand behind that pointer now."""
        for one in secrets:
            _, *inner = pointer_tokens(one.pointer)
            at = pointer
            for token in inner:
                at = child_pointer(at, token)
            self.secrets.append(one.model_copy(update={"pointer": at, "offset": one.offset + by}))

    def _fill_body(self, body: ApiBody, given: Mapping[str, Any]) -> None:
        whole = whole_body(body, given)
        make, at = self._maker(body)
        self.body = make(given if whole is None else given[whole])
        for name in given:
            self._move(self._secrets_of(name), at if name == whole else child_pointer(at, name))

    def _maker(self, body: ApiBody) -> tuple[Callable[[Any], RequestBody], str]:
        """What makes the body of a value, and where that stands in it."""
        kind = body.media_type
        if kind == FORM_TYPE:
            return lambda value: FormBody(fields=dict(self._fields(body, value))), "/body/fields"
        if kind == _MULTIPART:
            return lambda value: MultipartBody(parts=tuple(self._parts(body, value))), ""
        if kind != "application/json":
            self.headers["Content-Type"] = kind
        if kind == "application/json" or kind.endswith("+json"):
            return lambda value: JsonBody(value=value), "/body/value"
        if kind.startswith("text/") or kind.endswith(("/xml", "+xml")):
            return lambda value: TextBody(text=self._text(value, kind)), "/body/text"
        return lambda value: self._bytes(self._text(value, kind), body.name), ""

    def _fields(self, body: ApiBody, value: Any) -> Iterator[tuple[str, Any]]:
        for name, one in self._object(value, body).items():
            fields = form_fields(name, one, body.styles.get(name, Style()))
            yield from parameters(fields, body.name).items()

    def _parts(self, body: ApiBody, value: Any) -> Iterator[Part]:
        for name, one in self._object(value, body).items():
            for item in one if is_array(one) else [one]:
                is_file = name in body.files and isinstance(item, str)
                if is_file:
                    content: BinaryBody | JsonBody | TextBody = self._bytes(item, name)
                elif is_object(item) or is_array(item):
                    content = JsonBody(value=item)
                else:
                    content = TextBody(text=item if isinstance(item, str) else json.dumps(item))
                yield Part(name=name, content=content, filename=name if is_file else None)

    def _object(self, value: Any, body: ApiBody) -> dict[str, Any]:
        if not is_object(value):
            self._refuse(f"takes a form as `{body.name}`, an object; this is {kind_of(value)}")
        return value

    def _bytes(self, text: str, name: str) -> BinaryBody:
        try:
            return BinaryBody(base64=text)
        except ValidationError:
            self._refuse(
                f"takes `{name}` as base64 (RFC 4648, section 4), which stands for its bytes; this is none"
            )

    def _text(self, value: Any, kind: str) -> str:
        if not isinstance(value, str):
            self._refuse(f"takes a body of {kind}, as text; this is {kind_of(value)}")
        return value

    def _refuse(self, what: str) -> NoReturn:
        refuse_request(f"the operation {self.operation.operation_id} {what}")
