"""What forms are made of."""

import json
from pathlib import Path
from typing import Any

import pytest

from httptask.json.types import is_array, is_object
from support.designer import asked, workspace_of

TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: forms, version: 1.0.0 }
input: { schema: { document: { type: object, required: [name], properties: { name: { type: string } } } } }
do:
  - ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: Hi }] } }
  - fetch: { call: httpRequest, with: { method: get, endpoint: https://example.com } }
  - note: { set: { a: 1 } }
"""


async def form_of(folder: Path, pointer: str, text: str = TEXT) -> Any:
    asking = {"path": "a.yaml", "text": text, "pointer": pointer}
    async with asked(workspace_of(folder, {})) as client:
        return (await client.post("/api/task", json=asking)).json()


def fields_of(form: Any, *keys: str) -> dict[str, Any]:
    """The properties at a place of a form's schema, with those of the definitions that are referred to."""
    schema = form["schema"]
    found = schema["own"]
    for key in keys:
        found = resolved(schema, found)["properties"][key]
    fields: dict[str, Any] = resolved(schema, found)["properties"]
    return fields


def resolved(schema: Any, part: Any) -> Any:
    if "anyOf" in part:
        part = part["anyOf"][0]
    return schema["$defs"][part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else part


@pytest.mark.parametrize(
    ("pointer", "field", "operation"),
    [
        ("/do/0/ask", "messages", "openai.createChatCompletion"),
        ("/do/1/fetch", "endpoint", None),
    ],
    ids=["chat", "http"],
)
async def test_a_call_has_the_fields_of_its_function(
    tmp_path: Path, pointer: str, field: str, operation: str | None
) -> None:
    form = await form_of(tmp_path, pointer)
    assert form["operation"] == operation
    assert field in form["task"]["with"]
    assert field in fields_of(form, "with")
    assert references(form["schema"]) <= set(form["schema"]["$defs"])


def references(part: Any) -> set[str]:
    """Names of all definitions that a schema refers to."""
    if is_array(part):
        return set[str]().union(*map(references, part))
    if not is_object(part):
        return set()
    own = {part["$ref"].removeprefix("#/$defs/")} if isinstance(part.get("$ref"), str) else set[str]()
    return own.union(*map(references, part.values()))


KINDS = """\
document: { dsl: 1.0.3, namespace: tests, name: kinds, version: 1.0.0 }
do:
  - fork: { fork: { branches: [{ a: { set: { a: 1 } } }] } }
  - try: { try: [{ a: { set: { a: 1 } } }], catch: { do: [{ a: { set: { a: 1 } } }] } }
  - for: { for: { in: "${ [] }" }, do: [{ a: { set: { a: 1 } } }] }
  - map: { call: map, with: { in: "${ [] }", do: [{ a: { set: { a: 1 } } }] } }
  - listen: { listen: { to: { any: [] } } }
  - switch: { switch: [{ otherwise: { then: end } }] }
  - wait: { wait: PT1S }
  - emit: { emit: { event: { with: { type: a.b } } } }
  - run: { run: { workflow: { namespace: tests, name: a, version: latest } } }
  - raise: { raise: { error: { type: "https://example.com/no", status: 400 } } }
  - do: { do: [{ a: { set: { a: 1 } } }] }
"""


@pytest.mark.parametrize(
    ("kind", "place", "fields"),
    [
        ("fork", ["fork"], ["compete"]),
        ("try", [], ["catch"]),
        ("try", ["catch"], ["errors", "as", "when", "exceptWhen", "retry", "then"]),
        ("try", ["catch", "errors", "with"], ["type", "status", "instance", "title", "detail"]),
        ("try", ["catch", "retry", "limit", "attempt"], ["count", "duration"]),
        ("try", ["catch", "retry", "jitter"], ["from", "to"]),
        ("for", [], ["for", "while"]),
        ("for", ["for"], ["each", "in", "at"]),
        ("map", ["with"], ["in", "each", "at", "concurrency", "onError"]),
        ("listen", ["listen", "to"], ["one", "any", "all"]),
        ("wait", ["wait"], ["days", "hours", "minutes", "seconds", "milliseconds"]),
        ("run", ["run"], ["workflow", "await", "return"]),
        ("raise", ["raise", "error"], ["type", "status", "title", "detail", "instance"]),
        ("do", [], []),
    ],
)
async def test_each_kind_has_the_fields_of_its_model_but_for_tasks_in_it(
    tmp_path: Path, kind: str, place: list[str], fields: list[str]
) -> None:
    index = next(
        number for number, line in enumerate(KINDS.splitlines()[2:]) if line.startswith(f"  - {kind}:")
    )
    form = await form_of(tmp_path, f"/do/{index}/{kind}", KINDS)
    assert [key for key, part in fields_of(form, *place).items() if "x-tasks" not in part] == fields
    assert "if" in form["schema"]["shared"]["properties"]
    assert references(form["schema"]) <= set(form["schema"]["$defs"])
    assert not any(name.endswith("Task") for name in form["schema"]["$defs"])


async def test_a_form_tells_what_can_be_one_of_several(tmp_path: Path) -> None:
    form = await form_of(tmp_path, "/do/1/try", KINDS)
    assert form["schema"]["$defs"]["Backoff"]["maxProperties"] == 1
    kind = form["schema"]["$defs"]["ErrorFilter"]["properties"]["type"]
    assert any(one.endswith("/errors/timeout") for one in kind["examples"])
    cases = (await form_of(tmp_path, "/do/5/switch", KINDS))["schema"]["own"]["properties"]["switch"]
    assert cases["items"]["maxProperties"] == 1


async def test_a_task_that_is_at_fault_keeps_its_form_and_what_is_in_it(tmp_path: Path) -> None:
    """It is mended there."""
    wrong = KINDS.replace("catch: { do:", "catch: { retry: { limit: { attempt: { count: 0 } } }, do:")
    wrong = wrong.replace("wait: PT1S", "wait: { seconds: soon }")
    assert "catch" in fields_of(await form_of(tmp_path, "/do/1/try", wrong))
    assert "wait" in fields_of(await form_of(tmp_path, "/do/6/wait", wrong))
    async with asked(workspace_of(tmp_path, {})) as client:
        checked = (await client.post("/api/check", json={"path": "a.yaml", "text": wrong})).json()
    blocks = {block["name"]: block for block in checked["blocks"]}
    branches = blocks["try"]["branches"]
    assert [(one["label"], one["entered"]) for one in branches] == [("try", True), ("catch", False)]
    assert (blocks["try"]["kind"], blocks["wait"]["kind"]) == ("try", "wait")
    assert len([one for one in checked["findings"] if one["severity"] == "error"]) == 2


async def test_a_catch_without_tasks_has_a_place_for_them(tmp_path: Path) -> None:
    text = KINDS.replace("catch: { do: [{ a: { set: { a: 1 } } }] }", "catch: {}")
    edit = {"op": "insert", "list": "/do/1/try/catch/do", "index": 0, "name": "b", "task": {"set": {"a": 2}}}
    async with asked(workspace_of(tmp_path, {})) as client:
        checked = (await client.post("/api/check", json={"path": "a.yaml", "text": text})).json()
        asking = {"path": "a.yaml", "text": text, "edits": [edit]}
        edited = (await client.post("/api/edits", json=asking)).json()
    place = checked["blocks"][1]["branches"][1]
    assert place == {"label": "catch", "pointer": edit["list"], "entered": False, "blocks": []}
    assert [one["name"] for one in edited["blocks"][1]["branches"][1]["blocks"]] == ["b"]


async def test_a_schema_that_is_known_is_not_sent_again(tmp_path: Path) -> None:
    asking = {"path": "a.yaml", "text": TEXT, "pointer": "/do/0/ask"}
    async with asked(workspace_of(tmp_path, {})) as client:
        first = await client.post("/api/task", json=asking)
        known = first.json()["schema_id"]
        changed = asking | {"text": TEXT.replace("content: Hi", "content: Bye"), "known": known}
        second = await client.post("/api/task", json=changed)
        other = await client.post("/api/task", json=asking | {"pointer": "/do/1/fetch", "known": known})
    assert len(first.content) > 20_000 > 1_000 > len(second.content)
    assert (second.json()["schema"], second.json()["schema_id"]) == (None, known)
    assert second.json()["task"]["with"]["messages"][0]["content"] == "Bye"
    assert other.json()["schema"] is not None


async def test_where_there_is_no_form(tmp_path: Path) -> None:
    assert (await form_of(tmp_path, "/do/9/absent"))["status"] == 404
    assert (await form_of(tmp_path, "/do/0/ask", "do: ["))["status"] == 422


async def test_the_input_of_a_run_has_the_fields_of_its_schema(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        found = await client.post("/api/input-form", json={"path": "a.yaml", "text": TEXT})
        none = await client.post(
            "/api/input-form",
            json={
                "path": "a.yaml",
                "text": "\n".join(line for line in TEXT.splitlines() if not line.startswith("input")),
            },
        )
    assert found.json()["schema"]["required"] == ["name"]
    assert none.json() == {"schema": None}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Bookshop", "version": "1"},
    "servers": [{"url": "https://books.example/v1"}],
    "paths": {
        "/orders/{id}": {
            "post": {
                "operationId": "order",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "gift", "in": "query", "schema": {"type": "boolean"}, "description": "Wrapped."},
                    {
                        "name": "X-Count",
                        "in": "header",
                        "required": True,
                        "schema": {"enum": [1, 2], "default": 1},
                    },
                    {"name": "X-Old", "in": "header", "deprecated": True, "schema": {"type": "string"}},
                    {"name": "Accept", "in": "header", "schema": {"type": "string"}},
                    {"name": "session", "in": "cookie", "description": "Who.", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                },
                "responses": {"201": {"description": "ordered"}},
            }
        }
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["book"],
                "properties": {"book": {"$ref": "#/components/schemas/Book"}},
            },
            "Book": {"type": "object", "properties": {"isbn": {"type": "string"}}},
        }
    },
}
CALLS = """\
document: { dsl: 1.0.3, namespace: tests, name: calls, version: 1.0.0 }
do:
  - one: { call: httpRequest, with: { method: post, connection: shop, path: "/orders/${ .id }", body: {} } }
  - two: { call: httpRequest, with: { method: post, endpoint: "https://books.example/v1/orders/7" } }
  - three: { call: httpRequest, with: { method: get, endpoint: "https://books.example/v1/orders/7" } }
"""


