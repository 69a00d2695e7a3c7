"""A worker that is killed while a part of a large `map` runs: nothing is lost, and no effect happens twice."""

import asyncio
import signal

import pytest

from httptask.interpreter import parts
from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import address_of, parts_of
from support.commands import Command, Shell
from support.orders import Shop
from support.runs import Runner, temporal_server

MANY_ITEMS = """
document: { dsl: 1.0.3, namespace: tests, name: many, version: 1.0.0 }
do:
  - texts:
      call: httpRequest
      with: { method: get, connection: shop, path: /texts, responseBytes: 2000000 }
  - each:
      call: map
      with:
        in: ${ . }
        concurrency: 8
        do:
          - post:
              call: httpRequest
              with: { method: post, connection: shop, path: /, body: { n: "${ $index }" } }
              output: { as: "${ { receipt, text: $item[:6000] } }" }
output: { as: "${ [.[].receipt] | { count: length, different: (unique | length) } }" }
"""
"""1.8 MB of items, and 1.1 MB of results."""
ITEMS = 180
TEXTS = Reply.json([f"{number:05}" * 2_000 for number in range(ITEMS)])
SUGGEST_EARLY = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=150")
IN_A_PART = 100
AT_ONCE = """
from httptask.cli import main
from httptask.interpreter import parts

parts.USED_LENGTH = 0
main()
"""
"""The command, with parts for a short history too."""


async def started(shell: Shell) -> Command:
    worker = await shell.start("worker", "--definitions", "definitions")
    await worker.says("worker.started")
    return worker


@pytest.mark.long
async def test_nothing_is_lost_or_doubled(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "USED_LENGTH", 0)  # as in the worker, for what is replayed here
    shop = Shop(frozenset({IN_A_PART}))

    async def served(request: ServedRequest) -> Reply:
        return TEXTS if request.target == "/texts" else await shop(request)

    shell.script = str(shell.write("at_once.py", AT_ONCE))
    shell.write("definitions/many.yaml", MANY_ITEMS)
    async with ScriptedServer(served) as server, temporal_server(*SUGGEST_EARLY) as environment:
        shell.write(
            "httptask.toml", f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n'
        )
        shell.environment["TEMPORAL_ADDRESS"] = address_of(environment)
        worker = await started(shell)
        handle = await environment.client.start_workflow(
            "many", id="many", task_queue="httptask", result_type=dict
        )
        await asyncio.wait_for(shop.kill.wait(), 100)
        worker.process.send_signal(signal.SIGKILL)
        await worker.ends()
        await started(shell)
        output = await asyncio.wait_for(handle.result(), 100)
        found = await parts_of(environment.client, handle)
        replayer = Runner(environment.client, HttpTaskPlugin(definitions=DefinitionRegistry([])), "")
        await replayer.replay(handle)

    assert output == {"count": ITEMS, "different": ITEMS}
    assert len(shop.effects) == len(set(shop.effects)) == ITEMS
    assert shop.received > ITEMS
    assert len(found) >= 2
