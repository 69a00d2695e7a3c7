"""Values by the names of an operation's parameters: where they go, and how they are written there."""

from typing import Any

import pytest

from httptask.activities.api_operation import ApiBody, ApiOperation, ApiParameter
from httptask.calls.openapi import plan_operation_call
from httptask.calls.operation_names import name_faults
from httptask.calls.problem import TaskFault
from httptask.dsl.compile import compile_definition
from httptask.dsl.expression_parts import Part
from httptask.dsl.expressions.evaluation import Scope
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.http.models import HttpRequest
from httptask.http.styles import Style
from support.definitions import document

OPERATION = ApiOperation(
    operation_id="send",
    document="https://api.example.com/openapi.json",
    sha256="0" * 64,
    method="POST",
    server="https://api.example.com/v1/",
    path="/send",
)


def request_of(
    parameters: dict[str, Any],
    body: ApiBody | None = None,
    described: tuple[ApiParameter, ...] = (),
    **more: Any,
) -> HttpRequest:
    arguments = {
        "document": {"endpoint": OPERATION.document},
        "operationId": "send",
        "parameters": parameters,
    }
    definition = document(
        use={"secrets": ["KEY"]}, do=[{"task": {"call": "openapi", "with": {**arguments, **more}}}]
    )
    program = compile_definition(definition).program
    assert program is not None
    node = program.nodes["/do/0/task"]

    def rendered(part: Part, **_: Any) -> Rendered | None:
        found = node.template(part)
        return None if found is None else render(found, Scope({}, {}))

    operation = OPERATION.model_copy(update={"body": body, "parameters": described})
    call = plan_operation_call(node, operation, rendered, id_="task", idempotency_key="key")
    assert isinstance(call.argument, HttpRequest)
    return call.argument


MEMBERS = {"a": 1, "list": [1, "x"], "file": "aGk="}
NAMES = ("a", "list", "file")
BODIES: dict[str, tuple[ApiBody, dict[str, Any], dict[str, Any], str | None]] = {
    "JSON of members": (
        ApiBody(media_type="application/json", members=NAMES),
        {"a": 1},
        {"kind": "json", "value": {"a": 1}},
        None,
    ),
    "JSON of another name": (
        ApiBody(media_type="application/vnd.x+json", name="pet"),
        {"pet": [1]},
        {"kind": "json", "value": [1]},
        "application/vnd.x+json",
    ),
    "a form, lists as the document has them": (
        ApiBody(
            media_type="application/x-www-form-urlencoded",
            members=NAMES,
            styles={"list": Style(explode=False)},
        ),
        {"a": 1, "list": [1, "x"]},
        {"kind": "form", "fields": {"a": 1, "list": "1,x"}},
        None,
    ),
    "text": (ApiBody(media_type="text/csv"), {"body": "a,b"}, {"kind": "text", "text": "a,b"}, "text/csv"),
    "bytes": (
        ApiBody(media_type="image/png"),
        {"body": "aGk="},
        {"kind": "binary", "base64": "aGk="},
        "image/png",
    ),
    "nothing": (ApiBody(media_type="application/json"), {}, {}, None),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str) -> None:
    body, given, sent, content_type = BODIES[name]
    request = request_of(given, body)
    assert (request.body.model_dump() if request.body else {}) == sent
    assert request.headers.get("Content-Type") == content_type


def test_parts_of_a_form_with_files() -> None:
    request = request_of(MEMBERS, ApiBody(media_type="multipart/form-data", members=NAMES, files=("file",)))
    assert request.body is not None
    parts = request.body.model_dump()["parts"]
    assert [(part["name"], part["filename"], part["content"]["kind"]) for part in parts] == [
        ("a", None, "text"),
        ("list", None, "text"),
        ("list", None, "text"),
        ("file", "file", "binary"),
    ]


