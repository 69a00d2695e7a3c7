"""A test request is what a run sends, once, and shows what the next task would see."""

import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.exceptions import ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeoutError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from httptask.activities.connection_profile import ConnectionProfile
from httptask.activities.names import HTTP_REQUEST
from httptask.calls.problem import TaskFault, problem_of_failure
from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import NotTestable, Sample, plan_request, send_once
from support.connections import local_connection, secret_store
from support.definitions import LABELS, parse
from support.runs import Runner, running

DEFINITION = """
use: { secrets: [TOKEN] }
do:
  - label: { set: { priority: urgent } }
  - each:
      call: map
      with:
        in: ${ $workflow.input.tickets }
        each: ticket
        do:
          - tell:
              call: httpRequest
              with:
                method: post
                connection: pager
                path: /incidents/${ $ticket.id }
                query: { tag: ["${ $tasks.label.priority }", b] }
                headers: { X-Token: "t ${ $secrets.TOKEN }" }
                body: { title: "${ $ticket.title }" }
              output: { as: .incident.id }
"""
TICKET = {"id": "a/b", "title": "Down"}
SAMPLE = Sample(
    input={"tickets": [TICKET]}, outputs={"label": {"priority": "urgent"}}, variables={"ticket": TICKET}
)


def program() -> Program:
    compiled = compile_definition(parse(DEFINITION))
    assert compiled.program is not None, compiled.faults
    return compiled.program


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([Reply.json({"incident": {"id": "INC-1"}})]) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    connections = {"pager": local_connection("pager", server.url)}
    async with running(
        temporal, connections=connections, secrets=secret_store({"TOKEN": "tok-123456"})
    ) as found:
        yield found


async def test_it_sends_what_a_run_sends(runner: Runner, server: ScriptedServer) -> None:
    outcome = await runner.run(DEFINITION, SAMPLE.input)
    tested = await send_once(runner.client, runner.task_queue, plan_request(program(), "tell", SAMPLE))

    run, test = server.requests
    own_key = "idempotency-key"
    assert run.headers.pop(own_key) != test.headers.pop(own_key)
    assert (run.method, run.target, run.headers, run.body) == (
        test.method,
        test.target,
        test.headers,
        test.body,
    )
    assert run.target == "/incidents/a%2Fb?tag=urgent&tag=b"
    assert outcome.output == [tested.downstream] == ["INC-1"]


async def test_one_attempt_and_what_a_run_would_do(runner: Runner, server: ScriptedServer) -> None:
    server.script = [Reply.json({"error": "busy"}, status=429, headers={"Retry-After": "7"})]

    tested = await send_once(
        runner.client, runner.task_queue, plan_request(program(), "/do/1/each/with/do/0/tell", SAMPLE)
    )

    assert len(server.requests) == 1
    assert tested.problem is not None
    assert (tested.problem.status, tested.problem.error) == (429, "RateLimited")
    assert (tested.would_retry, tested.retry_after) == (True, 7)


async def test_a_connection_that_allows_one_attempt_would_not_try_again(
    runner: Runner, server: ScriptedServer
) -> None:
    server.script = [Reply.json({"error": "busy"}, status=503)]
    profiles = {"pager": ConnectionProfile(retry=Retry(attempts=1))}

    planned = plan_request(program(), "tell", SAMPLE, profiles)
    tested = await send_once(runner.client, runner.task_queue, planned)

    assert tested.problem is not None
    assert not tested.would_retry


async def test_a_worker_that_is_busy_for_a_while_is_waited_for(
    runner: Runner, temporal: WorkflowEnvironment
) -> None:
    @activity.defn(name=HTTP_REQUEST)
    async def loads(_: Any) -> None:
        time.sleep(2.2)  # noqa: ASYNC251 what it stands for blocks as well: loading what a first call needs
        raise ApplicationError("404 from pager", type="HttpStatusError", non_retryable=True)

    async with Worker(temporal.client, task_queue="busy", activities=[loads]):
        tested = await send_once(runner.client, "busy", plan_request(program(), "tell", SAMPLE))

    assert tested.problem is not None
    assert tested.problem.error == "HttpStatusError"


def test_a_worker_that_fell_silent_is_told() -> None:
    silence = ActivityTimeoutError("", type=TimeoutType.HEARTBEAT, last_heartbeat_details=[])
    problem = problem_of_failure(silence)
    assert problem.detail == "nothing was heard of its worker, which died or was too busy"


HURRIED = """
do:
  - around:
      do:
        - get: { call: httpRequest, with: { method: get, connection: pager, path: / } }
      timeout: { after: AFTER }
"""


@pytest.mark.parametrize(
    ("reply", "after"),
    [
        pytest.param(Reply.silence(), "PT1S", id="no answer"),
        pytest.param(Reply.status(429, retry_after=60), "PT20S", id="a wait"),
    ],
)
async def test_a_timeout_around_the_call_holds_as_in_a_run(
    runner: Runner, server: ScriptedServer, reply: Reply, after: str
) -> None:
    definition = HURRIED.replace("AFTER", after)
    compiled = compile_definition(parse(definition))
    assert compiled.program is not None, compiled.faults
    server.script = [reply]
    outcome = await runner.run(definition)

    tested = await send_once(
        runner.client, runner.task_queue, plan_request(compiled.program, "get", Sample())
    )

    assert tested.problem is not None
    told = tested.problem.to_json()
    assert [told[name] for name in ("status", "title", "detail", "instance")] == [
        outcome.problem[name] for name in ("status", "title", "detail", "instance")
    ]
    assert not tested.would_retry


