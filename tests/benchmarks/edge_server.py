"""A loopback server, in a process of its own, that answers every request with the same chat completion, or a stream of it.

It costs so little that what is measured is the client. `/idle` is answered with a stream that stays silent after its
first event.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

STREAMED_TOKENS = 80
TEXT = "words " * STREAMED_TOKENS
_BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 80, "total_tokens": 180},
    }
).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_1\r\n"
    b"X-RateLimit-Remaining-Requests: 99\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_IDLE = _STREAM + b"9\r\ndata: 1\n\n\r\n"
_PIECES = 8
"""In which a stream is written."""


def chunks(tokens: int) -> bytes:
    """The events of an answer of so many tokens."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [{"role": "assistant", "content": ""}, *[{"content": "words "}] * tokens, {}]
    events: list[bytes] = []
    for number, delta in enumerate(deltas):
        finish = "stop" if number == len(deltas) - 1 else None
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {**head, "system_fingerprint": "fp_1", "choices": [choice], "obfuscation": "aB3dE5fG"}
        events.append(b"data: %b\n\n" % json.dumps(chunk, separators=(",", ":")).encode())
    return b"".join(events) + b"data: [DONE]\n\n"


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
            if b'"stream":true' in body[:length]:
                asyncio.create_task(self._stream())  # noqa: RUF006 - it ends with the connection
            else:
                self._transport.write(_IDLE if head.startswith(b"get /idle ") else _ANSWER)

    async def _stream(self) -> None:
        self._transport.write(_STREAM)
        for piece in _WRITTEN:
            await asyncio.sleep(0)
            self._transport.write(piece)


def _written() -> list[bytes]:
    events = chunks(STREAMED_TOKENS)
    size = -(-len(events) // _PIECES)
    pieces = [events[start : start + size] for start in range(0, len(events), size)]
    return [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]


_WRITTEN = _written()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
