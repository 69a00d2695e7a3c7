"""What a test of a definition or of a workflow in Python has: a server, a worker, and replies to its requests."""

import json
import sys
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from operator import attrgetter
from os import PathLike
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, TemporalError
from temporalio.service import RPCError
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    Interceptor,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from httptask.config.config import Config, for_own_runs
from httptask.connections.connection import Connection
from httptask.dsl.canonical import sha256
from httptask.dsl.loader import Loaded, load_file, load_text
from httptask.http.errors import FixtureMissing
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput, keep_program
from httptask.plugin.definitions import definitions_inside, registry_of
from httptask.plugin.plugin import HttpTaskPlugin
from httptask.request.wire import WireRequest
from httptask.secrets.store import SecretSource, SecretStore
from httptask.testing.replay import replay
from httptask.testing.replies import Reply
from httptask.testing.scripted_network import ScriptedNetwork
from httptask.testing.server import Script, ScriptedServer, ServedRequest
from httptask.testing.time_skipping import skipped_too_far, skipping_time

__all__ = ["DefinitionFailed", "HttpTaskEnvironment"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Definition = str | PathLike[str] | Mapping[str, Any]
_SKIPPED_TOO_FAR = (
    "Temporal's server went past a timer that was due: on a busy machine it may skip more time than a workflow waits "
    "for. Run the test again, or set `skips_time` to False."
)


class DefinitionFailed(WorkflowFailureError):
    """A run of a definition ended with an error.

    Attributes:
        problem: that error, with `error`, `type`, `status`, `title`, `detail` and `instance`.
    """

    problem: Mapping[str, Any]

    def __init__(self, cause: ApplicationError) -> None:
        super().__init__(cause=cause)
        self.problem = cause.details[0]

    def __str__(self) -> str:
        told = (self.problem.get(key) for key in ("instance", "title", "detail"))
        return ": ".join(str(one) for one in told if one)


class HttpTaskEnvironment:
    """Runs definitions and workflows in Python on a Temporal server of tests; scripted replies answer their requests.

    Everything but the servers that are asked is real: Temporal, the worker, retries, checks, and the socket that a
    reply comes from. A server on loopback gets the requests, whatever server they are for; no secret needs a value,
    and tokens are made up. What a workflow waits for, between attempts too, Temporal skips: its clock goes on by that
    time, and nobody waits.

    Attributes:
        requests: what was sent, in order.
        connections: servers by name, for the next run; at first those of `httptask.toml`.
        secrets: values by name; a secret that is not among them has one that is made up.
        workflows: in Python, for the worker to have besides the one that is run: its children.
        definitions: for the worker to serve besides those that a definition in a file runs of its folder.
        activities: for the worker to have besides those of httptask. Definitions may call what `httptask.toml` allows.
        skips_time: whether waits take no time.
    """

    requests: list[ServedRequest]
    connections: dict[str, Connection]
    secrets: dict[str, str]
    workflows: list[type]
    definitions: list[str | PathLike[str] | Mapping[str, Any]]
    activities: list[Callable[..., Any]]
    skips_time: bool

    def __init__(self, address: str, config: Config) -> None:
        """Prepare runs; nothing is started.

        Args:
            address: of the Temporal server, `host:port`.
            config: what `httptask.toml` says. Its environment variables, files and storage are not read.
        """
        self._address = address
        self._config = config
        self._script: Script = ()
        self._admitted = self._replied = 0
        self._schemes: dict[str, str] = {}
        self._fault: Exception | None = None
        self.requests = []
        self.connections = dict(config.connections)
        self.secrets = {}
        self.workflows = []
        self.definitions = []
        self.activities = []
        self.skips_time = True

    @property
    def script(self) -> Script:
        """What is replied: replies, used up in order, or a function that is asked for each request."""
        return self._script

    @script.setter
    def script(self, script: Script) -> None:
        self._script = script
        self._admitted = self._replied = 0

    @overload
    async def run(self, what: Definition, /, input: Any = None) -> Any: ...
    @overload
    async def run(
        self,
        what: Callable[Concatenate[Any, Parameters], Awaitable[Result]],
        /,
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result: ...
    async def run(self, what: Any, /, *arguments: Any, **named: Any) -> Any:
        """Run a definition or a workflow to its end, and replay what it left behind.

        Args:
            what: a definition, as a file or as data; or the run method of a workflow, as `Triage.run`.
            arguments: the input of a definition, or the arguments of a workflow.
            named: the input of a definition, as `input`.

        Returns:
            The output of the definition, or what the workflow returned.

        Raises:
            DefinitionFailed: the run of a definition ended with an error.
            WorkflowFailureError: the workflow failed. Any exception does that to it here, where elsewhere a worker
                tries its code again and again.
            ValueError: the definition has faults, each named with its line, or runs one that is not there.
            temporalio.workflow.NondeterminismError: it can't be replayed.
        """
        result, failure, rushed = None, None, False
        async with self.start(what, *arguments, **named) as handle:
            try:
                result = await handle.result()
            except WorkflowFailureError as error:
                failure = error
                rushed = skipped_too_far((await handle.fetch_history()).events)
        if failure is None:
            return result
        cause = failure.cause
        if not callable(what) and isinstance(cause, ApplicationError) and cause.details:
            failure = DefinitionFailed(cause)
        if rushed:
            failure.add_note(_SKIPPED_TOO_FAR)
        raise failure from cause

    @asynccontextmanager
    async def start(
        self, what: Any, /, *arguments: Any, **named: Any
    ) -> AsyncGenerator[WorkflowHandle[Any, Any]]:
        """Start a definition or a workflow, for tests that signal, query or cancel it; arguments as of `run`.

        Its worker works until the context ends; then it is terminated, if it still runs, and what it left behind is
        replayed. `handle.result()` raises WorkflowFailureError for definitions too.
        """
        loaded = None if callable(what) else _loaded(what)
        served = _served(what, loaded, self.definitions)
        workflows = list(self.workflows)
        if callable(what) and (run := _class_of(what)) not in workflows:
            workflows.append(run)
        self._fault = None
        async with (
            ScriptedServer(self._reply) as server,
            aclosing(ScriptedNetwork(server.port, self._admit)) as network,
        ):
            plugin = self._plugin(loaded, served, network)
            client = await self._connect(plugin)
            queue = f"httptask-env-{uuid.uuid4().hex[:8]}"
            async with Worker(
                client,
                task_queue=queue,
                workflows=workflows,
                activities=self.activities,
                build_id="httptask-env",
                interceptors=[_Failing()],
            ):
                handle = await _started(client, queue, loaded or what, *arguments, **named)
                try:
                    yield handle
                finally:
                    await _end(handle)
                    if self._fault is not None:
                        raise self._fault
                await replay(client, handle, plugin, workflows, [_Failing()])

    def _plugin(
        self, loaded: Loaded | None, served: Sequence[Loaded], network: ScriptedNetwork
    ) -> HttpTaskPlugin:
        programs = [one.program for one in (loaded, *served) if one is not None and one.program is not None]
        config = for_own_runs(
            self._config, {name for program in programs for name in program.definition.use.secrets}
        )
        sources = {**{name: SecretSource(name=name) for name in self.secrets}, **config.secrets}
        of_test = {
            name: source.model_copy(update={"environment": name, "file": None})
            for name, source in sources.items()
        }
        here = {"task_queue": None}
        return HttpTaskPlugin(
            connections=self.connections,
            secrets=SecretStore(of_test, self.secrets, placeholder=True),
            fixtures=network,
            definitions=registry_of(served) if served else None,
            allow_inline=True,
            allowed_activities=[allowed.model_copy(update=here) for allowed in config.activities.values()],
            allowed_hosts=config.policy.allowed_hosts,
            share_queue=False,
        )

    async def _connect(self, plugin: HttpTaskPlugin) -> Client:
        client = await Client.connect(self._address)
        if self.skips_time:
            client = skipping_time(client)
        settings = client.config()
        settings["plugins"] = [plugin]
        return Client(**settings)

    def _admit(self, request: WireRequest) -> None:
        """Refuse a request for which no reply is left."""
        self._schemes[request.url.netloc] = request.url.scheme
        if callable(self._script):
            return
        if self._admitted == len(self._script):
            raise FixtureMissing(
                f"no reply is left for {request.method} {request.shown.uri if request.shown else request.url}: "
                f"the script has {len(self._script)}"
            )
        self._admitted += 1

    async def _reply(self, received: ServedRequest) -> Reply:
        request = replace(received, scheme=self._schemes[received.headers["host"]])
        self.requests.append(request)
        if not callable(self._script):
            self._replied += 1
            return self._script[self._replied - 1]
        try:
            reply = self._script(request)
            return reply if isinstance(reply, Reply) else await reply
        except Exception as error:  # noqa: BLE001 - it is the test's own, and told there
            self._fault = error
            return Reply.status(400)


class _Failing(Interceptor):
    """Has every exception fail its workflow; elsewhere most have a worker try its code again until it is mended.

    `workflow_failure_exception_types` of a worker would have nondeterminism do so too, and no replay find it.
    """

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """See base class."""
        return _FailingWorkflow


class _FailingWorkflow(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - the SDK's name
        with _fails_the_workflow():
            return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 - the SDK's name
        with _fails_the_workflow():
            await super().handle_signal(input)


@contextmanager
def _fails_the_workflow() -> Generator[None]:
    try:
        yield
    except TemporalError:
        raise
    except Exception as error:
        raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from error


def _loaded(definition: Definition) -> Loaded:
    """A definition that can be run.

    Raises:
        ValueError: it has faults.
    """
    if isinstance(definition, Mapping):
        loaded = load_text(json.dumps(definition), "definition")
    else:
        loaded = load_file(Path(definition).absolute())
    if loaded.program is None:
        raise ValueError("\n".join(["the definition is not run:", *map(str, loaded.reports)]))
    keep_program(loaded.data, loaded.program)
    return loaded


def _served(what: Any, loaded: Loaded | None, definitions: Iterable[Definition]) -> list[Loaded]:
    """The definitions that a worker serves besides what it runs.

    Args:
        what: it runs.
        loaded: that, if it is a definition.
        definitions: that it serves in any case.

    Raises:
        ValueError: one has faults, or runs another that is not there.
    """
    known = [_loaded(one) for one in definitions]
    folder = None if loaded is None or isinstance(what, Mapping) else Path(what).absolute().parent
    roots = [*known, *([] if loaded is None else [loaded])]
    inside, unknown = definitions_inside(roots, folder, known)
    if unknown:
        raise ValueError("\n".join(["the definition is not run:", *map(str, unknown)]))
    return [*known, *inside]


def _class_of(run: Callable[..., Any]) -> type:
    """The workflow of a run method, which Temporal wants to stand in a module."""
    found: type = attrgetter(run.__qualname__.rpartition(".")[0])(sys.modules[run.__module__])
    return found


async def _started(
    client: Client, queue: str, what: Any, *arguments: Any, **named: Any
) -> WorkflowHandle[Any, Any]:
    if not isinstance(what, Loaded):
        return await client.start_workflow(what, args=arguments, id=queue, task_queue=queue, **named)
    run_input = RunInput(definition=what.data, sha256=sha256(what.data), input=_input(*arguments, **named))
    return await client.start_workflow(
        WORKFLOW_TYPE, run_input, id=queue, task_queue=queue, result_type=object
    )


def _input(input: Any = None) -> Any:  # noqa: A002 - the option's name
    return input


async def _end(handle: WorkflowHandle[Any, Any]) -> None:
    """Terminate a workflow that still runs."""
    with suppress(RPCError):
        await handle.terminate()
