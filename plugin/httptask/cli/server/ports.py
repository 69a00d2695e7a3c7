"""Ports of the loopback interface."""

import random
import socket

__all__ = ["available_port"]

_OWN = range(20_000, 32_768)
"""Below those that systems give to whoever asks for any: one of these could be taken before a server listens on it."""
_TRIES = 100
_LAST = 65_535


def available_port(preferred: int | None = None) -> int:
    """A port that nobody listens on: the preferred one if possible."""
    candidates = random.sample(_OWN, _TRIES)
    if preferred and preferred <= _LAST:
        candidates.insert(0, preferred)
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port")
