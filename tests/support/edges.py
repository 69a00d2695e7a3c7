"""Edges to servers on loopback."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httptask.transport.network  # noqa: F401 - a first call would load it, within its time to connect
from httptask.client.edge import Edge
from support.connections import local_connection, secret_store

__all__ = ["opened_edge"]


@asynccontextmanager
async def opened_edge(
    url: str, key: str = "sk-0123456789", *, options: dict[str, Any] | None = None, **fields: Any
) -> AsyncGenerator[Edge]:
    """An edge with the connection `openai`, which sends a key; closed in the end.

    Args:
        url: where the server is.
        key: the secret `KEY`.
        options: of the edge.
        fields: of the connection.
    """
    settings = {"authentication": {"bearer": {"token": "$secrets.KEY"}}, **fields}
    openai = local_connection("openai", url, **settings)
    edge = Edge({"openai": openai}, secret_store({"KEY": key}), **(options or {}))
    try:
        yield edge
    finally:
        await edge.aclose()