async def test_a_request_of_a_known_operation_has_what_it_takes(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, {})
    (tmp_path / "httptask.toml").write_text(
        '[connections.shop]\nbase_url = "https://books.example/v1"\nheaders = { x-count = "1" }\n'
    )
    forms: list[Any] = []
    async with asked(workspace) as client:
        added = await client.post("/api/catalog", json={"source": "b.json", "text": json.dumps(DOCUMENT)})
        assert added.status_code == 201, added.text
        for pointer in ("/do/0/one", "/do/1/two", "/do/2/three"):
            asking = {"path": "a.yaml", "text": CALLS, "pointer": pointer}
            forms.append((await client.post("/api/task", json=asking)).json())
        (tmp_path / "catalog" / "bookshop" / "entry.json").unlink()
        asking = {"path": "a.yaml", "text": CALLS, "pointer": "/do/0/one"}
        assert (await client.post("/api/task", json=asking)).json()["operation"] is None
    assert [form["operation"] for form in forms] == ["bookshop.order", "bookshop.order", None]
    required = [form["schema"]["$defs"]["HttpRequestArguments"]["required"] for form in forms]
    assert required == [
        ["method"],
        ["method", "headers"],
        ["method"],
    ]  # the connection has the header already
    for form in forms[:2]:
        schema, fields = form["schema"], fields_of(form, "with")
        assert fields["query"]["properties"]["gift"]["type"] == "boolean"
        headers = fields["headers"]
        assert headers["properties"]["X-Count"] == {"type": "string", "enum": ["1", "2"], "default": "1"}
        assert headers["properties"]["X-Old"]["deprecated"]
        assert "Accept" not in headers["properties"]
        cookies = headers["properties"]["Cookie"]["x-made-of"]
        assert cookies["schema"]["properties"]["session"]["description"] == "Who."
        made_of = (fields.get("path") or fields["endpoint"])["x-made-of"]
        assert (made_of["template"], made_of["schema"]["required"]) == ("/orders/{id}", ["id"])
        order = schema["$defs"][fields["body"]["$ref"].removeprefix("#/$defs/")]
        assert order["required"] == ["book"]
        assert references(schema) <= set(schema["$defs"])


