"""Texts of streamed answers, published while they come: asked for, and only then."""

import asyncio
import uuid
from typing import Any

import pytest
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.contrib.workflow_streams import WorkflowStreamClient
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from httptask.plugin import LiveText, live_texts
from httptask.testing import Reply, ScriptedServer
from httptask.workflows import live_text
from support.chat_streams import chunk, sse
from support.cluster import events_of, has_event, run_ids
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.event_streams import CHUNKED, SSE
from support.python_workflows import TellsLive, TellsNobody
from support.runs import Runner, running

SECRET = "s3cret-value-0123456789"


def asks(*names: str, **fields: str) -> str:
    others = "".join(f", {name}: {value}" for name, value in fields.items())
    call = f"call: chatCompletion, with: {{ model: m, stream: true, messages: [{{ role: user, content: Hello }}]{others} }}"
    return "do: [" + ", ".join(f"{{ {name}: {{ {call} }} }}" for name in names) + "]"


def said(*texts: str, pause: float | None = None) -> Reply:
    body = sse(*(chunk({"content": text}) for text in texts), chunk({}, "stop"))
    return Reply.of(body, headers=SSE, pause=pause)


def begun(*texts: str) -> Reply:
    events = sse(*(chunk({"content": text}) for text in texts), end=b"")
    return Reply.silence(CHUNKED + b"%x\r\n%b\r\n" % (len(events), events))


def running_to(temporal: WorkflowEnvironment, server: ScriptedServer, **options: Any) -> Any:
    bearer = {"bearer": {"token": "$secrets.KEY"}}
    openai = local_connection("openai", server.url, authentication=bearer)
    return running(temporal, connections={"openai": openai}, secrets=secret_store({"KEY": SECRET}), **options)


async def told(runner: Runner, handle: WorkflowHandle[Any, Any]) -> list[LiveText]:
    async with asyncio.timeout(20):
        return [piece async for piece in live_texts(runner.client, handle.id)]


def joined(pieces: list[LiveText]) -> str:
    return "".join(("|" if piece.begins else "") + piece.text for piece in pieces)


async def test_seen_before_the_end_and_void_at_a_retry(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([begun("Half ", "an "), said("Hel", "lo")]) as server,
        running_to(temporal, server) as runner,
    ):
        handle = await runner.start(asks("ask"), live=True)
        pieces: list[LiveText] = []
        async with asyncio.timeout(20):
            async for piece in live_texts(runner.client, handle.id):
                pieces.append(piece)
                if joined(pieces) == "|Half an ":
                    described = await handle.describe()
                    assert described.status == WorkflowExecutionStatus.RUNNING
                    assert [call.activity_id for call in described.raw_description.pending_activities] == [
                        "ask"
                    ]
                    server.drop_connections()
        assert (await handle.result())["text"] == "Hello"
        await runner.replay(handle)
    assert joined(pieces) == "|Half an |Hello"
    [first, *_, last] = pieces
    assert (first.name, first.attempt, last.name, last.attempt) == ("ask", 1, "ask", 2)
    assert [piece for piece in pieces if piece.begins and piece.attempt == 2] == [
        LiveText(name="ask", attempt=2, begins=True)
    ]


async def test_pieces_come_in_batches_without_secrets(temporal: WorkflowEnvironment) -> None:
    reply = said("The lamp ", *SECRET, " turned", ".", pause=0.0003)
    async with ScriptedServer([reply]) as server, running_to(temporal, server) as runner:
        handle = await runner.start(asks("ask"), live=True)
        pieces = await told(runner, handle)
        text = (await handle.result())["text"]
        signals = await events_of(handle, "workflow_execution_signaled")
        history = (await handle.fetch_history()).to_json()
        await runner.replay(handle)
    assert joined(pieces) == "|The lamp [redacted:KEY] turned." == f"|{text}"
    assert len(pieces) > 1
    assert len(signals) == len(pieces)
    assert not any(SECRET[:end] in history for end in range(8, len(SECRET)))


@pytest.mark.parametrize(("streams", "asked_for"), [(True, False), (False, True)])
async def test_nothing_is_published_unless_asked_for_and_streamed(
    temporal: WorkflowEnvironment, streams: bool, asked_for: bool
) -> None:
    reply = said("Hello") if streams else Reply.chat("Hello")
    text = asks("ask") if streams else asks("ask").replace("stream: true", "stream: false")
    async with ScriptedServer([reply]) as server, running_to(temporal, server) as runner:
        outcome = await runner.run(text, live=asked_for)
        assert outcome.output["text"] == "Hello"
        assert await events_of(outcome.handle, "workflow_execution_signaled") == []
        if asked_for:
            assert await told(runner, outcome.handle) == []
        else:
            with pytest.raises(WorkflowQueryFailedError):  # it has no stream
                await told(runner, outcome.handle)


async def test_served_definition_publishes_by_its_memo(temporal: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer([said("Hello")]) as server,
        running_to(temporal, server, definitions=[parse(asks("ask"))]) as runner,
    ):
        for memo, expected in (({"live": True}, "|Hello"), ({}, None)):
            handle = await runner.client.start_workflow(
                "test", id=f"live-{uuid.uuid4().hex[:8]}", task_queue=runner.task_queue, memo=memo
            )
            if expected is None:
                with pytest.raises((WorkflowUpdateFailedError, WorkflowQueryFailedError)):
                    await told(runner, handle)
                await handle.result()
            else:
                assert joined(await told(runner, handle)) == expected
            await runner.replay(handle)


