from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.secrets.store import SecretSource, SecretStore

MakeEdge = Callable[..., Edge]


@pytest.fixture
async def make_edge() -> AsyncIterator[MakeEdge]:
    """Makes edges that may reach loopback and have a connection `local`; closes them afterwards."""
    made: list[Edge] = []

    def make(
        base_url: str | None = None,
        *,
        connection: dict[str, Any] | None = None,
        secrets: dict[str, str] | None = None,
        placeholder: bool = False,
        origins: tuple[str, ...] = (),
        **options: Any,
    ) -> Edge:
        values = secrets or {}
        sources = {name: SecretSource(name=name, environment=name, origins=origins) for name in values}
        settings = {
            "name": "local",
            "base_url": base_url,
            "allow_private": ("loopback",),
            **(connection or {}),
        }
        edge = Edge(
            {"local": Connection(**settings)},
            SecretStore(sources, values, placeholder),
            **{"allow_private": ("loopback",), **options},
        )
        made.append(edge)
        return edge

    yield make
    for edge in made:
        await edge.aclose()
