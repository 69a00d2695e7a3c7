"""Which Temporal server a command talks to: the user's cluster, or the embedded one."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.observability.telemetry import tracing_plugins
from httptask.cli.temporal.outages import failed_request, not_connected, outage, outages_reported
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from temporalio.client import Client, Plugin
    from temporalio.envconfig import ClientConnectConfig

    from httptask.config import Config

__all__ = ["Cluster", "connect", "connect_again", "connect_embedded", "find_cluster", "where_runs_are"]

_CONNECT_SECONDS = 5.0
_DEFAULT_ADDRESS = "localhost:7233"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Temporal cluster of the user's."""

    options: "ClientConnectConfig"

    @property
    def address(self) -> str:
        """Its frontend, `host:port`."""
        return self.options.get("target_host", _DEFAULT_ADDRESS)


def find_cluster(profile: str | None, environment: Mapping[str, str]) -> Cluster | None:
    """The cluster that `TEMPORAL_ADDRESS` or a profile of `temporal.toml` names; None when neither does.

    Raises:
        CliError: the profile can't be read, or a file that it or a variable names.
    """
    from temporalio.envconfig import ClientConfig

    try:
        options = ClientConfig.load_client_connect_config(profile, override_env_vars=_texts(environment))
    except OSError as error:
        raise _unreadable(error, environment) from None
    except (RuntimeError, ValueError) as error:
        raise CliError(
            f"temporal.toml: {error}", "see `temporal config list`, or leave out --profile"
        ) from None
    if profile is None and "target_host" not in options:
        return None
    return Cluster(options)


def _unreadable(error: OSError, environment: Mapping[str, str]) -> CliError:
    """What is told of a file that can't be read, by the variable that names it."""
    named = (
        name
        for name, value in environment.items()
        if name.startswith("TEMPORAL_") and value == error.filename
    )
    place = next(named, "temporal.toml")
    file = f"{error.filename}: " if error.filename else ""
    return CliError(f"{place}: {file}{error.strerror}", "name a file there that can be read")


def where_runs_are(cluster: Cluster | None, config: "Config") -> str:
    """Words for it."""
    return f"at {cluster.address}" if cluster else f"in {config.state_directory}"


def _texts(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are text, which Temporal's SDK takes only.

    Raises:
        CliError: one that is for it is not.
    """
    texts: dict[str, str] = {}
    for name, value in environment.items():
        try:
            f"{name}{value}".encode()
        except UnicodeEncodeError:
            if name.startswith("TEMPORAL_"):
                raise CliError(f"{name}: is not UTF-8 text", "set the environment variable again") from None
        else:
            texts[name] = value
    return texts


@contextlib.asynccontextmanager
async def connect(
    cluster: Cluster | None,
    state_directory: Path,
    interrupts: Interrupts,
    plugins: "Sequence[Plugin]" = (),
    port: int | None = None,
) -> AsyncGenerator["Client"]:
    """A client of the cluster or, without one, of the embedded server, until the context ends.

    Args:
        cluster: the user's, if there is one.
        state_directory: of the embedded server.
        interrupts: end the waiting for either.
        plugins: of the client.
        port: that the embedded server gets if it is free.

    Raises:
        CliError: the server can't be reached, or stops answering before the context ends.
    """
    if cluster is None:
        async with connect_embedded(state_directory, interrupts, plugins, port) as client:
            yield client
    else:
        client = await interrupts.guard(connect_to(cluster, plugins))
        with outages_reported(cluster.address):
            yield client


@contextlib.asynccontextmanager
async def connect_embedded(
    state_directory: Path,
    interrupts: Interrupts,
    plugins: "Sequence[Plugin]" = (),
    port: int | None = None,
) -> AsyncGenerator["Client"]:
    """A client of the embedded server, which is used until the context ends; raises as `connect` does."""
    from temporalio.client import Client

    from httptask.cli.server import SharedServer  # no part of a worker of a cluster, with its database

    server = SharedServer(state_directory)
    show_notice("starting the Temporal server")
    address = await interrupts.guard(server.join(port))
    try:
        try:
            client = await interrupts.guard(Client.connect(address, plugins=_traced(plugins)))
        except RuntimeError as error:
            raise outage(address, error) from None
        async with server.watched():
            with outages_reported(address):
                yield client
    finally:
        await server.leave()


async def connect_to(cluster: Cluster, plugins: "Sequence[Plugin]" = ()) -> "Client":
    """A client of the user's cluster.

    Raises:
        CliError: it does not answer, or has no such namespace.
    """
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.client import Client
    from temporalio.service import RPCError

    options = cluster.options.copy()
    options["target_host"] = cluster.address
    show_notice(f"connecting to Temporal at {cluster.address}")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            client = await Client.connect(**options, plugins=_traced(plugins))
            await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=client.namespace)
            )
    except (RuntimeError, TimeoutError) as error:
        raise not_connected(cluster.address, error) from None
    except RPCError as error:
        raise failed_request(cluster.address, error) from None
    return client


async def connect_again(client: "Client", plugins: "Sequence[Plugin]") -> "Client":
    """Another client of the same server, with other plugins.

    Raises:
        CliError: it does not answer.
    """
    from temporalio.client import Client

    settings = client.service_client.config
    try:
        return await Client.connect(
            settings.target_host,
            namespace=client.namespace,
            api_key=settings.api_key,
            tls=settings.tls,
            rpc_metadata=settings.rpc_metadata,
            plugins=_traced(plugins),
        )
    except RuntimeError as error:
        raise outage(settings.target_host, error) from None


def _traced(plugins: "Sequence[Plugin]") -> "list[Plugin]":
    """With spans, where the client is one of a worker; one that only looks has none to tell."""
    return [*plugins, *(tracing_plugins() if plugins else ())]