def test_parameters_are_written_as_the_document_says() -> None:
    described = (
        ApiParameter(name="deep", location="query", style=Style("deepObject")),
        ApiParameter(name="ids", location="query", style=Style(explode=False)),
        ApiParameter(name="X-List", location="header", style=Style("simple", explode=False)),
        ApiParameter(name="a", location="cookie"),
        ApiParameter(name="b", location="cookie"),
    )
    values = {"deep": {"x": 1}, "ids": [1, 2], "X-List": ["p", "q"], "a": 1, "b": "${ $secrets.KEY }"}
    request = request_of(values, None, described)
    assert (request.query, request.separators) == ({"deep[x]": 1, "ids": [1, 2]}, {"ids": ","})
    assert request.headers == {"X-List": "p,q", "Cookie": "a=1; b="}
    assert [(one.pointer, one.offset) for one in request.secrets] == [("/headers/Cookie", 7)]
    assert (request.url, request.idempotency_key) == ("https://api.example.com/v1/send", "key")
    assert request.path_template == "/v1/send"


def test_secrets_in_bodies() -> None:
    request = request_of(
        {"a": {"key": "k ${ $secrets.KEY }"}}, ApiBody(media_type="application/json", members=NAMES)
    )
    assert [(one.pointer, one.offset) for one in request.secrets] == [("/body/value/a/key", 2)]


REFUSED: dict[str, tuple[dict[str, Any], ApiBody | None, str]] = {
    "the whole body and a member of it": (
        {"body": {}, "a": 1},
        ApiBody(media_type="application/json", members=NAMES),
        "the operation send has `body`, which is the whole body, and `a`: keep one of them",
    ),
    "a form that is none": (
        {"body": 1},
        ApiBody(media_type="application/x-www-form-urlencoded"),
        "the operation send takes a form as `body`, an object; this is a number",
    ),
    "text that is none": (
        {"body": 1},
        ApiBody(media_type="text/plain"),
        "the operation send takes a body of text/plain, as text; this is a number",
    ),
    "bytes that are no base64": (
        {"body": "?"},
        ApiBody(media_type="image/png"),
        "the operation send takes `body` as base64 (RFC 4648, section 4)",
    ),
    "a body where there is none": (
        {"body": 1},
        None,
        "the operation send has no parameter `body`: there are no parameters that it has",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_request_is_refused(name: str) -> None:
    given, body, detail = REFUSED[name]
    with pytest.raises(TaskFault) as caught:
        request_of(given, body)
    assert detail in (caught.value.problem.detail or "")


def test_no_value_makes_another_cookie() -> None:
    with pytest.raises(TaskFault) as caught:
        request_of({"lang": "en; admin=1"}, None, (ApiParameter(name="lang", location="cookie"),))
    assert "has a `;` in the cookie `lang`" in (caught.value.problem.detail or "")


def test_no_secret_stands_in_a_path() -> None:
    described = (ApiParameter(name="id", location="path", required=True),)
    with pytest.raises(TaskFault) as caught:
        request_of({"id": "${ $secrets.KEY }"}, None, described)
    assert "can't be sent with a secret in `id`" in (caught.value.problem.detail or "")


def test_a_connection_is_named_as_an_authentication() -> None:
    assert request_of({}, authentication={"use": "shop"}).connection == "shop"


def test_a_name_that_is_misspelt_is_told_once_and_not_as_missing_too() -> None:
    body = ApiBody(
        media_type="application/json", members=("title",), required=True, required_members=("title",)
    )
    parameter = ApiParameter(name="shelf", location="query", required=True)
    operation = OPERATION.model_copy(update={"body": body, "parameters": (parameter,)})
    found = [*name_faults(operation, ["titel", "shelv"])]
    assert [(one.name, one.hint) for one in found] == [
        ("titel", "did you mean `title`?"),
        ("shelv", "did you mean `shelf`?"),
    ]
    assert [one.name for one in name_faults(operation, ["colour"])] == ["colour", None, None]
