"""Gives workers and clients the HTTP tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from temporalio.converter import ExternalStorage
from temporalio.plugin import SimplePlugin
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerConfig,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from httptask.activities.event_sink import EventSink
from httptask.egress.address import parse_networks
from httptask.egress.hosts import check_host_patterns
from httptask.plugin.data_converter import data_converter
from httptask.plugin.workflow_runner import PatientRunner
from httptask.scheduling.plugin_check import PLUGIN
from httptask.secrets.store import SecretStore

if TYPE_CHECKING:
    from httptask.activities.allowed_activities import AllowedActivity
    from httptask.connections.connection import Connection
    from httptask.fixtures.recording import Recorder
    from httptask.fixtures.transport import Fixtures
    from httptask.openapi.described import KeptDocuments
    from httptask.plugin.definitions import DefinitionRegistry
    from httptask.plugin.worker_parts import WorkerParts

__all__ = ["LATE_IMPORTS", "HttpTaskPlugin"]

_LOG = EventSink()
_HEARTBEAT_THROTTLE = timedelta(seconds=1)
"""How often the SDK lets a heartbeat through. A cancellation arrives with one, so it is no setting."""

LATE_IMPORTS = ("idna", "jsonschema_rs", "rapidfuzz", "structlog")
"""What is imported only where a name is misspelt, a schema compiled, a host not ASCII or something logged."""


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
        event_sink: where events go that definitions emit; without it to the log.
        documents: documents of APIs that `call: openapi` need not load from their addresses: of the catalogue of a
            project, and files beside definitions.
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
        event_sink: EventSink = _LOG,
        documents: KeptDocuments | None = None,
        share_queue: bool = True,
        register_workflows: bool = True,
        register_activities: bool = True,
    ) -> None:
        _require_store(secrets)
        check_host_patterns(allowed_hosts)
        parse_networks(allow_private)

        def parts() -> WorkerParts:
            # A client has no use for them, and they take longer to load than all the rest.
            from httptask.plugin.worker_parts import WorkerParts

            return WorkerParts(
                connections=connections,
                secrets=secrets,
                fixtures=fixtures,
                recorder=recorder,
                definitions=definitions,
                allow_inline=allow_inline,
                allowed_activities=allowed_activities,
                allowed_hosts=allowed_hosts,
                allow_private=allow_private,
                event_sink=event_sink,
                documents=documents,
                share_queue=share_queue,
                register_workflows=register_workflows,
                register_activities=register_activities,
            )

        self._parts = cache(parts)
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - the SDK leaves type arguments out
            PLUGIN,
            data_converter=partial(data_converter, storage=storage),
            activities=self._with_activities,
            workflows=lambda known: self._parts().workflows_beside(known or ()),
            workflow_runner=_pass_through,
            interceptors=[_Presence()],
            run_context=lambda: self._parts().edge.in_use(),  # noqa: PLW0108 - a client never asks for it
        )

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """See base class."""
        config = super().configure_worker(config)
        self._parts().restrict(config)
        config["max_heartbeat_throttle_interval"] = _HEARTBEAT_THROTTLE
        client = config["client"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
        if client.data_converter.external_storage is None:  # otherwise the SDK makes a task for each payload
            config["max_workflow_task_external_storage_concurrency"] = 1
        if type(config["unsandboxed_workflow_runner"]) is UnsandboxedWorkflowRunner:  # pyright: ignore[reportTypedDictNotRequiredAccess]
            config["unsandboxed_workflow_runner"] = PatientRunner()
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:  # noqa: A002
        """See base class."""
        await super().run_worker(worker, lambda given: self._parts().queues.run_beside(given, next))

    def workers_beside(self, worker: Worker) -> Sequence[Worker]:
        """The workers of the task queues that limited connections have of their own, while a worker runs."""
        return self._parts().queues.beside(worker)

    def _with_activities(self, known: Sequence[Callable[..., Any]] | None) -> Sequence[Callable[..., Any]]:
        """Add ours, once: the plugin may stand on the client and on the worker."""
        found = list(known or [])
        registered = {getattr(function, "__name__", "") for function in found if _is_ours(function)}
        ours = self._parts().activities
        return [*found, *(function for function in ours if function.__name__ not in registered)]


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


def _pass_through(runner: WorkflowRunner | None) -> WorkflowRunner:
    """Let workflows share our package, deterministic by itself, instead of importing it anew for each run.

    And what it imports late, which may be in one.
    """
    if isinstance(runner, SandboxedWorkflowRunner):
        restrictions = runner.restrictions.with_passthrough_modules("httptask", *LATE_IMPORTS)
        return dataclasses.replace(runner, restrictions=restrictions)
    if runner is None:
        raise ValueError("no workflow runner to configure")
    return runner
