"""A request that is shown as a command of curl, and imported from it, is the same request."""

import base64
import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from httptask.authentication.models import BasicAuthentication, BearerAuthentication, DigestAuthentication
from httptask.calls.planners import PLANNERS
from httptask.catalog.curl import import_curl
from httptask.config.load import load_config
from httptask.dsl.compile import compile_definition
from httptask.dsl.loader import load_text
from httptask.http.models import (
    BinaryBody,
    FormBody,
    HttpRequest,
    JsonBody,
    MultipartBody,
    Part,
    SecretReference,
    TextBody,
)
from httptask.request.curl import curl_command
from httptask.request.draft import Draft, draft
from httptask.request.preview import prepare
from httptask.request.wire import wire_request
from httptask.testrequest import Sample, plan_request
from support.connections import secret_store
from support.curl import definition_of
from support.fences import ROOT

VALUES = {
    "KEY": "key-0123/+=&% ü",
    "HOSTILE": 'a"b\\c&d=e%41\n$(id) `f` #g ü',
    "LOGIN": '{"user": "ann", "pass-word": "p"}',
    "OPENAI_API_KEY": "k-1",
    "PAGER_TOKEN": "p-1",
    "SLACK_WEBHOOK": "https://hooks.slack.com/services/x",
}
STORE = secret_store(VALUES)
OUTPUTS = {"classify": {"json": {"priority": "low", "topic": "t"}}, "explain": ["a", "b"], "page": {"id": 7}}
PIECES = [
    "a",
    "Z",
    "0",
    " ",
    "'",
    '"',
    "\\",
    "$HOME",
    "`id`",
    "${ .x }",
    "!",
    "#",
    "@f",
    ";type=x",
    "ü",
    "\U0001f600",
    "%41",
]
PATHS = ["a", "%20", "ü", "{b}", "[1-2]", "~", "'", "$x", "a,b", "&", "+", "(x)", "\\", "^"]
TYPES = [
    "text/plain",
    "application/json",
    "application/x-www-form-urlencoded",
    "text/csv; charset=utf-8",
    None,
]


def text(source: random.Random, pieces: list[str] = PIECES, most: int = 5) -> str:
    return "".join(source.choices(pieces, k=source.randrange(1, most)))


def request(source: random.Random) -> HttpRequest:
    url = "https://api.example.com/" + "/".join(text(source, PATHS, 3) for _ in range(source.randrange(3)))
    headers = {f"X-{name}": text(source).strip() for name in source.sample("ABCD", source.randrange(3))}
    if source.random() < 0.5:
        url += "?" + "&".join(text(source, [*PATHS, "="], 4) for _ in range(source.randrange(3)))
    fields: dict[str, Any] = {"url": url, "headers": headers, "secrets": ()}
    if source.random() < 0.5:
        fields["query"] = {text(source): [text(source), source.choice([1, True, 2.5])] for _ in range(2)}
    add_body(source, fields)
    add_secret(source, fields)
    return HttpRequest(**fields)


def add_body(source: random.Random, fields: dict[str, Any]) -> None:
    fields["method"] = source.choice(["POST", "PUT", "PATCH", "DELETE", "GET"])
    lines = [*PIECES, "\n", "\r\n", "\t", "\0", "{", "}"]
    match source.randrange(7):
        case 0:
            fields["method"] = source.choice(["GET", "HEAD", "POST", "OPTIONS"])
        case 1:
            fields["body"] = JsonBody(value={text(source): [text(source), 1.5, None, {"n": 10**20}]})
        case 2:
            fields["body"] = TextBody(text=text(source, lines, 9))
            kind = source.choice(TYPES)
            fields["headers"] |= {} if kind is None else {"Content-Type": kind}
        case 3:
            fields["body"] = FormBody(fields={text(source): text(source, lines) for _ in range(3)})
        case 4:
            fields["body"] = BinaryBody(base64=base64.b64encode(source.randbytes(9)).decode())
        case 5:
            fields["body"] = MultipartBody(parts=tuple(part(source) for _ in range(3)))
        case _:
            fields["body"] = JsonBody(value=[text(source)])
            fields["headers"] |= {"content-type": "application/merge-patch+json"}


