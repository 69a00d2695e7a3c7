"""The designer in a real browser: a page of it, what it complained of, and pictures of it."""

import asyncio
import json
import shutil
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Page, Response

from httptask.designer.building import SOURCES
from support.commands import Command, Shell

__all__ = ["CONFIG", "HELLO", "SIZES", "Browser", "path_of", "start_dev"]

HELLO = """\
# Greets somebody.
document: { dsl: 1.0.3, namespace: demo, name: hello, version: 1.0.0 }
input:
  schema:
    document:
      type: object
      required: [name]
      properties: { name: { type: string } }
do:
  - ask:
      call: chatCompletion
      with:
        model: gpt-4.1-mini   # a small one
        messages: [{ role: user, content: "Say hello to ${ $workflow.input.name }." }]
  - note: { set: { said: nothing } }
"""
"""A definition that says hello to somebody, and makes a note."""
CONFIG = """\
[connections.openai]
base_url = "http://127.0.0.1:{port}/v1"
allow_private = ["loopback"]
"""
"""The connection that it goes by, to a model at `port`."""

SIZES = {"small": (1280, 800), "large": (1920, 1080)}
"""Width and height of the screens that the page is made for, in CSS pixels."""

_PATIENCE = 60_000
"""Milliseconds."""

_AXE = SOURCES / "node_modules" / "axe-core" / "axe.min.js"
_FIND_VIOLATIONS = """\
axe.run().then(found => JSON.stringify(found.violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => [one.id, one.nodes.map(node => node.html)])))
"""


def path_of(browser: str) -> str:
    """Where a browser is that was given as a path, or as a name on PATH.

    Raises:
        pytest.UsageError: nowhere.
    """
    found = shutil.which(browser)
    if found is None:
        raise pytest.UsageError(
            f"--browser {browser}: no such program; Debian has it as: apt install chromium"
        )
    return found


class Browser:
    """A page.

    Attributes:
        page: of Playwright.
        complaints: errors and warnings of the console, among them those of the content security policy; uncaught errors;
            violations of the rules of accessibility where the page was looked at. None, unless a test brings them about.
        loaded: addresses of what it loaded.
        pictures: the folder where they are kept.
    """

    def __init__(self, page: Page, pictures: Path) -> None:
        page.set_default_timeout(_PATIENCE)
        self.page = page
        self.complaints: list[str] = []
        self.loaded: list[str] = []
        self.pictures = pictures
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.on("response", lambda response: self.loaded.append(response.url))
        page.on("response", self._read)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def _read(self, response: Response) -> None:
        """What the console tells only the status of."""
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.complaints.append(f"{response.status} of {response.url}: {await response.text()}")

    async def until(self, script: str, argument: object = None) -> None:
        """Wait until a script is true; Playwright's own way needs `eval`, which the page's policy forbids."""
        async with asyncio.timeout(_PATIENCE / 1000):
            while not await self.page.evaluate(script, argument):  # noqa: ASYNC110 - the page tells nobody
                await asyncio.sleep(0.02)

    async def look(self, name: str) -> None:
        """Keep a picture, and hold the page against the rules of accessibility."""
        await self.page.screenshot(path=self.pictures / f"{name}.png")
        self.complaints += [f"{name}: {rule}: {parts}" for rule, parts in await self.inaccessible()]

    async def inaccessible(self) -> list[tuple[str, list[str]]]:
        """Rules that axe finds broken seriously, each with the HTML of those that break it."""
        script = await asyncio.to_thread(_AXE.read_text)
        session: Any = await self.page.context.new_cdp_session(
            self.page
        )  # past the policy, which allows no inline script
        await session.send("Runtime.evaluate", {"expression": script})
        asked = {"expression": _FIND_VIOLATIONS, "awaitPromise": True, "returnByValue": True}
        answer = await session.send("Runtime.evaluate", asked)
        await session.detach()
        return [(rule, parts) for rule, parts in json.loads(answer["result"]["value"])]


async def start_dev(shell: Shell, *arguments: str, **environment: str) -> tuple[Command, str]:
    """Serve the designer of the shell's folder, by `httptask dev` as a person types it.

    Returns:
        The command, and the address that it told.
    """
    ports = ("--port", "0", "--designer-port", "0")
    dev = await shell.start("dev", "--no-open", *ports, *arguments, NO_PROXY="*", **environment)
    await dev.says("designer at http://", seconds=90)
    return dev, dev.stderr.split("designer at ", 1)[1].split(maxsplit=1)[0]
