"""The kinds of bodies as they are written in a definition, shown, and sent."""

import base64
import os
import subprocess
from email import message_from_bytes
from typing import Any

import pytest

from httptask.calls.problem import TaskFault
from httptask.connections.connection import Connection
from httptask.dsl.compile import compile_definition
from httptask.http.errors import RequestInvalid
from httptask.http.models import HttpRequest
from httptask.request.curl import curl_command
from httptask.request.draft import draft
from httptask.request.preview import PreparedRequest, prepare
from httptask.request.wire import WireRequest, wire_request
from httptask.testrequest import Sample, plan_request
from support.connections import secret_store
from support.definitions import document

VALUES = {"KEY": 'k/1 "&\\x', "PIN": "1234-5678"}
STORE = secret_store(VALUES)
FORM = "application/x-www-form-urlencoded"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def definition(**arguments: Any) -> dict[str, Any]:
    task = {"call": "httpRequest", "with": {"method": "post", "endpoint": "https://h/", **arguments}}
    return document(use={"secrets": list(VALUES)}, do=[{"task": task}])


def faults(**arguments: Any) -> list[str]:
    return [fault.code for fault in compile_definition(definition(**arguments)).faults]


def planned(data: Any = None, **arguments: Any) -> HttpRequest:
    compiled = compile_definition(definition(**arguments))
    assert compiled.program is not None, compiled.faults
    return plan_request(compiled.program, "task", Sample(input=data)).request


def both(data: Any = None, **arguments: Any) -> tuple[PreparedRequest, WireRequest]:
    """The request as it is shown and as it is sent; what travels in between is the same."""
    request = HttpRequest.model_validate_json(planned(data, **arguments).model_dump_json())
    return prepare(draft(request, None)), wire_request(draft(request, None), STORE)[0]


def header(wire: WireRequest, name: str) -> str:
    [value] = [value for key, value in wire.headers if key.lower() == name.lower()]
    return value


FORMS: list[tuple[Any, Any, bytes]] = [
    ({"a": "b"}, {"a": "b"}, b"a=b"),
    ({"a": [1, True, 2.5, "x y"], "b": ""}, None, b"a=1&a=true&a=2.5&a=x+y&b="),
    ({"a&=": "b&=+é"}, None, b"a%26%3D=b%26%3D%2B%C3%A9"),
    ({"a": "${ .list }", "n": "${ .number }"}, {"a": ["x", 1], "n": 7}, b"a=x&a=1&n=7"),
    ({"a": "${ [.missing // empty] }"}, {"a": []}, b""),
    ("${ { a: .number } }", {"a": 7}, b"a=7"),
    ({"key": "${ $secrets.KEY }"}, {"key": "$KEY"}, b"key=k%2F1+%22%26%5Cx"),
    ({"key": ["x", "p ${ $secrets.KEY }"]}, {"key": ["x", "p $KEY"]}, b"key=x&key=p+k%2F1+%22%26%5Cx"),
]


@pytest.mark.parametrize(("form", "shown", "sent"), FORMS)
def test_forms(form: Any, shown: Any, sent: bytes) -> None:
    prepared, wire = both({"list": ["x", 1], "number": 7}, form=form)
    assert prepared.body == (form if shown is None else shown)
    assert wire.body == sent
    assert header(wire, "content-type") == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"a": [1, True, 2.5, "x y"], "b": "", "c": False}, "?a=1&a=true&a=2.5&a=x%20y&b=&c=false"),
        ({"a": "${ .list }", "n": "${ .number }"}, "?a=x&a=1&n=7"),
        ({"a": "${ [.missing // empty] }", "b": 1}, "?b=1"),
        ({"a": []}, ""),
        ("${ { a: .number } }", "?a=7"),
        ({"a[]": ["x", "y"], "a&b": "é"}, "?a%5B%5D=x&a%5B%5D=y&a%26b=%C3%A9"),
        ({"k": "${ $secrets.PIN }", "n": 10**20}, "?k=1234-5678&n=100000000000000000000"),
    ],
)
def test_queries(query: Any, sent: str) -> None:
    _, wire = both({"list": ["x", 1], "number": 7}, query=query)
    assert wire.url.target == f"/{sent}"


@pytest.mark.parametrize("argument", ["form", "query"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": "${ null }"}, "{}/a is null"),
        ({"a": ["${ .missing }"]}, "{}/a is null"),
        ({"a": "${ { b: 1 } }"}, "{}/a holds an object"),
        ({"a": ["${ [1] }"]}, "{}/a holds a list"),
        ("${ [1] }", "{} is a list"),
        ("${ 5 }", "{} is a number"),
    ],
)
def test_values_that_no_query_and_no_form_can_hold(argument: str, value: Any, message: str) -> None:
    with pytest.raises(TaskFault) as caught:
        planned({}, **{argument: value})
    assert message.format(argument) in (caught.value.problem.detail or "")
    assert caught.value.problem.error == "RequestInvalid"


