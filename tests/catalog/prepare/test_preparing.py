"""Tasks of operations: where each part of a request goes, how it is written, and what is refused."""

from pathlib import Path
from typing import Any
from uuid import RFC_4122, UUID

import pytest

from httptask.catalog import chat_completion
from httptask.catalog.errors import CatalogError
from httptask.catalog.prepare import Prepared, prepare
from httptask.catalog.reference import Reference
from httptask.config import Config
from httptask.config.sections import Policy, WorkerPolicy
from httptask.connections.connection import Connection
from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.dsl.expressions.evaluation import Scope, evaluate
from httptask.dsl.expressions.expression import parse_expression
from support.api_documents import openapi, read_operation, swagger

DOCUMENT = {"dsl": "1.0.3", "namespace": "n", "name": "prepared", "version": "1.0.0"}
SERVERS = [{"url": "https://shop.example.com/v1"}]


def config(**connections: dict[str, Any]) -> Config:
    known = {name: Connection(name=name, **settings) for name, settings in connections.items()}
    return Config(Path(), None, known, {}, {}, Policy(), WorkerPolicy())


def prepared(operation: dict[str, Any], *, known: Config | None = None, **options: Any) -> Prepared:
    """What is made of an operation; a definition takes its task."""
    root = options.pop("root", None) or openapi(
        {
            options.pop("path", "/things"): {
                options.pop("method", "post"): {"operationId": "doIt", "responses": {}, **operation}
            }
        },
        servers=options.pop("servers", SERVERS),
        components={"securitySchemes": options.pop("schemes", {})},
    )
    authentication = options.pop("told", None)
    source = options.pop("source", None)
    reference = Reference("shop", read_operation(root), authentication=authentication, source=source)
    found = prepare(reference, known or config(), **options)
    use = {"use": {"secrets": list(found.declared_secrets)}} if found.declared_secrets else {}
    faults = compile_definition({"document": DOCUMENT, **use, "do": [{"one": found.task}]}).faults
    assert [fault.message for fault in faults if fault.severity is Severity.ERROR] == []
    return found


def arguments(operation: dict[str, Any], **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = prepared(operation, **options).task["with"]
    return found


def parameter(location: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "p", "in": location, "required": True, "schema": schema, **more}]}


def body(media_type: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, **more}}}}


LIST = {"type": "array", "items": {"type": "string"}, "examples": [["a", "b c"]]}
PAIR = {"type": "object", "required": ["x", "y"], "properties": {"x": {"const": 1}, "y": {"const": "b"}}}


@pytest.mark.parametrize(
    ("given", "query"),
    [
        pytest.param(parameter("query", LIST), {"p": ["a", "b c"]}, id="a list, repeated"),
        pytest.param(parameter("query", LIST, style="deepObject"), {"p[0]": "a", "p[1]": "b c"}, id="a list in brackets"),
        pytest.param(parameter("query", PAIR), {"x": 1, "y": "b"}, id="an object, member by member"),
        pytest.param(parameter("query", PAIR, style="deepObject", explode=True), {"p[x]": 1, "p[y]": "b"}, id="an object in brackets"),
        pytest.param({"parameters": [{"name": "p", "in": "query", "required": True, "content": {"application/json": {"schema": PAIR}}}]}, {"p": '{"x":1,"y":"b"}'}, id="as JSON"),
        pytest.param({"parameters": [{"name": "q", "in": "querystring", "required": True, "content": {"application/x-www-form-urlencoded": {"schema": PAIR}}}]}, {"x": 1, "y": "b"}, id="the whole query"),
    ],
)  # fmt: skip
def test_queries(given: dict[str, Any], query: dict[str, Any]) -> None:
    found = arguments(given, method="get")
    assert (found["query"], found.get("separators")) == (query, None)


@pytest.mark.parametrize(
    ("schema", "items"), [(LIST, ["a", "b c"]), (PAIR, ["x", 1, "y", "b"])], ids=["list", "object"]
)
@pytest.mark.parametrize(
    ("style", "separator"), [("form", ","), ("spaceDelimited", " "), ("pipeDelimited", "|")]
)
def test_lists_in_one_parameter(schema: Any, items: list[Any], style: str, separator: str) -> None:
    found = arguments(parameter("query", schema, style=style, explode=False), method="get")
    assert (found["query"], found["separators"]) == ({"p": items}, {"p": separator})


