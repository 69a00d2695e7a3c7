"""Reads one answer from a connection, and nothing behind it: what a server sends beyond an answer's end is nobody's.

aiohttp's parser takes whatever comes at once, and where bytes follow that are no HTTP it loses the answer before them.
"""

import asyncio
import re
from typing import Any

from aiohttp import ClientPayloadError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import EMPTY_PAYLOAD

__all__ = ["AnswerProtocol"]

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_END_OF_LINE = b"\n"
_BEFORE_END = 3
"""Bytes of an end of a head that may have come before its last one."""
_NAME = b"content-length"
_LONGEST_HELD = 1024
"""Of the line of a length that is not complete."""
_FINAL = 200
_LENGTH = re.compile(rb"content-length:([ \t]*[0-9]+(?:[ \t]*,[ \t]*[0-9]+)*)[ \t]*\r?\n", re.IGNORECASE)
_NUMBER = re.compile(rb"[0-9]+")


class AnswerProtocol(ResponseHandler):
    """Gives the parser heads on their own, and of what follows only what belongs to the answer."""

    _is_final = False
    """Whether the head of the answer itself was read, rather than that of an interim one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Made once the server has taken the connection, before it is secured."""
        super().__init__(loop)
        self.made_at = loop.time()

    def set_response_params(self, **params: Any) -> None:
        """Begins the next answer."""
        self._is_final = False
        self._head = _Head()
        super().set_response_params(**params)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Takes a head, and where its body will come."""
        message, self._body = data
        self._is_final = message.code >= _FINAL
        self._head = _Head()
        if self._body is EMPTY_PAYLOAD and (
            message.chunked or message.headers.get("content-length", "0") != "0"
        ):
            # None can be here (204, 304, to HEAD), and some servers send it all the same, perhaps later.
            self.force_close()
        super().feed_data(data, size)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Ends a body where no HTTP comes any more, too: aiohttp leaves whoever reads it waiting."""
        super().set_exception(exc, exc if exc_cause is None else exc_cause)
        if isinstance(exc, HttpProcessingError) and self._is_final and not self._body.is_eof():
            error = ClientPayloadError()
            error.__cause__ = exc
            self._body.set_exception(error)

    def data_received(self, data: bytes) -> None:
        """Takes what came."""
        while data and self._parser is not None and not self._is_final and self._exception is None:
            head, data = self._head.split(data)
            if not head:
                return
            super().data_received(head)
        if not self._is_final or not self._body.is_eof():
            super().data_received(data)
        elif data:
            self.force_close()  # the answer counts; its connection gives no other one


class _Head:
    """A head as it comes, with a length that is told several times told once (RFC 9110, section 8.6)."""

    def __init__(self) -> None:
        self._held = b""
        self._end = b""
        self._within_line = False
        self._told: set[bytes] = set()

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """What of it is to be parsed now, and what comes behind the head; nothing while a line is not complete."""
        found = _END_OF_HEAD.search(self._end + data)
        end = len(data) if found is None else found.end() - len(self._end)
        self._end = (self._end + data)[-_BEFORE_END:]
        lines, rest = (self._held + data[:end]), data[end:]
        line, ending, whole = lines.partition(_END_OF_LINE) if self._within_line else (b"", b"", lines)
        whole, self._held = self._without_length(whole) if found is None else (whole, b"")
        parsed = line + ending + b"".join(map(self._once, whole.splitlines(keepends=True)))
        if parsed:
            self._within_line = not parsed.endswith(_END_OF_LINE)
        return parsed, rest

    @staticmethod
    def _without_length(lines: bytes) -> tuple[bytes, bytes]:
        """Lines, and the last of them if it is not complete and may be that of a length."""
        begun = lines[lines.rfind(_END_OF_LINE) + 1 :]
        if begun[: len(_NAME)].lower() == _NAME[: len(begun)] and len(begun) <= _LONGEST_HELD:
            return lines.removesuffix(begun), begun
        return lines, b""

    def _once(self, line: bytes) -> bytes:
        """The line, or what is to stand in its place; lengths that differ are left for the parser to refuse."""
        found = _LENGTH.fullmatch(line)
        told: set[bytes] = set(_NUMBER.findall(found[1])) if found is not None else set()
        if len(told) != 1 or told != (self._told or told):
            return line
        is_first, self._told = not self._told, set(told)
        return b"Content-Length: %b\r\n" % told.pop() if is_first else b""