@pytest.mark.parametrize("worker", [{}, {"max_cached_workflows": 0}], ids=["cached", "uncached"])
async def test_runs_that_continue_as_new_are_followed(
    temporal: WorkflowEnvironment, worker: dict[str, int]
) -> None:
    replies = [said("One"), said("Two"), said("Three")]
    async with ScriptedServer(replies) as server, running_to(temporal, server, worker=worker) as runner:
        handle = await runner.start(asks("a", "b", "c"), live=True, continue_as_new_after=12)
        pieces = await told(runner, handle)
        await handle.result()
        assert len([run async for run in run_ids(runner.client, handle)]) > 1
        assert joined(await told(runner, handle)) == "|One|Two|Three"  # by one that comes when all is over
        await runner.replay(handle)
    assert [(piece.name, piece.text) for piece in pieces] == [("a", "One"), ("b", "Two"), ("c", "Three")]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("wait: { milliseconds: 300 }", WorkflowExecutionStatus.COMPLETED),
        (
            "raise: { error: { type: https://example.com/e, status: 400, title: No } }",
            WorkflowExecutionStatus.FAILED,
        ),
        ("wait: { minutes: 5 }", WorkflowExecutionStatus.CANCELED),
    ],
)
async def test_who_waits_for_more_is_let_go_at_the_end(
    temporal: WorkflowEnvironment, end: str, status: WorkflowExecutionStatus
) -> None:
    async with ScriptedServer([]) as server, running_to(temporal, server) as runner:
        handle = await runner.start(
            f"do: [{{ before: {{ wait: {{ milliseconds: 300 }} }} }}, {{ last: {{ {end} }} }}]", live=True
        )
        watching = asyncio.create_task(told(runner, handle))
        await has_event(handle, "workflow_execution_update_accepted")
        if status == WorkflowExecutionStatus.CANCELED:
            await handle.cancel()
        assert await watching == []
        assert (await handle.describe()).status == status
        assert len(await events_of(handle, "workflow_execution_update_completed")) == 1
        await runner.replay(handle)


async def test_what_is_kept_is_bounded(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_text, "_KEPT", 200)
    replies = [said("One"), said("Two" * 10), said("Three")]
    async with ScriptedServer(replies) as server, running_to(temporal, server) as runner:
        outcome = await runner.run(asks("a", "b", "c"), live=True)
        kept = await told(runner, outcome.handle)
        assert [piece.text for piece in kept] == ["Three"]
        assert await WorkflowStreamClient.create(runner.client, outcome.handle.id).get_offset() == 3


async def test_question_that_is_asked_again_begins_anew(temporal: WorkflowEnvironment) -> None:
    wanted = "{ type: json_schema, json_schema: { name: a, schema: { type: object, required: [n] } } }"
    text = asks("ask", response_format=wanted, reask="1")
    async with (
        ScriptedServer([said("{", "}"), said('{"n": 1}')]) as server,
        running_to(temporal, server) as runner,
    ):
        outcome = await runner.run(text, live=True)
        pieces = await told(runner, outcome.handle)
    assert joined(pieces) == '|{}|{"n": 1}'
    assert {piece.name for piece in pieces} == {"ask"}


@pytest.mark.parametrize("wrong", ["refuses", "hangs"])
async def test_failing_to_publish_fails_no_call(
    temporal: WorkflowEnvironment,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def flush(_self: WorkflowStreamClient) -> None:
        if wrong == "hangs":
            await asyncio.Event().wait()
        raise RuntimeError

    monkeypatch.setattr(WorkflowStreamClient, "flush", flush)
    reply = said("The lamp ", "turned.", pause=0.002)
    async with ScriptedServer([reply]) as server, running_to(temporal, server) as runner:
        async with asyncio.timeout(10):
            outcome = await runner.run(asks("ask"), live=True)
    assert (outcome.output["text"], len(server.requests)) == ("The lamp turned.", 1)
    assert caplog.text.count("live.unpublished") == 1


async def test_workflows_in_python(temporal: WorkflowEnvironment) -> None:
    worker = {"workflows": [TellsLive, TellsNobody]}
    async with (
        ScriptedServer([begun("Half"), said("Hel", "lo")]) as server,
        running_to(temporal, server, worker=worker) as runner,
    ):
        handle = await runner.client.start_workflow(
            TellsLive.run, id=f"live-{uuid.uuid4().hex[:8]}", task_queue=runner.task_queue
        )
        pieces: list[LiveText] = []
        async with asyncio.timeout(20):
            async for piece in live_texts(runner.client, handle.id):
                pieces.append(piece)
                if piece.text == "Half":
                    server.drop_connections()
        assert (await handle.result(), joined(pieces)) == ("Hello", "|Half|Hello")
        assert {(piece.name, piece.attempt) for piece in pieces} == {("reply", 1), ("reply", 2)}

        silent = await runner.client.start_workflow(
            TellsNobody.run, id=f"live-{uuid.uuid4().hex[:8]}", task_queue=runner.task_queue
        )
        assert "`live` needs a stream to publish on" in await silent.result()
        replayer = Replayer(workflows=[TellsLive, TellsNobody], plugins=[runner.plugin])
        for one in (handle, silent):
            await replayer.replay_workflow(await one.fetch_history())
