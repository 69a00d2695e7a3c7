"""`multipart/form-data` (RFC 7578)."""

import hashlib
import json
from collections.abc import Callable

from httptask.http.body_models import BinaryBody, JsonBody, MultipartBody, Part, TextBody

__all__ = ["encode_multipart", "multipart_type", "part_type"]

_ESCAPES = str.maketrans({'"': "%22", "\\": "\\\\"})
"""In names and filenames, as httpx writes them; a control character in one is refused before."""


def multipart_type(body: MultipartBody) -> str:
    """The media type with its boundary.

    The boundary is a digest of the parts, secrets not yet inserted. So each attempt at a request sends the same
    bytes under the same Idempotency-Key, and no part can hold the boundary: it would have to hold its own digest.
    """
    digest = hashlib.sha256(json.dumps(body.model_dump()).encode("ascii")).hexdigest()
    return f"multipart/form-data; boundary={digest[:32]}"


def part_type(part: Part) -> str | None:
    """The media type of a part; it never depends on what a worker's system knows of a filename's ending."""
    if part.content_type is not None:
        return part.content_type
    match part.content:
        case JsonBody():
            return "application/json"
        case BinaryBody():
            return "application/octet-stream"
        case TextBody():
            return None if part.filename is None else "text/plain; charset=utf-8"


def encode_multipart(
    body: MultipartBody, media_type: str, encode: Callable[[JsonBody | TextBody | BinaryBody], bytes]
) -> bytes:
    """The bytes of all parts.

    Args:
        body: with its secrets in place.
        media_type: with the boundary.
        encode: makes the bytes of one part's content.
    """
    boundary = media_type.partition("boundary=")[2]
    written = [
        b"%b%b\r\n" % (f"--{boundary}\r\n{_head(part)}\r\n\r\n".encode(), encode(part.content))
        for part in body.parts
    ]
    return b"".join([*written, f"--{boundary}--\r\n".encode()])


def _head(part: Part) -> str:
    head = f'Content-Disposition: form-data; name="{part.name.translate(_ESCAPES)}"'
    if part.filename:
        head += f'; filename="{part.filename.translate(_ESCAPES)}"'
    described = part_type(part)
    return head if described is None else f"{head}\r\nContent-Type: {described}"
