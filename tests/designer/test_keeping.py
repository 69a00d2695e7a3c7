"""Answers that are kept in the designer: in place of a server, and as what expressions are tried on."""

import errno
import json
import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.client.collecting import collect
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.designer.kept_answers import new_recorder
from httptask.designer.problems import Problem
from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixtures
from httptask.http import files
from httptask.http.models import HttpRequest, StreamFormat, StreamReading
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


def files_of(folder: Path) -> dict[Path, bytes]:
    found = [file for file in folder.rglob("*") if file.is_file() and ".httptask" not in file.parts]
    return {file: file.read_bytes() for file in found}


async def test_a_kept_answer_stands_in_for_its_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    workspace = workspace_of(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    async with asked(workspace) as client:
        answers = [await client.put("/api/fixtures", json=body) for body in bodies]
        again = await client.put("/api/fixtures", json=bodies[1])
        spaced = await client.put("/api/fixtures", json={**bodies[1], "path": "my flows/one.yaml"})
        dashed = await client.put("/api/fixtures", json={**bodies[1], "path": "-a.yaml"})
        monkeypatch.chdir("/")
        elsewhere = await client.put("/api/fixtures", json=bodies[1])
    assert [one.status_code for one in (*answers, again)] == [201] * 3, answers[0].text
    assert answers[0].json()["command"] == "httptask run a/one.yaml --fixtures a/fixtures"
    told = "httptask run 'my flows/one.yaml' --fixtures 'my flows/fixtures'"
    assert spaced.json()["command"] == told, spaced.text
    assert dashed.json()["command"] == "httptask run ./-a.yaml --fixtures fixtures"
    assert f"run {str(tmp_path)[1:]}/a/one.yaml " in elsewhere.json()["command"]
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


async def test_it_is_told_that_answers_of_a_run_could_not_be_kept(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, {})
    recorder = new_recorder(workspace, "one.yaml")
    recorder.failed = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class OwnRuns:
        def recorder_of(self, _: str) -> Recorder:
            return recorder

    object.__setattr__(workspace, "own_runs", OwnRuns())
    async with asked(workspace) as client:
        told = (await client.get("/api/runs/r-1/recorded")).json()
    failure = "fixtures can't be written: No space left on device"
    assert told == {"folder": "fixtures", "answers": 0, "files": [], "failure": failure}


def test_answers_are_not_kept_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    workspace = workspace_of(tmp_path / "project", {})
    (tmp_path / "project" / "fixtures").symlink_to(tmp_path)
    with pytest.raises(Problem) as refused:
        new_recorder(workspace, "one.yaml")
    assert refused.value.status == 404


STREAMS = """\
document: { dsl: 1.0.3, namespace: demo, name: streams, version: 1.0.0 }
do:
  - all: { call: httpRequest, with: { method: get, endpoint: "https://a.example/all", stream: {} } }
  - last: { call: httpRequest, with: { method: get, endpoint: "https://a.example/x", stream: { take: last } } }
"""


@pytest.mark.parametrize("format_", ["sse", "ndjson"])
async def test_events_are_kept_as_such_that_add_up_to_the_same(tmp_path: Path, format_: StreamFormat) -> None:
    values = [
        {"n": 1},
        {"text": "Grüße\nan alle"},
        [2],
        *(["plain"] if format_ == "sse" else ["plain", 3, None]),
    ]
    body = {"model": "m", "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}}
    asks = ChatRequest(connection="local", body=body)
    gets = HttpRequest(method="GET", url="/all", connection="local", stream=StreamReading())
    lines = Reply.of(
        body="".join(json.dumps(value) + "\n" for value in values).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    replies = [Reply.stream("Once upon a time."), Reply.events(values) if format_ == "sse" else lines]
    async with ScriptedServer(replies) as server, AsyncExitStack() as stack:
        connections: dict[str, Connection] = {"local": local_connection("local", server.url)}
        real = Edge(connections, secret_store({}))
        stack.push_async_callback(real.aclose)
        completion, response = await complete(real, asks), await collect(real, gets, None)
        bodies = [report_of(real, asks.to_http_request(), completion), report_of(real, gets, response)]
    told = {"text": STREAMS, "task": "/do/0/all"}
    async with asked(workspace_of(tmp_path, {})) as client:
        answers = [await client.put("/api/fixtures", json={**body, **told}) for body in bodies]
        part = await client.put("/api/fixtures", json={**bodies[1], **told, "task": "/do/1/last"})
        unknown = await client.put("/api/fixtures", json={**bodies[1], "text": STREAMS})
    assert [one.status_code for one in (*answers, part, unknown)] == [201, 201, 422, 422], answers[0].text
    assert "a/one.yaml last --record" in part.json()["hint"]
    played = Edge(connections, secret_store({}), fixtures=Fixtures.load(tmp_path / "a" / "fixtures"))
    spoken, listed = await complete(played, asks), await collect(played, gets, None)
    await played.aclose()
    assert (spoken.text, spoken.finish_reason, spoken.model, spoken.usage, spoken.simulated) == (
        "Once upon a time.",
        completion.finish_reason,
        completion.model,
        completion.usage,
        True,
    )
    assert (listed.content, listed.simulated) == (values, True)


async def test_what_leads_out_of_the_folder_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / "fixtures").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "project" / "one.outputs.json").symlink_to(tmp_path / "elsewhere" / "x.json")
    sent = {"method": "POST", "uri": "https://a.example"}
    body = {"path": "one.yaml", "prepared": sent, "response": {"status": 200, "text": "Hi"}}
    pin = {"path": "one.yaml", "task": "ask", "output": 1}
    async with asked(workspace_of(tmp_path / "project", {})) as client:
        linked = await client.put("/api/fixtures", json=body)
        pinned = await client.put("/api/outputs", json=pin)
        outside = await client.put("/api/outputs", json={**pin, "path": "../elsewhere/one.yaml"})
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
    assert none.json() == {"file": "one.outputs.json", "outputs": {}, "input": None}
    assert kept == {"ask": None, "fetch": [1]}
    assert left.json()["outputs"] == {"ask": None}
    assert broken.status_code == 422
    assert json.loads(file.read_text()) == []


async def test_a_full_disk_is_told_with_its_cure_and_everything_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {}}
    answer = {"prepared": {"method": "GET", "uri": "https://shop.example/"}, "response": {"status": 200}}
    workspace = workspace_of(tmp_path, {})
    async with asked(workspace) as client:
        made = (await client.post("/api/definitions", json={"path": "one.yaml"})).json()
        before = files_of(tmp_path)

        def write_half(file: Path, data: bytes, _mode: int = 0) -> int:
            with file.open("wb") as opened:
                opened.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))

        monkeypatch.setattr(Path, "write_bytes", write_half)
        monkeypatch.setattr(files, "_write_draft", write_half)
        refused = [
            await client.put("/api/definitions/one.yaml", json={"text": "new", "base": made["sha256"]}),
            await client.post("/api/definitions", json={"path": "two.yaml"}),
            await client.put("/api/outputs", json={"path": "one.yaml", "task": "begin", "output": 1}),
            await client.put("/api/fixtures", json={"path": "one.yaml", **answer}),
            await client.post("/api/connections", json={"name": "shop", "base_url": "https://shop.example"}),
            await client.post("/api/catalog", json={"source": "shop.json", "text": json.dumps(document)}),
        ]
    for told in refused:
        assert told.status_code == 422
        assert "No space left on device" in told.json()["detail"]
        assert told.json()["hint"] == "make room on its disk, and try again"
    assert files_of(tmp_path) == before


