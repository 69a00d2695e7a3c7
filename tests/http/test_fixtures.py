import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from httptask.fixtures.transport import FixtureInvalid, Fixtures
from httptask.http.errors import (
    ConnectFailed,
    FixtureMissing,
    HttpStatusError,
    RateLimited,
    ResponseInterrupted,
    ResponseTooLarge,
    Timeout,
)
from httptask.http.models import HttpRequest, JsonBody, Limits, SecretReference, TextBody

URL = "https://api.example.com/orders"


def post(body: Any = None, url: str = URL, **fields: Any) -> HttpRequest:
    return HttpRequest(method="POST", url=url, body=None if body is None else JsonBody(value=body), **fields)


def fixture(*responses: Any, url: str = URL, **fields: Any) -> dict[str, Any]:
    request: dict[str, Any] = {"method": "post", "url": url}
    request |= {key: fields.pop(key) for key in ("body", "match") if key in fields}
    return {"request": request, "responses": responses, **fields}


@pytest.fixture
def simulated(make_edge: Any, tmp_path: Path) -> Any:
    def make(*fixtures: dict[str, Any]) -> Any:
        (tmp_path / "orders.json").write_text(json.dumps(fixtures))
        return make_edge(fixtures=Fixtures.load(tmp_path), placeholder=True)

    return make


async def contents(edge: Any, *requests: HttpRequest) -> list[Any]:
    return [response.content for response in await asyncio.gather(*map(edge.send, requests))]


async def test_answers_are_used_up_in_order(simulated: Any) -> None:
    edge = simulated(fixture({"status": 429, "headers": {"Retry-After": "2"}}, {"body": {"id": 1}}))
    with pytest.raises(RateLimited) as caught:
        await edge.send(post())
    assert caught.value.retry_after == 2.0
    response = await edge.send(post(), attempt=2)
    assert (response.content, response.simulated, response.attempt) == ({"id": 1}, True, 2)
    assert response.headers["content-type"] == "application/json"
    with pytest.raises(FixtureMissing, match=r"all 2 answers to POST .* in orders.json are used: add one"):
        await edge.send(post())


@pytest.mark.parametrize(
    "response", [{"text": "é"}, {"text": "é", "headers": {"Content-Type": "text/csv; charset=utf-8"}}]
)
async def test_the_bytes_of_a_text_are_those_that_are_written(simulated: Any, response: Any) -> None:
    [content] = await contents(simulated(fixture(response)), post(raw=True))
    assert base64.b64decode(content) == "é".encode()


@pytest.mark.parametrize("charset", [None, "iso-8859-1", "utf-16"])
@pytest.mark.parametrize("content_type", ["text/csv; charset=iso-8859-1", "application/json; charset=utf-16"])
async def test_what_is_written_is_read_whatever_charset_is_told(
    simulated: Any, content_type: str, charset: str | None
) -> None:
    answer = fixture({"text": '{"a": "é"}', "headers": {"Content-Type": content_type}})
    [content] = await contents(simulated(answer), post(charset=charset))
    assert content in ('{"a": "é"}', {"a": "é"})


async def test_the_last_answer_may_repeat(simulated: Any) -> None:
    edge = simulated(fixture({"body": 1}, {"body": 2}, repeat=True))
    assert [(await edge.send(post())).content for _ in range(4)] == [1, 2, 2, 2]


async def test_concurrent_calls_are_told_apart_by_their_bodies(simulated: Any) -> None:
    edge = simulated(*(fixture({"body": f"answer {n}"}, body={"n": n, "a": [1.0]}) for n in range(20)))
    requests = [post({"a": [1], "n": n}) for n in reversed(range(20))]
    assert await contents(edge, *requests) == [f"answer {n}" for n in reversed(range(20))]


