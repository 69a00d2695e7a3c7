"""Content codings (RFC 9110, section 8.4.1), decoded within a bound.

Only a name that the registry knows says that the bytes are another thing than the content. Storages keep whatever was
written into that header once, such as `utf-8` or `aws-chunked`, and give it back with a body that nothing was done to.

A kilobyte of gzip can stand for a megabyte, so nothing is decompressed past the limit: not even the
chunk that would cross it.
"""

import zlib

from httptask.diagnostics.cutting import shortened
from httptask.http.errors import ResponseInterrupted, ResponseInvalid, ResponseTooLarge
from httptask.http.limits import SIZE_SETTINGS

__all__ = ["ACCEPT_ENCODING", "BoundedDecoder"]

ACCEPT_ENCODING = "gzip, deflate"

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16
_READ = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_OTHERS = frozenset(
    {"aes128gcm", "br", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress", "zstd"}
)
"""What is registered (RFC 9110, section 18.6, and its registry of today) beside these and `identity`."""
_MOST_CODINGS = 2
_SLACK = 1024


class BoundedDecoder:
    """Decompresses a body up to a limit, and collects what is not taken before its end.

    Args:
        coding: value of the response's `Content-Encoding`, or an empty text.
        limit: most bytes that the decompressed body may have.
        as_it_is: whether a coding that can't be read leaves the bytes as they came.

    Raises:
        ResponseInvalid: a coding that was not asked for, or more than two at once.
    """

    def __init__(self, coding: str, limit: int, *, as_it_is: bool = False) -> None:
        codings = _readable(coding, as_it_is=as_it_is)
        self._coding = codings[0] if codings else "identity"
        # What was applied last is undone first.
        self._outer = BoundedDecoder(codings[1], 2 * limit + _SLACK) if len(codings) > 1 else None
        self._limit = limit
        self._body = bytearray()
        self._taken = 0
        self._received = 0
        self._pending = b""
        self._inflater = zlib.decompressobj(_GZIP_WINDOW) if self._coding == "gzip" else None

    @property
    def body(self) -> bytes:
        """What was decoded so far, and not taken."""
        return bytes(self._body)

    @property
    def size(self) -> int:
        """How many bytes were decoded so far."""
        return self._taken + len(self._body)

    def take(self) -> bytes:
        """Hands over what was decoded since the last time."""
        taken = bytes(self._body)
        self._taken += len(taken)
        self._body.clear()
        return taken

    def feed(self, chunk: bytes) -> None:
        """Decodes one more chunk.

        Raises:
            ResponseTooLarge: the body crossed the limit.
            ResponseInvalid: the compressed data are damaged.
        """
        if self._outer is not None:
            chunk = self._undone(self._outer, chunk)
        if chunk and not self._received and self._coding == "gzip" and chunk[:1] != _GZIP_MAGIC[:1]:
            self._coding = "identity"  # a server or storage names what was never done, or undone before
        self._received += len(chunk)
        if self._coding == "identity":
            self._body += chunk[: self._room]
        else:
            self._inflate(chunk)
        # Compressed data that yield nothing must end too; real compression never doubles a body.
        if not self._room or self._received > 2 * self._limit + _SLACK:
            del self._body[self._limit - self._taken :]
            raise self._too_large()

    def finish(self) -> bytes:
        """Returns the body, or the rest of it that was not taken.

        Raises:
            ResponseInterrupted: the compressed data end too early.
        """
        if self._outer is not None:
            self._outer.finish()
        started = self._received > 0 and self._coding != "identity"
        if started and (self._inflater is None or not self._inflater.eof):
            raise ResponseInterrupted("the response broke off: its compressed body is incomplete")
        return self.body

    @property
    def _room(self) -> int:
        """Bytes that may still be decoded: one more than the limit, which tells that it is crossed."""
        return self._limit + 1 - self.size

    def _undone(self, outer: "BoundedDecoder", chunk: bytes) -> bytes:
        """A chunk without the outer coding."""
        try:
            outer.feed(chunk)
        except ResponseTooLarge:
            raise self._too_large() from None
        return outer.take()

    def _too_large(self) -> ResponseTooLarge:
        return ResponseTooLarge(
            f"the response has more than {self._limit} bytes",
            cure=f"ask for less, or raise {SIZE_SETTINGS}",
            details={"limit": self._limit},
        )

    def _inflate(self, chunk: bytes) -> None:
        data, self._pending = self._pending + chunk, b""
        if self._inflater is None:
            if len(data) < 2:
                self._pending = data
                return
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if _has_zlib_header(data) else -zlib.MAX_WBITS)
        try:
            while data and self._room:
                if self._inflater.eof:
                    if self._coding == "gzip" and data == _GZIP_MAGIC[:1]:
                        self._pending = data
                        return
                    if self._coding != "gzip" or not data.startswith(_GZIP_MAGIC):
                        return  # padding after the end; only gzip may have a further member (RFC 1952, 2.2)
                    self._inflater = zlib.decompressobj(_GZIP_WINDOW)
                self._body += self._inflater.decompress(data, self._room)
                data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
        except zlib.error:
            raise ResponseInvalid(
                "the response can't be read: its compressed body is damaged; the header Accept-Encoding: identity asks "
                "for it as it is"
            ) from None


def _readable(coding: str, *, as_it_is: bool) -> list[str]:
    if not coding:
        return []
    names = [
        name
        for name in (each.strip().lower() for each in coding.split(","))
        if name in _READ or name in _OTHERS
    ]
    if len(names) <= _MOST_CODINGS and _READ.keys() >= set(names):
        return [_READ[name] for name in names]
    if as_it_is:
        return []
    raise ResponseInvalid(
        f"the response has the content encoding {shortened(coding, 40)!r}, of which only gzip and deflate can be read: "
        "ask for another with the header Accept-Encoding, or take its bytes as they are with `output: raw`"
    )


def _has_zlib_header(data: bytes) -> bool:
    """Tells zlib data (RFC 1950), which `deflate` means, from the bare deflate that some servers send."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
