"""A run in the designer that waits for a person, and goes on from where it failed."""

import os
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.browser import Browser
from support.commands import Shell

TEXT = """\
document: { dsl: 1.0.3, namespace: demo, name: approval, version: 1.0.0 }
input: { schema: { document: { type: object, required: [amount], properties: { amount: { $ref: "#/$defs/amount" } },
  $defs: { amount: { type: number, exclusiveMinimum: 0 } } } } }
do:
  - order: { call: httpRequest, with: { method: post, connection: shop, path: /orders, body: { book: b } } }
  - approval: { listen: { to: { one: { with: { type: com.example.approval } } } } }
  - ship:
      if: ${ .[0].decision == "approve" }
      call: httpRequest
      with: { method: post, connection: shop, path: /wrong, body: {} }
"""
OTHER = f"""\
document: {{ dsl: 1.0.3, namespace: demo, name: other, version: 1.0.0 }}
{"# more than a screen holds" + chr(10) * 400}
do:
  - order: {{ set: {{ a: 1 }} }}
"""
DRAGGED, STEP = 400, 24
"""Pixels that the run is made high, and that a key adds."""
CONFIG = """\
[connections.shop]
base_url = "http://127.0.0.1:{port}"
allow_private = ["loopback"]
"""


def answer(request: ServedRequest) -> Reply:
    if request.target == "/wrong":
        return Reply.json({"title": "No such thing"}, status=404)
    return Reply.json({"done": request.target})


async def height(page: Page) -> int:
    edge = page.get_by_role("separator", name="Height of the run")
    return int(await edge.get_attribute("aria-valuenow") or "")


async def resize(page: Page) -> None:
    """Make the run higher, with the mouse and by a key."""
    edge = page.get_by_role("separator", name="Height of the run")
    assert await height(page) < DRAGGED
    await edge.hover()
    await page.mouse.down()
    await page.mouse.move(600, 800 - DRAGGED, steps=3)
    await page.mouse.up()
    assert await height(page) == DRAGGED
    await edge.press("ArrowUp")
    assert await height(page) == DRAGGED + STEP


async def refuse(browser: Browser) -> None:
    """What does not fit is told at its field, in the form that is still open."""
    page = browser.page
    amount = page.get_by_label("amount", exact=True)
    assert await amount.input_value() == "1"
    await amount.fill("0")
    await page.get_by_role("button", name="Start").click()
    await page.locator(".run-dialog .field.faulty .field-fault", has_text="0").wait_for()
    assert await amount.evaluate("box => box === document.activeElement")
    assert all("422" in told for told in browser.complaints), browser.complaints
    browser.complaints.clear()
    await browser.look("run-0-refused")


async def ask_for_its_end(browser: Browser) -> None:
    """What ends a run at once does not come where its end was asked for: who presses twice has asked once."""
    page = browser.page
    goes_on = {"run": "", "state": "running", "reason": "no worker takes it"}
    await page.route("**/cancel", lambda route: route.fulfill(json=goes_on))
    await page.get_by_role("button", name="Cancel run").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("asked to end, it goes on: no worker takes it").wait_for()
    await page.get_by_role("button", name="Terminate run").wait_for()
    assert await page.evaluate("document.activeElement.textContent") == "Cancelling …"
    await browser.look("run-1-asked-to-end")
    await page.keyboard.press("Enter")
    await page.unroute("**/cancel")


async def leave_and_come_back(browser: Browser) -> None:
    """A run that goes on is there again after a reload, and with its definition only."""
    page = browser.page
    waits = page.get_by_role("heading", name="approval waits for an event")
    block = page.locator(".block-head", has_text="approval").locator(".badge.waiting")
    await page.reload()
    await waits.wait_for()
    await block.wait_for()
    await page.locator(".drawer-head .badge", has_text="waiting for an event").wait_for()
    await page.get_by_role("group", name="decision").wait_for()
    await page.get_by_role("button", name="waits for an event: give it one in the run").click()
    await browser.until("() => document.activeElement.textContent === 'approve'")
    await page.locator(".side-item", has_text="other.yaml").click()
    await page.locator(".top .path", has_text="other.yaml").wait_for()
    await waits.wait_for(state="detached")
    await page.locator(".side-item", has_text="approval.yaml").click()
    await block.wait_for()


async def approve(browser: Browser) -> None:
    """What is given as JSON stands in the fields, too."""
    page = browser.page
    await page.get_by_role("button", name="Data as JSON").click()
    await page.get_by_label("Data, as JSON").fill('{ "decision": "approve" }')
    await page.get_by_role("button", name="Data as fields").click()
    await page.locator("button[aria-pressed=true]", has_text="approve").wait_for()
    await browser.look("run-1-fields")
    await page.get_by_role("button", name="Send event").click()


async def reopen(browser: Browser) -> None:
    """Another day, the data are still there: of the run, and of the one that it went on from."""
    page = browser.page
    await page.keyboard.press("Control+s")
    await page.get_by_role("button", name="Saved").wait_for()
    await page.reload()
    await page.get_by_role("button", name="Past runs").click()
    assert await height(page) == DRAGGED + STEP
    await page.get_by_role("button", name="Close the run").click()
    await page.locator(".block-head", has_text="ship").click()
    await browser.until("() => document.querySelectorAll('.data .of-run').length === 3")
    await page.locator(".data .tree", has_text="/orders").first.wait_for()


