"""Server-sent events on the wire."""

__all__ = ["CHUNKED", "CLOSING", "SSE", "chunked"]

SSE = {"Content-Type": "text/event-stream"}

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
"""The head of an answer in chunks, whose end is told by an empty one."""

CLOSING = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
"""The head of an answer that ends where its connection does."""


def chunked(*pieces: bytes) -> bytes:
    """Each piece as a chunk, without the empty one that ends them."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
