"""Canaries in every credential, and servers that send them back in every way: they are in no place that outlives a call."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker

from httptask.cli.server.process import available_port
from httptask.config import load_config
from httptask.dsl.canonical import sha256
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.plugin import HttpTaskPlugin, fetch_status
from httptask.runs.history import read_run
from httptask.secrets.store import SecretStore
from httptask.testing import ScriptedServer
from support.canaries import CANARIES, MODES, encoded
from support.canary_project import CanaryProject, canary_project
from support.cluster import address_of
from support.encodings import forms_of
from support.runs import NOT_WAITING_FOR_THE_DISK, temporal_server
from support.shells import opened_shell

FAILURES_AT_LEAST = 30
TELLING = 12
AT_ONCE = 12
"""Modes that run at the same time: searching all that comes takes the worker's time."""
FORMS = encoded(*CANARIES.values())
FAILING = [name for name, mode in MODES.items() if mode.fails]
PARTS = {
    CANARIES[name][at : at + TELLING].encode()
    for name in ("MIXED", "LONG")
    for at in range(len(CANARIES[name]) - TELLING + 1)
}
"""So many characters of a long key in a row, which are left where a text is cut before a value is found in it."""
ENDING, TESTED = 16, 12
"""Every so many failing modes have a run, and a test request, of their own in a terminal, which take time; all share one run."""


