from pathlib import Path
from typing import Any

import pytest

from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixtures
from httptask.http.errors import HttpTaskError, ResponseInvalid
from httptask.http.models import (
    BinaryBody,
    FormBody,
    HttpRequest,
    JsonBody,
    Limits,
    MultipartBody,
    Part,
    SecretReference,
    StreamReading,
    TextBody,
)
from httptask.testing import Reply, ScriptedServer

KEY = "sk-sentinel-123456"


def request(n: int = 1) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url="/orders",
        connection="local",
        query={"key": ""},
        body=JsonBody(value={"n": n, "text": "two\nlines"}),
        secrets=(SecretReference(pointer="/query/key", name="KEY"),),
        limits=Limits(total=0.5),
    )


async def outcomes(edge: Any, *requests: HttpRequest) -> list[Any]:
    """What each request comes to, as a workflow would see it."""
    seen: list[Any] = []
    for each in requests:
        try:
            response = await edge.send(each)
            seen.append((response.status, response.content, response.content_kind))
        except HttpTaskError as error:
            seen.append((error.type, error.retryable, error.retry_after))
    return seen


async def test_what_was_recorded_plays_back_the_same(make_edge: Any, tmp_path: Path) -> None:
    script = [
        Reply.json({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "2"}),
        Reply.of(f"key {KEY}\nis fine".encode(), headers={"Content-Type": "text/plain"}),
        Reply.of(b"\xff\x00", headers={"Content-Type": "image/png"}),
        Reply.of(
            b'<?xml version="1.0" encoding="ISO-8859-1"?><n>\xe9</n>', headers={"Content-Type": "text/xml"}
        ),
        Reply.of(b"\xe9;5", headers={"Content-Type": "text/csv; charset=iso-8859-1"}),
        Reply.of('{"a": 1}'.encode("utf-16"), headers={"Content-Type": "application/json; charset=utf-16"}),
        Reply.of(status=204),
        Reply.hang_up(),
        Reply.silence(),
        Reply.json({"n": 2}),
    ]
    requests = [request()] * (len(script) - 1) + [request(2)]
    async with ScriptedServer(script) as server:
        real_edge = make_edge(
            server.url,
            secrets={"KEY": KEY},
            connection={"authentication": {"bearer": {"token": "$secrets.KEY"}}},
            recorder=Recorder(tmp_path / "new"),
        )
        real = await outcomes(real_edge, *requests)
    files = sorted((tmp_path / "new").iterdir())
    assert len(files) == 2
    assert all(file.name.startswith("post-127.0.0.1-orders-") for file in files)
    text = "".join(file.read_text() for file in files)
    assert KEY not in text
    assert "?key=$KEY" in text
    assert "text: |-\n      two\n      lines" in text
    assert "key [redacted:KEY]\n    is fine" in text
    played_edge = make_edge(server.url, fixtures=Fixtures.load(tmp_path / "new"), placeholder=True)
    assert await outcomes(played_edge, *requests) == real


async def test_what_was_read_in_the_charset_of_the_task_plays_back_the_same(
    make_edge: Any, tmp_path: Path
) -> None:
    asked = HttpRequest(method="GET", url="/", connection="local", charset="windows-1252")
    async with ScriptedServer([Reply.of(b"\x80 5", headers={"Content-Type": "text/plain"})]) as server:
        real = await outcomes(make_edge(server.url, recorder=Recorder(tmp_path)), asked)
    assert real == [(200, "€ 5", "text")]
    assert await outcomes(make_edge(server.url, fixtures=Fixtures.load(tmp_path)), asked) == real


async def test_a_stream_that_is_not_utf_8_plays_back_as_no_other(make_edge: Any, tmp_path: Path) -> None:
    stream = Reply.of(b"data: \xe9\n\n", headers={"Content-Type": "text/event-stream"})
    async with ScriptedServer([stream]) as server:
        reading = read_stream(make_edge(server.url, recorder=Recorder(tmp_path)))
        with pytest.raises(ResponseInvalid, match="not in UTF-8"):
            await reading
    assert files_of(tmp_path) == []


async def read_stream(edge: Any) -> None:
    asked = HttpRequest(method="GET", url="/", connection="local", stream=StreamReading())
    async with edge.stream(asked) as events:
        async for _ in events:
            pass


def files_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def read_only_file(folder: Path) -> str:
    [file] = folder.iterdir()
    return file.read_text()


BODIES = [
    FormBody(fields={"key": "", "tag": [1, "two\nlines"]}),
    MultipartBody(
        parts=(
            Part(name="key", content=TextBody(text="")),
            Part(name="file", content=BinaryBody(base64="/wA="), filename="f.bin"),
        )
    ),
    BinaryBody(base64="/wA="),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
async def test_every_kind_of_body_is_recorded_and_found_again(
    make_edge: Any, tmp_path: Path, body: Any
) -> None:
    pointer = {"form": "/body/fields/key", "multipart": "/body/parts/0/content/text"}.get(body.kind)
    secrets = () if pointer is None else (SecretReference(pointer=pointer, name="KEY"),)
    asked = HttpRequest(method="POST", url="/orders", connection="local", body=body, secrets=secrets)
    async with ScriptedServer([Reply.json({"n": 1})]) as server:
        await make_edge(server.url, secrets={"KEY": KEY}, recorder=Recorder(tmp_path)).send(asked)
        assert (KEY.encode() in server.requests[0].body) == (pointer is not None)
        played_edge = make_edge(server.url, fixtures=Fixtures.load(tmp_path), placeholder=True)
    assert KEY not in read_only_file(tmp_path)
    assert await outcomes(played_edge, asked) == [(200, {"n": 1}, "json")]
    other = asked.model_copy(update={"body": BinaryBody(base64="AAAA"), "secrets": ()})
    assert (await outcomes(played_edge, other))[0][0] == "FixtureMissing"


async def test_a_new_recording_replaces_the_old(make_edge: Any, tmp_path: Path) -> None:
    async with ScriptedServer([Reply.json(1), Reply.json(2)]) as server:
        for _ in range(2):
            await make_edge(server.url, secrets={"KEY": KEY}, recorder=Recorder(tmp_path)).send(request())
        played_edge = make_edge(server.url, fixtures=Fixtures.load(tmp_path), placeholder=True)
    assert await outcomes(played_edge, request(), request()) == [
        (200, 2, "json"),
        ("FixtureMissing", False, None),
    ]


async def test_an_answer_is_not_lost_when_it_cant_be_recorded(
    make_edge: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    async with ScriptedServer([Reply.json(1)]) as server:
        edge = make_edge(server.url, secrets={"KEY": KEY}, recorder=Recorder(tmp_path))
        monkeypatch.setattr(Path, "replace", full)
        assert (await edge.send(request())).content == 1
