"""One request over a connection, taken apart into the steps that can fail."""

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.egress.address import parse_networks, permission
from httptask.egress.guard import Guard
from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    HttpTaskError,
    ResponseInterrupted,
    ResponseTooLarge,
    SecretUnavailable,
    Timeout,
)
from httptask.http.models import HttpRequest, HttpResponse
from httptask.http.url import Url
from httptask.json.tree import parse
from httptask.request.draft import draft
from httptask.request.wire import wire_request
from httptask.resilience.classify import refuses_credential
from httptask.secrets.store import SecretStore

__all__ = ["Step", "check_connection"]

_ANY_STATUS = ("1xx", "2xx", "3xx", "4xx", "5xx")


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to an answer.

    Attributes:
        told: what it gave.
        fault: why it failed, None when it did not.
        cure: what to do about it, or what to know.
        failed: what kind of failure it was: of what is set up, of the way to the server, or of its answer.
    """

    name: str
    told: str = ""
    fault: str | None = None
    cure: str | None = None
    failed: Literal["setup", "way", "answer"] | None = None

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "step": self.name,
            "ok": self.fault is None,
            "told": self.fault or self.told,
            "cure": self.cure,
        }


async def check_connection(connection: Connection, store: SecretStore, path: str) -> list[Step]:
    """Send one GET, and tell the steps, up to the first that fails.

    Args:
        connection: that is checked.
        store: has its secrets.
        path: what is asked for, below its base URL.
    """
    steps: list[Step] = []
    async with aclosing(_steps(connection, store, path)) as taken:
        async for step in taken:
            steps.append(step)
            if step.fault:
                break
    return steps


async def _steps(connection: Connection, store: SecretStore, path: str) -> AsyncGenerator[Step]:
    request = HttpRequest(method="GET", url=path, connection=connection.name, success=_ANY_STATUS, raw=True)
    names = ", ".join(f"${name}" for name in connection.secret_origins())
    try:
        url = wire_request(draft(request, connection), store).wire.url
    except SecretUnavailable as error:
        yield Step("secrets", fault=error.message, failed="setup")
        return
    except HttpTaskError as error:
        yield Step("request", fault=error.message, failed="setup")
        return
    yield Step("secrets", f"{names} resolved" if names else "none needed")
    yield await _address(connection, url)
    edge = Edge({connection.name: connection}, store)
    try:
        response = await edge.send(request)
    except HttpTaskError as error:
        yield _failed(error, url)
    else:
        took = f" in {response.timing.connected:.0f} ms" if response.timing.connected is not None else ""
        secured = "TLS, its certificate is valid" if url.scheme == "https" else "without TLS"
        yield Step("connection", f"to {url.netloc}{took}, {secured}")
        yield _answered(response, names)
    finally:
        await edge.aclose()


async def _address(connection: Connection, url: Url) -> Step:
    """What the name of the server, or of its proxy, resolves to, and whether it may be reached."""
    guard = Guard(parse_networks(connection.allow_private))
    target = url if connection.proxy is None else Url.parse(connection.proxy.url)
    try:
        if connection.proxy is not None:
            guard.judge_name(url.host)
        found = await guard.resolve(target.host, target.port)
    except AddressForbidden as error:
        cure = permission(str(error.details["address"]), f"[connections.{connection.name}]")
        return Step("address", fault=error.without_cure, cure=cure, failed="setup")
    except ConnectFailed as error:
        cure = "check base_url, and the name server of this machine"
        return Step("address", fault=error.message, cure=cure, failed="way")
    addresses = ", ".join(dict.fromkeys(address.host for address in found))
    via = "" if connection.proxy is None else f"; {url.host} is resolved by this proxy"
    where = addresses if addresses == target.host else f"{target.host} is at {addresses}, which"
    return Step("address", f"{where} may be reached{via}")


def _failed(error: HttpTaskError, url: Url) -> Step:
    if isinstance(error, SecretUnavailable | AddressForbidden):
        return Step("connection", fault=error.message, failed="setup")
    if isinstance(error, ResponseTooLarge):
        return Step(
            "response", f"an answer of more than {error.details.get('limit')} bytes; the server works"
        )
    if isinstance(error, ConnectFailed):
        cure = "check host and port of base_url, and whether a firewall is between"
        if error.details.get("step") == "certificate":
            cure = (
                "if it is the server's own authority, name its file as ca_bundle under tls of the connection"
            )
        return Step("connection", fault=error.message, cure=cure, failed="way")
    if isinstance(error, ResponseInterrupted) and url.scheme == "https":
        hint = (
            "a server that wants a client certificate ends connections like this: see tls of the connection"
        )
        return Step("response", fault=error.message, cure=hint, failed="answer")
    return Step("response", fault=error.message, failed="way" if isinstance(error, Timeout) else "answer")


def _body(response: HttpResponse) -> Any:
    """What was answered, if it is JSON."""
    try:
        return parse(base64.b64decode(response.content or "").decode("utf-8", "replace"))
    except ValueError:
        return None


def _answered(response: HttpResponse, names: str) -> Step:
    """What a status says about the connection."""
    status = str(response.status)
    match response.status:
        case code if refuses_credential(code, _body(response)):
            cure = (
                f"check the value of {names}, and what it is allowed to do"
                if names
                else "it wants a credential"
            )
            fault = (
                f"{status}: the server refuses the credential" if names else f"{status}: the server refuses"
            )
            return Step("response", fault=fault, cure=cure, failed="answer")
        case 407:
            return Step("response", fault=f"{status}: the proxy refuses its credential", failed="answer")
        case 404 | 405:
            cure = (
                "nothing is there to see, and so no credential to be looked at; a base URL is often like that. "
                "ask for something below it, such as the path /models where models are asked"
            )
            return Step("response", f"{status}: the server answers", cure=cure)
        case code if code >= 500:
            cure = "the server is reached, and fails: ask whoever runs it"
            return Step("response", fault=f"{status}: an error of the server", cure=cure, failed="answer")
        case code if 300 <= code < 400:
            target = response.headers.get("location", "elsewhere").partition("?")[0]
            return Step(
                "response", f"{status}: it redirects to {target}", cure="if it moved, write that as base_url"
            )
        case _:
            return Step("response", f"{status}, {response.size} bytes in {response.timing.total:.0f} ms")
