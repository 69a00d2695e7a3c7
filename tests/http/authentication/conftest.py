from collections.abc import AsyncIterator

import pytest

from httptask.testing import Reply, ScriptedServer
from support.authorization import AuthorizationServer


@pytest.fixture
async def authority() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(AuthorizationServer()) as server:
        yield server


@pytest.fixture
async def api() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([Reply.json({})]) as server:
        yield server
