"""What workflows ask their worker in local activities: what a run goes by is in its history."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from temporalio import activity
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.activities import names
from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.connection_profile import ConnectionProfile, RunConfiguration, profile_of
from httptask.activities.event_sink import EventSink
from httptask.activities.failure import to_application_error
from httptask.connections.connection import Connection, find_connection
from httptask.http.errors import ConnectionUnknown

__all__ = ["ConfigurationActivities", "ServedDefinitions", "has_pollers", "is_polled", "yield_control"]


class ServedDefinitions(Protocol):
    """The definitions that a worker serves."""

    @property
    def names(self) -> Sequence[str]:
        """What clients start them by."""
        ...

    def qualified(self, name: str) -> str | None:
        """`NAMESPACE/NAME:VERSION` of the one that is called so, which may have `latest` for a version."""
        ...


class ConfigurationActivities:
    """Tells workflows what the configuration of their worker has.

    Args:
        connections: of this worker, by name.
        allowed: activities of the user's own that its operator allows, by name.
        makes_calls: False for a worker that leaves all calls to others, whose connections it need not know.
        shared: whether other workers, which may be configured otherwise, poll its task queue.
        event_sink: where events go that runs emit.
        has_limits: False for a worker that holds nothing back, because it sends nothing.
        definitions: that it serves.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        allowed: Mapping[str, AllowedActivity],
        *,
        makes_calls: bool,
        shared: bool,
        has_limits: bool,
        event_sink: EventSink,
        definitions: ServedDefinitions,
    ) -> None:
        self._connections = connections
        self._allowed = allowed
        self._makes_calls = makes_calls
        self._shared = shared
        self._has_limits = has_limits
        self._event_sink = event_sink
        self._definitions = definitions

    def known(
        self,
        connections: Iterable[str],
        activities: Iterable[str],
        task_queue: str,
        *,
        emits: bool,
        definitions: Iterable[str] = (),
    ) -> RunConfiguration:
        """What this worker has of what a run on a task queue names.

        Args:
            connections: names of them. Of one that it need not know, a worker has what goes for most.
            activities: names of those of the user's own.
            task_queue: of the worker.
            emits: whether it emits events.
            definitions: that it has runs of.
        """
        sink = self._event_sink if emits else None
        if sink is not None and sink.connection is not None:
            connections = {*connections, sink.connection}
        own = task_queue if self._has_limits else None
        profiles = {
            name: profile_of(self._connections[name], own)
            for name in connections
            if name in self._connections
        }
        unknown = {} if self._makes_calls else {name: ConnectionProfile() for name in connections}
        return RunConfiguration(
            connections={**unknown, **profiles},
            activities={name: self._allowed[name] for name in activities if name in self._allowed},
            event_sink=sink,
            definitions={
                name: found
                for name in definitions
                if (found := self._definitions.qualified(name)) is not None
            },
        )

    @activity.defn(name=names.RESOLVE_CONFIGURATION)
    async def resolve_configuration(
        self,
        connections: Sequence[str],
        activities: Sequence[str],
        emits: bool = False,  # noqa: FBT001
        definitions: Sequence[str] = (),
    ) -> RunConfiguration:
        """Look up connections, activities of the user's own, where events go, and definitions.

        Raises:
            ApplicationError: of type `ConnectionUnknown`, `ActivityNotAllowed` or `DefinitionUnknown`, this worker does
                not have one of the names; retryable where another one may.
        """
        queue = activity.info().task_queue
        found = self.known(connections, activities, queue, emits=emits, definitions=definitions)
        try:
            for name in connections:
                if name not in found.connections:
                    find_connection(self._connections, name)
        except ConnectionUnknown as unknown:
            unknown.retryable = self._shared
            raise to_application_error(unknown, attempt=1) from None
        for name in activities:
            if name not in found.activities:
                raise self._refusal(
                    f"the activity {name} may not be called: add [activities.{name}] to the worker's httptask.toml",
                    "ActivityNotAllowed",
                )
        for name in definitions:
            if name not in found.definitions:
                known = ", ".join(self._definitions.names) or "none"
                message = f"no definition {name} is served here to be run; known: {known}"
                raise self._refusal(message, "DefinitionUnknown")
        return found

    def _refusal(self, message: str, error: str) -> ApplicationError:
        return ApplicationError(
            message,
            type=error,
            non_retryable=not self._shared,
            category=ApplicationErrorCategory.BENIGN,  # the log tells it as the failure that follows
        )


@activity.defn(name=names.IS_POLLED)
async def is_polled(task_queue: str) -> bool:
    """See `has_pollers`."""
    return await has_pollers(activity.client(), task_queue)


async def has_pollers(client: Client, task_queue: str) -> bool:
    """Whether any worker has lately asked for activities of a task queue."""
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
