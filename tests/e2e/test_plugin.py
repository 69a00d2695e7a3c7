"""The plugin on clients and workers of every combination."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import DataConverter, DefaultPayloadConverter, PayloadCodec
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from httptask.client.edge import Edge
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from httptask.plugin.data_converter import LeanPayloadConverter
from httptask.secrets.store import SecretSource
from httptask.testing import Reply, ScriptedServer
from support.checking_workflow import ChecksARequest
from support.cluster import has_event
from support.connections import local_connection
from support.runs import Runner, running

CALLS = """
do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: /x } } }]
"""


def client_with(environment: WorkflowEnvironment, *plugins: HttpTaskPlugin, **changes: object) -> Client:
    return Client(**{**environment.client.config(), "plugins": list(plugins), **changes})  # type: ignore[arg-type]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([Reply.json({"ok": True})]) as server:
        yield server


def plugin_for(server: ScriptedServer, **options: Any) -> HttpTaskPlugin:
    shop = {"shop": local_connection("shop", server.url)}
    return HttpTaskPlugin(connections=shop, **{"allow_inline": True, **options})


async def test_same_plugin_on_client_and_worker(
    temporal: WorkflowEnvironment, server: ScriptedServer
) -> None:
    plugin = plugin_for(server)
    client = client_with(temporal, plugin)
    queue = uuid.uuid4().hex
    with pytest.warns(UserWarning, match="plugin"):
        worker = Worker(client, task_queue=queue, plugins=[plugin])
    async with worker:
        outcome = await Runner(client, plugin, queue).run(CALLS)

    assert outcome.output == {"ok": True}


async def test_another_instance_on_the_worker(temporal: WorkflowEnvironment, server: ScriptedServer) -> None:
    """A client's plugin and a worker's own, made apart, register everything once."""
    plugin = plugin_for(server)
    client = client_with(temporal, plugin)
    queue = uuid.uuid4().hex
    with pytest.warns(UserWarning, match="plugin"):
        worker = Worker(client, task_queue=queue, plugins=[plugin_for(server)])
    async with worker:
        outcome = await Runner(client, plugin, queue).run(CALLS)

    assert outcome.output == {"ok": True}


class Backwards(PayloadCodec):
    """A user's codec; on the wire all data is reversed."""

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [
            Payload(metadata={"encoding": b"backwards"}, data=found.SerializeToString()[::-1])
            for found in payloads
        ]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [Payload.FromString(found.data[::-1]) for found in payloads]


async def test_codec_of_the_user_survives(temporal: WorkflowEnvironment, server: ScriptedServer) -> None:
    plugin = plugin_for(server)
    theirs = dataclasses.replace(DataConverter.default, payload_codec=Backwards())
    client = client_with(temporal, plugin, data_converter=theirs)
    queue = uuid.uuid4().hex
    async with Worker(client, task_queue=queue):
        handle = await Runner(client, plugin, queue).start(CALLS)
        assert await handle.result() == {"ok": True}

    history = await temporal.client.get_workflow_handle(handle.id).fetch_history()
    stored = b"".join(event.SerializeToString() for event in history.events)
    assert b"httpRequest" not in stored
    assert b"httpRequest"[::-1] in stored
    assert client.data_converter.payload_converter_class is LeanPayloadConverter
    assert isinstance(client.data_converter.payload_codec, Backwards)


async def test_converter_of_the_user_is_kept_or_refused(temporal: WorkflowEnvironment) -> None:
    class Theirs(PydanticPayloadConverter):
        pass

    class Plain(DefaultPayloadConverter):
        pass

    kept = dataclasses.replace(pydantic_data_converter, payload_converter_class=Theirs)
    client = client_with(temporal, HttpTaskPlugin(), data_converter=kept)
    assert client.data_converter.payload_converter_class is Theirs
    refused = dataclasses.replace(DataConverter.default, payload_converter_class=Plain)
    with pytest.raises(ValueError, match="derive Plain from"):
        client_with(temporal, HttpTaskPlugin(), data_converter=refused)


