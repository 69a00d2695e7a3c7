"""Content codings (RFC 9110, section 8.4.1), decoded within a bound.

A kilobyte of gzip can stand for a megabyte, so nothing is decompressed past the limit: not even the
chunk that would cross it.
"""

import zlib

from httptask.http.errors import ResponseInterrupted, ResponseInvalid, ResponseTooLarge
from httptask.http.limits import SIZE_SETTINGS

__all__ = ["ACCEPT_ENCODING", "BoundedDecoder"]

ACCEPT_ENCODING = "gzip, deflate"

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16
_CODINGS = {"": "identity", "identity": "identity", "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


class BoundedDecoder:
    """Decompresses a body up to a limit, and collects what is not taken before its end.

    Args:
        coding: value of the response's `Content-Encoding`, or an empty text.
        limit: most bytes that the decompressed body may have.

    Raises:
        ResponseInvalid: a coding that was not asked for, or several at once.
    """

    def __init__(self, coding: str, limit: int) -> None:
        known = _CODINGS.get(coding.strip().lower())
        if known is None:
            raise ResponseInvalid(
                f"the response has the content encoding {coding[:40]!r}; only gzip and deflate can be read"
            )
        self._coding = known
        self._limit = limit
        self._body = bytearray()
        self._taken = 0
        self._received = 0
        self._pending = b""
        self._inflater = zlib.decompressobj(_GZIP_WINDOW) if known == "gzip" else None

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
        self._received += len(chunk)
        if self._coding == "identity":
            self._body += chunk[: self._room]
        else:
            self._inflate(chunk)
        # Compressed data that yield nothing must end too; real compression never doubles a body.
        if not self._room or self._received > 2 * self._limit + 1024:
            del self._body[self._limit - self._taken :]
            raise ResponseTooLarge(
                f"the response has more than {self._limit} bytes: ask for less, or raise {SIZE_SETTINGS}",
                details={"limit": self._limit},
            )

    def finish(self) -> bytes:
        """Returns the body, or the rest of it that was not taken.

        Raises:
            ResponseInterrupted: the compressed data end too early.
        """
        started = self._received > 0 and self._coding != "identity"
        if started and (self._inflater is None or not self._inflater.eof):
            raise ResponseInterrupted("the response broke off: its compressed body is incomplete")
        return self.body

    @property
    def _room(self) -> int:
        """Bytes that may still be decoded: one more than the limit, which tells that it is crossed."""
        return self._limit + 1 - self.size

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
            raise ResponseInvalid("the response can't be read: its compressed body is damaged") from None


def _has_zlib_header(data: bytes) -> bool:
    """Tells zlib data (RFC 1950), which `deflate` means, from the bare deflate that some servers send."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
