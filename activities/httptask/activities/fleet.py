"""Workers of one task queue whose configurations differ, as they do while a new one is rolled out."""

import random
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from temporalio import activity

from httptask.connections.connection import Connection
from httptask.http.errors import HttpTaskError, Postponed
from httptask.http.log import get_logger
from httptask.http.models import CallRequest

__all__ = ["Fleet"]

_SOONEST, _LATEST, _FACTOR = 0.5, 20.0, 1.5
"""Seconds until a call that was left to others may be taken again, by whoever polls first."""

log = get_logger("httptask.activities")


class Fleet:
    """What a worker does about others that poll its task queue and are configured otherwise.

    Args:
        connections: of this worker, by name.
        shared: whether there may be others at all.
    """

    def __init__(self, connections: Mapping[str, Connection], *, shared: bool) -> None:
        self.shared = shared
        self._connections = connections
        self._told: set[tuple[str, ...]] = set()

    @contextmanager
    def calling(self, connection: str | None, request: CallRequest) -> Generator[None]:
        """Around a call: leaves it to another worker where this one lacks what it needs.

        Tells where the connection's server is another one here than on the worker that the run began on.

        Raises:
            Postponed: in place of an error that is this worker's alone.
        """
        here = self._connections.get(connection or "")
        if here and here.origin and request.server and here.origin != request.server:
            self._tell("connection.differs", connection=here.name, here=here.origin, elsewhere=request.server)
        try:
            yield
        except HttpTaskError as error:
            if not (self.shared and error.of_worker):
                raise
            self._tell("call.left_to_another_worker", error=error.type, reason=error.message)
            raise Postponed(
                f"{error.message}; nothing was sent, and it is left to another worker",
                retry_after=_come_back(activity.info().attempt),
            ) from None

    def _tell(self, event: str, **facts: str) -> None:
        """Once, however many calls it concerns."""
        told = (event, *facts.values())
        if told not in self._told:
            self._told.add(told)
            log.warning(event, **facts)


def _come_back(attempt: int) -> float:
    """Soon at first, for most of such a fleet may have what is lacking here."""
    longest = min(_SOONEST * _FACTOR ** min(attempt, 100), _LATEST)
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret
