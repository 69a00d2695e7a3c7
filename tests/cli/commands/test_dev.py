"""`httptask dev`: what is saved is served, and can be looked at."""

import re
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from temporalio.client import Client

from support.commands import Command, Shell

GREETS = """
document: { dsl: 1.0.3, namespace: tests, name: greets, version: 1.0.0 }
do: [{ greet: { set: { greeting: "Hello ${ .name }" } } }]
"""
ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
use: { secrets: [GREETING] }
do: [{ tell: { set: { told: true } } }]
"""


async def greeted(client: Client) -> Any:
    id_ = uuid.uuid4().hex
    return await client.execute_workflow(
        "greets", {"name": "Ann"}, id=id_, task_queue="httptask", result_type=dict
    )


def told(command: Command, pattern: str) -> str:
    found = re.search(pattern, command.stderr)
    assert found is not None, command.stderr
    return found[1]


def media_type_at(url: str, posted: bytes | None = None) -> str:
    with urllib.request.urlopen(url, posted) as page:
        return str(page.headers.get_content_type())


async def test_definitions_are_served_as_they_are_saved(shell: Shell) -> None:
    shell.write("greets.yaml", GREETS)
    shell.write("httptask.toml", "")
    command = await shell.start(
        "dev", "--no-designer", "--port", "0", "--webhooks", "127.0.0.1:0", NO_PROXY="*"
    )
    await command.says("events are taken at http://127.0.0.1:")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        media_type_at(told(command, r"events are taken at (\S+)"), b"{}")
    ui = told(command, r"Temporal's UI at (http://127\.0\.0\.1:\d+)")
    assert media_type_at(ui) == "text/html"
    assert int(ui.rpartition(":")[2]) >= 1024  # those below are the machine's own
    client = await Client.connect(told(command, r"Temporal at (\S+), "))
    assert await greeted(client) == {"greeting": "Hello Ann"}

    shell.write("greets.yaml", GREETS.replace("Hello", "Good morning"))
    await command.says("greets.yaml changed: serving greets, tests/greets:1.0.0\n")
    assert await greeted(client) == {"greeting": "Good morning Ann"}

    shell.write("greets.yaml", GREETS.replace("do:", "did:"))
    await command.says("greets.yaml: not run, because of the errors above; what was served before still is\n")
    assert await greeted(client) == {"greeting": "Good morning Ann"}

    shell.write("greets.yaml", GREETS)
    shell.write("asks.yaml", ASKS)
    await command.says("asks, greets, tests/asks:1.0.0, tests/greets:1.0.0\n")
    shell.write("httptask.toml", "# changed\n")
    await command.says("httptask.toml changed: the worker starts again with it\n")
    assert await greeted(client) == {"greeting": "Hello Ann"}
