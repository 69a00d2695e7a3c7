"""Who may ask the designer, and what browsers may do with its answers.

Any page that a browser shows can send requests to a port of this machine, and with a name of its own that leads there
(DNS rebinding) read the answers. So whoever asks must name the server as it is addressed, must come from no other page,
and must know the token that was printed when it was started.
"""

import hmac
import re
from collections.abc import Iterable, MutableMapping
from ipaddress import ip_address
from typing import Any, Final

from pydantic_core import from_json
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from httptask.designer.problems import Problem
from httptask.http.log import get_logger

__all__ = ["MAX_BODY_BYTES", "TOKEN_HEADER", "Door", "bound_of", "came_over_network"]

TOKEN_HEADER: Final = "x-httptask-token"  # noqa: S105 - its name
MAX_BODY_BYTES: Final = 8 * 1024 * 1024
_MAX_DATA_BYTES: Final = 64 * 1024 * 1024
"""Where a body holds an API document, or answers that earlier tasks had: one of these may have 32 MiB."""

_API: Final = "/api/"
_WITH_DATA: Final = tuple(
    f"/api/{name}" for name in ("catalog", "test-requests", "evaluate", "outputs", "fixtures")
)
_WITH_OUTPUTS: Final = ("/api/test-requests", "/api/evaluate")
_LESS_DATA: Final = "the latest outputs of other tasks are sent along: give less of a large one, under Input"
_HALF_CHARACTER: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_DEEPEST: Final = 200
"""Levels that `from_json` reads; answers are written a little deeper only."""
_READING: Final = frozenset({"GET", "HEAD"})
_CSP: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' data:; "
    "font-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Styles alone may be inline, by which canvas and editor place things."""
_HEADERS: Final = {
    "Content-Security-Policy": _CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

log = get_logger("httptask.designer")


def bound_of(path: str) -> int:
    """How many bytes the body of a request may have."""
    return _MAX_DATA_BYTES if path.startswith(_WITH_DATA) else MAX_BODY_BYTES


def came_over_network(scope: Scope) -> bool:
    """Whether a request came from another machine: there is no TLS, so what it holds could be read on its way."""
    client, server = scope.get("client"), scope.get("server")
    if client is None:
        return True
    is_from_itself = server is not None and client[0] == server[0]
    return not (is_from_itself or ip_address(client[0]).is_loopback)


class Door:
    """Lets requests through to an application, or answers them itself."""

    def __init__(self, app: ASGIApp, addresses: Iterable[str], token: str) -> None:
        """Guard an application.

        Args:
            app: that is guarded.
            addresses: `host:port` by which it is asked.
            token: that whoever asks has to know.
        """
        self._app = app
        self._hosts = frozenset(addresses)
        self._origins = frozenset(f"http://{address}" for address in self._hosts)
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; every answer gets the headers that bind browsers."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return

        async def send_bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                _bind(message, scope["path"])
            await send(message)

        refusal = self._refusal(scope)
        body = b""
        if refusal is None and scope["method"] not in _READING:
            bound = bound_of(scope["path"])
            read = await _read(Headers(scope=scope), receive, bound)
            if read is None:
                hint = _LESS_DATA if scope["path"].startswith(_WITH_OUTPUTS) else None
                refusal = Problem(413, f"this is more than {bound >> 20} MiB", hint)
            else:
                body = read
                refusal = _refusal_of(body, Headers(scope=scope))
        if refusal is not None:
            await refusal.response()(scope, receive, send_bound)
            return
        try:
            await self._app(scope, _again(body, receive), send_bound)
        except Exception:  # after the application has answered it, as far as it could
            log.exception("designer.failed", method=scope["method"], path=scope["path"])

    def _refusal(self, scope: Scope) -> Problem | None:
        """What is told to who may not ask."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return Problem(
                403, "this server is not asked by that name: open the address that was printed at its start"
            )
        if origins and not (len(origins) == 1 and origins[0] in self._origins):
            return Problem(403, "another page may not ask this server")
        if not f"{scope['path']}/".startswith(_API):
            return None if scope["method"] in _READING else Problem(405, "the page can only be read")
        tokens = headers.getlist(TOKEN_HEADER)
        if len(tokens) != 1 or not hmac.compare_digest(tokens[0].encode("latin-1"), self._token):
            return Problem(
                401, "the token is missing, or of another start: open the address that was printed"
            )
        return None


def _refusal_of(body: bytes, headers: Headers) -> Problem | None:
    """Browsers send JSON to another server only after asking it, which this one never allows."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != "application/json":
        return Problem(415, "the body has to be application/json")
    if _HALF_CHARACTER.search(body) or body.count(b"[") + body.count(b"{") > _DEEPEST:
        try:
            from_json(body)
        except ValueError as error:  # which tells a place, and nothing of what stands there
            return Problem(422, f"the body is no JSON that can be kept: {error}")
    return None


async def _read(headers: Headers, receive: Receive, bound: int) -> bytes | None:
    """The whole body; None where it is longer than that, of which nothing more is read."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > bound:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > bound:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, and then what else comes: that whoever asked is gone."""
    pending: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message


def _bind(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers[name] = value
    headers["Cache-Control"] = "no-cache" if path.startswith("/assets/") else "no-store"
