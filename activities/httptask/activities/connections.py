"""What a run learns of the connections that it uses: once, at its start, recorded in its history."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict
from temporalio import activity
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from httptask.activities import names
from httptask.activities.failure import to_application_error
from httptask.authentication.models import ApiKeyAuthentication
from httptask.connections.connection import Connection, find_connection
from httptask.http.errors import ConnectionUnknown
from httptask.resilience.retry import Retry

__all__ = ["ConnectionActivities", "ConnectionProfile", "ResolvedConnections", "profile_of", "queue_of"]


class ConnectionProfile(BaseModel):
    """What a workflow needs to know to schedule the calls of a connection; the rest stays with its worker."""

    model_config = ConfigDict(frozen=True)

    task_queue: str | None = None
    """The connection's own task queue; None for the workflow's."""
    retry: Retry = Retry()
    total: float | None = None
    """Deadline of one attempt in seconds, where the connection sets one."""
    server: str | None = None
    """Origin of the connection's server, where its worker can tell."""
    query_key: str | None = None
    """The query parameter that holds the connection's credential, where there is one."""


class ResolvedConnections(BaseModel):
    """Profiles by the connection's name."""

    profiles: dict[str, ConnectionProfile]


def profile_of(connection: Connection, task_queue: str | None = None) -> ConnectionProfile:
    """The profile of a connection for workflows on a task queue."""
    own_queue = queue_of(task_queue, connection.name) if task_queue and connection.is_limited else None
    return ConnectionProfile(
        task_queue=own_queue,
        retry=connection.retry,
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


class ConnectionActivities:
    """Tells workflows about the connections of their worker."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        *,
        makes_calls: bool,
        shared: bool = False,
        has_limits: bool = True,
    ) -> None:
        """Make the activity.

        Args:
            connections: of this worker, by name.
            makes_calls: False for a worker that leaves all calls to others, whose connections it need not know.
            shared: whether other workers, which may have other connections, poll its task queue.
            has_limits: False for a worker that holds nothing back, because it sends nothing.
        """
        self._connections = connections
        self._makes_calls = makes_calls
        self._shared = shared
        self._has_limits = has_limits

    @activity.defn(name=names.RESOLVE_CONNECTIONS)
    async def resolve_connections(self, wanted: Sequence[str]) -> ResolvedConnections:
        """Look connections up; run as a local activity, so that what a run goes by is in its history.

        Raises:
            ApplicationError: this worker has no connection of one of the names; retryable where another may have it.
        """
        task_queue = activity.info().task_queue if self._has_limits else None
        profiles: dict[str, ConnectionProfile] = {}
        for name in wanted:
            try:
                profiles[name] = profile_of(find_connection(self._connections, name), task_queue)
            except ConnectionUnknown as unknown:
                if self._makes_calls:
                    unknown.retryable = self._shared
                    raise to_application_error(unknown, attempt=1) from None
        return ResolvedConnections(profiles=profiles)

    @activity.defn(name=names.IS_POLLED)
    async def is_polled(self, task_queue: str) -> bool:
        """Whether any worker has lately asked for activities of a task queue."""
        client = activity.client()
        description = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=task_queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            )
        )
        return bool(description.pollers)