def test_headers_of_expressions() -> None:
    headers = {"X-N": "${ .number }", "X-T": "${ true }", "X-F": "${ 1.5 }", "X-E": '${ .missing // "" }'}
    _, wire = both({"number": 7}, headers=headers)
    assert [header(wire, name) for name in headers] == ["7", "true", "1.5", ""]
    _, wire = both({"number": 7}, headers='${ { "X-N": .number } }')
    assert header(wire, "X-N") == "7"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"X-A": "${ .missing }"}, 'headers/X-A is null: give a default, such as `// ""`; to leave it out'),
        ({"X-A": "${ [1] }"}, "headers/X-A holds a list: `join` and `tojson` make a text of it"),
        ({"X-A": "${ {} }"}, "headers/X-A holds an object"),
        ("${ [1] }", "headers is a list; it needs names with values"),
    ],
)
def test_values_that_no_header_can_hold(value: Any, message: str) -> None:
    with pytest.raises(TaskFault) as caught:
        planned({}, headers=value)
    assert message in (caught.value.problem.detail or "")


MULTIPART = [
    {"name": "note", "text": "a ${ .word } ${ $secrets.KEY }"},
    {"name": "meta", "json": {"n": "${ .number }", "pin": "${ $secrets.PIN }"}},
    {"name": "photo", "base64": PNG, "filename": 'ü "1".png', "contentType": "image/png"},
    {"name": "raw", "base64": PNG},
    {"name": "log", "text": "line\n", "filename": "${ .word }.log"},
]


def parts_of(wire: WireRequest) -> list[tuple[str, str | None, str, bytes]]:
    whole = b"Content-Type: " + header(wire, "content-type").encode() + b"\r\n\r\n" + wire.body
    message: Any = message_from_bytes(whole)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


def test_multipart() -> None:
    prepared, wire = both({"word": "b", "number": 7}, multipart=MULTIPART)
    secret = VALUES["KEY"].encode()
    names = [(name, kind, content) for name, _, kind, content in parts_of(wire)]
    assert names == [
        ("note", None, b"a b " + secret),
        ("meta", "application/json", b'{"n":7,"pin":"1234-5678"}'),
        ("photo", "image/png", base64.b64decode(PNG)),
        ("raw", "application/octet-stream", base64.b64decode(PNG)),
        ("log", "text/plain; charset=utf-8", b"line\n"),
    ]
    assert 'filename="ü %221%22.png"'.encode() in wire.body
    assert b'filename="b.log"' in wire.body
    assert prepared.headers["Content-Type"] == header(wire, "content-type")
    assert prepared.body[:3] == [
        {"name": "note", "text": "a b $KEY"},
        {"name": "meta", "json": {"n": 7, "pin": "$PIN"}},
        {"name": "photo", "filename": 'ü "1".png', "contentType": "image/png", "base64": PNG},
    ]


def test_each_attempt_sends_the_same_bytes_and_each_other_request_has_another_boundary() -> None:
    request = planned({"word": "b", "number": 7}, multipart=MULTIPART)
    first, second = (wire_request(draft(request, None), STORE)[0] for _ in range(2))
    assert first == second
    boundary = header(first, "content-type").partition("boundary=")[2]
    _, other = both(multipart=[{"name": "a", "text": f"--{boundary}--"}])
    assert boundary not in header(other, "content-type")
    assert [content for *_, content in parts_of(other)] == [f"--{boundary}--".encode()]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("${ [] }", "multipart is a list; it needs a list of parts"),
        ("${ {} }", "multipart is an object"),
        ("${ [1] }", "multipart/0 needs a name and one of"),
        ('${ [{ name: "a" }] }', "multipart/0 needs a name and one of"),
        ('${ [{ text: "a" }] }', "multipart/0: name"),
        ([{"name": "a", "text": "x"}, {"name": "b", "text": "${ null }"}], "multipart/1/text is null"),
        ([{"name": "a", "base64": "${ .x }"}], "multipart/0/base64 is text that is no base64"),
        ([{"name": "${ 5 }", "text": "x"}], "multipart/0: name"),
    ],
)
def test_parts_that_are_none(parts: Any, message: str) -> None:
    with pytest.raises(TaskFault, match="Not a request") as caught:
        planned({"x": "a-b_"}, multipart=parts)
    assert message in (caught.value.problem.detail or "")


@pytest.mark.parametrize(
    "part",
    [
        {"name": "a\r\nX: y", "text": ""},
        {"name": "a", "text": "", "filename": "a\nb"},
        {"name": "a", "text": "", "contentType": "text/plain\r\nX: y"},
    ],
)
def test_parts_that_would_make_lines_of_their_own(part: Any) -> None:
    request = planned(multipart=[part])
    for check in (lambda: prepare(draft(request, None)), lambda: wire_request(draft(request, None), STORE)):
        with pytest.raises(RequestInvalid):
            check()