def test_an_expression_may_be_a_list_in_one_parameter() -> None:
    given = parameter("query", LIST, explode=False)
    found = arguments(given, method="get", values={"p": "${ .ids }"})
    assert (found["query"], found["separators"]) == ({"p": "${ .ids }"}, {"p": ","})


@pytest.mark.parametrize(
    ("given", "path"),
    [
        pytest.param({"schema": {"const": "a/b ?"}}, "/x/a%2Fb%20%3F/y", id="encoded"),
        pytest.param({"schema": LIST}, "/x/a,b%20c/y", id="a list"),
        pytest.param({"schema": PAIR, "explode": True}, "/x/x=1,y=b/y", id="an object"),
        pytest.param({"schema": LIST, "style": "matrix"}, "/x/;p=a,b%20c/y", id="matrix"),
        pytest.param(
            {"schema": LIST, "style": "matrix", "explode": True}, "/x/;p=a;p=b%20c/y", id="matrix by items"
        ),
        pytest.param(
            {"schema": PAIR, "style": "label", "explode": True}, "/x/.x=1.y=b/y", id="label by members"
        ),
        pytest.param(
            {"schema": {"type": "array", "items": {"const": "a,b"}, "minItems": 2}},
            "/x/a%2Cb,a%2Cb/y",
            id="commas in items",
        ),
        pytest.param({"schema": {"const": 7}, "style": "label"}, "/x/.7/y", id="label"),
    ],
)
def test_paths(given: dict[str, Any], path: str) -> None:
    operation = {"parameters": [{"name": "p", "in": "path", "required": True, **given}]}
    assert arguments(operation, path="/x/{p}/y", method="get")["path"] == path


@pytest.mark.parametrize(("path", "sent"), [("/x#stream", "/x"), ("/{p}/y#a#b", "/p/y")])
def test_a_fragment_is_not_sent(path: str, sent: str) -> None:
    operation = {"parameters": [{"name": "p", "in": "path", "required": True, "schema": {"const": "p"}}]}
    assert arguments(operation, path=path)["path"] == sent


def test_headers_and_cookies() -> None:
    operation = parameter("header", LIST)
    operation["parameters"] += [
        {"name": "c", "in": "cookie", "required": True, "schema": {"const": 1}},
        {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}},
    ]
    assert arguments(operation)["headers"] == {"p": "a,b c", "Cookie": "c=1"}


FILE = {"type": "string", "format": "binary"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param(body("application/json", PAIR), {"body": {"x": 1, "y": "b"}}, id="JSON"),
        pytest.param(body("application/vnd.shop+json", {"const": "a"}), {"body": '"a"', "headers": {"Content-Type": "application/vnd.shop+json"}}, id="a text as JSON"),
        pytest.param(body("*/*", PAIR), {"body": {"x": 1, "y": "b"}}, id="any type"),
        pytest.param(body("application/x-www-form-urlencoded", {"type": "object", "required": ["l", "o"], "properties": {"l": LIST, "o": PAIR}}), {"form": {"l": ["a", "b c"], "o": '{"x":1,"y":"b"}'}}, id="a form"),
        pytest.param(body("application/x-www-form-urlencoded", {"type": "object", "required": ["expand", "meta"], "properties": {"expand": LIST, "meta": {"const": {"l": [1]}}}}, encoding={"expand": {"style": "deepObject", "explode": True}, "meta": {"style": "deepObject"}}), {"form": {"expand[0]": "a", "expand[1]": "b c", "meta[l][0]": 1}}, id="a form in brackets"),
        pytest.param(body("multipart/form-data", {"type": "object", "required": ["f", "l", "o"], "properties": {"f": FILE, "l": LIST, "o": PAIR}}, encoding={"f": {"contentType": "image/png, image/jpeg"}}), {"multipart": [{"name": "f", "base64": "c2FtcGxl", "filename": "f", "contentType": "image/png"}, {"name": "l", "text": "a"}, {"name": "l", "text": "b c"}, {"name": "o", "json": {"x": 1, "y": "b"}}]}, id="in parts"),
        pytest.param(body("text/csv", {"type": "string", "examples": ["a,b"]}), {"body": "a,b", "headers": {"Content-Type": "text/csv"}}, id="text"),
        pytest.param(body("image/png", FILE), {"base64": "c2FtcGxl", "headers": {"Content-Type": "image/png"}}, id="bytes"),
        pytest.param({"requestBody": {"required": True, "content": {"application/jsonl": {"itemSchema": PAIR}}}}, {"body": '{"x":1,"y":"b"}\n', "headers": {"Content-Type": "application/jsonl"}}, id="lines"),
    ],
)  # fmt: skip
def test_bodies(given: dict[str, Any], sent: dict[str, Any]) -> None:
    found = arguments(given)
    assert {key: found[key] for key in found if key not in ("method", "connection", "path")} == sent


