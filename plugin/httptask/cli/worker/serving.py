"""A worker that serves definitions until it is asked to end."""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable, Coroutine, Generator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from httptask.cli.observability.listening import Sockets
from httptask.cli.project.installation import command_in
from httptask.cli.temporal.cluster import Cluster, connect, connect_again, connect_to
from httptask.cli.temporal.outages import address_of, outage
from httptask.cli.temporal.worker import end_worker, new_worker
from httptask.cli.terminal.background import beside, first_of, run_async
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.worker.health import health_served, reason_not_ready
from httptask.cli.worker.process import Member
from httptask.cli.worker.reloading import Reloaded
from httptask.cli.worker.webhooks import WebhookAddress, events_taken, tell_webhooks
from httptask.http.log import get_logger
from httptask.plugin import HttpTaskPlugin

if TYPE_CHECKING:
    from httptask.cli.worker.designer_page import DesignerPage

__all__ = ["GRACE", "Serving", "serve_here", "serve_on_cluster"]

GRACE = timedelta(seconds=10)
"""What calls in flight have to finish after a signal."""
_STICKY = timedelta(seconds=10)
"""Temporal's default: a worker of many that is busy would lose what it has in memory to another."""
_DEFAULT_QUEUE = "httptask"
"""Of the commands."""
_PROBE_SECONDS = 1.0
_M_MMAP_THRESHOLD = -3
_OBJECTS_PER_COLLECTION = 100_000
_LARGE_BYTES = 1024 * 1024
_PROBE_TIME = timedelta(seconds=5)

log = get_logger("httptask.cli")