async def test_an_input_beside_a_definition_is_there_to_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = "{ type: object, required: [name] }"
    head = "document: { dsl: 1.0.3, namespace: tests, name: one, version: 1.0.0 }\n"
    text = f"{head}input: {{ schema: {{ document: {schema} }} }}\ndo: [{{ a: {{ set: {{ b: 1 }} }} }}]\n"
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "input.json").write_text('{"name": "Ann"}')
    (tmp_path / "two.input.json").write_text('{"name": "Bea"}')
    sent = {"method": "GET", "uri": "https://a.example"}
    kept = {"path": "two.yaml", "prepared": sent, "response": {"status": 200, "content": 1}}
    workspace = workspace_of(tmp_path, {})
    monkeypatch.chdir(tmp_path)

    async with asked(workspace) as client:

        async def given(name: str) -> Any:
            return (await client.get("/api/outputs", params={"path": name})).json()["input"]

        both = [await given("one.yaml"), await given("two.yaml")]
        command = (await client.put("/api/fixtures", json=kept)).json()["command"]
        (tmp_path / "two.input.json").write_text('{"nam": "Bea"}')
        (tmp_path / "input.json").write_text("{")
        unfit = [await given("one.yaml"), await given("two.yaml")]
    assert both == [{"name": "Ann"}, {"name": "Bea"}]
    assert command == "httptask run two.yaml --input @two.input.json --fixtures fixtures"
    assert unfit == [None, None]