def test_a_list_of_swagger_is_joined_with_commas() -> None:
    operation: dict[str, Any] = {"parameters": [{"name": "p", "in": "query", "required": True, "type": "array", "items": {"type": "string", "enum": ["a"]}}], "responses": {}}  # fmt: skip
    root = swagger({"/things": {"get": operation}}, host="shop.example.com")
    found = arguments({}, root=root)
    assert (found["query"], found["separators"]) == ({"p": ["a"]}, {"p": ","})


def test_media_types_are_chosen() -> None:
    content = {"text/plain": {"schema": {"const": "t"}}, "application/json": {"schema": {"const": [1]}}}
    operation = {"requestBody": {"required": True, "content": content}}
    assert arguments(operation)["body"] == [1]
    assert arguments(operation, media_type="text/plain")["body"] == "t"
    with pytest.raises(CatalogError, match="the body is not sent as text/html"):
        arguments(operation, media_type="text/html")


def test_an_answer_in_events_is_a_stream() -> None:
    events: dict[str, Any] = {"text/event-stream": {"itemSchema": {}}}
    asked = body("application/json", {"type": "object", "properties": {"stream": {"type": "boolean"}}})
    both: dict[str, Any] = {
        **asked,
        "responses": {"200": {"description": "", "content": {"application/json": {}, **events}}},
    }
    assert "stream" not in arguments(both)
    assert arguments(both, values={"stream": "true"})["stream"] == {"take": "all"}
    alone = {"responses": {"200": {"description": "", "content": events}}}
    assert arguments(alone)["stream"] == {"take": "all"}


def test_methods_of_3_2() -> None:
    assert arguments({}, method="query")["method"] == "query"


ITEMS = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer", "maximum": 5}}}}, "p": {"type": "string"}, "free": {"type": "object"}}}  # fmt: skip


def test_values_are_read_as_their_schema_says() -> None:
    values = {"items.0.sku": "7", "items.0.n": "3", "free.any.thing": "a", "query.p": "${ .x }"}
    operation = {**parameter("query", {"type": "integer"}), **body("application/json", ITEMS)}
    found = prepared(operation, values=values)
    assert found.task["with"]["body"] == {"items": [{"sku": "7", "n": 3}], "free": {"any": {"thing": "a"}}}
    assert found.task["with"]["query"] == {"p": "${ .x }"}
    assert found.fill_in == ()
    assert arguments(operation, values={"body": {"p": "x"}})["body"] == {"p": "x"}


def test_expressions_are_kept_wherever_they_stand() -> None:
    operation = {**parameter("path", {"type": "string"}), **body("application/json", ITEMS)}
    values = {"path.p": "${ {a: .b}.a }/", "items": '[{"sku": "a", "n": "${ .n }"}]', "body.p": "no. ${ .x }"}
    found = arguments(operation, values=values, path="/a b/{p}/{other}")
    assert found["path"] == "/a%20b/${ {a: .b}.a }//other"
    assert found["body"] == {"items": [{"sku": "a", "n": "${ .n }"}], "p": "no. ${ .x }"}
    assert arguments(operation, values={"body": {"items": [{"sku": "${ .s }"}]}})["body"] == {
        "items": [{"sku": "${ .s }"}]
    }


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("p", "1", "--field p: several parts of the request have it", "write query.p or body.p"),
        ("itmes", "1", "--field itmes: the request has no such field", "did you mean `items`?"),
        ("body.items.0.skv", "1", "--field body.items.0.skv: there is no such field", "did you mean `sku`?"),
        ("items.0.n", "9", "--field body.items.0.n: 9 is greater than the maximum of 5", "`httptask catalog show` tells what it takes"),
        ("query.p", "x", '--field query.p: "x" is not of type "integer"', "`httptask catalog show` tells what it takes"),
        ("server.region", "eu", "server.region: the server has no such variable", "there are no variables"),
    ],
    ids=["in two places", "misspelt", "misspelt inside", "too large", "no number", "no variable"],
)  # fmt: skip
def test_values_that_can_t_be_are_refused(name: str, value: str, message: str, hint: str) -> None:
    operation = {**parameter("query", {"type": "integer"}), **body("application/json", ITEMS)}
    with pytest.raises(CatalogError) as refused:
        prepared(operation, values={name: value})
    assert (refused.value.message, refused.value.hint) == (message, hint)