class Sinks:
    """Every place that something of a run goes to."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def leaks(self) -> list[str]:
        forms = set[bytes]().union(*map(forms_of, CANARIES.values()), PARTS)
        return [name for name, content in self.contents.items() if any(form in content for form in forms)]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = create_tracer_provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


async def run_every_mode(client: Client, project: CanaryProject, sinks: Sinks) -> set[str]:
    """The modes that failed."""
    names, failed = list(MODES), set[str]()
    for start in range(0, len(names), AT_ONCE):
        failed |= await run_modes(names[start : start + AT_ONCE], client, project, sinks)
    return failed


async def run_modes(modes: list[str], client: Client, project: CanaryProject, sinks: Sinks) -> set[str]:
    handles: dict[str, WorkflowHandle[Any, Any]] = {}
    failed: set[str] = set()
    for mode in modes:
        definition = project.definition(mode)
        handles[mode] = await client.start_workflow(
            WORKFLOW_TYPE,
            RunInput(definition=definition, sha256=sha256(definition)),
            id=f"sweep-{mode}",
            task_queue="sweep",
        )
    for mode, handle in handles.items():
        try:
            sinks.contents[f"result of {mode}"] = json.dumps(await handle.result()).encode()
        except WorkflowFailureError as error:
            failed.add(mode)
            sinks.contents[f"error of {mode}"] = f"{error!r} {error.cause!r} {vars(error.cause)}".encode()
        status = await fetch_status(handle)
        sinks.contents[f"status of {mode}"] = status.model_dump_json().encode()
        sinks.contents[f"history of {mode}"] = (await handle.fetch_history()).to_json().encode()
        record = await read_run(client, handle.id)
        sinks.contents[f"record of {mode}"] = record.model_dump_json().encode()
    return failed


async def print_modes(address: str, project: CanaryProject, ending: list[str], tested: list[str]) -> None:
    """What the commands print of modes goes to files of the folder."""
    commands = [
        ("run-all", ["run", "all.yaml"]),
        *((f"run-{mode}", ["run", f"{mode}.yaml"]) for mode in ending),
        *((f"show-{mode}", ["runs", "show", f"sweep-{mode}"]) for mode in ending),
        *((f"test-request-{mode}", ["test-request", f"{mode}.yaml", "call"]) for mode in tested),
    ]
    environment = {**CANARIES, "TEMPORAL_ADDRESS": address}
    free = asyncio.Semaphore(2)

    async def printed(name: str, arguments: list[str]) -> None:
        async with free:
            _, ended = await shell.run(*arguments, **environment)
        (project.folder / f"{name}.printed").write_text(ended.stdout + ended.stderr)

    async with opened_shell(project.folder) as shell, asyncio.TaskGroup() as group:
        for name, arguments in commands:
            group.create_task(printed(name, arguments))


def files_in(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob(pattern) if file.is_file()}


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_canary_is_nowhere(
    tmp_path: Path,
    spans: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    more = 4 if pytestconfig.getoption("thorough") else 1
    ending, tested = FAILING[:: ENDING // more], FAILING[:: TESTED // more]
    sinks = Sinks()
    metrics = f"127.0.0.1:{available_port()}"
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(metrics)))
    (tmp_path / "project").mkdir()
    async with (
        canary_project(tmp_path / "project") as project,
        temporal_server(
            "--db-filename", str(tmp_path / "temporal.db"), *NOT_WAITING_FOR_THE_DISK
        ) as environment,
    ):
        config = load_config(project.config, {})
        plugin = HttpTaskPlugin(
            connections=config.connections,
            secrets=SecretStore(config.secrets, CANARIES),
            allow_inline=True,
        )
        client = await Client.connect(
            address_of(environment),
            plugins=[plugin, OpenTelemetryPlugin(add_temporal_spans=True)],
            runtime=runtime,
        )
        with caplog.at_level(logging.DEBUG):
            async with Worker(client, task_queue="sweep"):
                failed = await run_every_mode(client, project, sinks)
        async with httpx.AsyncClient() as scraper:
            sinks.contents["metrics"] = (await scraper.get(f"http://{metrics}/metrics")).content
        await print_modes(address_of(environment), project, ending, tested)
    sinks.contents |= files_in(tmp_path) | files_in(project.folder, "*.printed")
    sinks.contents["spans"] = "".join(span.to_json() for span in spans.get_finished_spans()).encode()
    sinks.contents["log"] = caplog.text.encode()
    printed = capfd.readouterr()
    sinks.contents["output of the worker"] = (printed.out + printed.err).encode()

    check_that_it_was_told(project, sinks, failed)
    check_that_it_was_printed(sinks, ending, tested)
    assert sinks.leaks() == []


def heard(server: ScriptedServer) -> bool:
    """Whether a server was sent a canary."""
    received = "".join(
        f"{request.target}{request.headers}{request.body.decode()}" for request in server.requests
    )
    forms = forms_of(CANARIES["CANARY"]) | forms_of(CANARIES["APART"])
    return any(form.decode() in received for form in forms)


def check_that_it_was_told(project: CanaryProject, sinks: Sinks, failed: set[str]) -> None:
    """A sweep that sends no canary anywhere, or looks into empty places, proves nothing."""
    assert failed == set(FAILING)
    assert len(failed) >= FAILURES_AT_LEAST
    assert {name for name in project.servers if heard(project.servers[name])} == {
        name for name in project.servers if not MODES[name].silent
    }
    for name in MODES:
        ending = b": faulted" if MODES[name].fails else b": completed"
        assert name.encode() + ending in sinks.contents["run-all.printed"], name
    assert b"http.request.failed" in sinks.contents["log"]
    assert b"httptask.http_request" in sinks.contents["spans"]
    assert b"httptask_requests" in sinks.contents["metrics"]
    assert b"sweep-cookie" in sinks.contents["temporal.db"]


def check_that_it_was_printed(sinks: Sinks, ending: list[str], tested: list[str]) -> None:
    """By the commands of one mode each."""
    for name in tested:
        assert b"\nPOST " in sinks.contents[f"test-request-{name}.printed"], name
    for name in ending:
        assert b"call: faulted" in sinks.contents[f"run-{name}.printed"], name
        assert b"faulted" in sinks.contents[f"show-{name}.printed"], name


def test_a_leak_would_be_seen() -> None:
    sinks = Sinks()
    sinks.contents = {str(number): f"x{form}y".encode() for number, form in enumerate(FORMS)}
    assert len(sinks.leaks()) == len(FORMS)