async def test_workflows_on_one_worker_and_activities_on_another(
    temporal: WorkflowEnvironment, server: ScriptedServer
) -> None:
    workflows = plugin_for(server, register_activities=False)
    activities = plugin_for(server, register_workflows=False)
    client = client_with(temporal, workflows)
    queue = uuid.uuid4().hex
    async with Worker(client, task_queue=queue, no_remote_activities=True):
        handle = await Runner(client, workflows, queue).start(CALLS)
        await has_event(handle, "activity_task_scheduled")
        assert server.requests == []
        async with Worker(client_with(temporal, activities), task_queue=queue):
            assert await handle.result() == {"ok": True}
        await Runner(client, workflows, queue).replay(handle)


async def test_workers_that_share_a_plugin_stop_one_by_one(
    temporal: WorkflowEnvironment, server: ScriptedServer
) -> None:
    plugin = plugin_for(server)
    client = client_with(temporal, plugin)
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    async with Worker(client, task_queue=second):
        async with Worker(client, task_queue=first):
            assert (await Runner(client, plugin, first).run(CALLS)).output == {"ok": True}
        assert (await Runner(client, plugin, second).run(CALLS)).output == {"ok": True}
        assert server.connections == 1
    await asyncio.wait_for(server.client_left(), 5)
    async with Worker(client, task_queue=first):
        assert (await Runner(client, plugin, first).run(CALLS)).output == {"ok": True}


async def test_replayer_opens_nothing(
    temporal: WorkflowEnvironment, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = plugin_for(server)
    async with running_with(temporal, plugin) as runner:
        handle = await runner.start(CALLS)
        await handle.result()
        history = await handle.fetch_history()
    opened: list[Edge] = []
    monkeypatch.setattr(Edge, "__init__", lambda edge, *_arguments, **_options: opened.append(edge))
    replayer = Replayer(workflows=[], plugins=[plugin_for(server)])
    await replayer.replay_workflow(WorkflowHistory.from_json(handle.id, history.to_json()))

    assert opened == []
    assert len(server.requests) == 1


@asynccontextmanager
async def running_with(environment: WorkflowEnvironment, plugin: HttpTaskPlugin) -> AsyncIterator[Runner]:
    client = client_with(environment, plugin)
    queue = uuid.uuid4().hex
    async with Worker(client, task_queue=queue):
        yield Runner(client, plugin, queue)


async def test_sandbox_stays_on(temporal: WorkflowEnvironment) -> None:
    client = client_with(temporal, HttpTaskPlugin(allow_inline=True))
    runner = Worker(client, task_queue=uuid.uuid4().hex).config(active_config=True)["workflow_runner"]

    assert isinstance(runner, SandboxedWorkflowRunner)
    assert "httptask" in runner.restrictions.passthrough_modules
    assert "httpx" not in runner.restrictions.passthrough_modules


async def test_a_workflow_in_the_sandbox_is_told_what_was_meant(temporal: WorkflowEnvironment) -> None:
    """What is imported only where a name is misspelt would be read anew in the sandbox, which refuses it."""
    misspelt = {"model": "m", "messages": [{"role": "user", "content": "?"}], "temprature": 0}
    worker = {"workflows": [ChecksARequest]}
    async with running(temporal, connections={}, worker=worker) as runner:
        queue = runner.task_queue
        handle = await runner.client.start_workflow(ChecksARequest.run, misspelt, id=queue, task_queue=queue)
        assert await handle.result() == ["did you mean `temperature`?"]
        replayer = Replayer(workflows=[ChecksARequest], plugins=[runner.plugin])
        await replayer.replay_workflow(await handle.fetch_history())


async def test_inline_definitions_are_not_run_unless_allowed(
    temporal: WorkflowEnvironment, server: ScriptedServer
) -> None:
    """Whoever may start a workflow must not spend the worker's credentials by sending a definition."""
    plugin = HttpTaskPlugin(definitions=DefinitionRegistry([]))
    async with running_with(temporal, plugin) as runner:
        handle = await runner.start(CALLS)
        failed = await has_event(handle, "workflow_task_failed")
        await handle.terminate()

    message = failed.workflow_task_failed_event_attributes.failure.message
    assert "this worker refuses definitions that come with the start of a workflow" in message
    assert "--allow-inline, allow_inline = true under [worker] in httptask.toml" in message
    assert server.requests == []


def test_declarations_are_no_values_of_secrets() -> None:
    secrets: Any = {"TOKEN": SecretSource(name="TOKEN", environment="TOKEN")}
    with pytest.raises(
        TypeError, match=r"a dict, not a SecretStore: .*SecretStore\(config.secrets, os.environ\)"
    ):
        HttpTaskPlugin(secrets=secrets)
