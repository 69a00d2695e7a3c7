"""The server of tests leaves nothing behind."""

import asyncio

from httptask.testing import Reply, ScriptedServer


async def test_a_connection_that_has_just_come_is_closed_with_the_server() -> None:
    async with ScriptedServer([Reply.of()]) as server:
        connecting = asyncio.create_task(asyncio.open_connection("127.0.0.1", server.port))
        while not server.connections:  # noqa: ASYNC110 - what serves it begins with the next round of the loop
            await asyncio.sleep(0)
    reader, writer = await connecting
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
