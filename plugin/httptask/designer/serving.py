"""The designer's server: where it listens, by which address it is opened, and how it ends."""

import asyncio
import contextlib
import errno
import secrets
import socket
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp

__all__ = ["DEFAULT_PORT", "Listening", "listen", "new_token", "served"]

DEFAULT_PORT: Final = 7280
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_HTTP_PORT: Final = 80
_SHUTDOWN_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that listens.

    Attributes:
        host: by which browsers ask it.
    """

    socket: socket.socket
    host: str

    @property
    def port(self) -> int:
        """Its port."""
        port: int = self.socket.getsockname()[1]
        return port

    @property
    def addresses(self) -> list[str]:
        """Each `host:port` by which it may be asked; browsers leave out the port that HTTP has anyway."""
        hosts = [_in_url(host) for host in dict.fromkeys((self.host.lower(), *_LOOPBACK))]
        return [f"{host}:{self.port}" for host in hosts] + (hosts if self.port == _HTTP_PORT else [])

    def url(self, token: str) -> str:
        """What a person opens: browsers send the part behind # to nobody."""
        return f"http://{_in_url(self.host)}:{self.port}/#token={token}"


def listen(host: str, port: int) -> Listening:
    """Listen at a port, or at any free one where that is taken.

    Raises:
        OSError: the host is not one of this machine, or the port is not to be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in (port, 0):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, wanted))
            listening.listen()  # two that begin at once are both let to bind
        except OSError as error:
            listening.close()
            if error.errno != errno.EADDRINUSE or wanted == 0:
                raise
        else:
            break
    return Listening(listening, host)


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to the command that the server is a part of."""
        yield


@contextlib.asynccontextmanager
async def served(app: ASGIApp, listening: Listening) -> AsyncGenerator[None]:
    """Answer requests while the context lasts; streams that are open then are cut off after a second."""
    settings = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,  # who asks is who is at the other end, whatever a header says
        ws="none",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    server = _Server(settings)
    serving = asyncio.create_task(server.serve(sockets=[listening.socket]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
