"""Data that Temporal or a server would choke on: the right result or a typed error, soon, and no call too many."""

import asyncio
import gzip
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from httptask.activities import storage
from httptask.interpreter import services
from httptask.scheduling import payloads
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.runs import Outcome, Runner, running

SECONDS = 20
FETCHES = "do: [{ fetch: { call: httpRequest, with: { method: get, connection: files, path: /f } } }]"


async def run_bounded(
    temporal: WorkflowEnvironment, server: ScriptedServer, definition: str, data: Any = None, **options: Any
) -> Outcome:
    """Run and replay; the run has to end by itself, soon."""
    files = {"files": local_connection("files", server.url), "openai": local_connection("openai", server.url)}
    async with running(temporal, connections=files) as runner:
        async with asyncio.timeout(SECONDS):
            outcome = await runner.run(definition, data, **options)
        await assert_ended_by_itself(runner, outcome)
    return outcome


async def assert_ended_by_itself(runner: Runner, outcome: Outcome) -> None:
    described = await runner.client.get_workflow_handle(outcome.handle.id).describe()
    expected = WorkflowExecutionStatus.FAILED if outcome.problem else WorkflowExecutionStatus.COMPLETED
    assert described.status == expected


FIVE_MEGABYTES = Reply.of(b"x" * 5_000_000, headers={"Content-Type": "text/plain"})
GZIP_BOMB = Reply.of(
    gzip.compress(bytes(50 << 20), compresslevel=1),
    headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"},
)


@pytest.mark.parametrize("reply", [FIVE_MEGABYTES, GZIP_BOMB], ids=["5 MB", "gzip bomb"])
async def test_answer_that_is_too_large(temporal: WorkflowEnvironment, reply: Reply) -> None:
    async with ScriptedServer([reply]) as server:
        outcome = await run_bounded(temporal, server, FETCHES)

    assert outcome.problem["error"] == "ResponseTooLarge"
    assert outcome.problem["instance"] == "/do/0/fetch"
    assert len(server.requests) == 1


TOO_LARGE_FOR_TEMPORAL = {
    "HTTP request": """
        do: [{ send: { call: httpRequest, with: { method: post, connection: files, path: /, body: "${ .text * 3 }" } } }]
        """,
    "chat request": """
        do: [{ ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: "${ .text * 3 }" }] } } }]
        """,
    "workflow output": """
        do: [{ grow: { set: { text: "${ .text * 3 }" } } }]
        """,
    "raised error": """
        do: [{ stop: { raise: { error: { type: "https://e.example", status: 500, title: T, detail: "${ .text * 3 }" } } } }]
        """,
    "value quoted by an error": """
        do: [{ nap: { wait: "${ .text * 3 }" } }]
        """,
}


@pytest.mark.parametrize("definition", TOO_LARGE_FOR_TEMPORAL.values(), ids=TOO_LARGE_FOR_TEMPORAL)
async def test_data_too_large_for_temporal_is_an_error_and_sends_nothing(
    temporal: WorkflowEnvironment, definition: str
) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        outcome = await run_bounded(temporal, server, definition, {"text": "x" * 1_000_000})

    assert outcome.problem
    assert outcome.problem.get("error") in ("PayloadTooLarge", None)
    assert server.requests == []


KEEPS = """
do:
  - loop:
      for: { each: n, in: "${ [range(8)] }" }
      do:
        - fetch: { call: httpRequest, with: { method: get, connection: files, path: /f } }
        - keep: { set: { kept: "${ ($context.kept // []) + [$workflow.input.text] }" }, export: { as: "${ . }" } }
  - last: { set: { kept: "${ $context.kept | length }" } }
"""


@pytest.fixture
def small_payloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Temporal carries is little: large values would only take time."""
    for module in (payloads, storage):
        monkeypatch.setattr(module, "MAX_INLINE_BYTES", 20_000)


@pytest.mark.usefixtures("small_payloads")
async def test_a_run_whose_state_is_too_large_for_another_goes_on(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        outcome = await run_bounded(temporal, server, KEEPS, {"text": "x" * 5_000}, continue_as_new_after=20)

    assert outcome.output == {"kept": 8}
    assert len(server.requests) == 8


@pytest.mark.usefixtures("small_payloads")
async def test_a_state_too_large_to_continue_with_at_the_end_of_a_history(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LONGEST_HISTORY", 30)
    async with ScriptedServer([Reply.of()]) as server:
        outcome = await run_bounded(temporal, server, KEEPS, {"text": "x" * 5_000}, continue_as_new_after=20)

    assert outcome.problem["error"] == "PayloadTooLarge"
    assert "the state of the run" in outcome.problem["detail"]
    assert outcome.problem["detail"].endswith("of them are `$context`")


MANY = """
do:
  - all:
      call: map
      with:
        in: ${ [range(.count)] }
        each: n
        concurrency: 100
        do:
          - send:
              call: httpRequest
              with: { method: post, connection: files, path: /, body: { n: "${ $n }", text: "${ $workflow.input.text }" } }
              output: { as: "${ .n }" }
"""


async def test_many_large_requests_at_once(temporal: WorkflowEnvironment) -> None:
    count, size = 100, 60_000

    def echo_number(request: ServedRequest) -> Reply:
        return Reply.json({"n": request.json()["n"]})

    async with ScriptedServer(echo_number) as server:
        outcome = await run_bounded(temporal, server, MANY, {"count": count, "text": "x" * size})

    assert outcome.output == list(range(count))
    assert sorted(request.json()["n"] for request in server.requests) == list(range(count))