ISSUE = body("application/json", {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}, "body": {"type": "string"}}})  # fmt: skip


def test_a_field_named_body_is_not_the_whole_body() -> None:
    assert arguments(ISSUE, values={"title": "t", "body": "b"})["body"] == {"title": "t", "body": "b"}
    assert arguments(ISSUE, values={"body": '{"title": "w"}'})["body"] == {"title": "w"}


@pytest.mark.parametrize("values", [{"title": "a", "body.title": "b"}, {"body": {"title": "w"}, "title": "b"}, {"title": "b", "body": '{"title": "w"}'}])  # fmt: skip
def test_two_values_for_one_place_are_refused(values: dict[str, Any]) -> None:
    first, second = values
    with pytest.raises(CatalogError, match=f"--field {second}: {first} gives that, too"):
        prepared(ISSUE, values=values)


def test_an_example_is_taken_where_it_fits() -> None:
    operation = body("application/json", ITEMS, examples={"bad": {"value": {"p": 1}}, "good": {"value": {"p": "x", "free": {}}}})  # fmt: skip
    assert arguments(operation)["body"] == {}
    assert arguments(operation, optional="example")["body"] == {"p": "x", "free": {}}
    whole = prepared(operation, optional="all")
    assert whole.task["with"]["body"] == {"items": [{"sku": "sku", "n": 1}], "p": "x", "free": {}}
    assert whole.fill_in == ("body.items.0.sku", "body.items.0.n")


def test_an_optional_body_of_nothing_is_left_out() -> None:
    operation = {"requestBody": {"content": {"application/json": {"schema": ITEMS}}}}
    found = prepared(operation)
    assert "body" not in found.task["with"]
    assert found.notes == ("the body is left out, for nothing of it is required: --field gives some of it",)


def test_nothing_of_a_document_is_an_expression() -> None:
    """Seen to reach the task as an expression without the escapes."""
    operation = {
        "parameters": [
            {"name": "${ 1 }", "in": "query", "required": True, "schema": {"const": "${ $secrets.A }"}}
        ],
        **body("application/json", {"const": {"${ 2 }": "${ 3 }"}}),
    }
    found = arguments(operation, path="/x/${ $secrets.B }")
    assert found["path"] == "/x/%24%20$secrets.B%20"
    assert found["query"] == {"$${ 1 }": "$${ $secrets.A }"}
    assert found["body"] == {"$${ 2 }": "$${ 3 }"}


def test_chat_completions_are_tasks_of_their_own() -> None:
    reference = chat_completion.reference()
    found = prepare(reference, config(openai={"base_url": "https://api.openai.com/v1"}))
    assert found.task["call"] == "chatCompletion"
    assert sorted(found.task["with"]) == ["messages", "model"]
    found = prepare(reference, config(), server="mistral", values={"temperature": "0.5", "model": "m"})
    assert found.tables == {"connections": {"mistral": {"provider": "mistral"}}}
    assert found.task["with"] == {"connection": "mistral", "model": "m", "messages": [{"role": "user", "content": "Say hello."}], "temperature": 0.5}  # fmt: skip
    assert [one.name for one in found.secrets] == ["MISTRAL_API_KEY"]
    with pytest.raises(CatalogError) as refused:
        prepare(reference, config(), server="mistrall")
    assert refused.value.hint == "did you mean `mistral`?"
    with pytest.raises(
        CatalogError, match=r"no provider or connection `https://llm\.example\.com/v1`"
    ) as refused:
        prepare(reference, config(), server="https://ann:geheim@llm.example.com/v1")
    assert refused.value.hint is not None
    assert refused.value.hint.endswith("and give --server NAME")


