"""Parts of a `map` as those see them who watch a run: its tasks, its texts, and nothing that is secret."""

import asyncio
import dataclasses
import logging
from pathlib import Path

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from httptask.activities import storage
from httptask.dsl.canonical import sha256
from httptask.interpreter.fetch_status import SIMULATED_MEMO
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.plugin import fetch_status, folder_storage, live_texts
from httptask.runs.executions import describe, list_executions
from httptask.runs.history import read_run
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.chat_streams import chunk, sse
from support.cluster import parts_of
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.event_streams import SSE
from support.parts import UNDISTURBED, holding_one, let_parts_be_small
from support.runs import running

SECRET = "s3cret-value-0123456789"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    let_parts_be_small(monkeypatch)


async def test_a_part_is_shown_and_cancelled_with_its_run(temporal: WorkflowEnvironment) -> None:
    """It is no run of its own."""
    held = asyncio.Event()
    async with ScriptedServer(holding_one(held)) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            handle = await runner.start(UNDISTURBED, continue_as_new_after=30)
            await asyncio.wait_for(held.wait(), 60)
            status = await fetch_status(handle, client=runner.client)
            going_on = await read_run(runner.client, handle.id)
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as failed:
                await handle.result()
            record = await read_run(runner.client, handle.id)
            listed = [run async for run in list_executions(runner.client, "") if not run.is_part]
            [*_, part] = await parts_of(runner.client, handle)
            ended = await describe(runner.client, part.id)

    for tasks in (status.tasks, going_on.tasks):
        assert [task.state for task in tasks if task.id in ("each", "each/20/first")] == ["running"] * 2
    assert 21 <= status.spent.calls <= len(server.requests)
    assert isinstance(failed.value.cause, CancelledError)
    assert ended.state == "cancelled"
    assert part.id not in {run.id for run in listed}
    sent = {task.id: task.calls[0].request["body"]["n"] for task in record.tasks if task.name == "first"}
    assert {id_: n for id_, n in sent.items() if n < 20} == {f"each/{n}/first": n for n in range(20)}
    assert record.tasks[0].id == "each"
    assert len({task.id for task in record.tasks}) == len(record.tasks)


async def test_calls_of_a_part_are_simulated_as_those_of_its_run(temporal: WorkflowEnvironment) -> None:
    held = asyncio.Event()
    async with ScriptedServer(holding_one(held)) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            definition = parse(UNDISTURBED)
            handle = await runner.client.start_workflow(
                WORKFLOW_TYPE,
                RunInput(definition=definition, sha256=sha256(definition), continue_as_new_after=30),
                id=f"simulated-{runner.task_queue}",
                task_queue=runner.task_queue,
                memo={SIMULATED_MEMO: True},
            )
            await asyncio.wait_for(held.wait(), 60)
            status = await fetch_status(handle, client=runner.client)
            await handle.terminate()

    simulated = {task.id: task.simulated for task in status.tasks}
    assert (simulated["each/20/first"], simulated["each"]) == (True, False)


TELLS = """
do:
  - each:
      call: map
      with:
        in: '${ [range(36) | { n: ., text: ("x" * 900) }] }'
        concurrency: 2
        do:
          - ask:
              call: chatCompletion
              with: { model: m, stream: true, messages: [{ role: user, content: "${ $item.n | tostring }" }] }
          - keep: { set: { told: "${ .text }", text: '${ "y" * 400 }' } }
  - last: { set: { told: "${ [.[].told] }" } }
"""


def telling_a_secret(request: ServedRequest) -> Reply:
    texts = (f"{request.json()['messages'][0]['content']} is ", SECRET[:9], SECRET[9:], ".")
    return Reply.of(sse(*(chunk({"content": text}) for text in texts), chunk({}, "stop")), headers=SSE)


async def test_texts_of_parts_come_with_those_of_their_run(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer(telling_a_secret) as server:
        bearer = {"bearer": {"token": "$secrets.KEY"}}
        openai = {"openai": local_connection("openai", server.url, authentication=bearer)}
        async with running(temporal, connections=openai, secrets=secret_store({"KEY": SECRET})) as runner:
            handle = await runner.start(TELLS, continue_as_new_after=30, live=True)
            told: dict[str, str] = {}
            async with asyncio.timeout(100):
                async for piece in live_texts(runner.client, handle.id):
                    told[piece.name] = told.get(piece.name, "") + piece.text
            output = await handle.result()
            await runner.replay(handle)
            found = await parts_of(runner.client, handle)

    assert output == {"told": [f"{n} is [redacted:KEY]." for n in range(36)]}
    assert told == {f"each/{n}/ask": text for n, text in enumerate(output["told"])}
    assert len(found) > 1


ECHOES = """
use: { secrets: [KEY] }
do:
  - list: { call: httpRequest, with: { method: get, connection: shop, path: / } }
  - each:
      call: map
      with:
        in: ${ . }
        concurrency: 4
        do:
          - send:
              call: httpRequest
              with:
                method: post
                connection: shop
                path: /
                headers: { x-key: "${ $secrets.KEY }" }
                body: { item: "${ $item }", key: "${ $secrets.KEY }" }
output: { as: "${ { count: length, first: .[0] } }" }
"""


def echoing(request: ServedRequest) -> Reply:
    """Tells its credentials in each of many items, and in what becomes of them."""
    told = [request.headers["authorization"], request.headers.get("x-key"), request.body.decode()[-60:]]
    if request.method == "GET":
        return Reply.json([[*told, f"{n} " + "x" * 650] for n in range(24)])
    return Reply.json([*told, "y" * 900])


@pytest.mark.parametrize("stored", [False, True], ids=["in Temporal", "in a folder"])
async def test_secrets_in_items_are_nowhere(
    temporal: WorkflowEnvironment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    stored: bool,
) -> None:
    monkeypatch.setattr(storage, "MAX_STORED_BYTES", 20_000)
    folder = dataclasses.replace(folder_storage(tmp_path), payload_size_threshold=5_000)
    async with ScriptedServer(echoing) as server:
        connection = local_connection(
            "shop", server.url, authentication={"bearer": {"token": "$secrets.KEY"}}
        )
        async with running(
            temporal,
            connections={"shop": connection},
            secrets=secret_store({"KEY": SECRET}),
            storage=folder if stored else None,
        ) as runner:
            with caplog.at_level(logging.DEBUG):
                outcome = await runner.run(ECHOES, continue_as_new_after=30)
            found = await parts_of(runner.client, outcome.handle)
            seen = [caplog.text, (await read_run(runner.client, outcome.handle.id)).model_dump_json()]
            for run in (outcome.handle, *found):
                seen += [(await run.fetch_history()).to_json(), str((await run.describe()).raw_description)]

    assert found
    assert outcome.output["count"] == 24
    assert outcome.output["first"][:2] == ["Bearer [redacted:KEY]", "[redacted:KEY]"]
    files = texts_in(tmp_path)
    assert bool(files) == stored
    assert not any(SECRET[at : at + 8] in text for text in (*seen, *files) for at in range(len(SECRET) - 7))


def texts_in(folder: Path) -> list[str]:
    return [file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file()]
