"""An API of one's own in the designer: from its document or from a pasted command, to a run that sends what was tried."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.api_documents import openapi
from support.browser import Browser
from support.commands import Shell

KEY = "canary-0815-of-the-bookshop"
STOCK_KEY = "canary-4711-of-the-stock"
SHOP = """\
document: { dsl: 1.0.3, namespace: demo, name: shop, version: 1.0.0 }
do:
  - note: { set: { said: nothing } }   # the last one
"""
CONFIG = """\
[policy]
allow_private = ["loopback"]

[connections.bookshop]
base_url = "http://127.0.0.1:{port}/v1"
allow_private = ["loopback"]
authentication = {{ bearer = {{ token = "$secrets.BOOKSHOP_TOKEN" }} }}

[connections.stock]
base_url = "http://127.0.0.1:{port}/v1"
allow_private = ["loopback"]
authentication = {{ bearer = {{ token = "$secrets.STOCK_KEY" }} }}

[secrets.BOOKSHOP_TOKEN]
environment = "BOOKSHOP_TOKEN"

[secrets.STOCK_KEY]
environment = "STOCK_KEY"
"""
TOUR = """\
# The bookshop

How to order a **book**.
"""

Open = Callable[..., Awaitable[Browser]]


def document(host: str) -> dict[str, Any]:
    copies = {"type": "integer", "description": "How many copies."}
    wrapping = {"type": "string", "enum": ["paper", "none"]}
    order = {
        "type": "object",
        "required": ["book"],
        "properties": {"book": {"type": "string", "description": "Its ISBN."}, "copies": copies},
    }
    place = {
        "operationId": "placeOrder",
        "summary": "Order a book",
        "parameters": [
            {"name": "X-Wrapping", "in": "header", "required": True, "schema": wrapping},
            {"name": "coupon", "in": "query", "schema": {"type": "string"}},
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": order}}},
        "responses": {"201": {"description": "ordered"}},
    }
    return openapi(
        {"/orders": {"post": place}},
        servers=[{"url": f"http://{host}/v1"}],
        security=[{"key": []}],
        components={"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    ) | {"info": {"title": "Bookshop", "version": "1"}}


def answer(request: ServedRequest) -> Reply:
    """The document, and orders; it sends back the credential that it got."""
    if request.target == "/openapi.json":
        return Reply.json(document(request.headers["host"]))
    order = {
        "id": "o-1",
        "for": request.json() if request.body else None,
        "by": request.headers.get("authorization"),
    }
    return Reply.json({"order": order}, status=201)


def sent(request: ServedRequest) -> tuple[Any, ...]:
    """All of a request but the key that makes it another call."""
    headers = [(name, value) for name, value in request.headers.items() if name != "idempotency-key"]
    assert len(headers) == len(request.headers) - 1
    return request.method, request.target, headers, request.body


class Inputs:
    """A person's hands, counted: each click, each key, each paste is one."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.count = 0

    async def click(self, target: Locator) -> None:
        await target.click()
        self.count += 1

    async def press(self, key: str) -> None:
        await self._page.keyboard.press(key)
        self.count += 1

    async def paste(self, text: str) -> None:
        await self._page.keyboard.insert_text(text)
        self.count += 1


