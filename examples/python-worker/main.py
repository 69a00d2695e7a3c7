"""Starts a worker with the plugin, runs the workflow once, and prints the label."""

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import structlog
from rich import print_json
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from triage import Ticket, Triage

from httptask.config import load_config
from httptask.fixtures import Fixtures
from httptask.plugin import HttpTaskPlugin
from httptask.secrets import SecretStore

TASK_QUEUE = "httptask-triage"


async def main(ticket: Ticket, fixtures: Path | None) -> None:
    """Label one ticket."""
    config = load_config(Path(__file__).with_name("httptask.toml"), os.environ)
    plugin = HttpTaskPlugin(
        connections=config.connections,
        secrets=SecretStore(config.secrets, os.environ, placeholder=fixtures is not None),
        fixtures=None if fixtures is None else Fixtures.load(fixtures),
    )
    async with (
        connected(plugin) as client,
        Worker(client, task_queue=TASK_QUEUE, workflows=[Triage]),
    ):
        id_ = f"triage-{ticket.id}-{uuid4().hex[:8]}"
        label = await client.execute_workflow(Triage.run, ticket, id=id_, task_queue=TASK_QUEUE)
    print_json(data=None if label is None else label.model_dump())


@asynccontextmanager
async def connected(plugin: HttpTaskPlugin) -> AsyncGenerator[Client]:
    """A client of the cluster at TEMPORAL_ADDRESS or, without one, of an embedded server."""
    if address := os.environ.get("TEMPORAL_ADDRESS"):
        yield await Client.connect(address, plugins=[plugin])
        return
    async with await WorkflowEnvironment.start_local(
        plugins=[plugin],
        dev_server_existing_path=shutil.which("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=["--output=none"],
    ) as environment:
        yield environment.client


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path, help="JSON file with the ticket")
    parser.add_argument("--fixtures", type=Path, metavar="DIR", help="answer requests from recorded files")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # one line for each call
    asyncio.run(main(Ticket.model_validate_json(options.input.read_bytes()), options.fixtures))
