"""A loopback server, in a process of its own, that answers every request with the same chat completion.

It costs so little that what is measured is the client. `/idle` is answered with a stream that stays silent after its
first event.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "words " * 80}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 80, "total_tokens": 180},
    }
).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_1\r\n"
    b"X-RateLimit-Remaining-Requests: 99\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)
_IDLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"9\r\ndata: 1\n\n\r\n"
)


@asynccontextmanager
async def edge_server() -> AsyncGenerator[str]:
    """The base URL of a running server."""
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # asked for above
        port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # of a server of streams
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head, body = self._pending[:end].lower(), self._pending[end + 4 :]
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(body) < length:
                return
            self._pending = body[length:]
            self._transport.write(_IDLE if head.startswith(b"get /idle ") else _ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