KEYED = {"type": "object", "required": ["idempotency_key", "amount"], "properties": {"idempotency_key": {"type": "string", "examples": ["9b7f"]}, "amount": {"type": "integer", "examples": [7]}}}  # fmt: skip


def test_an_idempotency_key_differs_by_run_and_examples_are_named() -> None:
    found = prepared(body("application/json", KEYED))
    sent = found.task["with"]["body"]
    assert (sent["amount"], found.from_examples, found.fill_in) == (7, ("body.amount",), ())
    assert "$workflow.id" in sent["idempotency_key"]
    assert any(note.startswith("body.idempotency_key is another in each run") for note in found.notes)
    mine = prepared(body("application/json", KEYED), values={"idempotency_key": "mine"})
    assert mine.task["with"]["body"]["idempotency_key"] == "mine"


@pytest.mark.parametrize("wanted", [{"format": "uuid"}, {"pattern": "^[0-9a-f]{8}-[0-9a-f-]{27}$"}])
def test_an_idempotency_key_is_a_uuid_where_it_is_to_be_one(wanted: dict[str, str]) -> None:
    own = {"type": "string", "examples": ["9b7f0000-0000-4000-8000-000000000001"]}
    properties: dict[str, Any] = {"idempotency_key": own}
    keyed = {"type": "object", "required": ["idempotency_key"], "properties": properties}
    assert "explode" not in prepared(body("application/json", keyed)).task["with"]["body"]["idempotency_key"]
    properties["idempotency_key"] = {**own, **wanted}
    text = prepared(body("application/json", keyed)).task["with"]["body"]["idempotency_key"]
    expression = parse_expression(text, "", [])
    assert expression is not None

    def key(run: str, milliseconds: int) -> str:
        task = {"startedAt": {"epoch": {"milliseconds": milliseconds}}}
        return str(evaluate(expression, Scope(None, {"workflow": {"id": run}, "task": task})))

    keys = [key(run, milliseconds) for run in ("order-7", "order-8", "") for milliseconds in range(9, 12)]
    assert [str(UUID(one)) for one in keys] == keys
    assert {(UUID(one).version, UUID(one).variant) for one in keys} == {(4, RFC_4122)}
    assert len(set(keys)) == len(keys)
    assert key("order-7", 9) == keys[0]


@pytest.mark.parametrize(("method", "is_sent"), [("post", False), ("put", True)])
def test_a_task_sends_an_idempotency_key_of_its_own(method: str, is_sent: bool) -> None:
    operation = parameter("header", {"type": "string"})
    operation["parameters"][0]["name"] = "Idempotency-Key"
    headers = arguments(operation, method=method).get("headers", {})
    assert ("$workflow.id" in headers.get("Idempotency-Key", "")) == is_sent


@pytest.mark.parametrize("schemes", [{}, {"oauth": {"type": "http", "scheme": "bearer"}}])
def test_a_token_in_a_path_is_no_credential(schemes: dict[str, Any]) -> None:
    operation = parameter("path", {"type": "string", "example": "fasjyydbcgwwc2uc"})
    operation["parameters"][0]["name"] = "token"
    found = prepared(operation, path="/public/{token}", method="get", schemes=schemes)
    assert found.task["with"]["path"] == "/public/fasjyydbcgwwc2uc"


def test_a_credential_of_the_connection_is_no_parameter_beside_it() -> None:
    operation: dict[str, Any] = {**parameter("header", {"type": "string"}), "security": [{"t": []}]}
    operation["parameters"][0]["name"] = "token"
    found = prepared(operation, schemes={"t": {"type": "http", "scheme": "bearer"}})
    assert "headers" not in found.task["with"]
    assert "header.token is left out: the connection sends that credential; --field gives it" in found.notes


def test_a_new_connection_says_which_secrets_it_shares() -> None:
    operation: dict[str, Any] = {"responses": {}, "security": [{"t": []}]}
    schemes = {"t": {"type": "http", "scheme": "bearer"}}
    known = config(shop={"base_url": "https://shop.example.com/v1"})
    known.secrets["SHOP_TOKEN"] = object()  # type: ignore[index]
    found = prepared(operation, schemes=schemes, known=known, server="http://localhost:1")
    assert any(
        "sends SHOP_TOKEN, which httptask.toml has already, to http://localhost:1" in one
        for one in found.notes
    )