@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.alone
async def test_an_api_is_added_by_its_address_and_its_operation_found_filled_in_tried_mapped_and_run(
    shell: Shell, httptask_server: str, open_designer: Open
) -> None:
    async with ScriptedServer(answer) as server:
        shell.write("shop.yaml", SHOP)
        shell.write("README.md", TOUR)
        shell.write("httptask.toml", CONFIG.format(port=server.port))
        browser = await open_designer(TEMPORAL_ADDRESS=httptask_server, BOOKSHOP_TOKEN=KEY)
        page = browser.page
        await add_operation(browser, f"{server.url}/openapi.json")
        await fill_in_and_try(browser)

        # What its answer does not have stays marked when the cursor has left: the text alone does not tell it.
        await page.locator(".block-head", has_text="note").click()
        await page.get_by_label("said", exact=True).fill("${ $tasks.placeOrder.order.idd }")
        await page.locator(".block-head", has_text="note").click()
        await page.locator(".field.doubtful", has_text="did you mean id?").wait_for()
        await page.locator(".block-fault.warning", has_text="did you mean id?").wait_for()
        await page.get_by_role("button", name="valid, 1 to look at").wait_for()
        await browser.look("api-3-doubted")

        # The name that was meant is put in; and the value of the answer can be clicked as its name can.
        await page.get_by_role("button", name="did you mean id?", exact=True).click()
        await page.get_by_role("button", name="valid, 1 to look at").wait_for(state="detached")
        await page.get_by_label("said", exact=True).fill("")
        await page.locator(".data .picked", has_text="o-1").click()
        form = "document.querySelector('.task-scroll').getBoundingClientRect()"  # the field stays in sight
        await browser.until(f"document.activeElement.getBoundingClientRect().bottom <= {form}.bottom")
        await page.locator(".block-head", has_text="note").click()
        await page.get_by_role("tab", name="YAML").click()
        await page.locator(".cm-line", has_text='said: "${ $tasks.placeOrder.order.id }"').wait_for()
        await page.get_by_role("button", name="Run", exact=True).click()
        await page.get_by_role("button", name="Start").click()
        await page.locator(".drawer-head .badge", has_text="completed").wait_for()
        await page.locator(".drawer-detail", has_text="o-1").wait_for()
        await browser.look("api-4-run")

        tried, run = [request for request in server.requests if request.method == "POST"]
        assert tried.json() == {"book": "978-0", "copies": 2}
        assert tried.headers["x-wrapping"] == "none"
        assert tried.headers["authorization"] == f"Bearer {KEY}"
        assert sent(run) == sent(tried)
        assert KEY not in await page.content()
        await look_after_a_connection(browser, shell.folder)
        await read_the_tour(browser)
        assert [one for one in browser.complaints if "422" not in one] == []  # a document that is not there


async def look_after_a_connection(browser: Browser, folder: Path) -> None:
    """It gets its key, which is shown nowhere; it is changed, and removed, where one was asked whether that is meant."""
    page = browser.page
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Connections").click()
    box = page.get_by_role("textbox", name="Value of STOCK_KEY")
    await box.fill(STOCK_KEY)
    assert await box.get_attribute("type") == "password"
    await box.press("Enter")
    await page.locator(".secret-saved", has_text="STOCK_KEY").wait_for()
    await box.wait_for(state="detached")
    assert (folder / ".env").read_text() == f"STOCK_KEY={STOCK_KEY}\n"
    await browser.look("api-5-key")

    file = folder / "httptask.toml"
    await page.get_by_role("button", name="Edit stock").click()
    await page.get_by_label("Base URL").fill("https://stock.example/v2")
    await page.keyboard.press("Enter")
    await page.locator("li", has_text="https://stock.example/v2").wait_for()
    assert file.read_text().count('base_url = "https://stock.example/v2"') == 1

    await page.get_by_role("button", name="Remove stock").click()
    await page.get_by_role("group", name="Remove stock").get_by_text("No task uses it.").wait_for()
    await browser.until("document.activeElement.textContent === 'Keep it'")
    await page.keyboard.press("Enter")
    await browser.until("document.activeElement.ariaLabel === 'Remove stock'")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Remove it from httptask.toml").click()
    await page.get_by_role("button", name="Remove stock").wait_for(state="detached")
    assert "connections.stock" not in file.read_text()
    assert STOCK_KEY not in await page.content() + file.read_text()

    # A new one: its key has a name without one being written, and is asked for at once.
    await page.get_by_role("button", name="Add connection").click()
    await page.get_by_label("Name", exact=True).fill("depot")
    await page.get_by_label("Base URL").fill("https://depot.example")
    await page.get_by_label("Authentication").select_option("bearer")
    await browser.look("api-5-new-connection")
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_role("textbox", name="Value of DEPOT_KEY").wait_for()
    await browser.until("document.activeElement.type === 'password'")
    await browser.look("api-5-new-key")
    await page.keyboard.press("Escape")