def serve_on_cluster(
    cluster: Cluster,
    plugin: HttpTaskPlugin,
    task_queue: str,
    health: Sockets,
    member: Member | None = None,
    webhooks: WebhookAddress | None = None,
) -> None:
    """Serve until a signal; then let calls in flight finish, unless a second signal insists.

    Args:
        cluster: whose server gives the work.
        plugin: does it.
        task_queue: where it comes from.
        health: sockets that listen for who asks whether the worker is ready.
        member: which of several processes this is, if it is one; who watches over them insists.
        webhooks: takes events for runs; one process of several does.
    """
    _run(_serve_on_cluster(cluster, plugin, task_queue, health, member, webhooks))


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served, and where.

    Attributes:
        cluster: whose server gives the work; None for the embedded one, which ends with its last user.
        port: of the embedded one.
        make_plugin: makes what does the work, by the configuration as it is then.
        task_queue: where it comes from.
        served: the definitions.
        webhooks: takes events, if that is to be.
        page: the designer, if it is shown.
        own_worker: whether a worker of this process does the work; else those do that serve the queue.
    """

    cluster: Cluster | None
    port: int
    make_plugin: Callable[[], HttpTaskPlugin]
    task_queue: str
    served: Reloaded
    webhooks: WebhookAddress | None = None
    page: "DesignerPage | None" = None
    own_worker: bool = True


def serve_here(serving: Serving) -> None:
    """Serve definitions, as they change, until a signal."""
    _run(_serve_here(serving))


class _Insisted(Exception):
    """A second signal: the user does not want to wait for calls in flight."""


def _run(serving: Coroutine[Any, Any, None]) -> None:
    async def until_insisted() -> None:
        try:
            await serving
        except _Insisted:
            os._exit(ExitCode.INTERRUPTED)  # calls in flight are retried by another worker

    with closing(serving):
        _give_memory_back()
        run_async(until_insisted())


def _give_memory_back() -> None:
    """Look for garbage often enough, and keep nothing of what large values took.

    The system's allocator would keep it after the first (mallopt(3)).
    """
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    with suppress(AttributeError, OSError):  # of glibc alone
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


async def _serve_on_cluster(
    cluster: Cluster,
    plugin: HttpTaskPlugin,
    task_queue: str,
    health: Sockets,
    member: Member | None,
    webhooks: WebhookAddress | None,
) -> None:
    with Interrupts.caught(counted=member is None) as interrupts, _watched(member, interrupts):
        client = await interrupts.guard(connect_to(cluster, [plugin]))
        worker = new_worker(client, task_queue, GRACE, sticky=_STICKY)

        async def not_ready() -> str | None:
            if interrupts.asked.is_set():
                return "the worker stops"
            reason = await reason_not_ready(worker, plugin.workers_beside(worker))
            return reason or (member.why_not_all() if member else None)

        async with health_served(health, not_ready), events_taken(webhooks, client):
            if member is not None:
                member.begin_work()
            log.info("worker.started", address=cluster.address, task_queue=task_queue)
            await _work(worker, interrupts)
        log.info("worker.stopped", task_queue=task_queue)


@contextmanager
def _watched(member: Member | None, interrupts: Interrupts) -> Generator[None]:
    """End a process of several when the one is gone that watches over them, whatever ended that."""
    if member is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(member.supervisor)
        interrupts.ask()

    loop.add_reader(member.supervisor, end)
    try:
        yield
    finally:
        loop.remove_reader(member.supervisor)


async def _serve_here(serving: Serving) -> None:
    plugin, page, queue = serving.make_plugin(), serving.page, serving.task_queue
    directory, is_embedded = serving.served.state_directory, serving.cluster is None
    shown = nullcontext() if page is None else page.shown()
    with Interrupts.caught() as interrupts:
        async with (
            shown if is_embedded else nullcontext(),  # its server takes seconds to start
            connect(serving.cluster, directory, interrupts, [plugin], serving.port) as first,
            nullcontext() if is_embedded else shown,  # nobody sees a page whose cluster can't be reached
            beside(serving.served.follow()),
            events_taken(serving.webhooks, first),
            nullcontext() if page is None else page.working(),
        ):
            client = first
            if is_embedded:
                from httptask.cli.server import SharedServer

                _announce(client, queue, serving.served.names, SharedServer(directory).ui)
            else:
                print_note(
                    f"Temporal at {address_of(first)}, namespace {first.namespace}, task queue {queue}"
                )
            tell_webhooks(serving.webhooks)
            while True:
                if page is not None:
                    page.use(client, queue, own_worker=serving.own_worker, embedded=is_embedded)
                if not serving.own_worker:
                    await interrupts.asked.wait()
                    return
                worker = new_worker(client, queue)
                until_gone = _until_gone(client) if is_embedded else None  # a cluster comes back
                if not await _work(worker, interrupts, until_gone, serving.served):
                    return
                client = await _again(client, serving.make_plugin)


async def _again(client: Client, make_plugin: Callable[[], HttpTaskPlugin]) -> Client:
    """A client of the same server with the plugin of the configuration as it is now, where that can be used."""
    try:
        plugin = make_plugin()
    except CliError as error:
        print_note(f"{error.message}; what was there before still is")
        return client
    return await connect_again(client, [plugin])


def _announce(client: Client, task_queue: str, names: list[str], ui: str | None) -> None:
    address = address_of(client)
    print_note(f"Temporal at {address}, worker on task queue {task_queue}; Ctrl-C ends both")
    print_note(f"Temporal's UI at {ui}" if ui else "no UI: another command started the server, without one")
    if not names:
        return
    print_note(f"serving {', '.join(names)}")
    httptask = command_in(Path.cwd())
    queue = "" if task_queue == _DEFAULT_QUEUE else f" --task-queue {task_queue}"
    print_note(f"start one: {httptask} start {names[0]}{queue} --input '{{}}'")


async def _work(
    worker: Worker,
    interrupts: Interrupts,
    until_gone: Coroutine[Any, Any, Any] | None = None,
    served: Reloaded | None = None,
) -> bool:
    """Let a worker work until a signal. It waits for a server that is away, unless `until_gone` ends.

    Returns:
        Whether it is to go on with another worker, for the configuration of what is served has changed.

    Raises:
        CliError: the worker could not begin, or its server is gone.
    """
    working = asyncio.ensure_future(worker.run())
    try:
        async with (
            beside(interrupts.asked.wait()) as asked,
            beside(until_gone or asyncio.Event().wait()) as gone,
            beside((served.config_changed if served else asyncio.Event()).wait()) as changed,
        ):
            await first_of(working, asked, gone, changed)
            if served is not None and changed.done():
                served.config_changed.clear()
                await end_worker(working, gone=False)
                return True
    except asyncio.CancelledError:
        await end_worker(working, gone=True)
        raise
    if not interrupts.asked.is_set():
        why = working.exception() if working.done() else None
        await end_worker(working, gone=True)
        raise outage(address_of(worker.client), why)
    stopping = asyncio.ensure_future(worker.shutdown())
    async with beside(interrupts.insisted.wait()) as insisted:
        await first_of(stopping, insisted)
    if not stopping.done():
        raise _Insisted
    await asyncio.gather(working, return_exceptions=True)
    return False


async def _until_gone(client: Client) -> None:
    """Wait until nobody listens at the server's address any more."""
    while True:
        await asyncio.sleep(_PROBE_SECONDS)
        try:
            await client.service_client.check_health(timeout=_PROBE_TIME)
        except RPCError as error:
            if error.status is RPCStatusCode.UNAVAILABLE:
                return
