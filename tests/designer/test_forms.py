"""What forms are made of."""

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
  - decide: { switch: [{ otherwise: { then: end } }] }
"""


async def form_of(folder: Path, pointer: str, text: str = TEXT) -> Any:
    asking = {"path": "a.yaml", "text": text, "pointer": pointer}
    async with asked(workspace_of(folder, {})) as client:
        return (await client.post("/api/task", json=asking)).json()


@pytest.mark.parametrize(
    ("pointer", "place", "field", "operation"),
    [
        ("/do/0/ask", "/do/0/ask/with", "messages", "openai.createChatCompletion"),
        ("/do/1/fetch", "/do/1/fetch/with", "endpoint", None),
    ],
    ids=["chat", "http"],
)
async def test_a_call_has_the_fields_of_its_function(
    tmp_path: Path, pointer: str, place: str, field: str, operation: str | None
) -> None:
    form = await form_of(tmp_path, pointer)
    assert (form["pointer"], form["operation"]) == (place, operation)
    assert field in form["values"]
    schema = form["schema"]
    model = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    assert field in model["properties"]
    assert references(schema) <= set(schema["$defs"])


def references(part: Any) -> set[str]:
    """Names of all definitions that a schema refers to."""
    if is_array(part):
        return set[str]().union(*map(references, part))
    if not is_object(part):
        return set()
    own = {part["$ref"].removeprefix("#/$defs/")} if isinstance(part.get("$ref"), str) else set[str]()
    return own.union(*map(references, part.values()))


async def test_other_tasks_have_the_fields_of_their_kind_or_none(tmp_path: Path) -> None:
    assert (await form_of(tmp_path, "/do/2/note"))["values"] == {"a": 1}
    assert (await form_of(tmp_path, "/do/3/decide"))["schema"] is None
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