@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.alone
async def test_a_run_is_approved_and_goes_on_from_a_task_that_was_mended(
    shell: Shell, httptask_server: str, open_designer: Callable[..., Awaitable[Browser]]
) -> None:
    async with ScriptedServer(answer) as server:
        shell.write("approval.yaml", TEXT)
        shell.write("other.yaml", OTHER)
        shell.write("httptask.toml", CONFIG.format(port=server.port))
        browser = await open_designer(TEMPORAL_ADDRESS=httptask_server)
        page = browser.page
        await page.get_by_text("Worker ready").wait_for()
        priorities = [os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, shell.started[0].process.pid)]
        assert priorities[0] < priorities[1]  # a browser goes before what serves it
        await page.get_by_role("button", name="Run", exact=True).click()
        await refuse(browser)
        await page.get_by_label("amount", exact=True).fill("2")
        await page.get_by_label("Keep the answers in fixtures").check()
        await page.get_by_role("button", name="Start").click()

        # It waits for an approval, which is given here.
        await page.get_by_role("heading", name="approval waits for an event").wait_for()
        await browser.until(
            "() => document.querySelector('.emit details input').value === 'com.example.approval'"
        )
        await page.locator(".drawer-detail .tree", has_text="amount").wait_for()  # what is to be approved
        await ask_for_its_end(browser)
        await leave_and_come_back(browser)
        await browser.look("run-1-waits")
        await approve(browser)

        # The last task fails; it is mended in the form, and the run goes on from there.
        await page.locator(".drawer-head .badge", has_text="faulted").wait_for()
        await page.locator(".drawer-detail", has_text="404").wait_for()
        await page.get_by_text("2 answers are kept in fixtures.").wait_for()
        await page.locator(".block-head", has_text="order").locator(".badge.kept").wait_for()
        await browser.look("run-2-failed")
        await page.locator(".block-head", has_text="order").click()
        await page.locator(".task-detail", has_text="shop/orders").wait_for()
        await page.locator("button.block-told", has_text="404").click()
        await page.locator(".task-detail", has_text="404").wait_for()
        await page.get_by_role("button", name="Show block").click()
        await page.get_by_role("tab", name="Task").click()
        await page.get_by_label("path", exact=True).fill("/shipments")
        await page.get_by_role("button", name="Save", exact=True).wait_for()
        await page.get_by_role("button", name="Continue from here").click()
        await page.locator(".drawer-head .badge", has_text="completed").wait_for()
        await page.locator(".drawer-detail", has_text="/shipments").wait_for()
        await page.locator(".block-head", has_text="order").locator(".badge.earlier").wait_for()
        await resize(page)
        await browser.look("run-3-mended")
        assert [request.target for request in server.requests] == ["/orders", "/wrong", "/shipments"]

        await reopen(browser)
        await browser.look("run-4-reloaded")

        await run_with_kept_answers(browser)
        assert len(server.requests) == 3
        await look_at_a_run_of_another(browser)
        assert browser.complaints == []


async def run_with_kept_answers(browser: Browser) -> None:
    """Answers that were kept of the run, and of the one that it went on in, stand in for its server."""
    page = browser.page
    await page.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_text(
        "2 of 2 requests have one in fixtures, as far as method and address tell; nothing is sent."
    ).wait_for()
    await browser.look("run-5-choices")
    await page.get_by_label("Run with kept answers").check()
    await page.get_by_role("button", name="Start").click()
    await page.get_by_role("group", name="decision").get_by_role("button", name="approve").click()
    await page.get_by_role("button", name="Send event").click()
    await page.locator(".drawer-head .badge", has_text="completed").wait_for()
    await page.locator(".drawer-head .badge", has_text="simulated").wait_for()
    await page.locator(".drawer-detail", has_text="/shipments").wait_for()
    assert "simulated" in await page.locator("#runs option").first.inner_text()
    await browser.look("run-6-simulated")


async def look_at_a_run_of_another(browser: Browser) -> None:
    """A run of another definition says so, and has nothing to do with blocks that are called alike."""
    page = browser.page
    badge = page.locator("[data-pointer='/do/0/order'] .badge")
    await page.locator(".side-item", has_text="other.yaml").click()
    await page.locator(".top .path", has_text="other.yaml").wait_for()
    await page.locator(".block-head", has_text="order").click()
    await page.get_by_role("tab", name="YAML").click()
    await page.locator(".cm-line", has_text="- order").wait_for()  # the text is where the block is
    await page.get_by_role("button", name="Past runs").click()
    await page.get_by_text("This definition has no run yet.").wait_for()
    await page.locator("#runs").select_option(index=1)
    await page.get_by_text("This is a run of demo/approval, not of the definition that is open.").wait_for()
    await page.locator(".timeline li", has_text="order").wait_for()
    assert await badge.count() == 0
    await page.locator(".timeline li button", has_text="order").click()
    await page.locator(".task-detail", has_text="order").wait_for()
    assert await page.get_by_role("button", name="from here").count() == 0
    await browser.look("run-7-of-another")
    await page.get_by_role("button", name="Open approval.yaml").click()
    await badge.wait_for()
    await page.get_by_role("button", name="Run again from here").wait_for(state="detached")
