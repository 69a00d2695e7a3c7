"""What pytest hands to tests of more than one room; what one room alone uses is in a conftest.py of that room."""

from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import structlog

if TYPE_CHECKING:
    from temporalio.testing import WorkflowEnvironment

    from httptask.client.edge import Edge
    from httptask.testing import ScriptedServer
    from support.commands import Shell

# What a fixture is made of is imported when a test asks for it: all of it takes longer than the tests of most files.

__all__ = ["api", "authority", "make_edge", "shell", "structlog_as_imported", "temporal"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal(httptask_server: str) -> "WorkflowEnvironment":
    """One Temporal server for all tests of a process; each test has a task queue of its own."""
    from temporalio.client import Client
    from temporalio.testing import WorkflowEnvironment

    return WorkflowEnvironment.from_client(await Client.connect(httptask_server))


@pytest.fixture(autouse=True)
def structlog_as_imported() -> Generator[None]:
    """Whatever a test configures, and `capture_logs` does, is no other test's: it decides where events go."""
    yield
    structlog.reset_defaults()


@pytest.fixture
async def shell(tmp_path: Path) -> "AsyncIterator[Shell]":
    """A folder to run `httptask` in."""
    from support.shells import opened_shell

    async with opened_shell(tmp_path) as shell:
        yield shell


@pytest.fixture
async def make_edge() -> "AsyncIterator[Callable[..., Edge]]":
    """Makes edges that may reach loopback and have a connection `local`; closes them afterwards."""
    import httptask.transport.network  # noqa: F401 - a first call would load it, and some are timed
    from httptask.client.edge import Edge
    from httptask.connections.connection import Connection
    from httptask.secrets.store import SecretSource, SecretStore

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


@pytest.fixture
async def authority() -> "AsyncIterator[ScriptedServer]":
    """A server that gives tokens out."""
    from httptask.testing import ScriptedServer
    from support.authorization import AuthorizationServer

    async with ScriptedServer(AuthorizationServer()) as server:
        yield server


@pytest.fixture
async def api() -> "AsyncIterator[ScriptedServer]":
    """A server that answers each request with an empty object."""
    from httptask.testing import Reply, ScriptedServer

    async with ScriptedServer([Reply.json({})]) as server:
        yield server
