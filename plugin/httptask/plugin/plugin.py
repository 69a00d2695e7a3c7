"""Gives workers and clients the HTTP tasks."""

import dataclasses
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import DataConverter, DefaultPayloadConverter, ExternalStorage
from temporalio.plugin import SimplePlugin
from temporalio.worker import (
    Interceptor,
    Worker,
    WorkerConfig,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.calls import HttpActivities, count_call
from httptask.activities.fleet import Fleet
from httptask.activities.local_activities import ConfigurationActivities, is_polled, yield_control
from httptask.activities.metering import Meter
from httptask.activities.storage import stored_from
from httptask.client.edge import Edge
from httptask.connections.connection import Connection, default_connections
from httptask.dsl.selection import select_events
from httptask.egress.address import parse_networks
from httptask.egress.hosts import check_host_patterns
from httptask.fixtures.recording import Recorder
from httptask.fixtures.transport import Fixtures
from httptask.interpreter.workflow_types import DefinitionWorkflow, HttpTaskWorkflow
from httptask.plugin.connection_queues import ConnectionQueues
from httptask.plugin.definitions import DefinitionRegistry
from httptask.scheduling.registered import PLUGIN
from httptask.scheduling.token_limit_workflow import TokenLimitWorkflow
from httptask.secrets.store import SecretSource, SecretStore

__all__ = ["HttpTaskPlugin"]

_HEARTBEAT_THROTTLE = timedelta(seconds=1)
"""How often the SDK lets a heartbeat through. A cancellation arrives with one, so it is no setting."""


class HttpTaskPlugin(SimplePlugin):
    """Registers the activities `httptask.http_request` and `httptask.chat_completion` and the interpreter workflow.

    Give it to the client, and every worker made from that client has it too.

    Args:
        connections: servers by name; without them `openai`, from `OPENAI_BASE_URL` and `OPENAI_API_KEY`.
        secrets: where the values of secrets come from, as a rule `SecretStore(config.secrets, os.environ)`; without it
            only `OPENAI_API_KEY` is known.
        fixtures: answer requests from recorded files instead of sending them.
        recorder: write every exchange to files.
        storage: where payloads go that are large, such as `folder_storage(...)`; the same on all workers and
            clients. A storage that the client's data converter already has stays.
        definitions: definitions that any client may start by name.
        allow_inline: also run definitions that come with the start of a workflow (type `httptask.run`). Whoever may
            start a workflow can then spend what the connections' credentials give access to.
        allowed_activities: activities of your own workers that definitions may call.
        allowed_hosts: hosts that requests without a connection may go to, `*.example.com` for all below a domain;
            empty for any.
        allow_private: private networks that requests without a connection may reach.
        share_queue: whether other processes may poll the task queue. Then they count the tokens of limited connections
            together, and one leaves to another what it can't do for want of a connection, a secret or an allowed
            activity. Without others there is nobody to wait for: such a call fails.
        register_workflows: False makes a worker for activities only.
        register_activities: False makes a worker for workflows only.

    Raises:
        TypeError: `secrets` is no `SecretStore`, such as the declarations alone.
        ValueError: a host or a network can't be read.
    """

    def __init__(
        self,
        *,
        connections: Mapping[str, Connection] | None = None,
        secrets: SecretStore | None = None,
        fixtures: Fixtures | None = None,
        recorder: Recorder | None = None,
        storage: ExternalStorage | None = None,
        definitions: DefinitionRegistry | None = None,
        allow_inline: bool = False,
        allowed_activities: Sequence[AllowedActivity] = (),
        allowed_hosts: Sequence[str] = (),
        allow_private: Sequence[str] = (),
        share_queue: bool = True,
        register_workflows: bool = True,
        register_activities: bool = True,
    ) -> None:
        _require_store(secrets)
        check_host_patterns(allowed_hosts)
        parse_networks(allow_private)
        known = default_connections(os.environ) if connections is None else connections
        self._edge = _SharedEdge(
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
        self._connection_queues = ConnectionQueues(limited)
        self._configuration = ConfigurationActivities(
            known,
            {activity.name: activity for activity in allowed_activities},
            makes_calls=register_activities,
            shared=share_queue,
            has_limits=fixtures is None,
        )
        has_token_limits = any(connection.tokens_per_minute for connection in limited.values())
        meter = Meter(limited, shared=share_queue) if has_token_limits else None
        fleet = Fleet(known, shared=share_queue)
        self._activities = HttpActivities(self._edge.get, select_events, meter, fleet)
        self._share_queue = share_queue
        self._definitions = definitions
        self._register_workflows = register_workflows
        self._register_activities = register_activities
        workflows: list[type] = [HttpTaskWorkflow] if allow_inline else []
        if definitions is not None:
            workflows.append(DefinitionWorkflow)
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - the SDK leaves type arguments out
            PLUGIN,
            data_converter=partial(_data_converter, storage=storage),
            activities=self._with_activities,
            workflows=lambda known: _with_workflows(known, workflows if register_workflows else []),
            workflow_runner=_pass_through,
            interceptors=[_Presence()],
            run_context=self._edge.in_use,
        )

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """See base class."""
        config = super().configure_worker(config)
        task_queue = config["task_queue"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
        own = self._connection_queues.connection_of(task_queue)
        if own is not None:
            counts = self._share_queue and own.tokens_per_minute is not None
            config["workflows"] = [TokenLimitWorkflow] if counts else []
            config["activities"] = self._calls
        config["max_heartbeat_throttle_interval"] = _HEARTBEAT_THROTTLE
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:  # noqa: A002
        """See base class."""
        await super().run_worker(worker, lambda given: self._connection_queues.run_beside(given, next))

    def workers_beside(self, worker: Worker) -> Sequence[Worker]:
        """The workers of the task queues that limited connections have of their own, while a worker runs."""
        return self._connection_queues.beside(worker)

    @property
    def _calls(self) -> list[Callable[..., Any]]:
        return [self._activities.http_request, self._activities.chat_completion]

    def _with_activities(self, known: Sequence[Callable[..., Any]] | None) -> Sequence[Callable[..., Any]]:
        """Add ours, once: the plugin may stand on the client and on the worker."""
        found = list(known or [])
        registered = {getattr(function, "__name__", "") for function in found if _is_ours(function)}
        ours: list[Callable[..., Any]] = [yield_control]  # whoever polls the queue may get it
        if self._register_activities:
            ours += self._calls
        if self._register_workflows:
            ours += [
                stored_from,
                is_polled,
                self._configuration.resolve_connections,
                self._configuration.allow_activities,
            ]
            if self._definitions is not None:
                ours.append(self._definitions.load_definition)
        return [*found, *(function for function in ours if function.__name__ not in registered)]


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


class _Presence(Interceptor):
    """Tells every workflow that its worker has the plugin, and changes nothing else."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002
    ) -> type[WorkflowInboundInterceptor] | None:
        """See base class."""
        input.unsafe_extern_functions[PLUGIN] = _Presence  # pyright: ignore[reportUnknownMemberType] - the SDK's
        return None


def _require_store(secrets: object) -> None:
    if secrets is not None and not isinstance(secrets, SecretStore):
        raise TypeError(
            f"secrets is a {type(secrets).__name__}, not a SecretStore: "
            "write secrets=SecretStore(config.secrets, os.environ)"
        )


def _is_ours(function: Callable[..., Any]) -> bool:
    return getattr(function, "__module__", "").startswith("httptask.")


def _with_workflows(known: Sequence[type] | None, ours: Sequence[type]) -> Sequence[type]:
    found = list(known or [])
    return [*found, *(workflow for workflow in ours if workflow not in found)]


def _data_converter(converter: DataConverter | None, storage: ExternalStorage | None) -> DataConverter:
    """Swap the default payload converter for pydantic's; codec and failure converter stay the user's.

    Raises:
        ValueError: the user's own payload converter can't carry pydantic models, or there are two storages.
    """
    if converter is None:
        converter = pydantic_data_converter
    elif converter.payload_converter_class is DefaultPayloadConverter:
        converter = dataclasses.replace(converter, payload_converter_class=PydanticPayloadConverter)
    elif not issubclass(converter.payload_converter_class, PydanticPayloadConverter):
        raise ValueError(
            f"httptask needs a payload converter that carries pydantic models; derive "
            f"{converter.payload_converter_class.__name__} from temporalio.contrib.pydantic.PydanticPayloadConverter"
        )
    if storage is None or storage == converter.external_storage:
        return converter
    if converter.external_storage is not None:
        raise ValueError("external storage is given twice, to the plugin and to the data converter: keep one")
    return dataclasses.replace(converter, external_storage=storage)


def _pass_through(runner: WorkflowRunner | None) -> WorkflowRunner:
    """Let workflows share our package, deterministic by itself, instead of importing it anew for each run."""
    if isinstance(runner, SandboxedWorkflowRunner):
        restrictions = runner.restrictions.with_passthrough_modules("httptask")
        return dataclasses.replace(runner, restrictions=restrictions)
    if runner is None:
        raise ValueError("no workflow runner to configure")
    return runner


def _default_secrets(fixtures: Fixtures | None) -> SecretStore:
    source = SecretSource(name="OPENAI_API_KEY", environment="OPENAI_API_KEY")
    return SecretStore({source.name: source}, os.environ, placeholder=fixtures is not None)
