"""What the catalogue made up when a task was added, and an author is to write."""

import json
from pathlib import Path
from typing import Any

from support.api_documents import openapi
from support.designer import asked, workspace_of

ADDED = {"name": "add", "op": "insert", "list": "/do", "index": 1}
KEPT = """\
document: { dsl: 1.0.3, namespace: tests, name: kept, version: 1.0.0 }
do:
  - note: { set: { a: 1 } }
"""


def parameter(name: str, place: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": schema}


def assert_told_in_one_way(places: list[str], findings: list[dict[str, Any]]) -> None:
    told = [one for one in findings if set(one["places"]) & set(places)]
    assert {(one["code"], one["severity"]) for one in told} == {("to-fill-in", "warning")}
    assert sorted(place for one in told for place in one["places"]) == sorted(places)
    assert all(one["start"] < one["end"] and one["hint"] for one in told)


async def test_what_was_made_up_is_to_be_filled_in_until_it_is_something_else(tmp_path: Path) -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    body = {
        "required": ["title", "is_gift", "shown"],
        "type": "object",
        "properties": {"title": text, "is_gift": {"type": "boolean"}, "shown": text | {"examples": ["Emma"]}},
    }
    write = {
        "operationId": "write",
        "parameters": [
            parameter("shelf", "path", **text),
            parameter("kind", "query", enum=["a", "b"]),
            parameter("page", "query", **number, default=7),
            parameter("tags", "query", type="array", minItems=1, items=text),
            parameter("X-Reader", "header", **text),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "written"}},
    }
    document = openapi({"/shelves/{shelf}": {"post": write}}, servers=[{"url": "https://books.example/v1"}])
    texts = [KEPT]

    async with asked(workspace_of(tmp_path, {})) as client:

        async def edited(*edits: dict[str, Any]) -> list[str]:
            sent = {"path": "a.yaml", "text": texts[-1], "edits": edits}
            answer = (await client.post("/api/edits", json=sent)).json()
            texts.append(answer["text"])
            found: list[str] = answer["to_fill_in"]
            assert_told_in_one_way(found, answer["findings"])
            return found

        await client.post(
            "/api/catalog", json={"source": "b.json", "name": "books", "text": json.dumps(document)}
        )
        asking = {"api": "books", "operation": "write", "path": "a.yaml", "text": KEPT}
        prepared = (await client.post("/api/catalog/prepare", json=asking)).json()
        wanted = {"configuration": prepared["configuration"]}
        assert (await client.post("/api/connections/prepared", json=wanted)).is_success
        at = "/do/1/add/with"
        places = [
            f"{at}{place}" for place in ("/path/shelf", "/query/tags/0", "/headers/X-Reader", "/body/title")
        ]
        assert await edited(ADDED | {"task": prepared["task"]}) == places
        shelf = {"op": "set", "pointer": f"{at}/path", "value": "/shelves/${ .shelf }"}
        title = {"op": "set", "pointer": f"{at}/body/title", "value": "Persuasion"}
        assert await edited(shelf, title) == places[1:3]
        blank = {"call": "httpRequest", "with": {"method": "get", "endpoint": "https://example.com"}}
        assert (await edited(ADDED | {"name": "blank", "task": blank}))[0] == "/do/1/blank/with/endpoint"
        checked = await client.post("/api/check", json={"path": "a.yaml", "text": texts[-2]})
        assert checked.json()["to_fill_in"] == places[1:3]
        emptied = {"op": "set", "pointer": f"{at}/body/title", "value": ""}
        assert await edited({"op": "remove", "pointer": "/do/1"}, emptied) == places[1:]
        loops = {
            "each": {"for": {"each": "item", "in": "${ .your_list }"}, "do": [{"one": {"set": {"a": 1}}}]},
            "all": {"call": "map", "with": {"in": "${ .your_list }", "do": [{"two": {"set": {"a": 1}}}]}},
        }
        added = [ADDED | {"name": name, "task": task} for name, task in loops.items()]
        assert (await edited(*added))[:2] == ["/do/1/all/with/in", "/do/2/each/for/in"]
        told = {"op": "set", "pointer": "/do/1/all/with/in", "value": "${ .books }"}
        assert (await edited(told))[:1] == ["/do/2/each/for/in"]
