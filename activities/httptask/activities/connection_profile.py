"""What a run learns of its worker's configuration: once, at its start, recorded in its history."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_serializer

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.event_sink import EventSink
from httptask.authentication.models import ApiKeyAuthentication
from httptask.connections.connection import Calls, Connection
from httptask.resilience.retry import Retry

__all__ = ["ConnectionProfile", "RunConfiguration", "profile_of", "queue_of"]


class ConnectionProfile(BaseModel):
    """What a workflow needs to know to schedule the calls of a connection; the rest stays with its worker."""

    model_config = ConfigDict(frozen=True)

    task_queue: str | None = None
    """The connection's own task queue; None for the workflow's."""
    retry: Retry = Retry()
    calls: Calls | None = None
    total: float | None = None
    """Deadline of one attempt in seconds, where the connection sets one."""
    server: str | None = None
    """Origin of the connection's server, where its worker can tell."""
    query_key: str | None = None
    """The query parameter that holds the connection's credential, where there is one."""


class RunConfiguration(BaseModel):
    """What a worker has under the names that a run uses."""

    connections: dict[str, ConnectionProfile] = {}
    activities: dict[str, AllowedActivity] = {}
    """Those of the user's own that may be called."""
    event_sink: EventSink | None = None
    """Where events go; None for a run that emits none."""
    definitions: dict[str, str] = {}
    """Those that the run has runs of, by the names that it has for them: `NAMESPACE/NAME:VERSION`."""

    @field_serializer("connections", "activities")
    def _without_defaults(self, found: dict[str, BaseModel]) -> dict[str, Any]:
        return {name: one.model_dump(mode="json", exclude_defaults=True) for name, one in found.items()}


def profile_of(connection: Connection, task_queue: str | None = None) -> ConnectionProfile:
    """The profile of a connection for workflows on a task queue."""
    own_queue = queue_of(task_queue, connection.name) if task_queue and connection.is_limited else None
    return ConnectionProfile(
        task_queue=own_queue,
        retry=connection.retry,
        calls=connection.calls,
        total=connection.limits.total,
        server=connection.origin,
        query_key=_query_key(connection),
    )


def _query_key(connection: Connection) -> str | None:
    match connection.written.authentication:
        case ApiKeyAuthentication(place="query", name=name):
            return name
        case _:
            return None


def queue_of(task_queue: str, connection: str) -> str:
    """The queue of a limited connection, shared by all workers that share the queue of the workflows."""
    return f"{task_queue}/{connection}"
