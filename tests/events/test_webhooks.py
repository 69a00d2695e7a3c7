"""Webhooks of a worker, on a real server: events come to the runs that wait for them, once."""

import asyncio
import hashlib
import hmac
import json
import logging
import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from httptask.cli.observability.listening import listening_at
from httptask.config.sections import Webhook
from httptask.events.delivery import waiting_runs
from httptask.events.webhooks import Webhooks
from httptask.interpreter.inbox import EVENT_SIGNAL
from httptask.interpreter.listens import LISTENS_MEMO
from httptask.secrets.store import SecretSource, SecretStore
from support.runs import Runner, listening, running

SECRETS = SecretStore(
    {name: SecretSource(name=name, environment=name) for name in ("SIGNED", "TOKEN")},
    {"SIGNED": "canary-signed", "TOKEN": "canary-token"},
)
HOOKS: Mapping[str, Webhook] = {
    "signed": Webhook(path="/signed", signature="$secrets.SIGNED", max_bytes=2_000),
    "approval": Webhook(
        path="/approval",
        bearer="$secrets.TOKEN",
        link=True,
        type="approval.${ .query.decision }",
        id="${ .query.run }-${ .query.decision }",
        run="${ .query.run }",
        data="${ {decision: .query.decision} }",
    ),
    "open": Webhook(path="/open"),
}
LISTENS = """
do:
  - wait:
      listen: { to: { one: { with: { type: order.paid }, correlate: { order: { from: .subject, expect: "${ .order }" } } } } }
"""
APPROVAL = "do: [{ ask: { listen: { to: { one: { with: { type: approval.* } } } } } }]"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def url(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    sockets = listening_at("127.0.0.1:0", "webhooks")
    async with Webhooks(HOOKS, SECRETS).served(temporal.client, sockets):
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"


def paid(id_: str, order: str) -> bytes:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "/shop",
            "type": "order.paid",
            "subject": order,
            "data": order,
        }
    ).encode()


def signed(body: bytes) -> dict[str, str]:
    digest = hmac.new(b"canary-signed", body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/cloudevents+json", "X-Hub-Signature-256": f"sha256={digest}"}


async def post(url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status, answer.headers.get("Retry-After")


async def test_runs_are_looked_for_among_those_alone_that_have_waited(
    runner: Runner, temporal: WorkflowEnvironment
) -> None:
    """A namespace may hold any number of others: one that has such a memo and never waited is not asked for it."""
    waits = await runner.start(LISTENS, {"order": "c"})
    await listening(waits)
    memo: dict[str, Any] = {
        LISTENS_MEMO: [{"task": "wait", "since": "2026-11-29T12:00:00Z", "filters": [[]]}]
    }
    queue = f"nobody-{waits.id}"
    other: WorkflowHandle[Any, Any] = await temporal.client.start_workflow(
        "other", id=queue, task_queue=queue, memo=memo
    )
    async with asyncio.timeout(20):
        while not [each async for each in temporal.client.list_workflows(f"TaskQueue = '{queue}'")]:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.05)
    found = {run.id for run in await waiting_runs(temporal.client)}
    assert (waits.id in found, other.id in found) == (True, False)
    await other.terminate()
    await waits.signal(EVENT_SIGNAL, json.loads(paid("9", "c")))
    assert await waits.result() == ["c"]
    await runner.replay(waits)


async def test_an_event_comes_to_the_run_that_waits_for_it_once(runner: Runner, url: str) -> None:
    first, second = [await runner.start(LISTENS, {"order": order}) for order in ("a", "b")]
    await listening(first)
    await listening(second)
    assert (await post(f"{url}/signed", paid("1", "b"), signed(paid("1", "b"))))[0] == 202
    assert await second.result() == ["b"]
    assert (await post(f"{url}/signed", paid("2", "b"), signed(paid("2", "b"))))[0] == 404
    assert (await post(f"{url}/signed", paid("1", "b"), signed(paid("1", "b"))))[0] == 202  # a replay
    assert (await post(f"{url}/signed", paid("3", "a"), signed(paid("3", "a"))))[0] == 202
    assert await first.result() == ["a"]
    for handle in (first, second):
        history = await handle.fetch_history()
        names = [event.WhichOneof("attributes") for event in history.events]
        assert names.count("workflow_execution_signaled_event_attributes") == 1
        await runner.replay(handle)


async def test_who_does_not_know_the_secret_is_refused(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = paid("9", "a")
    assert (await post(f"{url}/signed", body))[0] == 401
    assert (await post(f"{url}/signed", body, {**signed(b"other")}))[0] == 401
    assert (await post(f"{url}/signed", b"x" * 2_001, signed(b"x" * 2_001)))[0] == 413
    assert (await post(f"{url}/signed", b"{}", signed(b"{}")))[0] == 400
    assert (await post(f"{url}/approval?decision=yes&run=r&token=wrong"))[0] == 401
    assert (await post(f"{url}/open", body, {**signed(body), "Host": "example.com"}))[0] == 401
    assert (await post(f"{url}/open", body, {**signed(body), "Origin": "https://example.com"}))[0] == 401
    assert (await post(f"{url}/open", body, signed(body)))[0] == 404
    assert (await post(f"{url}/nowhere", body, signed(body)))[0] == 404
    assert "canary" not in caplog.text


async def test_a_link_asks_before_it_approves(
    runner: Runner, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    handle = await runner.start(APPROVAL)
    link = f"{url}/approval?decision=yes&run={handle.id}&token=canary-token"
    async with aiohttp.ClientSession() as session:
        async with session.get(link) as page:
            assert (page.status, "canary" in await page.text()) == (200, False)
        async with session.post(link, headers={"Accept": "text/html"}) as done:
            assert (done.status, "Thank you" in await done.text()) == (202, True)
        assert "webhook.answered" in caplog.text
        async with session.post(link.replace(handle.id, "nobody")) as unknown:
            assert unknown.status == 404
    assert await handle.result() == [{"decision": "yes"}]


async def test_an_event_for_a_run_without_a_worker_is_kept_by_temporal(
    temporal: WorkflowEnvironment, url: str
) -> None:
    async with running(temporal) as first:
        handle = await first.start(LISTENS, {"order": "c"})
        await listening(handle)
    assert (await post(f"{url}/signed", paid("4", "c"), signed(paid("4", "c"))))[0] == 202
    async with running(temporal, task_queue=first.task_queue):
        assert await handle.result() == ["c"]


async def test_without_a_server_the_sender_is_asked_to_come_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = await Client.connect(f"127.0.0.1:{nobody.getsockname()[1]}", lazy=True)
        sockets = listening_at("127.0.0.1:0", "webhooks")
        async with Webhooks(HOOKS, SECRETS).served(client, sockets):
            url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/signed"
            assert await post(url, paid("5", "c"), signed(paid("5", "c"))) == (503, "5")
