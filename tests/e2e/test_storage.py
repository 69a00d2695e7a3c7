"""Data too large for Temporal: in a folder beside it where one is configured, a typed error where none is."""

import dataclasses
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.converter import DataConverter, ExternalStorage
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.http.models import HttpRequest, Limits
from httptask.plugin import HttpTaskPlugin, folder_storage
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.runs import Outcome, Runner, running

FETCH = """
do:
  - fetch:
      call: httpRequest
      with: { method: get, connection: files, path: "/${ .size }", responseBytes: 20000000 }
"""
SIZES = {"1.8 MB": 1_800_000, "1.9 MB": 1_900_000, "2.1 MB": 2_100_000, "10 MB": 10_000_000}


def of_that_size(request: ServedRequest) -> Reply:
    return Reply.of(b"x" * int(request.target[1:] or 0), headers={"Content-Type": "text/plain"})


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(of_that_size) as server:
        yield server


async def run(
    temporal: WorkflowEnvironment,
    server: ScriptedServer,
    definition: str,
    data: Any,
    storage: ExternalStorage | None,
    **options: Any,
) -> tuple[Outcome, int]:
    """The outcome of a run, and the size of its history."""
    connections = {"files": local_connection("files", server.url)}
    async with running(temporal, connections=connections, storage=storage) as runner:
        outcome = await runner.run(definition, data, **options)
        history = await outcome.handle.fetch_history()
    return outcome, sum(event.ByteSize() for event in history.events)


def bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_responses_with_storage(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path, size: int
) -> None:
    outcome, history = await run(temporal, server, FETCH, {"size": size}, folder_storage(tmp_path))
    assert outcome.output == "x" * size
    assert len(server.requests) == 1
    assert history < 20_000
    assert bytes_in(tmp_path) > size


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_responses_without_storage(
    temporal: WorkflowEnvironment, server: ScriptedServer, size: int
) -> None:
    outcome, history = await run(temporal, server, FETCH, {"size": size}, None)
    assert len(server.requests) == 1
    if size == SIZES["1.8 MB"]:
        assert outcome.output == "x" * size
        return
    assert outcome.problem["error"] == "ResponseTooLarge"
    assert "configure external storage" in outcome.problem["detail"]
    assert history < 20_000


async def test_a_call_whose_result_finds_no_place_is_not_made_again(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    outcome, _ = await run(temporal, server, FETCH, {"size": 2_100_000}, folder_storage(tmp_path / "file"))
    assert outcome.problem["error"] == "PayloadNotStored"
    assert outcome.problem["detail"] == f"the result can't be stored: {tmp_path / 'file'}: Not a directory"
    assert len(server.requests) == 1


async def test_the_limit_of_a_response_stays_where_nobody_raises_it(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path
) -> None:
    definition = FETCH.replace(", responseBytes: 20000000", "")
    outcome, _ = await run(temporal, server, definition, {"size": 2_000_000}, folder_storage(tmp_path))
    assert outcome.problem["error"] == "ResponseTooLarge"
    assert len(server.requests) == 1


PASSED_ON = """
do:
  - fetch:
      call: httpRequest
      with: { method: get, connection: files, path: /3000000, responseBytes: 4000000 }
  - shorten: { set: { text: "${ $tasks.fetch[0:5] }", all: "${ $tasks.fetch | length }" } }
  - send:
      call: httpRequest
      with: { method: post, connection: files, path: /0, body: "${ $tasks.fetch }" }
  - last: { set: { all: "${ $tasks.shorten.all }" } }
"""


async def test_large_data_go_through_expressions_requests_and_continued_runs(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path
) -> None:
    outcome, history = await run(
        temporal, server, PASSED_ON, None, folder_storage(tmp_path), continue_as_new_after=8
    )
    assert outcome.output == {"all": 3_000_000}
    assert [len(request.body) for request in server.requests] == [0, 3_000_000]
    assert history < 20_000


def client_with(temporal: WorkflowEnvironment, plugin: HttpTaskPlugin, converter: DataConverter) -> Client:
    config: Any = {**temporal.client.config(), "plugins": [plugin], "data_converter": converter}
    return Client(**config)


async def test_a_storage_of_the_users_own_is_enough(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path
) -> None:
    plugin = HttpTaskPlugin(connections={"files": local_connection("files", server.url)}, allow_inline=True)
    theirs = dataclasses.replace(DataConverter.default, external_storage=folder_storage(tmp_path))
    client = client_with(temporal, plugin, theirs)
    queue = uuid.uuid4().hex
    async with Worker(client, task_queue=queue):
        handle = await Runner(client, plugin, queue).start(FETCH, {"size": 2_100_000})
        assert await handle.result() == "x" * 2_100_000
    assert client.data_converter.external_storage == theirs.external_storage


def test_two_storages(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    theirs = dataclasses.replace(DataConverter.default, external_storage=folder_storage(tmp_path / "a"))

    def client(storage: Path) -> Client:
        return client_with(temporal, HttpTaskPlugin(storage=folder_storage(storage)), theirs)

    assert client(tmp_path / "a").data_converter.external_storage == theirs.external_storage
    with pytest.raises(ValueError, match="external storage is given twice"):
        client(tmp_path / "b")


async def test_a_storage_that_takes_only_what_is_larger(
    temporal: WorkflowEnvironment, server: ScriptedServer, tmp_path: Path
) -> None:
    """Between what Temporal carries and what the storage takes there is a gap, which is an error too."""
    late = dataclasses.replace(folder_storage(tmp_path), payload_size_threshold=5_000_000)
    outcome, _ = await run(temporal, server, FETCH, {"size": 2_100_000}, late)
    assert outcome.problem["error"] == "ResponseTooLarge"
    outcome, _ = await run(temporal, server, FETCH, {"size": 10_000_000}, late)
    assert outcome.output == "x" * 10_000_000
    assert len(server.requests) == 2


def test_a_limit_has_a_cap() -> None:
    with pytest.raises(ValueError, match="33554432"):
        Limits(response_bytes=33_554_433)
    assert HttpRequest(method="GET", url="/", limits=Limits(response_bytes=33_554_432))
