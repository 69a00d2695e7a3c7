"""A canary in every credential, and servers that send it back in every way: it is in no place that outlives a call."""

import base64
import gzip
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker

from httptask.cli.history import read_run
from httptask.cli.server.ports import available_port
from httptask.dsl.canonical import sha256
from httptask.plugin import HttpTaskPlugin, fetch_status
from httptask.testing import Reply, ScriptedServer, ServedRequest
from httptask.workflows.run import WORKFLOW_TYPE, RunInput
from support.cluster import address_of
from support.encodings import forms_of
from support.runs import local_connection, parse, secret_store, temporal_server

CANARY = 'canary-/5f1c+9d27"e0b4 z'
SAFE_CANARY = "canary-5f1c9d27e0b4z"
"""For headers and URLs of answers, where not every character can stand."""

DEFINITION = """
use: { secrets: [CANARY, SAFE] }
timeout: { after: PT4S }
do:
  - call:
      call: httpRequest
      with:
        method: post
        connection: echo
        path: /${ .mode }
        query: { key: "${ $secrets.CANARY }" }
        headers: { X-Api-Key: "${ $secrets.SAFE }" }
        body: { key: "${ $secrets.CANARY }", text: "it is ${ $secrets.SAFE }." }
        output: response
"""


def encoded() -> list[str]:
    """The canary in the encodings that servers use."""
    return [
        CANARY,
        SAFE_CANARY,
        json.dumps(CANARY),
        quote(CANARY),
        quote(CANARY, safe=""),
        quote_plus(CANARY),
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(f"user:{CANARY}".encode()).decode(),
    ]


def echo(status: int, **headers: str) -> Reply:
    body = {"error": {"message": f"bad key {CANARY}", "code": SAFE_CANARY}, CANARY: encoded()}
    return Reply.json(body, status=status, headers={"X-Request-Id": SAFE_CANARY, **headers})


def text(body: str, content_type: str, status: int = 200) -> Reply:
    return Reply.of(body.encode(), status=status, headers={"Content-Type": content_type})


ALL = " ".join(encoded())
MODES: Mapping[str, Reply] = {
    **{
        f"status-{status}": echo(status) for status in (200, 201, 400, 401, 402, 403, 404, 409, 413, 422, 500)
    },
    "status-429": echo(429, **{"Retry-After": "1"}),
    "status-429-quota": Reply.json({"error": {"code": "insufficient_quota", "message": ALL}}, status=429),
    "status-429-too-long": echo(429, **{"Retry-After": "9999"}),
    "status-503": echo(503, **{"Retry-After": SAFE_CANARY}),
    "redirect": echo(302, Location=f"https://elsewhere.example/?key={SAFE_CANARY}"),
    "redirect-307": echo(307, Location=f"/again/{SAFE_CANARY}"),
    "challenge": echo(401, **{"WWW-Authenticate": f'Bearer error="{SAFE_CANARY}"'}),
    "cookie": echo(200, **{"Set-Cookie": f"session={SAFE_CANARY}", "X-Echo": SAFE_CANARY}),
    "link": echo(200, Link=f'</next?key={SAFE_CANARY}>; rel="next"'),
    "text": text(ALL, "text/plain"),
    "html": text(f"<html>{ALL}</html>", "text/html", 502),
    "problem": text(json.dumps({"type": ALL, "detail": ALL, "title": ALL}), "application/problem+json", 400),
    "xml": text(f"<key>{ALL}</key>", "application/xml"),
    "binary": Reply.of(b"\xff\xfe" + ALL.encode(), headers={"Content-Type": "application/octet-stream"}),
    "gzip": Reply.of(
        gzip.compress(ALL.encode()), headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    ),
    "invalid-json": text('{"key": "' + ALL, "application/json"),
    "wrong-charset": text(ALL, f"text/plain; charset={SAFE_CANARY}"),
    "wrong-encoding": Reply.of(ALL.encode(), headers={"Content-Encoding": SAFE_CANARY}),
    "too-large": text(ALL * 20_000, "text/plain"),
    "not-http": Reply(f"{ALL}\r\n\r\n".encode(), close=True),
    "cut": Reply(f"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{ALL}".encode(), close=True),
    "hang-up": Reply.hang_up(),
    "silence": Reply.silence(after=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + ALL.encode()),
}
MODES_AT_LEAST = 30


