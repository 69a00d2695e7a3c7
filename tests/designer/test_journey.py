"""What a person does in the designer, in a real browser: against a real server, a real worker and a stand-in for a model.

uv run --with playwright pytest -n 0 tests/designer/test_journey.py --browser /usr/bin/chromium [--pictures FOLDER]
"""

import re
from collections.abc import AsyncGenerator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from httptask.designer.building import SOURCES, ensure_bundle
from httptask.testing import Reply, ScriptedServer
from support.commands import Shell

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
CONFIG = """\
[connections.openai]
base_url = "http://127.0.0.1:{port}/v1"
allow_private = ["loopback"]
"""
WIDTH, HEIGHT = 1280, 800


class Browser:
    """A page, what it complained of, and pictures of it."""

    def __init__(self, page: Any, pictures: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._pictures = pictures
        page.on("pageerror", self._fail)
        page.on("console", self._hear)

    def _fail(self, error: Any) -> None:
        self.complaints.append(str(error))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def look(self, name: str) -> None:
        """Keep a picture, and hold the page against the rules of accessibility."""
        await self.page.screenshot(path=self._pictures / f"{name}.png")
        session = await self.page.context.new_cdp_session(self.page)
        axe = (SOURCES / "node_modules" / "axe-core" / "axe.min.js").read_text()
        await session.send("Runtime.evaluate", {"expression": axe})
        found = await session.send(
            "Runtime.evaluate",
            {
                "expression": "axe.run().then(found => JSON.stringify(found.violations.filter(one => "
                "['serious', 'critical'].includes(one.impact)).map(one => [one.id, one.nodes[0].html])))",
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if found["result"].get("value") != "[]":
            self.complaints.append(f"{name}: {found}")


@pytest.fixture
def pictures(tmp_path: Path, pytestconfig: pytest.Config) -> Path:
    """Where pictures are kept: in the folder that is given, or one that goes away."""
    folder = Path(pytestconfig.getoption("pictures") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def page(pytestconfig: pytest.Config) -> AsyncGenerator[Any]:
    path = pytestconfig.getoption("browser")
    async with import_module("playwright.async_api").async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        page = await context.new_page()
        page.set_default_timeout(60_000)
        yield page
        await browser.close()


@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.alone
async def test_a_person_adds_a_task_tries_it_maps_its_answer_and_runs_it(
    shell: Shell, page: Any, pictures: Path
) -> None:
    ensure_bundle(print)
    async with ScriptedServer(lambda _: Reply.chat("Hello, Ada!")) as model:
        file = shell.write("hello.yaml", HELLO)
        shell.write("httptask.toml", CONFIG.format(port=model.port))
        dev = await shell.start(
            *("dev", "--no-open", "--port", "0", "--designer-port", "0"), OPENAI_API_KEY="k", NO_PROXY="*"
        )
        await dev.says("designer at http://127.0.0.1:", seconds=90)
        address = re.search(r"designer at (\S+)", dev.stderr)
        assert address is not None
        browser = Browser(page, pictures)
        await page.goto(address[1])
        await open_and_add(browser)
        await edit_and_try(browser)
        await map_and_run(browser, file)
        assert browser.complaints == []
        assert "Say hello to Ada." in str(model.requests[-1].json())


async def open_and_add(browser: Browser) -> None:
    page = browser.page

    # The definition is there, as blocks and as text; the token is no longer in the address.
    await page.locator(".block-head", has_text="ask").wait_for()
    await page.locator(".cm-content").wait_for()
    assert "token" not in page.url
    await page.get_by_text("Worker ready").wait_for()
    await browser.look("1-definition")

    # Add a task behind the first one, by the keyboard alone.
    await page.locator(".block-head", has_text="ask").focus()
    await page.keyboard.press("/")
    await page.get_by_role("combobox", name="Search an operation").wait_for()
    await page.keyboard.type("chat")
    await page.get_by_role("option", name="Create chat completion").wait_for()
    await page.get_by_role("button", name="Add task", exact=True).last.is_enabled()
    await page.locator(".preview .code").wait_for()
    await browser.look("2-add-task")
    await page.keyboard.press("Enter")
    await page.locator(".block-head", has_text="createChatCompletion").wait_for()
    await page.get_by_role("button", name="Undo").click()
    await page.locator(".block-head", has_text="createChatCompletion").wait_for(state="detached")


async def edit_and_try(browser: Browser) -> None:
    page = browser.page

    # The task's fields; what is changed is written into the text, and nothing else is.
    await page.locator(".block-head", has_text="ask").click()
    await page.get_by_role("tab", name="Task").click()
    await page.get_by_label("model", exact=True).fill("gpt-4.1")
    await page.get_by_label("model", exact=True).press("Enter")
    await page.locator(".block-summary", has_text=re.compile("^gpt-4.1$")).wait_for()
    await browser.look("3-form")

    # Try the request: it asks for what it reads, and shows the answer.
    await page.get_by_role("button", name="Test request").click()
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_label("input.name").fill("Ada")
    await page.get_by_role("button", name="Send again").click()
    await page.locator(".glance b", has_text="200").wait_for()
    await page.locator(".tree", has_text="Hello, Ada!").first.wait_for()
    await browser.look("4-test-request")
    await page.keyboard.press("Escape")


async def map_and_run(browser: Browser, file: Path) -> None:
    page = browser.page

    # A field of the answer goes where the cursor is.
    await page.locator(".block-head", has_text="note").click()
    await page.get_by_label("said", exact=True).fill("")
    await page.get_by_role("button", name="text", exact=True).click()
    await page.locator(".cm-content").wait_for(state="detached")
    await page.get_by_role("tab", name="YAML").click()
    await page.locator(".cm-line", has_text="$tasks.ask.text").wait_for()
    await browser.look("5-mapped")

    # Save, and run it.
    await page.keyboard.press("Control+s")
    await page.get_by_role("button", name="Saved").wait_for()
    expected = HELLO.replace("gpt-4.1-mini", "gpt-4.1").replace(
        "said: nothing", 'said: "${ $tasks.ask.text }"'
    )
    assert file.read_text() == expected  # noqa: ASYNC240 - it is a small one
    await page.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_role("dialog").get_by_label("name", exact=True).fill("Ada")
    await page.get_by_role("button", name="Start").click()
    await page.locator(".drawer-head .badge", has_text="completed").wait_for()
    await page.get_by_role("button", name="Cancel run").wait_for(state="detached")
    await page.locator(".drawer-detail", has_text="Hello, Ada!").wait_for()
    await browser.look("6-run")
