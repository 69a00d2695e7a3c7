"""Answers that are kept in the designer: in place of a server, and as what expressions are tried on."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.fixtures.transport import Fixtures
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest.saved_outputs import SavedOutputs
from support.connections import local_connection, secret_store
from support.designer import asked, workspace_of

MESSAGES = [{"role": "user", "content": "Weather in Ulm?"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ulm"}'}}


def report_of(edge: Edge, request: HttpRequest, answer: Any) -> dict[str, Any]:
    """As a test request tells it."""
    told = answer.model_dump(mode="json", exclude={"request", "hops"}, exclude_none=True)
    prepared = edge.prepare(request).model_dump(mode="json")
    return {"path": "a/one.yaml", "prepared": prepared, "response": {"happened": "It came.", **told}}


async def test_a_kept_answer_stands_in_for_its_server(tmp_path: Path) -> None:
    message = {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    chat = {"id": "x", "model": "m-1", "object": "chat.completion", "choices": [choice], "usage": usage}
    asks = ChatRequest(connection="local", body={"model": "m", "messages": MESSAGES})
    gets = HttpRequest(method="GET", url="/items?page=2", connection="local")
    items = Reply.json({"items": [1]}, headers={"X-Request-Id": "r-1"})
    async with ScriptedServer([Reply.json(chat), items]) as server, AsyncExitStack() as stack:
        connections: dict[str, Connection] = {"local": local_connection("local", server.url)}
        real = Edge(connections, secret_store({}))
        stack.push_async_callback(real.aclose)
        completion, response = await complete(real, asks), await real.send(gets)
        bodies = [
            report_of(real, asks.to_http_request(), completion),
            report_of(real, gets, response),
        ]
    async with asked(workspace_of(tmp_path, {})) as client:
        answers = [await client.put("/api/fixtures", json=body) for body in bodies]
        again = await client.put("/api/fixtures", json=bodies[1])
    assert [one.status_code for one in (*answers, again)] == [201] * 3, answers[0].text
    assert answers[0].json()["command"] == "httptask run a/one.yaml --fixtures a/fixtures"
    folder = tmp_path / "a" / "fixtures"
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        Path(one.json()["file"]).name for one in answers
    )
    played = Edge(connections, secret_store({}), fixtures=Fixtures.load(folder))
    spoken, listed = await complete(played, asks), await played.send(gets)
    await played.aclose()
    assert spoken.simulated
    assert (spoken.text, spoken.tool_calls, spoken.model) == (
        completion.text,
        completion.tool_calls,
        completion.model,
    )
    assert spoken.usage is not None
    assert spoken.usage.total_tokens == 8
    assert (listed.status, listed.content, listed.simulated) == (200, {"items": [1]}, True)
    assert listed.headers["x-request-id"] == "r-1"


async def test_events_and_what_leads_out_of_the_folder_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / "fixtures").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "project" / "one.outputs.json").symlink_to(tmp_path / "elsewhere" / "x.json")
    sent = {"method": "POST", "uri": "https://a.example", "body": {"stream": True}}
    body = {"path": "sub/one.yaml", "prepared": sent, "response": {"status": 200, "text": "Hi"}}
    pin = {"path": "one.yaml", "task": "ask", "output": 1}
    async with asked(workspace_of(tmp_path / "project", {})) as client:
        events = await client.put("/api/fixtures", json=body)
        linked = await client.put("/api/fixtures", json={**body, "path": "one.yaml"})
        pinned = await client.put("/api/outputs", json=pin)
        outside = await client.put("/api/outputs", json={**pin, "path": "../elsewhere/one.yaml"})
    assert events.status_code == 422
    assert "--record" in events.json()["hint"]
    assert [one.status_code for one in (linked, pinned, outside)] == [404, 404, 404]
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_a_pinned_output_stays_until_it_is_taken_out(tmp_path: Path) -> None:
    async with asked(workspace_of(tmp_path, {})) as client:
        none = await client.get("/api/outputs", params={"path": "one.yaml"})
        for task, output in (("ask", {"text": "Grüße"}), ("fetch", [1]), ("ask", None)):
            pin = {"path": "one.yaml", "task": task, "output": output}
            assert (await client.put("/api/outputs", json=pin)).status_code == 200
        file = tmp_path / "one.outputs.json"
        kept = SavedOutputs.read(file).outputs
        left = await client.delete("/api/outputs", params={"path": "one.yaml", "task": "fetch"})
        file.write_text("[]")
        broken = await client.get("/api/outputs", params={"path": "one.yaml"})
    assert none.json() == {"file": "one.outputs.json", "outputs": {}}
    assert kept == {"ask": None, "fetch": [1]}
    assert left.json()["outputs"] == {"ask": None}
    assert broken.status_code == 422
    assert json.loads(file.read_text()) == []