async def read_the_tour(browser: Browser) -> None:
    page = browser.page
    await page.get_by_role("button", name="README").click()
    tour = page.get_by_role("dialog", name="README")
    await tour.get_by_text("The bookshop").wait_for()
    await tour.get_by_text("How to order a").wait_for()
    await browser.look("api-6-tour")
    await page.keyboard.press("Escape")
    await tour.wait_for(state="detached")
    await browser.until("document.activeElement.textContent === 'README'")


async def add_operation(browser: Browser, address: str) -> None:
    page = browser.page
    await page.get_by_text("Worker ready").wait_for()
    await page.get_by_role("button", name="Add task here").first.click()
    await page.get_by_role("combobox", name="Search an operation").fill("order a book")
    source = page.get_by_label("OpenAPI document: file")
    await source.fill("nowhere.yaml")
    await page.keyboard.press("Enter")
    refused = page.get_by_role("alert").filter(has_text="nowhere.yaml")
    await refused.wait_for()
    under = "document.activeElement.getBoundingClientRect().bottom + 40"  # and not below all that is there
    await browser.until(
        f"document.querySelector('.other-api [role=alert]').getBoundingClientRect().top < {under}"
    )
    await source.fill(address)
    await page.get_by_role("button", name="Add OpenAPI").click()
    await page.get_by_role("option", name="Order a book").click()
    await page.locator(".preview .code", has_text="path: /orders").wait_for()
    await page.locator(".preview .reference", has_text="How many copies.").wait_for()
    await browser.look("api-1-prepared")
    box = page.get_by_role("combobox", name="Search an operation")
    assert await box.evaluate("box => box === document.activeElement")
    await page.locator(".preview .code").click()
    await page.keyboard.press("Enter")  # adds it, whatever was clicked last


async def fill_in_and_try(browser: Browser) -> None:
    page = browser.page

    # The form has the fields of the operation, with the few parameters that may be given, and its reference.
    await page.get_by_text("Reference: bookshop.placeOrder").wait_for()
    await page.get_by_label("coupon", exact=True).wait_for()
    await page.get_by_label("book", exact=True).fill("978-0")
    await page.get_by_label("book", exact=True).press("Enter")
    await page.get_by_role("button", name="+ copies").click()
    await page.get_by_label("copies", exact=True).fill("1")
    await page.get_by_label("copies", exact=True).press("Enter")

    # An expression begins where it is typed, a t in it too; one in which nothing was written is none.
    await page.get_by_label("fx: book as an expression").click()
    await page.get_by_role("listbox", name="completions of book").wait_for()
    await page.keyboard.press("Tab")
    await page.get_by_label("fx: copies as an expression").click()
    await page.keyboard.type('"two" | length - 1')
    await page.locator(".live", has_text="2").wait_for()
    await page.keyboard.press("Enter")
    await page.get_by_label("X-Wrapping", exact=True).select_option("none")
    await page.get_by_role("button", name="Test request").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("may change something there").wait_for()
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await dialog.locator(".glance b", has_text="201").wait_for()
    await browser.look("api-2-tried")
    await page.keyboard.press("Escape")