def test_bytes() -> None:
    folded = PNG[:4] + "\n  " + PNG[4:] + "\n"
    prepared, wire = both(base64=folded, headers={"Content-Type": "image/png"})
    assert (wire.body, header(wire, "content-type")) == (base64.b64decode(PNG), "image/png")
    assert prepared.body == {"base64": PNG}
    assert header(both(base64="${ .b }", data={"b": PNG})[1], "content-type") == "application/octet-stream"
    with pytest.raises(TaskFault):
        planned({"b": "no!"}, base64="${ .b }")


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ("é", None, "é"),
        ("<a>é</a>", "application/xml; charset=UTF-8", "<a>é</a>"),
        ('{"a": 1}', "application/json", '{"a": 1}'),
        ({"a": 1}, "application/merge-patch+json", '{"a":1}'),
    ],
)
def test_the_content_type_is_the_authors(body: Any, content_type: str | None, sent: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    _, wire = both(body=body, headers=headers)
    assert wire.body.decode() == sent
    assert header(wire, "content-type") == (content_type or "text/plain; charset=utf-8")


def test_content_types_that_would_lie() -> None:
    latin = planned(body="é", headers={"Content-Type": "text/plain; charset=iso-8859-1"})
    with pytest.raises(RequestInvalid, match="text is sent in UTF-8"):
        wire_request(draft(latin, None), STORE)
    own = planned(multipart=MULTIPART[3:4], headers={"Content-Type": '${ "multipart/form-data" }'})
    plain = planned(multipart=MULTIPART[3:4])
    typed = Connection(name="c", base_url="https://h", headers={"content-type": "application/json"})
    for request, connection in ((own, None), (plain, typed)):
        with pytest.raises(RequestInvalid, match="leave out the header Content-Type"):
            prepare(draft(request, connection))


@pytest.mark.parametrize("method", ["get", "delete", "put", "patch", "head"])
def test_every_method_may_have_a_body(method: str) -> None:
    _, wire = both(method=method, body={"query": {}})
    assert (wire.method, wire.body) == (method.upper(), b'{"query":{}}')


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"body": {}, "form": {}}, "two-bodies"),
        ({"form": {}, "multipart": MULTIPART[:1]}, "two-bodies"),
        ({"body": "a", "base64": ""}, "two-bodies"),
        ({"query": {"a": None}}, "parameter-value"),
        ({"query": {"a": [1, {"b": 1}]}}, "parameter-value"),
        ({"form": {"a": {"b": 1}}}, "parameter-value"),
        ({"form": {"a": [[1]]}}, "parameter-value"),
        ({"base64": "a-b_"}, "not-base64"),
        ({"multipart": [{"name": "a", "base64": "YQ"}]}, "not-base64"),
        ({"multipart": []}, "empty"),
        ({"multipart": [{"name": "a"}]}, "part-content"),
        ({"multipart": [{"name": "a", "text": "", "json": 1}]}, "part-content"),
        ({"multipart": [{"name": "a", "test": ""}]}, "unknown-key"),
        ({"multipart": [{"text": ""}]}, "missing-key"),
        ({"multipart": [{"name": "a", "base64": "${ $secrets.KEY }"}]}, "secret-outside-request"),
        ({"multipart": [{"name": "${ $secrets.KEY }", "text": ""}]}, "secret-outside-request"),
        (
            {"multipart": [{"name": "a", "text": "", "filename": "${ $secrets.KEY }"}]},
            "secret-outside-request",
        ),
        ({"base64": "${ $secrets.KEY }"}, "secret-outside-request"),
        ({"idempotencyKey": "${ $secrets.KEY }"}, "secret-outside-request"),
        ({"charset": "klingon"}, "unknown-charset"),
        ({"body": {"a": 1}, "headers": {"Content-Type": FORM}}, "content-type"),
        ({"body": {"a": "${ .x }"}, "headers": {"content-type": f"{FORM}; charset=utf-8"}}, "content-type"),
        ({"body": [1], "headers": {"Content-Type": "multipart/form-data"}}, "content-type"),
        ({"body": "a ${ .x }", "headers": {"Content-Type": "multipart/form-data"}}, "content-type"),
        ({"body": {"a": 1}, "headers": {"Content-Type": "application/xml"}}, "content-type"),
        ({"form": {"a": 1}, "headers": {"Content-Type": "application/json"}}, "content-type"),
        ({"multipart": MULTIPART[:1], "headers": {"Content-Type": "multipart/form-data"}}, "content-type"),
        ({"charset": "${ .charset }"}, "unknown-charset"),
        ({"charset": "latin1", "output": "raw"}, "raw-charset"),
        ({"charset": "latin1", "stream": {}}, "raw-charset"),
    ],
)
def test_faults(arguments: dict[str, Any], code: str) -> None:
    assert code in faults(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"body": "a=1&b=2", "headers": {"Content-Type": FORM}},
        {"form": {"a": 1}, "headers": {"Content-Type": f"{FORM}; charset=utf-8"}},
        {"body": {"a": 1}, "headers": {"Content-Type": "text/plain"}},
        {"body": {"a": 1}, "headers": {"Content-Type": "application/vnd.shop.order"}},
        {"body": "--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"body": "<a/>", "headers": {"Content-Type": "application/xml"}},
        {"base64": PNG, "headers": {"Content-Type": "image/png"}},
        {"body": "${ . }", "headers": {"Content-Type": FORM}},
    ],
)
def test_media_types_that_the_body_may_be(arguments: dict[str, Any]) -> None:
    assert faults(**arguments) == []
    planned({}, **arguments)


