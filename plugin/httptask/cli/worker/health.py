"""Whether a worker lives and is ready, for whoever watches over its process."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import RPCError

from httptask.cli.observability.listening import Sockets

if TYPE_CHECKING:
    from temporalio.worker import Worker

__all__ = ["health_served", "reason_not_ready"]

_TEMPORAL_SECONDS = timedelta(seconds=2)


@asynccontextmanager
async def health_served(
    sockets: Sockets, not_ready: Callable[[], Awaitable[str | None]]
) -> AsyncGenerator[None]:
    """Answer `/live` and `/ready` while the context lasts.

    Args:
        sockets: where; they listen already, for other processes of the worker too.
        not_ready: says why the worker takes no work at the moment, None when it does.
    """
    if not sockets:
        yield
        return
    from aiohttp import web  # megabytes, which a worker that nobody asks does without

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.Response:
        reason = await not_ready()
        if reason is None:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "not ready", "reason": reason}, status=503)

    application = web.Application()
    application.add_routes([web.get("/live", live), web.get("/ready", ready)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        for listening in sockets:
            await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()


async def reason_not_ready(worker: "Worker", beside: "Iterable[Worker]" = ()) -> str | None:
    """Why a worker takes no work: it or one beside it does not poll, or Temporal does not answer."""
    for one in (worker, *beside):
        if not one.is_running:
            return f"the worker does not poll {one.task_queue}"
    namespace = DescribeNamespaceRequest(namespace=worker.client.namespace)
    try:
        await worker.client.workflow_service.describe_namespace(namespace, timeout=_TEMPORAL_SECONDS)
    except RPCError as error:
        return f"Temporal: {error.message}"
    return None