@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.alone
async def test_a_pasted_command_has_its_first_answer_after_five_inputs_and_runs_after_eight(
    shell: Shell, httptask_server: str, open_designer: Open
) -> None:
    """In an empty folder, with no key set anywhere, at a private address."""
    async with ScriptedServer(answer) as server:
        browser = await open_designer(TEMPORAL_ADDRESS=httptask_server)
        page = browser.page
        hands = Inputs(page)
        dialog = page.get_by_role("dialog")
        command = f"curl {server.url}/v1/orders -H 'Authorization: Bearer {KEY}'"
        await page.get_by_text("Worker ready").wait_for()
        await hands.paste(f'{command} --json \'{{"book": "978-0"}}\'')
        allowed = dialog.get_by_label(f"127.0.0.1:{server.port} is at a private address")
        assert await allowed.is_checked()
        assert await dialog.get_by_label("Keep the value of LOCALHOST_TOKEN in .env").is_checked()
        await browser.look("curl-1-pasted")
        assert [one.name for one in shell.folder.iterdir() if one.name in (".env", "httptask.toml")] == []
        await hands.press("Enter")
        await page.locator(".note", has_text="LOCALHOST_TOKEN is saved in").wait_for()
        await hands.click(page.get_by_role("button", name="Test request"))
        await dialog.get_by_text("may change something there").wait_for()
        await hands.click(dialog.get_by_role("button", name="Send", exact=True))
        await dialog.locator(".glance b", has_text="201").wait_for()
        assert hands.count <= 5

        await hands.press("Escape")
        await hands.click(page.get_by_role("button", name="Run", exact=True))
        await hands.click(page.get_by_role("button", name="Start"))
        await page.locator(".drawer-head .badge", has_text="completed").wait_for()
        assert hands.count <= 8

        tried, run = server.requests
        assert tried.headers["authorization"] == f"Bearer {KEY}"
        assert sent(run) == sent(tried)
        assert (shell.folder / ".env").read_text() == f"LOCALHOST_TOKEN={KEY}\n"

        await paste_others(browser, server, command)
        await page.keyboard.press("Escape")
        await page.keyboard.press("Control+s")
        await page.get_by_role("button", name="Saved").wait_for()
        saved = [(shell.folder / name).read_text() for name in ("request.yaml", "httptask.toml")]
        assert saved[1].count("allow_private") == 2
        assert KEY not in "".join(saved) + await page.content()
        assert (shell.folder / ".env").read_text() == f"LOCALHOST_TOKEN={KEY}\n"
        assert browser.complaints == []


async def paste_others(browser: Browser, server: ScriptedServer, command: str) -> None:
    """Further commands to that server go by what there is; one with another credential is told, and can have it."""
    page = browser.page
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name="Add task at the end").click()
    box = page.get_by_role("combobox", name="Search an operation")
    await box.fill(command)
    await dialog.get_by_text("It goes by the connection localhost").wait_for()
    await box.fill(command.replace(KEY, f"{KEY}-2"))
    await dialog.get_by_text("LOCALHOST_TOKEN has another value than in the command").wait_for()
    await dialog.get_by_role("button", name="Use the command's own instead").click()
    await dialog.get_by_label("Keep the value of LOCALHOST_TOKEN_2 in .env").uncheck()
    await dialog.get_by_label(f"127.0.0.1:{server.port} is at a private address").uncheck()
    await dialog.get_by_text("LOCALHOST_TOKEN has another value").wait_for()
    await browser.look("curl-2-declined")
    await dialog.get_by_role("button", name="Add task").click()
    await page.locator(".block-head", has_text="getOrders").wait_for()
    await page.get_by_role("button", name="Test request").click()
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await dialog.get_by_text("is at the private address 127.0.0.1").wait_for()
    await browser.look("curl-3-refused")
    assert len(server.requests) == 2
    await dialog.get_by_role("button", name="Allow it for this connection").click()
    await dialog.locator(".glance b", has_text="201").wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Add task at the end").click()
    await box.fill("\n".join(command.replace("/orders", f"/{name}") for name in ("first", "second")))
    await dialog.get_by_text("getFirst goes by the connection localhost").wait_for()
    await browser.look("curl-4-several")
    await dialog.get_by_role("button", name="Add 2 tasks").click()
    await page.locator(".block-head", has_text="getSecond").wait_for()
    await page.keyboard.press("Control+z")
    await page.locator(".block-head", has_text="getSecond").wait_for(state="detached")
    assert await page.locator(".block-head", has_text="getFirst").count() == 0