async def test_the_fixture_that_names_more_goes_first(simulated: Any) -> None:
    edge = simulated(
        fixture({"body": "any"}, repeat=True),
        fixture({"body": "match"}, match={"messages": [{}, {"content": "hi"}]}, repeat=True),
        fixture({"body": "body"}, body={"messages": [{"role": "a"}, {"content": "hi", "role": "b"}], "t": 0}),
    )
    whole = {"t": 0.0, "messages": [{"role": "a"}, {"role": "b", "content": "hi"}]}
    assert await contents(edge, post(whole), post({**whole, "t": 1}), post({"messages": []}), post()) == [
        "body",
        "match",
        "any",
        "any",
    ]


@pytest.mark.parametrize(
    ("written", "asked", "found"),
    [
        ({"body": None}, None, True),
        ({"body": {"a": 1}}, {"a": 1.0}, True),
        ({"body": {"a": 1}}, {"a": True}, False),
        ({"body": {"a": 1}}, {"a": 1, "b": 2}, False),
        ({"match": {"a": {}}}, {"a": {"b": 1}}, True),
        ({"match": {"a": [1]}}, {"a": [1, 2]}, False),
        ({"match": {"a": None}}, {}, False),
        ({"match": {}}, [], False),
        ({}, {"a": 1}, True),
    ],
)
async def test_bodies(simulated: Any, written: dict[str, Any], asked: Any, found: bool) -> None:
    edge = simulated(fixture({"body": "found"}, **written))
    if found:
        assert await contents(edge, post(asked)) == ["found"]
    else:
        with pytest.raises(FixtureMissing):
            await edge.send(post(asked))


async def test_urls_name_secrets(simulated: Any) -> None:
    edge = simulated(
        fixture({"text": "ok"}, url="$SLACK_WEBHOOK"), fixture({"text": "two"}, url=URL + "?k=$KEY&a=b%20c")
    )
    hook = SecretReference(pointer="/url", name="SLACK_WEBHOOK")
    key = SecretReference(pointer="/query/k", name="KEY")
    assert await contents(
        edge, post(url="", secrets=(hook,)), post(query={"k": "", "a": "b c"}, secrets=(key,))
    ) == ["ok", "two"]


async def test_text_and_binary_bodies(simulated: Any) -> None:
    edge = simulated(
        fixture(
            {"base64": "/w==", "headers": {"Content-Type": "image/png"}},
            {"text": "a"},
            {"status": 204},
            body="sent",
        )
    )
    request = HttpRequest(method="POST", url=URL, body=TextBody(text="sent"))
    responses = [await edge.send(request) for _ in range(3)]
    assert [(response.content, response.content_kind) for response in responses] == [
        ("/w==", "base64"),
        ("a", "text"),
        (None, "none"),
    ]


async def test_everything_above_the_transport_is_real(simulated: Any) -> None:
    edge = simulated(
        fixture(
            {"error": "connect"},
            {"error": "timeout"},
            {"error": "interrupted"},
            {"text": "x" * 100},
            {"status": 500, "body": {"error": {"message": "oops"}}},
        )
    )
    for error in (ConnectFailed, Timeout, ResponseInterrupted, ResponseTooLarge, HttpStatusError):
        with pytest.raises(error) as caught:
            await edge.send(post(limits=Limits(response_bytes=99)))
        assert type(caught.value) is error
    assert "500 from api.example.com: oops" in str(caught.value)


async def test_without_a_fixture_the_nearest_is_shown(simulated: Any) -> None:
    edge = simulated(
        fixture({"body": 1}, url="https://other.example/"),
        fixture({"body": 1}, body={"model": "m", "messages": ["hello"]}),
    )
    with pytest.raises(FixtureMissing) as caught:
        await edge.send(post({"model": "m", "messages": ["hallo"]}))
    assert caught.value.message == (
        f"no fixture answers POST {URL}; the nearest is in orders.json: "
        "record it with `httptask run … --record DIR`"
    )
    assert '-      "hello"\n+      "hallo"' in caught.value.details["diff"]
    assert not caught.value.retryable


