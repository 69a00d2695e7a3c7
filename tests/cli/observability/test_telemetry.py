"""Metrics and spans of a worker, as Prometheus and a collector get them."""

import asyncio
import re

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from httptask.cli.server.process import available_port
from httptask.testing import Reply, ScriptedServer
from support.cluster import address_of
from support.commands import Shell
from support.definitions import SETS

CANARY = "canary-5f1c9d27e0"
ORDER = """
document: { dsl: 1.0.3, namespace: tests, name: order, version: 1.0.0 }
use: { secrets: [TOKEN] }
do:
  - place:
      call: httpRequest
      with:
        method: post
        connection: shop
        path: /orders/${ .id }
        query: { key: "${ $secrets.TOKEN }" }
        headers: { X-Key: "${ $secrets.TOKEN }" }
        body: { text: "${ $secrets.TOKEN }" }
"""


async def serve_one_order(
    shell: Shell, temporal: WorkflowEnvironment, server: ScriptedServer, *options: str, **environment: str
) -> None:
    """Start a worker, run one order on it, and end it."""
    shell.write("definitions/order.yaml", ORDER)
    shell.write(
        "httptask.toml",
        f'[connections.shop]\nbase_url = "{server.url}/shop"\nallow_private = ["loopback"]\n'
        f'[secrets.TOKEN]\nenvironment = "TOKEN"\norigins = ["{server.url}"]\n',
    )
    address = address_of(temporal)
    queue = f"telemetry-{server.port}"
    worker = await shell.start(
        *("worker", "-d", "definitions", "--task-queue", queue, *options),
        **{"TEMPORAL_ADDRESS": address, "TOKEN": CANARY, **environment},
    )
    await worker.says("worker.started")
    client = await Client.connect(address)
    await client.execute_workflow("order", {"id": 7}, id=queue, task_queue=queue)
    if options:
        async with httpx.AsyncClient() as scraper:
            shell.write("metrics.txt", (await scraper.get(f"http://{options[1]}/metrics")).text)
    worker.process.terminate()
    assert await worker.ends() == 0
    assert CANARY not in worker.stderr
    assert '"path": "/shop/orders/{.id}"' in worker.stderr


async def test_metrics(shell: Shell, temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.of(status=503), Reply.json({"ok": True})]) as server:
        address = f"127.0.0.1:{available_port()}"
        await serve_one_order(shell, temporal, server, "--metrics-address", address)
    metrics = (shell.folder / "metrics.txt").read_text()
    counted = re.findall(r"^httptask_requests_total\{(.*)\} (\d+)$", metrics, re.MULTILINE)
    verdicts = {re.search(r'verdict="(\w+)"', labels)[1]: int(count) for labels, count in counted}  # type: ignore[index]
    assert verdicts == {"retry": 1, "success": 1}
    assert re.search(r'status="503".*verdict="retry"', metrics)
    assert "httptask_request_latency_seconds_bucket" in metrics
    assert "httptask_received_bytes_total" in metrics
    assert "temporal_activity_execution_latency_seconds_bucket" in metrics
    assert CANARY not in metrics


async def test_a_port_that_is_taken(shell: Shell) -> None:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as taken:
        port = taken.sockets[0].getsockname()[1]
        shell.write("definitions/sets.yaml", SETS)
        code, worker = await shell.run(
            "worker", "-d", "definitions", "--metrics-address", f"127.0.0.1:{port}"
        )
    assert code == 2
    assert worker.stderr.startswith(f"error: metrics can't be served at 127.0.0.1:{port}\n")


async def test_spans_continue_the_trace_of_the_run(shell: Shell, temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.of()]) as collector:
        async with ScriptedServer([Reply.of(status=503), Reply.json({"ok": True})]) as server:
            await serve_one_order(shell, temporal, server, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        spans: list[Span] = []
        for exported in collector.requests:
            assert exported.target == "/v1/traces"
            assert CANARY.encode() not in exported.body
            sent = ExportTraceServiceRequest.FromString(exported.body)
            spans += [
                span for part in sent.resource_spans for scope in part.scope_spans for span in scope.spans
            ]
    calls = [span for span in spans if span.name == "POST /shop/orders/{.id}"]
    first, second = ({item.key: item.value for item in call.attributes} for call in calls)
    assert first["http.response.status_code"].int_value == 503
    assert first["error.type"].string_value == "HttpStatusError"
    assert second["http.response.status_code"].int_value == 200
    assert second["http.request.resend_count"].int_value == 1
    assert second["server.port"].int_value == server.port
    by_id = {span.span_id: span for span in spans}
    assert [by_id[call.parent_span_id].name for call in calls] == ["RunActivity:httptask.http_request"] * 2
    assert (
        len({span.trace_id for span in spans if "httptask.http_request" in span.name or span in calls}) == 1
    )
