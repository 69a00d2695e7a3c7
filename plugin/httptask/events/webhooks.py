"""An HTTP endpoint at which events come in, for the runs that wait for them."""

import asyncio
import html
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from httptask.config.sections import Webhook
from httptask.events.authenticity import is_signed, is_token
from httptask.events.delivery import EventRefused, WaitingRun, deliver_to, signal_event, waiting_runs
from httptask.events.requests import Arrival, EventMapping, WebhookRequest
from httptask.http.cloud_event import CloudEvent
from httptask.http.log import get_logger
from httptask.secrets.references import cut_secrets
from httptask.secrets.store import SecretStore

if TYPE_CHECKING:
    import socket

    from aiohttp import web

__all__ = ["Webhooks"]

_READ_SECONDS: Final = 10.0
_SERVER_SECONDS: Final = 5.0
_RETRY_AFTER: Final = "5"
_FRESH_SECONDS: Final = 1.0
_KNOWN_EVENTS: Final = 10_000
"""Events that were delivered last: one that comes again is taken, and goes nowhere."""
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

_log = get_logger("httptask.webhooks")


@dataclass(frozen=True, slots=True)
class _Hook:
    name: str
    settings: Webhook
    mapping: EventMapping


class Webhooks:
    """Serves the webhooks of a worker. What comes for no run is answered with 404, and kept for nobody.

    Args:
        webhooks: by name; without any, CloudEvents are taken at `/`, from this machine.
        secrets: what their settings name.

    Raises:
        EventRefused: an expression in their settings can't be read, or two have one path.
    """

    def __init__(self, webhooks: Mapping[str, Webhook], secrets: SecretStore) -> None:
        self._secrets = secrets
        self._hooks = [
            _Hook(name, settings, EventMapping(name, settings))
            for name, settings in (webhooks or {"events": Webhook(path="/")}).items()
        ]
        names = dict[str, str]()
        for hook in self._hooks:
            first = names.setdefault(hook.settings.path, hook.name)
            if first != hook.name:
                raise EventRefused(f"{first} and {hook.name} have one path, {hook.settings.path}")
        self._delivered: OrderedDict[str, None] = OrderedDict()
        self._waiting: Sequence[WaitingRun] = ()
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    @property
    def open(self) -> list[str]:
        """The names of those that ask for no secret, which only this machine may reach."""
        return [hook.name for hook in self._hooks if not hook.settings.is_guarded]

    @property
    def paths(self) -> list[str]:
        """Where their requests go."""
        return [hook.settings.path for hook in self._hooks]

    @asynccontextmanager
    async def served(self, client: Client, sockets: "Sequence[socket.socket]") -> AsyncGenerator[None]:
        """Take events while the context lasts; requests in flight have some seconds to end then.

        Args:
            client: of the server whose runs get them.
            sockets: where; they listen already.
        """
        from aiohttp import web  # megabytes, which a worker without webhooks does without

        application = web.Application(client_max_size=max(hook.settings.max_bytes for hook in self._hooks))
        for hook in self._hooks:
            application.router.add_post(hook.settings.path, self._handler(client, hook))
            if hook.settings.link:
                application.router.add_get(hook.settings.path, self._asking(hook), allow_head=False)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SERVER_SECONDS)
        await runner.setup()
        try:
            for listening in sockets:
                await web.SockSite(runner, listening).start()
            yield
        finally:
            await runner.cleanup()

    def _handler(self, client: Client, hook: _Hook) -> Any:
        from aiohttp import web

        async def take(request: web.Request) -> web.StreamResponse:
            try:
                async with asyncio.timeout(_READ_SECONDS):
                    body = await request.read()
            except TimeoutError:
                return _answer(hook, 408, "the body did not come in time")
            if len(body) > hook.settings.max_bytes:
                return _answer(hook, 413, f"the body has more than {hook.settings.max_bytes:,} bytes")
            if not self._is_authentic(hook, request, body):
                return _answer(hook, 401, "no valid signature or token")
            try:
                arrival = await asyncio.to_thread(hook.mapping.arrival, _read(request, body))
            except EventRefused as refused:
                return _answer(hook, 400, str(refused))
            status, told = await self._deliver(client, arrival)
            answer = _answer(hook, status, told, event=arrival.event)
            if hook.settings.link and "text/html" in request.headers.get("Accept", ""):
                return _page("Thank you." if status == 202 else told, "", status)
            return answer

        return take

    def _asking(self, hook: _Hook) -> Any:
        """A link is opened by whoever looks for previews, too: only the button of its page sends the event."""
        from aiohttp import web

        async def ask(request: web.Request) -> web.StreamResponse:
            if not self._is_authentic(hook, request, b""):
                return _answer(hook, 401, "no valid token")
            told = "".join(
                f"<p>{html.escape(name)}: {html.escape(value)}</p>"
                for name, value in request.query.items()
                if name != "token"
            )
            return _page(hook.name, f'{told}<form method="post"><button>Confirm</button></form>', 200)

        return ask

    def _is_authentic(self, hook: _Hook, request: "web.Request", body: bytes) -> bool:
        settings = hook.settings
        if not settings.is_guarded:  # a page of another site must not reach this machine through a browser
            origin = urlsplit(request.headers.get("Origin", "http://localhost")).hostname
            return {request.url.host, origin} <= _LOCAL_HOSTS
        if settings.signature is not None and not is_signed(
            request.headers, body, self._secret(settings.signature)
        ):
            return False
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else request.query.get("token")
        return settings.bearer is None or is_token(given, self._secret(settings.bearer))

    def _secret(self, reference: str) -> str:
        _, [found] = cut_secrets(reference)
        return self._secrets.resolve(found.name, found.field)

    async def _deliver(self, client: Client, arrival: Arrival) -> tuple[int, str]:
        event = arrival.event
        if event.digest in self._delivered:
            return 202, "known already"
        try:
            async with asyncio.timeout(_SERVER_SECONDS):
                count = await self._deliver_to_runs(client, event, arrival.run)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                return 503, "the Temporal server can't be reached"
            count = 0
        except (TimeoutError, RuntimeError):  # the second of a client that was never connected
            return 503, "the Temporal server gives no answer"
        if not count:
            return 404, "no run waits for this event"
        self._delivered[event.digest] = None
        if len(self._delivered) > _KNOWN_EVENTS:
            self._delivered.popitem(last=False)
        return 202, "taken"

    async def _deliver_to_runs(self, client: Client, event: CloudEvent, run: str | None) -> int:
        """How many runs got it."""
        if run is not None:
            await signal_event(client, event, run)
            return 1
        asked_at = time.monotonic()
        delivered = await deliver_to(client, event, await self._runs(client, asked_at - _FRESH_SECONDS))
        if not delivered:  # a run may have begun to wait since they were looked at
            delivered = await deliver_to(client, event, await self._runs(client, asked_at))
        return len(delivered)

    async def _runs(self, client: Client, since: float) -> Sequence[WaitingRun]:
        """The runs that wait, as they were at that time or later: many events share one look at them."""
        async with self._looking:
            if self._looked_at < since:
                now = time.monotonic()
                self._waiting = await waiting_runs(client)
                self._looked_at = now
            return self._waiting


def _read(request: "web.Request", body: bytes) -> WebhookRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = {name: value for name, value in request.query.items() if name != "token"}
    return WebhookRequest(headers, query, body)


def _answer(hook: _Hook, status: int, told: str, event: CloudEvent | None = None) -> "web.Response":
    from aiohttp import web

    shown = {} if event is None else {"type": event.type, "id": event.id}
    _log.info("webhook.answered", webhook=hook.name, status=status, told=told, **shown)
    headers = {"Retry-After": _RETRY_AFTER} if status == 503 else {}
    return web.json_response({"status": told, **shown}, status=status, headers=headers)


def _page(title: str, body: str, status: int) -> "web.Response":
    from aiohttp import web

    text = f"<!doctype html><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>{body}"
    return web.Response(text=text, content_type="text/html", status=status, headers=_PAGE_HEADERS)
