"""A script: a worker of the definition `orders` that keeps no run, so that each workflow task replays all of its."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from httptask.config import load_config
from httptask.dsl.yaml import read_yaml
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin, ServedDefinition

__all__: list[str] = []


async def work(definition: dict[str, Any]) -> None:
    config = load_config(Path("httptask.toml"), os.environ)
    orders = ServedDefinition(source="orders", definition=definition)
    plugin = HttpTaskPlugin(connections=config.connections, definitions=DefinitionRegistry([orders]))
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"], plugins=[plugin])
    async with Worker(client, task_queue="httptask", max_cached_workflows=0):
        print("worker.started", file=sys.stderr, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(read_yaml(Path("definitions/orders.yaml").read_text()).data))