def part(source: random.Random) -> Part:
    name = source.choice(["a", "b c", 'd"e', "ü", "f=g", "h\\i"])
    content = source.choice([TextBody(text=text(source)), JsonBody(value={"n": text(source)})])
    if source.random() < 0.3:
        data = BinaryBody(base64=base64.b64encode(source.randbytes(9)).decode())
        return Part(name=name, content=data, filename="f.bin", content_type="image/png")
    return Part(name=name, content=content)


def add_secret(source: random.Random, fields: dict[str, Any]) -> None:
    def at(pointer: str, name: str = "KEY", **more: Any) -> SecretReference:
        return SecretReference(pointer=pointer, name=name, **more)

    match source.randrange(6), fields.get("body"):
        case 0, _:
            fields["authentication"] = BearerAuthentication(token="")
            fields["secrets"] = (at("/authentication/token", "LOGIN", field="user"),)
        case 1, _:
            kind = source.choice([BasicAuthentication, DigestAuthentication])
            fields["authentication"] = kind(username="ann", password="")
            fields["secrets"] = (at("/authentication/password"),)
        case 2, _:
            fields["headers"] |= {"X-Key": "v1 "}
            fields["secrets"] = (at("/headers/X-Key", "LOGIN", offset=3, field="user"),)
        case 3, FormBody():
            fields["body"] = FormBody(fields={"a": "x y", "key": ""})
            fields["secrets"] = (at("/body/fields/key"),)
        case 2 | 3, MultipartBody(parts=[first, *others]) if "\\" not in "".join(
            part.name for part in (first, *others)
        ):
            content = TextBody(text="k ") if source.random() < 0.5 else JsonBody(value={"key": "k "})
            kept = first.model_copy(update={"content": content, "filename": None, "content_type": None})
            fields["body"] = MultipartBody(parts=(kept, *others))
            pointer = "text" if isinstance(content, TextBody) else "value/key"
            fields["secrets"] = (at(f"/body/parts/0/content/{pointer}", "HOSTILE", offset=2),)
        case 3, JsonBody():
            fields["body"] = JsonBody(value={"key": "-"})
            fields["secrets"] = (at("/body/value/key", offset=1),)
        case _:
            pass


def sent(asked: HttpRequest) -> dict[str, Any]:
    return sent_by(draft(asked, None))


def sent_by(complete: Draft) -> dict[str, Any]:
    """Every byte that goes out, with another boundary, and one way to write percent-encoding."""
    wire = wire_request(complete, STORE).wire
    headers = {name.lower(): value for name, value in wire.headers}
    body = wire.body
    boundary = re.search(r"boundary=(\S+)", headers["content-type"]) if "content-type" in headers else None
    if boundary is not None:
        body = body.replace(boundary[1].encode(), b"B")
        headers["content-type"] = headers["content-type"].replace(boundary[1], "B")
    return {"method": wire.method, "url": str(wire.url), "headers": headers, "body": body}


def test_export_and_import_give_the_same_request() -> None:
    source = random.Random(7)
    for _ in range(150):
        asked = request(source)
        command = prepare(draft(asked, None)).export(curl_command)
        made = import_curl(command, Path())
        program = compile_definition(definition_of(made)).program
        assert program is not None, command
        [name] = made.tasks
        imported = plan_request(program, name, Sample()).request
        assert sent(imported.model_copy(update={"idempotency_key": None})) == sent(asked), command


async def test_requests_of_the_examples_come_back_from_their_commands() -> None:
    connections = load_config(None, {"OPENAI_API_KEY": "k"}).connections
    for example in ("call-actions", "support-triage"):
        folder = ROOT / "examples" / example
        program = load_text((folder / "workflow.yaml").read_text(), "workflow.yaml").program
        assert program is not None
        sample = Sample(input=json.loads((folder / "input.json").read_text()), outputs=OUTPUTS)
        nodes = [node for node in program.nodes.values() if node.kind.function in PLANNERS]
        assert nodes
        for node in nodes:
            variables = dict.fromkeys(node.variables, "x")
            planned = plan_request(program, node.pointer, replace(sample, variables=variables)).request
            asked = planned.model_copy(update={"idempotency_key": None})
            complete = draft(asked, connections.get(asked.connection or ""))
            made = import_curl(prepare(complete).export(curl_command), Path())
            imported = compile_definition(definition_of(made)).program
            assert imported is not None
            [name] = made.tasks
            request_ = plan_request(imported, name, Sample()).request
            kept = request_.model_copy(update={"idempotency_key": None})
            assert sent(kept) == sent_by(complete), node.pointer
