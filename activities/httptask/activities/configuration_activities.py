"""What workflows ask their worker in local activities: what a run goes by is in its history."""

from collections.abc import Mapping, Sequence

from temporalio import activity
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.activities import names
from httptask.activities.allowed_activities import ActivityAllowance, AllowedActivity
from httptask.activities.connection_profile import ConnectionProfile, ResolvedConnections, profile_of
from httptask.activities.failure import to_application_error
from httptask.connections.connection import Connection, find_connection
from httptask.http.errors import ConnectionUnknown

__all__ = ["ConfigurationActivities", "is_polled", "yield_control"]


class ConfigurationActivities:
    """Tells workflows what the configuration of their worker has.

    Args:
        connections: of this worker, by name.
        allowed: activities of the user's own that its operator allows, by name.
        makes_calls: False for a worker that leaves all calls to others, whose connections it need not know.
        shared: whether other workers, which may be configured otherwise, poll its task queue.
        has_limits: False for a worker that holds nothing back, because it sends nothing.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        allowed: Mapping[str, AllowedActivity],
        *,
        makes_calls: bool,
        shared: bool,
        has_limits: bool,
    ) -> None:
        self._connections = connections
        self._allowed = allowed
        self._makes_calls = makes_calls
        self._shared = shared
        self._has_limits = has_limits

    @activity.defn(name=names.RESOLVE_CONNECTIONS)
    async def resolve_connections(self, wanted: Sequence[str]) -> ResolvedConnections:
        """Look connections up.

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

    @activity.defn(name=names.ALLOW_ACTIVITIES)
    async def allow_activities(self, wanted: Sequence[str]) -> ActivityAllowance:
        """Look activities up.

        Raises:
            ApplicationError: of type `ActivityNotAllowed`; retryable where another worker may allow it.
        """
        for name in wanted:
            if name not in self._allowed:
                raise ApplicationError(
                    f"the activity {name} may not be called: add [activities.{name}] to the worker's httptask.toml",
                    type="ActivityNotAllowed",
                    non_retryable=not self._shared,
                    category=ApplicationErrorCategory.BENIGN,  # the log tells it as the failure that follows
                )
        return ActivityAllowance(activities={name: self._allowed[name] for name in wanted})


@activity.defn(name=names.IS_POLLED)
async def is_polled(task_queue: str) -> bool:
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


@activity.defn(name=names.YIELD)
async def yield_control() -> None:
    """Do nothing.

    Run as a local activity it ends the current activation of a workflow, in about 2 ms; as an activity it ends the
    workflow task, in about 10 ms. A timer would take a second, the shortest that the server can fire.
    """