async def test_the_difference_to_chosen_fields_leaves_out_the_others(simulated: Any) -> None:
    edge = simulated(fixture({"body": 1}, match={"model": "a"}))
    with pytest.raises(FixtureMissing) as caught:
        await edge.send(post({"model": "b", "messages": ["long"]}))
    assert '+    "model": "b"' in caught.value.details["diff"]
    assert "long" not in caught.value.details["diff"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "request: {method: GET}", "a.yaml:1:1: request.url: is required"),
        ("a.yaml", "request: {method: GET}", "a.yaml:1:1: responses: is required"),
        (
            "a.yaml",
            "request: {method: GET, url: x}\nresponses: []",
            "a.yaml:2:1: responses: must not be empty",
        ),
        (
            "a.yaml",
            "request: {method: GET, ulr: x}\nresponses: [{stauts: 2}]",
            "a.yaml:1:24: request.ulr: unknown key; did you mean url?",
        ),
        (
            "a.yaml",
            "request: {method: GET, url: x}\nresponses: [{}, {stauts: 2}]",
            "a.yaml:2:18: responses.1.stauts: unknown key; did you mean status?",
        ),
        (
            "a.yaml",
            "request: {method: GET, url: x}\nresponses: [{status: 999}]",
            "a.yaml:2:14: responses.0.status: must be less than or equal to 599",
        ),
        ("a.yaml", "request: x\nresponses: [{}]", "a.yaml:1:1: request: must be a mapping"),
        (
            "a.yaml",
            "request: {method: GET, url: x}\nresponses: [{body: 1, text: x}]",
            "a.yaml:2:13: responses.0: give one of body, text and base64",
        ),
        (
            "a.yaml",
            "request: {method: GET, url: x}\nresponses: [{error: connect, status: 200}]",
            "or error alone",
        ),
        (
            "a.yaml",
            "request: {method: GET, url: x, body: 1, match: {}}\nresponses: [{}]",
            "either body or match",
        ),
        (
            "a.yaml",
            "request: {method: GET, url: x, body: 2026-01-01}\nresponses: [{}]",
            "a.yaml:1:32: request.body: must be a JSON value; put a date or the like in quotes",
        ),
        ("a.yml", "request: [", "a.yml:1:11: is not valid YAML: "),
        ("a.yml", "", "a.yml: must be a mapping"),
        ("a.yml", "\x07", "a.yml: is not valid YAML"),
        ("a.json", "[{},\n 1]", "a.json:1:2: 0.request: is required"),
        ("a.json", "[{},\n 1]", "a.json:2:2: 1: must be a mapping"),
        ("a.json", "{", "a.json:1:2: is not valid JSON: "),
        ("a.json", "[" * 100_000, "a.json: is not valid JSON"),
        ("a.json", "\udcff", "a.json: is not UTF-8 text"),
        ("a.txt", "", "no fixtures here"),
    ],
)
def test_faults_name_file_and_field(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(FixtureInvalid) as caught:
        Fixtures.load(tmp_path)
    assert any(message in fault for fault in caught.value.faults)


def test_what_editors_leave_and_what_is_no_file_are_no_fixtures(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(fixture({"body": 1})))
    (tmp_path / ".a.json").write_text("{")
    (tmp_path / ".#a.json").symlink_to("ann@laptop.4711")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    assert Fixtures.load(tmp_path).mentions("https://api.example.com")


def test_all_faults_of_all_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "request: { method: GET, ulr: x }\nresponses: [{ status: 999, bdy: 1 }]\n"
    )
    (tmp_path / "b.yaml").write_text("foo: [\n")
    (tmp_path / "c.json").write_text(json.dumps(fixture({"body": 1})))
    with pytest.raises(FixtureInvalid) as caught:
        Fixtures.load(tmp_path)
    places = [fault.removeprefix(f"{tmp_path}/").split(": ")[:2] for fault in caught.value.faults]
    assert places == [
        ["a.yaml:1:25", "request.ulr"],
        ["a.yaml:2:15", "responses.0.status"],
        ["a.yaml:2:28", "responses.0.bdy"],
        ["b.yaml:2:1", "is not valid YAML"],
    ]
