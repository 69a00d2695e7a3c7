"""A test request is sent by the workers of a task queue, with what they have under the names of a definition."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import ActivityExecutionStatus, Client, WorkflowExecutionStatus
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker, WorkerDeploymentConfig

from httptask.activities.api_operation import OperationRequest
from httptask.calls.problem import TaskFault
from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.plugin import HttpTaskPlugin, LiveText
from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import NoWorker, Outcome, Sample, plan_request, profiles_on, send_once
from httptask.testrequest.documents import load_on
from support.chat_streams import chunk, sse
from support.cluster import address_of
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.event_streams import CHUNKED, SSE
from support.runs import Runner, running, temporal_server

TELLS = parse("""
use: { secrets: [TOKEN] }
do:
  - tell:
      call: httpRequest
      with: { method: post, connection: pager, path: /tell, headers: { X-Token: "${ $secrets.TOKEN }" }, body: "${ . }" }
      output: { as: .id }
  - lost: { call: httpRequest, with: { method: get, connection: elsewhere, path: / } }
""")


def program() -> Program:
    compiled = compile_definition(TELLS)
    assert compiled.program is not None, compiled.faults
    return compiled.program


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([Reply.json({"id": "INC-1"})]) as found:
        yield found


def served(
    environment: WorkflowEnvironment, server: ScriptedServer, **options: Any
) -> AbstractAsyncContextManager[Runner]:
    connections = {"pager": local_connection("pager", server.url, **options)}
    return running(
        environment,
        connections=connections,
        secrets=secret_store({"TOKEN": "tok-123456"}),
        definitions=[TELLS],
    )


async def tried(runner: Runner, address: str) -> Outcome:
    """What a client tries that knows no connection and no secret."""
    client = await Client.connect(address, plugins=[HttpTaskPlugin(connections={})])
    profiles = await profiles_on(client, runner.task_queue, program(), "tell")
    return await send_once(client, runner.task_queue, plan_request(program(), "tell", Sample(7), profiles))


async def test_the_workers_connections_and_secrets_hold(
    temporal: WorkflowEnvironment, server: ScriptedServer
) -> None:
    async with served(temporal, server) as runner:
        outcome = await tried(runner, address_of(temporal))

    [request] = server.requests
    assert (request.headers["x-token"], request.json()) == ("tok-123456", 7)
    assert outcome.downstream == "INC-1"
    executed = outcome.executed
    assert executed is not None
    assert (executed.task_queue, executed.is_workflow) == (runner.task_queue, False)
    handle = temporal.client.get_activity_handle(executed.id, run_id=executed.run_id)
    assert (await handle.describe()).task_queue == runner.task_queue


async def test_a_limited_connection_has_its_own_queue_and_attempts(
    temporal: WorkflowEnvironment, server: ScriptedServer
) -> None:
    server.script = [Reply.json({}, status=503)]
    limits = {"requests_per_minute": 600, "retry": Retry(attempts=1)}
    async with served(temporal, server, **limits) as runner:
        outcome = await tried(runner, address_of(temporal))

    assert outcome.executed is not None
    assert outcome.executed.task_queue == f"{runner.task_queue}/pager"
    assert not outcome.would_retry


async def test_what_the_workers_lack_is_told(temporal: WorkflowEnvironment, server: ScriptedServer) -> None:
    async with served(temporal, server) as runner:
        with pytest.raises(TaskFault) as raised:
            await profiles_on(runner.client, runner.task_queue, program(), "lost")

    problem = raised.value.problem
    assert (problem.error, problem.instance) == ("ConnectionUnknown", "/do/1/lost")
    assert "elsewhere" in str(problem.detail)


async def test_a_queue_without_workers_is_told_at_once(temporal: WorkflowEnvironment) -> None:
    queue = f"nobody-{uuid.uuid4()}"
    async with asyncio.timeout(2):
        with pytest.raises(NoWorker, match=f"no worker polls the task queue {queue}"):
            await profiles_on(temporal.client, queue, program(), "tell")

    status = None
    async with asyncio.timeout(20):
        while status in (None, ActivityExecutionStatus.RUNNING):  # Temporal lists it a moment later
            await asyncio.sleep(0.05)
            async for asked in temporal.client.list_activities(f"TaskQueue = '{queue}'"):
                status = asked.status
    assert status is ActivityExecutionStatus.TERMINATED  # no worker that comes is asked what nobody waits for


async def test_a_server_without_standalone_activities_runs_a_workflow_of_one_call(
    server: ScriptedServer,
) -> None:
    server.script = [Reply.json({"id": "INC-1"}), Reply.json({}, status=429, headers={"Retry-After": "7"})]
    async with temporal_server("--dynamic-config-value", "activity.enableStandalone=false") as environment:
        async with served(environment, server) as runner:
            outcome = await tried(runner, address_of(environment))
            refused = await tried(runner, address_of(environment))
            document = OperationRequest(
                method="GET", url=f"{server.url}/openapi.json", operation_id="listPets"
            )
            with pytest.raises(TaskFault, match="AddressForbidden"):  # by the worker, whose guard holds
                await load_on(runner.client, runner.task_queue)(document)
        assert outcome.downstream == "INC-1"
        assert (refused.would_retry, refused.retry_after) == (True, 7)
        executed = outcome.executed
        assert executed is not None
        assert executed.is_workflow
        handle = environment.client.get_workflow_handle(executed.id, run_id=executed.run_id)
        assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
        await Replayer(workflows=[], plugins=[runner.plugin]).replay_workflow(await handle.fetch_history())


ASKS = parse(
    "do: [{ ask: { call: chatCompletion, with: "
    "{ connection: pager, model: m, stream: true, messages: [{ role: user, content: Hello }] } } }]"
)


async def test_a_text_is_heard_while_it_comes(temporal: WorkflowEnvironment, server: ScriptedServer) -> None:
    asks = compile_definition(ASKS).program
    assert asks is not None
    begun = sse(chunk({"content": "Half "}), end=b"")
    rest = sse(chunk({"content": "of it"}), chunk({}, "stop"))
    server.script = [
        Reply.of(begun + rest, headers=SSE),
        Reply.silence(CHUNKED + b"%x\r\n%b\r\n" % (len(begun), begun)),
    ]
    heard: list[LiveText] = []
    async with served(temporal, server) as runner:
        planned = plan_request(asks, "ask", Sample())
        outcome = await send_once(runner.client, runner.task_queue, planned, heard.append)
        assert outcome.executed is not None
        assert outcome.executed.is_workflow
        assert "".join(piece.text for piece in heard) == "Half of it" == outcome.downstream["text"]

        half = asyncio.Event()
        planned = plan_request(asks, "ask", Sample())
        sending = asyncio.create_task(
            send_once(
                runner.client, runner.task_queue, planned, lambda piece: half.set() if piece.text else None
            )
        )
        async with asyncio.timeout(20):
            await half.wait()
            sending.cancel()
            await server.client_left()
        with pytest.raises(asyncio.CancelledError):
            await sending
    handle = temporal.client.get_workflow_handle(planned.call.id)
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED


@workflow.defn(sandboxed=False, versioning_behavior=VersioningBehavior.PINNED)
class Own:
    @workflow.run
    async def run(self) -> None:
        """Do nothing."""


async def test_a_worker_with_versions_may_have_the_plugin(temporal: WorkflowEnvironment) -> None:
    client = await Client.connect(address_of(temporal), plugins=[HttpTaskPlugin()])
    versions = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion("tests", "1"), use_worker_versioning=True
    )
    worker = Worker(client, task_queue="versions", workflows=[Own], deployment_config=versions)
    settings: dict[str, Any] = {**worker.config()}
    assert Own in settings["workflows"]
