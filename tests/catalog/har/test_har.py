"""HAR files: the calls of an API become tasks, each once, without what is the browser's own and without credentials."""

import base64
import json
from typing import Any

import pytest

from httptask.catalog.errors import CatalogError
from httptask.catalog.har import import_har
from httptask.catalog.importing import Imported
from httptask.dsl.compile import compile_definition
from httptask.request.draft import draft
from httptask.request.wire import wire_request
from httptask.testrequest import Sample, plan_request
from support.connections import secret_store
from support.curl import definition_of

KEY = "geheim-0123456789abcdef"
URL = "https://api.example.com/orders"
JSON = "application/json; charset=utf-8"
MULTIPART = "multipart/form-data; boundary=----WebKitFormBoundaryX"


def entry(
    url: str = URL, *, method: str = "GET", came: str = JSON, said: str | None = None, **more: Any
) -> Any:
    headers = [{"name": name, "value": value} for name, value in more.pop("headers", {}).items()]
    request = {"method": method, "url": url, "httpVersion": "h2", "headers": headers, "cookies": [], **more}
    return {
        "request": request,
        "response": {"status": 200, "content": {"mimeType": came, "text": ""}},
        **({} if said is None else {"_resourceType": said}),
    }


def archive(*entries: Any, version: str = "1.2") -> dict[str, Any]:
    return {"log": {"version": version, "creator": {"name": "WebInspector"}, "entries": list(entries)}}


def one(*entries: Any) -> tuple[dict[str, Any], Imported]:
    """The arguments of the only task, and all that was made."""
    made = import_har(archive(*entries))
    compiled = compile_definition(definition_of(made))
    assert (compiled.faults, compiled.program is None) == ([], False)
    [task] = made.tasks.values()
    return task["with"], made


def posted(kind: str, text: str, **more: Any) -> Any:
    data = {"mimeType": kind, "text": text, **more}
    return entry(method="POST", headers={"content-type": kind}, postData=data)


PARTS = "".join(
    f"------WebKitFormBoundaryX\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"
    for head, content in (
        ('name="note"', "two\r\nlines"),
        ('name="password"', KEY),
        ('name="photo"; filename="a.png"\r\nContent-Type: image/png', ""),
    )
)
REQUESTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "the browser's own headers": (
        entry(
            headers={
                ":authority": "api.example.com",
                "accept": "application/json",
                "accept-encoding": "gzip, br, zstd",
                "content-length": "9",
                "Host": "api.example.com",
                "origin": "https://example.com",
                "referer": "https://example.com/",
                "sec-ch-ua": '"A";v="1"',
                "user-agent": "Mozilla/5.0",
                "x-tenant": "t1",
            }
        ),
        {"method": "get", "endpoint": URL, "headers": {"accept": "application/json", "x-tenant": "t1"}},
    ),
    "query": (
        entry(f"{URL}?page=2&q=a%20b#top"),
        {"method": "get", "endpoint": URL, "query": {"page": "2", "q": "a b"}},
    ),
    "query that is encoded otherwise": (
        entry(f"{URL}?q=a+b&at=10:30"),
        {"method": "get", "endpoint": f"{URL}?q=a+b&at=10:30"},
    ),
    "json": (
        posted("application/json", '{"a":[1,{}],"b":"ü"}'),
        {"method": "post", "endpoint": URL, "body": {"a": [1, {}], "b": "ü"}},
    ),
    "form": (
        posted("application/x-www-form-urlencoded", "a=1&b=x+y"),
        {"method": "post", "endpoint": URL, "form": {"a": "1", "b": "x y"}},
    ),
    "form as parameters": (
        entry(
            method="PUT",
            postData={
                "mimeType": "application/x-www-form-urlencoded",
                "params": [{"name": "a b", "value": "1&2"}],
            },
        ),
        {"method": "put", "endpoint": URL, "form": {"a b": "1&2"}},
    ),
    "bytes": (
        posted("application/octet-stream", base64.b64encode(b"\xff\0").decode(), encoding="base64"),
        {
            "method": "post",
            "endpoint": URL,
            "headers": {"content-type": "application/octet-stream"},
            "base64": base64.b64encode(b"\xff\0").decode(),
        },
    ),
    "parts": (
        posted(MULTIPART, f"{PARTS}------WebKitFormBoundaryX--\r\n"),
        {
            "method": "post",
            "endpoint": URL,
            "multipart": [
                {"name": "note", "text": "two\r\nlines"},
                {"name": "password", "text": "${ $secrets.EXAMPLE_PASSWORD }"},
                {
                    "name": "photo",
                    "base64": "${ $workflow.input.photo }",
                    "filename": "a.png",
                    "contentType": "image/png",
                },
            ],
        },
    ),
    "listed parts": (
        entry(
            method="POST",
            postData={"mimeType": "multipart/form-data", "params": [{"name": "a", "value": "${ .b }"}]},
        ),
        {"method": "post", "endpoint": URL, "multipart": [{"name": "a", "text": "$${ .b }"}]},
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_call_becomes_a_task(name: str) -> None:
    given, expected = REQUESTS[name]
    arguments, made = one(given)
    assert arguments == expected
    assert KEY not in f"{made!r} {json.dumps(made.as_json())}"


SENT: dict[str, tuple[str, str, bytes]] = {
    "query": ("GET", f"{URL}?page=2&q=a%20b", b""),
    "query that is encoded otherwise": ("GET", f"{URL}?q=a+b&at=10:30", b""),
    "json": ("POST", URL, '{"a":[1,{}],"b":"ü"}'.encode()),
    "form": ("POST", URL, b"a=1&b=x+y"),
    "form as parameters": ("PUT", URL, b"a+b=1%262"),
    "bytes": ("POST", URL, b"\xff\0"),
}


def test_a_task_sends_what_the_browser_sent() -> None:
    for name, expected in SENT.items():
        made = import_har(archive(REQUESTS[name][0]))
        program = compile_definition(definition_of(made)).program
        assert program is not None
        request = plan_request(program, next(iter(made.tasks)), Sample()).request
        wire = wire_request(draft(request, None), secret_store({})).wire
        assert (wire.method, str(wire.url), wire.body) == expected


def test_headers_that_are_left_out_are_named_once() -> None:
    given, _ = REQUESTS["the browser's own headers"]
    _, made = one(given)
    assert (
        "the browser's own headers are left out: :authority, accept-encoding, content-length" in made.notes[0]
    )


def test_credentials_are_secrets_one_for_each_place() -> None:
    def call(number: int, **headers: str) -> Any:
        return entry(f"{URL}/{number}", headers={"Cookie": f"sid={KEY}{number}", **headers})

    made = import_har(
        archive(
            call(1, authorization=f"Bearer {KEY}-a"),
            call(2, authorization=f"Bearer {KEY}-b"),
            entry(f"{URL}?access_token={KEY}-c", cookies=[{"name": "other", "value": KEY}]),
            entry("https://other.test/", headers={"cookie": f"sid={KEY}", "x-csrf-token": KEY}),
        )
    )
    names = ["EXAMPLE_TOKEN", "EXAMPLE_COOKIE", "EXAMPLE_ACCESS_TOKEN", "OTHER_CSRF_TOKEN", "OTHER_COOKIE"]
    assert sorted(secret.name for secret in made.secrets) == sorted(names)
    assert KEY not in f"{made!r} {json.dumps(made.as_json())}"
    assert "the secret EXAMPLE_COOKIE has several values there: take the newest" in made.notes


def test_only_calls_are_taken_and_the_others_counted() -> None:
    data = archive(
        entry("https://example.com/", came="text/html", said="document"),
        entry("https://example.com/a.js", came="text/javascript"),
        entry("https://example.com/a.css", came="text/css", said="stylesheet"),
        entry("https://example.com/a.png", came="image/png"),
        entry("https://example.com/a.woff2", came="font/woff2"),
        entry(method="OPTIONS", headers={"access-control-request-method": "POST"}),
        entry("wss://example.com/live"),
        entry("https://example.com/data.json", came="text/plain", said="fetch"),
        entry("https://example.com/log", method="POST", came="text/plain"),
        entry("https://example.com/favicon.ico", came=""),
        entry(),
        entry(headers={"x-request-id": "2"}),
    )
    made = import_har(data)
    assert list(made.tasks) == ["getDataJson", "postLog", "getOrders"]
    assert made.notes[:2] == (
        "8 of 12 entries are no calls of an API: 1 document, 1 font, 1 image, 1 other, 1 other scheme, 1 preflight, 1 script, 1 stylesheet",
        "1 requests repeat others, and are left out",
    )  # fmt: skip
    assert len(import_har(data, all_kinds=True).tasks) == 9
    assert list(import_har(data, only=["api.example.com"]).tasks) == ["getOrders"]
    assert list(import_har(data, only=["post *", "*.json"], name="x").tasks) == ["x", "x2"]


def test_a_file_without_credentials_says_so() -> None:
    _, made = one(entry())
    assert any("no cookies and no Authorization" in note for note in made.notes)


def test_what_no_task_can_send_is_left_out_by_its_entry() -> None:
    broken = posted("text/plain", "%", encoding="base64")
    dots = entry(f"https://example.com/{KEY}/%2E%2E/b")
    made = import_har(archive(entry(), broken, dots, entry("https://[/a")))
    assert [one.place for one in made.left_out] == [
        "entry 1, POST api.example.com",
        "entry 2, GET example.com",
        "entry 3, GET [",
    ]
    assert KEY not in f"{made!r}"
    assert all(one.message and one.hint for one in made.left_out)


REFUSED: dict[str, tuple[Any, list[str], str]] = {
    "no object": ([], [], "no HAR file"),
    "a collection": ({"info": {}, "item": []}, [], "a collection of Postman"),
    "a newer version": (archive(version="2.0"), [], "a HAR file of version 2.0"),
    "no entries": ({"log": {"version": "1.2"}}, [], "no list `entries`"),
    "nothing in it": (archive(), [], "there is no entry"),
    "nothing of that name": (archive(entry()), ["shop"], "none of 1 entries is named so"),
    "no call": (archive(entry(came="image/png")), [], "there is no call of an API among 1 entries: 1 image"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_by_name(name: str) -> None:
    data, only, message = REFUSED[name]
    with pytest.raises(CatalogError) as refused:
        import_har(data, only=only)
    assert message in refused.value.message
    assert refused.value.hint