def test_a_media_type_that_a_computed_body_is_not() -> None:
    computed = {"body": "${ . }", "headers": {"Content-Type": FORM}}
    with pytest.raises(
        RequestInvalid, match=r"says application/x-www-form-urlencoded, and the body is sent as JSON: "
    ):
        prepare(draft(planned({"a": 1}, **computed), None))
    assert prepare(draft(planned("a=1", **computed), None)).body == "a=1"
    typed = Connection(name="c", base_url="https://h", headers={"Content-Type": FORM})
    with pytest.raises(RequestInvalid, match="write it as `form` of `httpRequest`"):
        prepare(draft(planned(body={"a": 1}), typed))


@pytest.mark.parametrize("method", ["post", "put", "get"])
def test_a_key_of_the_author(method: str) -> None:
    _, wire = both({"id": 7}, method=method, idempotencyKey="order-${ .id }")
    assert header(wire, "idempotency-key") == "order-7"
    assert header(both({"id": 7}, idempotencyKey="${ .id }")[1], "idempotency-key") == "7"


@pytest.mark.parametrize("key", ["", "a b", "é", "a\n", "x" * 256, None, {}, True])
def test_keys_that_are_none(key: Any) -> None:
    with pytest.raises(TaskFault) as caught:
        planned({"key": key}, idempotencyKey="${ .key }")
    assert "idempotencyKey needs" in (caught.value.problem.detail or "")


def test_one_key_only() -> None:
    with pytest.raises(TaskFault) as caught:
        planned(idempotencyKey="a", headers={"idempotency-key": "b"})
    assert "not both" in (caught.value.problem.detail or "")


def curl_words(**arguments: Any) -> list[str]:
    """What `curl` would be given, with the contents of files that the shell opens for it."""
    script = """
    curl() {
      for word in "$@"; do
        case "$word" in *[@\\<]/dev/fd/*) path=/dev/fd/${word##*/dev/fd/}; path=${path%%;*}
          word="${word%%/dev/fd/*}{$(base64 --wrap=0 "$path")}${word##*/dev/fd/+([0-9])}";; esac
        printf '%s\\0' "$word"
      done
    }
    """
    command = both({"word": "b", "number": 7}, **arguments)[0].export(curl_command)
    shell = ["bash", "-O", "extglob", "-c", script + command]
    return subprocess.check_output(shell, env={**os.environ, **VALUES}, text=True).split("\0")[:-1]


def test_curl_of_a_form() -> None:
    words = curl_words(form={"a b": ["$HOME", "@file"], "key": "p ${ $secrets.KEY }"})
    assert words[-6:] == [
        "--data-urlencode", "a%20b=$HOME",
        "--data-urlencode", "a%20b=@file",
        "--data-urlencode", "key=p " + VALUES["KEY"],
    ]  # fmt: skip


def test_curl_of_multipart() -> None:
    assert curl_words(multipart=[*MULTIPART[:1], {"name": "meta", "json": {"n": 7}}])[-4:] == [
        "--form-string", "note=a b " + VALUES["KEY"],
        "--form", 'meta="{\\"n\\":7}";type=application/json',
    ]  # fmt: skip


def test_curl_of_multipart_with_files_and_secrets_in_json() -> None:
    words = curl_words(multipart=MULTIPART)
    wire = both({"word": "b", "number": 7}, multipart=MULTIPART)[1]
    assert f"Content-Type: {header(wire, 'content-type')}" in words
    assert words[-2:] == ["--data-binary", f"@{{{base64.b64encode(wire.body).decode()}}}"]


def test_curl_of_bytes() -> None:
    assert curl_words(base64=PNG)[-2:] == ["--data-binary", f"@{{{PNG}}}"]
