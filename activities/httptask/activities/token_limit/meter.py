"""Holds calls back by the tokens that they need, and counts what they used."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import activity

from httptask.activities.connection_profile import queue_of
from httptask.activities.token_limit.backends import OwnCount, SharedCount, TokenCount
from httptask.activities.token_limit.messages import Correction, Need
from httptask.chat.usage import Usage, estimated_tokens
from httptask.connections.connection import Connection
from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    FixtureMissing,
    HttpStatusError,
    HttpTaskError,
    Postponed,
    RequestInvalid,
    SecretUnavailable,
    TokenUnavailable,
)
from httptask.json.types import is_object

__all__ = ["Meter"]

_MODEL_CHARACTERS = 200
_REFUSED = (
    AddressForbidden,
    ConnectFailed,
    FixtureMissing,
    HttpStatusError,
    Postponed,
    RequestInvalid,
    SecretUnavailable,
    TokenUnavailable,
)
"""Errors of calls that nobody has worked on: they were not sent, or refused."""
_ANSWER_TOKENS = 1000
"""What an answer is taken to have before any was seen, where the request does not say."""

Result = TypeVar("Result", bound=BaseModel)


class Meter:
    """Meters the calls of connections that have `tokens_per_minute`.

    Args:
        connections: of this worker, by name.
        shared: whether all workers of the task queue count together.
    """

    def __init__(self, connections: Mapping[str, Connection], *, shared: bool) -> None:
        self._connections = connections
        self._shared = shared
        self._counts: dict[str, TokenCount] = {}

    async def run(self, connection: str | None, body: Any, call: Callable[[], Awaitable[Result]]) -> Result:
        """Make a call, if there are tokens for it.

        Args:
            connection: that the call is sent through.
            body: of the request, as JSON.
            call: makes it.

        Raises:
            Postponed: it has to wait; nothing was sent.
        """
        found = self._connections.get(connection or "")
        if found is None or found.tokens_per_minute is None:
            return await call()
        count = self._count(found)
        need = _need_of(body)
        taken = await count.take(need)
        if taken.wait > 0:
            raise Postponed(
                f"waits for tokens of the connection {found.name}, which has {found.tokens_per_minute} a minute",
                retry_after=taken.wait,
            )
        used: float | None = None
        try:
            result = await call()
            used = _tokens(getattr(result, "usage", None)) or _tokens_of_content(result)
        except HttpTaskError as error:
            used = _used_by_failure(error)
            raise
        else:
            return result
        finally:
            if used is not None:
                answer = used - need.asked if used else None
                count.correct(Correction(model=need.model, beyond=used - taken.tokens, answer=answer))

    def _count(self, connection: Connection) -> TokenCount:
        assert connection.tokens_per_minute is not None  # only asked for those that have it
        queue = activity.info().task_queue
        own = queue if queue.endswith(f"/{connection.name}") else queue_of(queue, connection.name)
        if own not in self._counts:
            self._counts[own] = (
                SharedCount(own, connection.tokens_per_minute)
                if self._shared
                else OwnCount(connection.tokens_per_minute)
            )
        return self._counts[own]


def _need_of(body: Any) -> Need:
    fields = body if is_object(body) else {}
    given = fields.get("max_completion_tokens") or fields.get("max_tokens")
    model = fields.get("model")
    return Need(
        asked=estimated_tokens(body),
        model=model[:_MODEL_CHARACTERS] if isinstance(model, str) else "",
        most=given if isinstance(given, int) else _ANSWER_TOKENS,
    )


def _used_by_failure(error: HttpTaskError) -> float | None:
    """What a failed call has used: nothing when it was refused, unknown when it may have been worked on."""
    if (
        isinstance(error, _REFUSED) and "partial_text" not in error.details
    ):  # an error in the middle of an answer refuses nothing
        return 0.0
    return _tokens(error.details.get("usage"))


def _tokens_of_content(result: BaseModel) -> float | None:
    content = getattr(result, "content", None)
    return _tokens(content.get("usage")) if is_object(content) else None


def _tokens(usage: Any) -> float | None:
    total = getattr(Usage.model_validate(usage) if is_object(usage) else usage, "total_tokens", None)
    return None if total is None else float(total)
