"""Deadlines and sizes of one attempt: what applies when neither the request nor its connection says."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ATTEMPTS",
    "CHAT_DEFAULTS",
    "CHAT_STREAM_DEFAULTS",
    "HTTP_DEFAULTS",
    "MAX_RESPONSE_BYTES",
    "SIZE_SETTINGS",
    "STREAM_DEFAULTS",
    "TOKEN_LIMITS",
    "Bounds",
    "Limits",
    "bounds",
]

ATTEMPTS: Final = 5
"""How many attempts a call has where its connection sets no other number, the first one included."""

SIZE_SETTINGS: Final = "`responseBytes` of the task, or `limits.response_bytes` of its connection"
"""What raises the limit of a response, for messages."""

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
"""Most that a response may be allowed to have: as base64 it fits what the SDK's storage drivers accept."""


class Limits(BaseModel):
    """Bounds of one attempt. Seconds and bytes; None takes the connection's, then the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connect: float | None = Field(default=None, gt=0)
    """Seconds until the connection stands, TLS included."""
    first_byte: float | None = Field(default=None, gt=0)
    """Seconds from sending the request until status and headers of the response are there."""
    idle: float | None = Field(default=None, gt=0)
    """Seconds of silence in the middle of a response."""
    total: float | None = Field(default=None, gt=0)
    """Seconds for the whole attempt."""
    response_bytes: int | None = Field(default=None, gt=0, le=MAX_RESPONSE_BYTES)
    """Bytes of the decompressed response."""


HTTP_DEFAULTS = Limits(connect=5, total=60, response_bytes=1024 * 1024)
"""Defaults of a plain HTTP call; first byte and idle may take as long as the whole."""

STREAM_DEFAULTS = Limits(connect=5, first_byte=60, idle=60, total=600, response_bytes=8 * 1024 * 1024)
"""Defaults of an answer that comes in events, most of which are not kept."""

CHAT_DEFAULTS = Limits(connect=5, total=600, response_bytes=1024 * 1024)
"""Defaults of a chat completion. A model that thinks is silent for minutes, before its first byte or behind the
headers, in a stream too; the server goes on with what is given up, and bills it. OpenAI's clients wait 600 s too."""

CHAT_STREAM_DEFAULTS = CHAT_DEFAULTS.model_copy(update={"response_bytes": MAX_RESPONSE_BYTES})
"""Defaults of a streamed one: each token comes with a few hundred bytes around it, which are not kept."""

TOKEN_LIMITS = Limits(connect=5, total=20, response_bytes=256 * 1024)
"""Limits of a request for a token, or for the document that says where the token endpoint is."""


@dataclass(frozen=True)
class Bounds:
    """Limits with every value decided; seconds and bytes."""

    connect: float
    first_byte: float
    idle: float
    total: float
    response_bytes: int


def bounds(*layers: Limits) -> Bounds:
    """Decides each limit by the first layer that sets it, most specific layer first.

    The last layer sets at least `connect`, `total` and `response_bytes`.
    """
    return _decided(*layers)  # pyright: ignore[reportArgumentType] - they are frozen, and so have a hash


@lru_cache(maxsize=256)
def _decided(*layers: Limits) -> Bounds:
    decided: dict[str, float] = {}
    for layer in layers:
        for name, value in layer:
            if value is not None:
                decided.setdefault(name, value)
    return Bounds(
        connect=decided["connect"],
        first_byte=decided.get("first_byte", decided["total"]),
        idle=decided.get("idle", decided["total"]),
        total=decided["total"],
        response_bytes=int(decided["response_bytes"]),
    )
