"""A server, in a process of its own, that misbehaves as the path of a request asks."""

import asyncio
import gzip
import itertools
import socket
import struct
import sys
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

__all__ = ["hostile_server"]


@asynccontextmanager
async def hostile_server() -> AsyncGenerator[str]:
    """The base URL of a running server."""
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # asked for above
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

_OK = b"HTTP/1.1 200 OK\r\n"
_JSON = b"Content-Type: application/json\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_FOR_EVER = 10**6


def _answer(*parts: bytes) -> Behaviour:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))

    return answer


def _then_silence(*parts: bytes) -> Behaviour:
    async def fall_silent(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await asyncio.sleep(60)

    return fall_silent


def _drip(head: bytes, piece: bytes, *, pause: float = 0.02) -> Behaviour:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(_FOR_EVER):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return drip


def _endless(head: bytes, piece: bytes) -> Behaviour:
    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(_FOR_EVER):
            writer.write(piece)
            await writer.drain()

    return pour


def _reset(*parts: bytes) -> Behaviour:
    async def reset(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )

    return reset


def _late(first: bytes, second: bytes) -> Behaviour:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(second)

    return answer


def _body(body: bytes, *head: bytes) -> Behaviour:
    return _answer(_OK, *head, b"Content-Length: %d\r\n\r\n" % len(body), body)


def _redirect(*locations: bytes) -> Behaviour:
    lines = [b"Location: %b\r\n" % location for location in locations]
    return _answer(b"HTTP/1.1 302 Found\r\n", *lines, b"Connection: close\r\nContent-Length: 0\r\n\r\n")


async def _redirect_for_ever(writer: asyncio.StreamWriter) -> None:
    await _redirect(b"/redirect-for-ever?%d" % next(_numbers))(writer)


_numbers = itertools.count()


def _bomb(window: int) -> bytes:
    """The beginning of 200 MB of zeros: megabytes that each came out alike, as each begins afresh."""
    compressor = zlib.compressobj(9, wbits=window)
    first, other = (
        compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + other * 199


BEHAVIOURS: Mapping[str, Behaviour] = {
    "drip-body": _drip(_OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "drip-head": _drip(_OK + b"X-Slow: ", b"x"),
    "silence": _then_silence(),
    "silence-after-head": _then_silence(_OK, b"Content-Length: 10\r\n\r\n"),
    "endless-headers": _endless(_OK, b"X-Filler: %b\r\n" % (b"x" * 100)),
    "endless-header-line": _endless(_OK + b"X-Long: ", b"x" * 4096),
    "endless-status-line": _endless(b"HTTP/1.1 200 ", b"x" * 4096),
    "endless-chunked-body": _endless(_OK + _CHUNKED + b"\r\n", b"1000\r\n%b\r\n" % (b"x" * 4096)),
    "endless-body": _endless(_OK + b"\r\n", b"x" * 65536),
    "endless-error-body": _endless(b"HTTP/1.1 500 Oops\r\n\r\n", b"x" * 65536),
    "endless-chunk-extension": _endless(_OK + _CHUNKED + b"\r\n1;", b"x" * 4096),
    "endless-trailers": _endless(
        _OK + _CHUNKED + b"\r\n1\r\nx\r\n0\r\n", b"X-Trailer: %b\r\n" % (b"x" * 100)
    ),
    "informational-flood": _drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, pause=0.001),
    "gzip-bomb": _body(_bomb(16 + zlib.MAX_WBITS), b"Content-Encoding: gzip\r\n"),
    "deflate-bomb": _body(_bomb(zlib.MAX_WBITS), b"Content-Encoding: deflate\r\n"),
    "gzip-thrice": _body(gzip.compress(b"x"), b"Content-Encoding: gzip, gzip, gzip\r\n"),
    "damaged-gzip": _body(gzip.compress(b"x" * 1000)[:-20] + b"x" * 20, b"Content-Encoding: gzip\r\n"),
    "cut-gzip": _body(gzip.compress(b"words " * 1000)[:-20], b"Content-Encoding: gzip\r\n"),
    "too-short": _answer(_OK, _JSON, b"Content-Length: 100\r\n\r\n", b'{"a": 1}'),
    "two-lengths": _answer(_OK, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
    "length-and-chunked": _then_silence(
        _OK, _CHUNKED, b"Content-Length: 3\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n"
    ),
    "cut-chunked": _answer(_OK, _CHUNKED, b"\r\n5\r\nhello\r\n5\r\nwor"),
    "bad-chunk-size": _answer(_OK, _CHUNKED, b"\r\nxyz\r\nhello\r\n0\r\n\r\n"),
    "bad-chunk-size-later": _late(_OK + _CHUNKED + b"\r\n5\r\nhello\r\n", b"xyz\r\nhello\r\n0\r\n\r\n"),
    "cut-without-length": _answer(_OK, _JSON, b"\r\n", b'{"items": [1, 2'),
    "closed": _answer(),
    "reset": _reset(),
    "reset-in-body": _reset(_OK, b"Content-Length: 100\r\n\r\nhello"),
    "redirect-loop": _redirect(b"/redirect-loop"),
    "redirect-to-file": _redirect(b"file:///etc/passwd"),
    "redirect-for-ever": _redirect_for_ever,
    "redirect-to-loopback": _redirect(b"http://127.0.0.2:9/"),
    "redirect-to-metadata": _redirect(b"http://169.254.169.254/latest/meta-data"),
    "redirect-to-two-places": _redirect(b"/a", b"/b"),
    "redirect-to-nowhere": _redirect(),
    "redirect-to-silence": _redirect(b"/silence"),
    "line-break-in-header": _then_silence(_OK, b"X-Evil: a\rX-Injected: b\r\nContent-Length: 0\r\n\r\n"),
    "nul-in-header": _then_silence(_OK, b"X-Evil: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "no-http": _answer(b"220 mail.example ESMTP\r\n"),
    "http-0.9": _answer(b"<html>hello</html>"),
    "unknown-charset": _body(b"hello", b"Content-Type: text/plain; charset=klingon\r\n"),
    "wrong-charset": _body(b"\xff\xfe\xfa", b"Content-Type: text/plain; charset=utf-8\r\n"),
    "invalid-json": _body(b'{"a": ', _JSON),
    "html-as-json": _body(b"<html>Bad gateway</html>", _JSON),
    "deep-json": _body(b"[" * 100_000, _JSON),
    "big-status": _answer(b"HTTP/1.1 99999 Big\r\nContent-Length: 0\r\n\r\n"),
}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode().strip("/").partition("?")[0]
        await BEHAVIOURS[path](writer)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
