"""Ports of the loopback interface."""

import socket

__all__ = ["available_port"]


def available_port(preferred: int | None = None) -> int:
    """A port that nobody listens on: the preferred one if possible."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    raise OSError("no free port")
