"""A network of a test: one public server, names that all lead to a forbidden address, and an eye on every socket."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["PUBLIC", "PUBLIC_NAME", "Connections", "observe_connections", "resolve_names"]

PUBLIC = "93.184.215.14"
PUBLIC_NAME = "api.example.com"


class Connections(list[str]):
    """The addresses that connections were opened to; none is really made to anywhere but loopback."""


def observe_connections(monkeypatch: pytest.MonkeyPatch, *, public_is_here: bool = False) -> Connections:
    """Keeps the address of each connection that the running loop opens.

    Args:
        monkeypatch: undoes it.
        public_is_here: whether servers on loopback answer at the public address.
    """
    made = Connections()
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def observed(sock: socket.socket, address: Any) -> None:
        made.append(address[0])
        if public_is_here and address[0] == PUBLIC:
            address = ("127.0.0.1", address[1])
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise ConnectionRefusedError
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", observed)
    return made


def resolve_names(monkeypatch: pytest.MonkeyPatch, forbidden: str) -> None:
    """Puts the public server behind its name, and a forbidden address behind every other."""
    resolve: Callable[..., list[Any]] = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **options: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name == PUBLIC_NAME:
            return resolve(PUBLIC, port, *arguments, **options)
        try:
            socket.inet_aton(name)
        except OSError:
            return resolve(name if ":" in name else forbidden, port, *arguments, **options)
        return resolve(name, port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
