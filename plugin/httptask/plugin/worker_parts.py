"""What a worker with the plugin runs: the activities, the workflows, and the edge that calls go through."""

import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from temporalio.common import VersioningBehavior
from temporalio.worker import WorkerConfig

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.calls import HttpActivities, count_call
from httptask.activities.configuration_activities import ConfigurationActivities, is_polled, yield_control
from httptask.activities.event_sink import EventSink
from httptask.activities.fleet import Fleet
from httptask.activities.storage import stored_from
from httptask.activities.token_limit.meter import Meter
from httptask.client.edge import Edge
from httptask.connections.connection import Connection, default_connections
from httptask.dsl.event_selection import select_events
from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixtures
from httptask.interpreter.batch import BatchWorkflow
from httptask.interpreter.workflow_types import DefinitionWorkflow, HttpTaskWorkflow
from httptask.plugin.connection_queues import ConnectionQueues
from httptask.plugin.definitions import DefinitionActivities, DefinitionRegistry
from httptask.scheduling.token_limit_workflow import TokenLimitWorkflow
from httptask.secrets.store import SecretSource, SecretStore
from httptask.workflows.one_call import OneCallWorkflow
from httptask.workflows.run_then_wait import RunThenWaitWorkflow

if TYPE_CHECKING:
    from httptask.openapi.described import KeptDocuments

__all__ = ["WorkerParts"]


class WorkerParts:
    """What the plugin of a process adds to its workers; the arguments are those of `HttpTaskPlugin`.

    Attributes:
        edge: what calls go through.
        queues: the task queues that limited connections have of their own.
    """

    def __init__(
        self,
        *,
        connections: Mapping[str, Connection] | None,
        secrets: SecretStore | None,
        fixtures: Fixtures | None,
        recorder: Recorder | None,
        definitions: DefinitionRegistry | None,
        allow_inline: bool,
        allowed_activities: Sequence[AllowedActivity],
        allowed_hosts: Sequence[str],
        allow_private: Sequence[str],
        event_sink: EventSink,
        documents: "KeptDocuments | None",
        share_queue: bool,
        register_workflows: bool,
        register_activities: bool,
    ) -> None:
        known = default_connections(os.environ) if connections is None else connections
        self.edge = _SharedEdge(
            lambda: Edge(
                known,
                _default_secrets(fixtures) if secrets is None else secrets,
                fixtures=fixtures,
                recorder=recorder,
                allow_private=allow_private,
                allowed_hosts=allowed_hosts,
                observers=[count_call],
            )
        )
        # Nothing is sent where fixtures answer, so nothing is held back.
        limited = known if register_activities and fixtures is None else {}
        self.queues = ConnectionQueues(limited)
        self._configuration = ConfigurationActivities(
            known,
            {activity.name: activity for activity in allowed_activities},
            makes_calls=register_activities,
            shared=share_queue,
            has_limits=fixtures is None,
            event_sink=event_sink,
            definitions=DefinitionRegistry([]) if definitions is None else definitions,
        )
        has_token_limits = any(connection.tokens_per_minute for connection in limited.values())
        meter = Meter(limited, shared=share_queue) if has_token_limits else None
        fleet = Fleet(known, shared=share_queue)
        self._activities = HttpActivities(self.edge.get, select_events, meter, fleet, documents)
        self._share_queue = share_queue
        self._definitions = definitions
        self._register_workflows = register_workflows
        self._register_activities = register_activities
        served = [
            (HttpTaskWorkflow, allow_inline),
            (BatchWorkflow, allow_inline),
            (DefinitionWorkflow, definitions is not None),
            (RunThenWaitWorkflow, definitions is not None),
        ]
        self._workflows: Sequence[type] = [
            workflow for workflow, is_served in served if is_served and register_workflows
        ]

    def workflows_beside(self, known: Sequence[type]) -> Sequence[type]:
        """The workflows of a worker that has some already; one that has none to run stays a worker for activities."""
        found = [*known, *(one for one in self._workflows if one not in known)]
        if found and self._register_workflows and OneCallWorkflow not in found:
            found.append(OneCallWorkflow)
        return found

    def restrict(self, config: WorkerConfig) -> None:
        """Leave a worker of a connection's own task queue the calls of that connection.

        One with versions that have no behavior by default has no workflow of one call: each workflow needs a behavior
        there, and may have none anywhere else.
        """
        deployment = config.get("deployment_config")  # pyright: ignore[reportUnknownMemberType] - the SDK's
        if (
            deployment is not None
            and deployment.use_worker_versioning
            and deployment.default_versioning_behavior is VersioningBehavior.UNSPECIFIED
        ):
            known = config.get("workflows", ())  # pyright: ignore[reportUnknownMemberType] - the SDK's
            config["workflows"] = [one for one in known if one is not OneCallWorkflow]
        task_queue = config["task_queue"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
        own = self.queues.connection_of(task_queue)
        if own is not None:
            counts = self._share_queue and own.tokens_per_minute is not None
            config["workflows"] = [TokenLimitWorkflow] if counts else []
            config["activities"] = self._calls

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """What is registered of them."""
        found: list[Callable[..., Any]] = [yield_control]  # whoever polls the queue may get it
        if self._register_activities:
            found += self._calls
        if self._register_workflows:
            found += [
                stored_from,
                is_polled,
                self._configuration.resolve_configuration,
            ]
            if self._definitions is not None:
                found.append(DefinitionActivities(self._definitions, self._configuration).load_definition)
        return found

    @property
    def _calls(self) -> list[Callable[..., Any]]:
        calls = self._activities
        return [calls.http_request, calls.chat_completion, calls.api_operation]


class _SharedEdge:
    """The HTTP edge of a process: opened by the first call, closed by the last worker that could make one.

    A replayer enters and leaves like a worker and never calls, so it opens nothing; a worker that stops does not
    close what another one still uses.
    """

    def __init__(self, open_edge: Callable[[], Edge]) -> None:
        self._open_edge = open_edge
        self._edge: Edge | None = None
        self._users = 0

    def get(self) -> Edge:
        """The edge, opened if it is not yet."""
        if self._edge is None:
            self._edge = self._open_edge()
        return self._edge

    @asynccontextmanager
    async def in_use(self) -> AsyncGenerator[None]:
        """Keep the edge open for the time of a worker."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0 and self._edge is not None:
                edge, self._edge = self._edge, None
                await edge.aclose()


def _default_secrets(fixtures: Fixtures | None) -> SecretStore:
    source = SecretSource(name="OPENAI_API_KEY", environment="OPENAI_API_KEY")
    return SecretStore({source.name: source}, os.environ, placeholder=fixtures is not None)
