"""Whether a worker that takes events by HTTP loses any: 50 a second, for a minute, to 50 runs that wait for them.

    uv run python -m tests.benchmarks.webhooks [--rounds SECONDS]

Each run waits for one event after the other, correlated by its number. One request in twenty has a wrong signature, and one
is a replay. The last line is JSON: how many events were `sent`, the `statuses` of their requests, those of `forged` ones
and of `replayed` ones, how many events were `lost` or came `twice`, the `late` ones, which a full second had not been enough
to begin, and the milliseconds until the answer, of half of them (`p50`) and of all but one in a hundred (`p99`).
"""

import asyncio
import hashlib
import hmac
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import aiohttp
from temporalio.client import Client

from httptask.cli.server.process import available_port
from support.cluster import address_of
from support.commands import HTTPTASK
from support.runs import listening, temporal_server

from .speed import rounds_asked_for

RATE = 50
RUNS = 50
SECRET = "secret of the benchmark"
DEFINITION = """
document: { dsl: 1.0.3, namespace: benchmarks, name: takes, version: 1.0.0 }
do:
  - loop:
      for: { in: "${ [range($workflow.input.count)] }" }
      do:
        - next:
            listen:
              to:
                one:
                  with: { type: counted }
                  correlate: { run: { from: .subject, expect: "${ $workflow.input.number }" } }
            export: { as: "${ ($context.taken // []) + . | { taken: . } }" }
output: { as: "${ $context.taken }" }
"""
CONFIG = """
[webhooks.counted]
path = "/counted"
signature = "$secrets.SECRET"
[secrets.SECRET]
environment = "SECRET"
"""


async def main(seconds: int) -> None:
    """Send events, and look where they are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "definitions").mkdir()
        (folder / "definitions/takes.yaml").write_text(DEFINITION)
        (folder / "httptask.toml").write_text(CONFIG)
        async with temporal_server() as temporal:
            port = available_port()
            worker = await asyncio.create_subprocess_exec(
                *(HTTPTASK, "worker", "-d", "definitions", "--webhooks", f"127.0.0.1:{port}"),
                cwd=folder,
                env={**os.environ, "TEMPORAL_ADDRESS": address_of(temporal), "SECRET": SECRET},
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                found = await measured(temporal.client, f"http://127.0.0.1:{port}/counted", seconds)
            finally:
                worker.terminate()
                await worker.wait()
    print(json.dumps(found))


async def measured(client: Client, url: str, seconds: int) -> dict[str, Any]:
    """What became of the events."""
    count = RATE * seconds // RUNS
    handles = [
        await client.start_workflow(
            "takes", {"number": str(number), "count": count}, id=f"takes-{number}", task_queue="httptask"
        )
        for number in range(RUNS)
    ]
    for handle in handles:
        await listening(handle)
    sender = _Sender(url)
    began = time.perf_counter()
    async with aiohttp.ClientSession() as sender.session, asyncio.TaskGroup() as group:
        for number in range(RATE * seconds):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            sender.late += time.perf_counter() - began - number / RATE > 1
            group.create_task(sender.send(number))
    taken = Counter[int]()
    for handle in handles:
        async with asyncio.timeout(120):
            taken.update(await handle.result())
    return {
        "sent": RATE * seconds,
        "statuses": sender.statuses,
        "forged": sender.forged,
        "replayed": sender.replayed,
        "lost": RATE * seconds - len(taken),
        "twice": sum(times > 1 for times in taken.values()),
        "late": sender.late,
        "p50": round(statistics.median(sender.times), 1),
        "p99": round(statistics.quantiles(sender.times, n=100)[98], 1),
    }


class _Sender:
    session: aiohttp.ClientSession

    def __init__(self, url: str) -> None:
        self.statuses, self.forged, self.replayed = Counter[int](), Counter[int](), Counter[int]()
        self.times: list[float] = []
        self.late = 0
        self._url = url

    async def send(self, number: int) -> None:
        """Send an event until it is taken, and what else there is to try with it."""
        event = {"specversion": "1.0", "id": str(number), "source": "/benchmark", "type": "counted"}
        body = json.dumps({**event, "subject": str(number % RUNS), "data": number}).encode()
        if number % 20 == 0:
            self.forged[await self._post(body, "wrong")] += 1
        began = time.perf_counter()
        while (status := await self._post(body, SECRET)) in (404, 503):
            self.statuses[status] += 1
            await asyncio.sleep(1)
        self.times.append((time.perf_counter() - began) * 1000)
        self.statuses[status] += 1
        if number % 20 == 1:
            self.replayed[await self._post(body, SECRET)] += 1

    async def _post(self, body: bytes, secret: str) -> int:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/cloudevents+json",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        async with self.session.post(self._url, data=body, headers=headers) as answer:
            return answer.status


if __name__ == "__main__":
    asyncio.run(main(rounds_asked_for("webhooks", 60)))