LARGE = """
do: [{ tell: { call: httpRequest, with: { method: post, connection: pager, path: /, body: "${ .a * 2000000 }" } } }]
"""


async def test_a_request_that_is_too_large_is_refused_as_by_a_run(
    runner: Runner, server: ScriptedServer
) -> None:
    compiled = compile_definition(parse(LARGE))
    assert compiled.program is not None
    outcome = await runner.run(LARGE, {"a": "x"})

    planned = plan_request(compiled.program, "tell", Sample({"a": "x"}))
    tested = await send_once(runner.client, runner.task_queue, planned)

    assert server.requests == []
    assert tested.problem is not None
    told, of_run = tested.problem.to_json(), outcome.problem
    assert (told["title"], told["instance"]) == (of_run["title"], of_run["instance"])
    # Not of the same size: an Idempotency-Key of a run is longer.
    assert told["detail"].partition(" bytes")[2] == of_run["detail"].partition(" bytes")[2] != ""


MISSING: dict[str, tuple[str, Sample, str]] = {
    "a name that is not there": ("tel", SAMPLE, "did you mean tell?"),
    "a task that makes no call": (
        "label",
        SAMPLE,
        "label makes no request, so there is nothing to test; tasks that make one: ",
    ),
    "an output that the request reads": (
        "tell",
        Sample(variables={"ticket": TICKET}),
        "--outputs '{\"label\": …}'",
    ),
    "a loop variable": ("tell", Sample(outputs=SAMPLE.outputs), "--variables '{\"ticket\": …}'"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_named(name: str) -> None:
    task, sample, message = MISSING[name]

    with pytest.raises(NotTestable) as raised:
        plan_request(program(), task, sample)

    assert message in str(raised.value)


def test_tasks_of_one_name_are_told_by_their_places() -> None:
    ask = "{ ask: { call: http, with: { method: get, endpoint: https://example.com } } }"
    compiled = compile_definition(parse(f"do: [{{ a: {{ do: [{ask}] }} }}, {{ b: {{ do: [{ask}] }} }}]"))
    assert compiled.program is not None
    with pytest.raises(NotTestable, match=r"that make one: /do/0/a/do/0/ask, /do/1/b/do/0/ask$"):
        plan_request(compiled.program, "a", Sample(None))


def test_the_request_holds_no_secret() -> None:
    planned = plan_request(program(), "tell", SAMPLE)

    found: Any = planned.request.model_dump()
    assert found["headers"] == {"X-Token": "t "}
    assert found["secrets"] == ({"pointer": "/headers/X-Token", "offset": 2, "name": "TOKEN", "field": None},)


SHAPED = """
input: { from: .customer, schema: { document: { type: object, required: [customer] } } }
do:
  - tell:
      call: httpRequest
      with:
        method: post
        connection: pager
        path: /tell
        body: { dot: "${ . }", context: "${ $context }", call: "${ $task.definition.call }" }
      output: { as: .incident, schema: { document: { type: object, required: [id] } } }
"""


async def test_the_workflows_input_and_the_schemas_count(runner: Runner, server: ScriptedServer) -> None:
    data = {"customer": {"name": "Ann"}}
    compiled = compile_definition(parse(SHAPED))
    assert compiled.program is not None, compiled.faults
    await runner.run(SHAPED, data)

    planned = plan_request(compiled.program, "tell", Sample(input=data))
    tested = await send_once(runner.client, runner.task_queue, planned)

    assert server.requests[0].json() == server.requests[1].json()
    assert server.requests[0].json() == {
        "dot": data["customer"],
        "context": data["customer"],
        "call": "httpRequest",
    }
    assert tested.downstream == {"id": "INC-1"}
    with pytest.raises(TaskFault, match="Not valid"):
        plan_request(compiled.program, "tell", Sample(input={}))
    server.script = [Reply.json({"incident": {}})]
    tested = await send_once(runner.client, runner.task_queue, planned)
    assert tested.problem is not None
    assert tested.problem.title == "Not valid"
    assert tested.result is not None
    assert tested.result.status == 200


@pytest.mark.parametrize(("finish_reason", "times"), [("stop", 2), ("length", 0)])
async def test_a_run_would_ask_again(temporal: WorkflowEnvironment, finish_reason: str, times: int) -> None:
    compiled = compile_definition(parse(LABELS))
    assert compiled.program is not None, compiled.faults
    choice = {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", "content": "{}"},
    }
    async with ScriptedServer([Reply.json({"id": "c", "choices": [choice]})]) as server:
        connections = {"openai": local_connection("openai", server.url)}
        async with running(temporal, connections=connections) as runner:
            planned = plan_request(compiled.program, "ask", Sample())
            tested = await send_once(runner.client, runner.task_queue, planned)

    assert len(server.requests) == 1
    assert tested.problem is not None
    assert tested.problem.error == ("OutputInvalid" if times else "AnswerTruncated")
    assert (tested.would_retry, tested.would_ask_again) == (False, times)


LITERAL_PATH = (
    "do: [{ get: { call: httpRequest, with: { method: get, connection: pager, path: '${ . }' } } }]"
)


@pytest.mark.parametrize("character", ["x", "ä", "漢", "𝄞", '"', "\u200b"])
async def test_a_long_path_in_any_script_is_summarised_within_temporals_400_bytes(
    runner: Runner, server: ScriptedServer, character: str
) -> None:
    compiled = compile_definition(parse(LITERAL_PATH))
    assert compiled.program is not None
    planned = plan_request(compiled.program, "get", Sample(input=f"/{character * 300}"))
    tested = await send_once(runner.client, runner.task_queue, planned)
    assert tested.problem is None
    [request] = server.requests
    assert request.target == f"/{quote(character) * 300}"