def answer(request: ServedRequest) -> Reply:
    return MODES[request.target.strip("/").partition("?")[0]]


class Sinks:
    """Every place that something of a run goes to."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def leaks(self) -> list[str]:
        forms = forms_of(CANARY) | forms_of(SAFE_CANARY)
        return [name for name, content in self.contents.items() if any(form in content for form in forms)]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = create_tracer_provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


async def run_every_mode(client: Client, queue: str, sinks: Sinks) -> None:
    definition = parse(DEFINITION)
    handles: dict[str, WorkflowHandle[Any, Any]] = {}
    for mode in MODES:
        handles[mode] = await client.start_workflow(
            WORKFLOW_TYPE,
            RunInput(definition=definition, sha256=sha256(definition), input={"mode": mode}),
            id=f"sweep-{mode}",
            task_queue=queue,
        )
    for mode, handle in handles.items():
        try:
            sinks.contents[f"result of {mode}"] = json.dumps(await handle.result()).encode()
        except WorkflowFailureError as error:
            sinks.contents[f"error of {mode}"] = f"{error!r} {error.cause!r} {vars(error.cause)}".encode()
        status = await fetch_status(handle)
        sinks.contents[f"status of {mode}"] = status.model_dump_json().encode()
        sinks.contents[f"history of {mode}"] = (await handle.fetch_history()).to_json().encode()
        record = await read_run(client, handle.id)
        sinks.contents[f"runs show of {mode}"] = record.model_dump_json().encode()


def files_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.long
async def test_a_canary_is_nowhere(
    tmp_path: Path,
    spans: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    sinks = Sinks()
    metrics = f"127.0.0.1:{available_port()}"
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(metrics)))
    async with (
        ScriptedServer(answer) as server,
        temporal_server("--db-filename", str(tmp_path / "temporal.db")) as environment,
    ):
        echo_server = local_connection(
            "echo", server.url, authentication={"bearer": {"token": "$secrets.SAFE"}}, limits={"idle": 1.0}
        )
        plugin = HttpTaskPlugin(
            connections={"echo": echo_server},
            secrets=secret_store({"CANARY": CANARY, "SAFE": SAFE_CANARY}),
            allow_inline=True,
        )
        client = await Client.connect(
            address_of(environment),
            plugins=[plugin, OpenTelemetryPlugin(add_temporal_spans=True)],
            runtime=runtime,
        )
        with caplog.at_level(logging.DEBUG):
            async with Worker(client, task_queue="sweep"):
                await run_every_mode(client, "sweep", sinks)
        async with httpx.AsyncClient() as scraper:
            sinks.contents["metrics"] = (await scraper.get(f"http://{metrics}/metrics")).content
    sinks.contents |= files_in(tmp_path)
    sinks.contents["spans"] = "".join(span.to_json() for span in spans.get_finished_spans()).encode()
    sinks.contents["log"] = caplog.text.encode()
    printed = capfd.readouterr()
    sinks.contents["terminal"] = (printed.out + printed.err).encode()

    assert len(MODES) >= MODES_AT_LEAST
    assert {request.target.strip("/").partition("?")[0] for request in server.requests} == set(MODES)
    assert all(SAFE_CANARY in request.headers["authorization"] for request in server.requests)
    assert b"http.request.failed" in sinks.contents["terminal"]
    assert b"httptask.http_request" in sinks.contents["spans"]
    assert b"httptask_requests" in sinks.contents["metrics"]
    assert b"sweep-cookie" in sinks.contents["temporal.db"]
    assert sinks.leaks() == []


def test_a_leak_would_be_seen() -> None:
    sinks = Sinks()
    sinks.contents = {str(number): f"x{form}y".encode() for number, form in enumerate(encoded())}
    assert len(sinks.leaks()) == len(encoded())
