"""What is known to all processes of one worker: the places of connections, and which servers fail."""

from collections.abc import Mapping
from typing import ClassVar

from httptask.resilience.circuit_breaker import OutageState, OutageTable
from httptask.resilience.connection_limits import SharedPlaces

__all__ = ["SharedState"]


class SharedState:
    """What those processes share that are forked after it is made.

    Args:
        concurrency: how many calls may be made at the same time, by the connections that bound them.

    Attributes:
        current: that of this process, if it is one of several; to be set before the others are forked.
    """

    current: ClassVar["SharedState | None"] = None

    def __init__(self, concurrency: Mapping[str, int]) -> None:
        self._places = {connection: SharedPlaces(count) for connection, count in concurrency.items()}
        self._outages = OutageTable()

    def places(self, connection: str) -> SharedPlaces:
        """The places of a connection that bounds its calls."""
        return self._places[connection]

    def outage_state(self, origin: str) -> OutageState:
        """What is known of a server."""
        return self._outages.state(origin)