OF_DOCUMENT = """\
document: { dsl: 1.0.3, namespace: tests, name: documents, version: 1.0.0 }
do:
  - kept: { call: openapi, with: { document: { endpoint: "file://./catalog/bookshop/document/b.json" }, operationId: order } }
  - file: { call: openapi, with: { document: { endpoint: "file://./b.json" }, operationId: order } }
  - away: { call: openapi, with: { document: { endpoint: "https://books.example/b.json" }, operationId: order } }
  - none: { call: openapi, with: { document: { endpoint: "file://./b.json" }, operationId: oder } }
  - computed: { call: openapi, with: { document: { endpoint: "${ .document }" }, operationId: order } }
"""


async def test_an_operation_of_a_document_has_its_parameters_and_one_that_is_not_at_hand_is_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "b.json").write_text(json.dumps(DOCUMENT))
    forms: dict[str, Any] = {}
    told: dict[str, Any] = {}
    async with asked(workspace_of(tmp_path, {})) as client:
        added = await client.post("/api/catalog", json={"source": "b.json"})
        assert added.status_code == 201, added.text
        for index, name in enumerate(("kept", "file", "away", "none", "computed")):
            asking = {"path": "a.yaml", "text": OF_DOCUMENT, "pointer": f"/do/{index}/{name}"}
            forms[name] = (await client.post("/api/task", json=asking)).json()
            told[name] = await client.post("/api/task/reference", json=asking)
    assert {name: form["operation"] for name, form in forms.items() if form["operation"]} == {
        "kept": "bookshop.order"
    }
    assert {name: form["document"] for name, form in forms.items() if form["document"]} == {"file": "b.json"}
    assert told["file"].status_code == told["kept"].status_code == 200, told
    reference = told["file"].json()
    assert [one["name"] for one in reference["parameters"]][:2] == ["id", "gift"]
    assert reference["definitions"].keys() == {"Order", "Book"}
    assert {**reference, "api": "catalog/bookshop"} == told["kept"].json()
    assert {name: told[name].json()["status"] for name in ("away", "none", "computed")} == {
        "away": 404,
        "none": 404,
        "computed": 404,
    }
    assert "order" in told["none"].json()["detail"]
    addresses = {name: form["unknown_document"] for name, form in forms.items() if form["unknown_document"]}
    assert addresses == {"away": "https://books.example/b.json"}
    for name in ("kept", "file"):
        parameters = fields_of(forms[name], "with")["parameters"]
        assert list(parameters["properties"]) == ["id", "gift", "X-Count", "X-Old", "session", "book", "body"]
        assert parameters["required"] == ["id", "X-Count"]
        assert parameters["properties"]["session"] == {
            "type": "string",
            "description": "Who.",
            "title": "cookie",
        }
        assert references(forms[name]["schema"]) <= set(forms[name]["schema"]["$defs"])
    assert "properties" not in fields_of(forms["none"], "with")["parameters"]


USED = """\
document: { dsl: 1.0.3, namespace: tests, name: used, version: 1.0.0 }
use: { retries: { soon: { delay: { seconds: 1 } } }, timeouts: { short: { after: { seconds: 5 } } } }
do:
  - fetch: { call: httpRequest, with: { method: get, endpoint: https://example.com }, timeout: short }
  - safe: { try: [{ a: { set: { a: 1 } } }], catch: { retry: soon } }
"""


async def test_a_form_knows_what_is_a_name_and_what_is_no_expression(tmp_path: Path) -> None:
    call, safe = [await form_of(tmp_path, pointer, USED) for pointer in ("/do/0/fetch", "/do/1/safe")]
    assert (call["names"]["timeouts"], safe["names"]["retries"]) == (["short"], ["soon"])
    fields = fields_of(call, "with")
    assert {key: fields[key].get("x-names") for key in ("connection", "method")} == {
        "connection": "connections",
        "method": None,
    }
    literal = {key for key, part in fields.items() if part.get("x-literal")}
    assert literal >= {"charset", "keepHeaders", "output", "paginate", "redirect", "responseBytes", "success"}
    assert not literal & {"body", "headers", "idempotencyKey", "method", "path", "query"}
    assert fields_of(safe, "catch")["retry"]["x-names"] == "retries"
    shared = call["schema"]["shared"]["properties"]
    assert (shared["timeout"]["x-names"], shared["then"]["x-literal"]) == ("timeouts", True)
    ask = await form_of(tmp_path, "/do/0/ask")
    chat = fields_of(ask, "with")
    assert "x-literal" not in chat["temperature"]
    answer = ask["schema"]["$defs"]["ChatAnswerSchema"]["properties"]
    assert [key for key, part in answer.items() if part.get("x-json-schema")] == ["schema"]
    assert chat["connection"]["x-names"] == "connections"
