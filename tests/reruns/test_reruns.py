"""Runs that go on from outputs of earlier ones, on a real server, with every request counted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from httptask.reruns import NotRerunnable, Rerun, plan_rerun, read_earlier
from httptask.runs.history import read_run
from httptask.runs.records import id_of_rerun, reruns_of
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import has_event
from support.connections import local_connection
from support.definitions import parse
from support.runs import Outcome, Runner, running


def call(name: str, path: str, **also: Any) -> dict[str, Any]:
    with_ = {"method": "get", "connection": "shop", "path": path, "query": {"was": '${ .path // "none" }'}}
    return {name: {"call": "httpRequest", "with": with_, **also}}


def definition(*tasks: dict[str, Any], **also: Any) -> dict[str, Any]:
    return parse("do: []") | {"do": list(tasks)} | also


FIVE = [call("a", "/a"), call("b", "/b"), call("c", "/c"), call("d", "/d")]


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async def answer(request: ServedRequest) -> Reply:
        path = request.target.partition("?")[0]
        return Reply.json({"path": path}, status=404 if path.startswith("/bad") else 200)

    async with ScriptedServer(answer) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, server: ScriptedServer) -> AsyncIterator[Runner]:
    connections = {"shop": local_connection("shop", server.url)}
    async with running(
        temporal, connections=connections, allow_private=["loopback"], worker={"max_cached_workflows": 0}
    ) as found:
        yield found


def paths(server: ScriptedServer) -> list[str]:
    """What has been asked for since this was asked before."""
    found = [request.target for request in server.requests]
    server.requests.clear()
    return found


async def planned(runner: Runner, run: str, changed: dict[str, Any], task: str | None = None) -> Rerun:
    program = compile_definition(changed).program
    assert program is not None
    return plan_rerun(await read_earlier(runner.client, run), changed, program, task)


async def rerun(
    runner: Runner, run: str, changed: dict[str, Any], task: str | None = None
) -> tuple[Rerun, Outcome]:
    found = await planned(runner, run, changed, task)
    id_ = id_of_rerun(run, str(len(run)))
    return found, await runner.outcome(await found.start(runner.client, id_, runner.task_queue))


async def test_the_last_of_five_tasks_is_fixed(runner: Runner, server: ScriptedServer) -> None:
    failed = await runner.run(definition(*FIVE, call("post", "/bad")), {"path": "/in"})
    assert failed.problem["status"] == 404
    assert len(paths(server)) == 5

    fixed = definition(*FIVE, call("post", "/still/bad", then="end"))
    plan, again = await rerun(runner, failed.handle.id, fixed)
    assert (plan.report.task, [each.task for each in plan.report.reused]) == ("post", ["a", "b", "c", "d"])
    assert (plan.report.calls, plan.report.misfits) == (4, [])
    assert again.output == {"path": "/still/bad"}
    assert paths(server) == ["/still/bad?was=%2Fd"]

    record = await read_run(runner.client, again.handle.id)
    assert record.rerun_of is not None
    assert (record.rerun_of.run, record.rerun_of.reused) == (failed.handle.id, ["a", "b", "c", "d"])
    assert (record.input, [task.id for task in record.tasks]) == ({"path": "/in"}, ["post"])
    async with asyncio.timeout(20):  # Temporal's lists are behind for some moments
        while await reruns_of(runner.client, failed.handle.id) != [again.handle.id]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def nested(path: str) -> dict[str, Any]:
    """A call inside a `try`, which reads the output before it, one of the list around, and `$context`."""
    query = {"was": "${ .path }", "a": "${ $tasks.a.path }", "seen": "${ $context.seen }"}
    post = {
        "call": "httpRequest",
        "with": {"method": "get", "connection": "shop", "path": path, "query": query},
    }
    caught = {"errors": {"with": {"status": 500}}, "do": [{"other": {"set": {"x": 1}}}]}
    return definition(
        call("a", "/a", export={"as": "${ { seen: .path } }"}),
        {"block": {"try": [call("b", "/b"), {"post": post}], "catch": caught}},
        call("last", "/last"),
    )


async def test_a_rerun_fails_and_is_gone_on_from_itself(runner: Runner, server: ScriptedServer) -> None:
    failed = await runner.run(nested("/bad"))
    assert len(paths(server)) == 3
    _, second = await rerun(runner, failed.handle.id, nested("/bad/again"))
    assert second.problem["instance"] == "/do/1/block/try/1/post"
    assert paths(server) == ["/bad/again?was=%2Fb&a=%2Fa&seen=%2Fa"]

    plan, third = await rerun(runner, second.handle.id, nested("/good"))
    assert [each.task for each in plan.report.reused] == ["a", "b"]
    assert plan.report.calls == 2
    assert third.output == {"path": "/last"}
    assert paths(server) == ["/good?was=%2Fb&a=%2Fa&seen=%2Fa", "/last?was=%2Fgood"]


async def test_a_document_that_was_loaded_is_not_loaded_again(
    runner: Runner, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = {"/ask/{id}": {"get": {"operationId": "ask", "parameters": [{"name": "id", "in": "path"}]}}}

    def answer(request: ServedRequest) -> Reply:
        if request.target == "/api.json":
            return Reply.json({"openapi": "3.1.0", "paths": operations})
        return Reply.json({}, status=404 if "bad" in request.target else 200)

    def ask(id_: str, operation: str = "ask") -> dict[str, Any]:
        with_ = {"document": {"endpoint": f"{server.url}/api.json"}, "operationId": operation}
        task = {"call": "openapi", "with": {**with_, "parameters": {"id": id_}}}
        return definition({"first": task}, {"second": task})

    monkeypatch.setattr(server, "script", answer)
    failed = await runner.run(ask("bad"))
    assert paths(server) == ["/api.json", "/ask/bad"]
    _, second = await rerun(runner, failed.handle.id, ask("bad/again"))
    assert paths(server) == ["/ask/bad%2Fagain"]
    _, third = await rerun(runner, second.handle.id, ask("good"))
    assert third.output == {}
    assert paths(server) == ["/ask/good", "/api.json", "/ask/good"]

    _, other = await rerun(runner, second.handle.id, ask("good", "aks"))
    assert "did you mean `ask`" in other.problem["detail"]
    assert paths(server) == ["/api.json"]


async def test_outputs_that_are_more_than_temporal_carries(runner: Runner) -> None:
    big = {"big": {"set": {"text": '${ "x" * 2200000 }'}}}
    read = {"input": {"from": "${ $tasks.big.text | length }"}}
    error = {"type": "https://x.example/no", "status": 400, "title": "No"}
    failed = definition(big, {"post": {"raise": {"error": error}, **read}})
    run = (await runner.run(failed)).handle.id
    plan = await planned(runner, run, failed)
    with pytest.raises(NotRerunnable, match="more than Temporal carries"):
        await plan.start(runner.client, id_of_rerun(run, "1"), runner.task_queue)


async def test_a_run_that_goes_on_is_not_gone_on_from(runner: Runner) -> None:
    handle = await runner.start(definition({"nap": {"wait": {"minutes": 10}}}))
    with pytest.raises(NotRerunnable, match="two runs would do the same work"):
        await read_earlier(runner.client, handle.id)
    await has_event(handle, "timer_started")
    await handle.terminate()
    earlier = await read_earlier(runner.client, handle.id)
    assert earlier.stopped_at is not None
    assert earlier.stopped_at.node.name == "nap"
