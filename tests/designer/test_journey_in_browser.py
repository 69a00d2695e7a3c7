"""What a person does in the designer, in a real browser: against a real server, a real worker and a stand-in for a model."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.browser import CONFIG, HELLO, Browser
from support.commands import Shell

NIGHTLY = """\
document: { dsl: 1.0.3, namespace: demo, name: nightly, version: 1.0.0 }
schedule: { cron: "0 2 * * *" }
input: { schema: { document: { type: object, required: [days], properties: { days: { type: integer } } } } }
do: [{ count: { set: { days: 1 } } }]
"""
MAPPED = "${ $tasks.ask.text }"
FORM = """curl https://api.example.com/orders -d '{"book": "978-0"}'"""


def answer(request: ServedRequest) -> Reply:
    if request.target == "/v1/models":
        return Reply.json({"data": [{"id": name} for name in ("gpt-4.1", "gpt-4.1-mini")]})
    return Reply.chat("Hello, Ada!")


@pytest.mark.timeout(900)
@pytest.mark.long
@pytest.mark.alone
async def test_a_person_adds_a_task_tries_it_maps_its_answer_and_runs_it(
    shell: Shell, open_designer: Callable[..., Awaitable[Browser]]
) -> None:
    async with ScriptedServer(answer) as model:
        file = shell.write("greetings/hello.yaml", HELLO)
        shell.write("greetings/nightly.yaml", NIGHTLY)
        shell.write("greetings/httptask.toml", CONFIG.format(port=model.port))
        browser = await open_designer("greetings", OPENAI_API_KEY="k")
        await open_and_add(browser)
        await drag_into_a_loop(browser)
        await put_data_in(browser)
        await edit_and_try(browser)
        await map_and_run(browser, file)
        assert "Say hello to Ada." in str(model.requests[-1].json())
        await check_and_schedule(browser)
        await merge(browser, file.with_name("nightly.yaml"))
        assert browser.complaints == []


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

    # What curl sends as a form for want of a type can be had as the JSON that it is.
    await page.keyboard.press("/")
    await page.keyboard.insert_text(FORM)
    await page.locator(".preview .code", has_text="x-www-form-urlencoded").wait_for()
    await page.get_by_role("button", name="Send as JSON instead").click()
    await page.locator(".preview .code", has_text="book: ").wait_for()
    await page.keyboard.press("Escape")


async def drag_into_a_loop(browser: Browser) -> None:
    """A block is dragged into another one, which is marked meanwhile; Esc leaves all as it is, and one undo brings it back."""
    page = browser.page
    await page.get_by_role("tab", name="YAML").click()
    before = await page.locator(".cm-content").inner_text()
    await page.locator(".block-head", has_text="note").click()
    await page.get_by_label("Wrap note in").select_option("for")
    note = page.locator("[data-pointer='/do/1/each/do/0/note']")
    await note.wait_for()
    await page.get_by_role("tab", name="YAML").click()
    await page.locator(".cm-line", has_text="- each:").wait_for()
    looped = await page.locator(".cm-content").inner_text()

    for is_meant in (False, True):
        await page.locator("[data-pointer='/do/0/ask']").hover()
        await page.mouse.down()
        for at in (8, 4, 2):  # the upper edge of the block
            await note.hover(position={"x": 40, "y": at}, force=True)
        await page.locator(".insert.landing[data-list='/do/1/each/do'][data-index='0']").wait_for()
        if not is_meant:
            await browser.look("dragged-block")
            box = await page.get_by_label("Flow", exact=True).bounding_box()
            assert box is not None
            await page.mouse.move(box["x"] + 80, box["y"] + box["height"] - 60, steps=4)  # below its frame
            await page.locator(".insert.landing[data-list='/do'][data-index='2']").wait_for()
            await browser.look("dragged-out")
            await page.keyboard.press("Escape")
            await page.locator(".landing, .dragged").first.wait_for(state="detached")
            assert await page.locator(".cm-content").inner_text() == looped
        await page.mouse.up()
    await browser.until("document.activeElement?.dataset.pointer === '/do/0/each/do/0/ask'")
    await page.locator("[data-pointer='/do/0/each/do/1/note'][aria-current]").wait_for()
    assert "model: gpt-4.1-mini   # a small one" in await page.locator(".cm-content").inner_text()
    for gone in ("/do/0/each", "/do/1/each"):
        await page.get_by_role("button", name="Undo").click()
        await page.locator(f"[data-pointer='{gone}']").wait_for(state="detached")
    await browser.until("text => document.querySelector('.cm-content').innerText === text", before)


async def put_data_in(browser: Browser) -> None:
    """Data go into the field with the cursor, as into a number; with the cursor in one that takes none they go nowhere."""
    page = browser.page
    await page.locator(".block-head", has_text="ask").click()
    await page.get_by_role("tab", name="Task").click()
    await page.get_by_role("combobox", name="Add a field").first.fill("temperature")
    await page.keyboard.press("Enter")
    number = page.locator("[data-at$='/with/temperature'] .field-input")
    name = page.get_by_label("Data", exact=True).get_by_role("button", name="name", exact=True)
    await number.click()
    await name.click()
    await page.locator(
        "textarea.field-input:focus[data-clean=true]", has_text="$workflow.input.name"
    ).wait_for()
    assert await number.input_value() == "${ $workflow.input.name }"
    await page.get_by_label("role of message 1").focus()
    await page.locator(".data", has_text="role of message 1 takes none of it").wait_for()
    for _ in ("expression", "temperature"):
        await page.get_by_role("button", name="Undo").click()
    await number.wait_for(state="detached")


async def edit_and_try(browser: Browser) -> None:
    page = browser.page

    # The task's fields; what is changed is written into the text, and nothing else is.
    await page.locator(".block-head", has_text="ask").click()
    await page.get_by_role("tab", name="Task").click()
    await page.get_by_label("model", exact=True).click()
    await page.get_by_role("option", name="gpt-4.1", exact=True).click()
    await page.locator(".block-summary", has_text=re.compile("^gpt-4.1$")).wait_for()
    await browser.look("3-form")

    # What an answer can be is a choice, each with fields of its own; undone, nothing of it is left.
    await page.get_by_role("combobox", name="Add a field").first.fill("response_format")
    await page.keyboard.press("Enter")
    await page.get_by_label("form of response_format").select_option("json_schema")
    await page.locator("[data-at$='json_schema/name'] .field-input").fill("answer")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="+ schema").click()
    await page.get_by_label("Name of a new field").fill("said")
    await page.keyboard.press("Enter")
    await page.get_by_label("name of said").fill("mood")
    await page.keyboard.press("Enter")
    await page.get_by_label("choices of mood").fill("good, bad")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Parts for message 1").click()
    await page.get_by_label("form of content 1").select_option("image_url")
    await page.get_by_label("url", exact=True).wait_for()
    await browser.look("3-forms")
    for gone in ("url", "form of content 1"):
        await page.get_by_role("button", name="Undo").click()
        await page.get_by_label(gone, exact=True).wait_for(state="detached")
    for _ in ("choices", "name of the field", "field", "schema", "name", "form", "response_format"):
        await page.get_by_role("button", name="Undo").click()
    await page.get_by_label("form of response_format").wait_for(state="detached")

    # Try the request: it asks for what it reads, and shows the answer.
    await page.get_by_role("button", name="Test request").click()
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_label("input.name").fill("Ada")
    await browser.look("4-asked")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.locator(".glance b", has_text="200").wait_for()
    await page.locator(".tree", has_text="Hello, Ada!").first.wait_for()
    await browser.look("5-answer")

    # Keep the answer, for later tasks and in place of the server.
    await page.get_by_role("button", name="Pin as sample").click()
    await page.get_by_role("button", name="Pinned as sample").wait_for()
    await page.get_by_role("button", name="Keep as fixture").click()
    await page.get_by_text("httptask run greetings/hello.yaml --fixtures greetings/fixtures").wait_for()
    await browser.look("kept")
    await page.keyboard.press("Escape")


async def map_and_run(browser: Browser, file: Path) -> None:
    page = browser.page

    # A field of the answer is dragged to another one, which is marked meanwhile.
    await page.locator(".block-head", has_text="note").click()
    said, text = page.get_by_label("said", exact=True), page.get_by_role("button", name="text", exact=True)
    await said.fill("")
    await text.hover()
    await page.mouse.down()
    await said.hover(force=True)
    await said.hover(force=True)
    await page.locator(".drop-here").wait_for()
    await browser.look("dragged")
    await page.mouse.up()
    await page.locator(".fx[aria-pressed=true]").wait_for()
    await page.locator(".drop-here").wait_for(state="detached")
    assert await said.input_value() == MAPPED

    # Or it is clicked, and the cursor stays where it was.
    await said.fill("")
    await text.click()
    await browser.until(f"document.activeElement.value === {MAPPED!r}")
    await page.locator(".cm-content").wait_for(state="detached")
    await page.get_by_role("tab", name="YAML").click()
    await page.locator(".cm-line", has_text="$tasks.ask.text").wait_for()
    await browser.look("6-mapped")

    # Save, and run it.
    await page.keyboard.press("Control+s")
    await page.get_by_role("button", name="Saved").wait_for()
    expected = HELLO.replace("gpt-4.1-mini", "gpt-4.1").replace(
        "said: nothing", 'said: "${ $tasks.ask.text }"'
    )
    assert file.read_text() == expected  # noqa: ASYNC240 - it is a small one
    await page.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_role("dialog").get_by_label("name", exact=True).fill("Ada")
    await browser.look("7-input")
    await page.get_by_role("button", name="Start").click()
    await page.locator(".drawer-head .badge", has_text="completed").wait_for()
    await page.get_by_role("button", name="Cancel run").wait_for(state="detached")
    await page.locator(".drawer-detail", has_text="Hello, Ada!").wait_for()
    await browser.look("8-run")


async def check_and_schedule(browser: Browser) -> None:
    page = browser.page

    # A connection is checked step by step.
    await page.get_by_role("button", name="Connections").click()
    await page.get_by_role("button", name="Check openai").click()
    await page.locator(".steps", has_text="200").wait_for()
    await browser.look("connections")
    await page.keyboard.press("Escape")

    # A schedule is written, created, paused and deleted.
    await page.locator(".side-item", has_text="nightly.yaml").click()
    await page.locator(".block-head", has_text="count").wait_for()
    await page.get_by_role("button", name="Schedules").click()
    await page.get_by_label("By the clock (cron)").fill("30 6 * * *")
    await page.keyboard.press("Enter")
    await page.get_by_text("at 06:30 every day").wait_for()
    await page.get_by_role("button", name="Save the definition").click()
    days = page.get_by_role("dialog", name="Schedules").locator(".given input")
    await days.fill("many")
    await page.get_by_role("button", name="Create schedule").click()
    await page.get_by_text("“many” is no number").wait_for()
    await days.fill("7")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Pause nightly").click()
    await page.get_by_label("Input of nightly").get_by_text("7").wait_for()
    await page.get_by_role("button", name="Resume nightly").wait_for()
    await browser.look("schedules")
    page.once("dialog", lambda asked: asyncio.ensure_future(asked.accept()))
    await page.get_by_role("button", name="Delete nightly").click()
    await page.get_by_text("There is no schedule yet.").wait_for()


async def merge(browser: Browser, file: Path) -> None:
    """A line that somebody changed on disk is taken, by the keyboard; another one of the page stays."""
    page = browser.page
    await page.keyboard.press("Escape")
    await page.locator(".cm-content").click()
    await page.keyboard.press("Control+Home")
    await page.keyboard.type("# mine\n")
    before = await asyncio.to_thread(file.read_text)
    await asyncio.to_thread(file.write_text, before.replace("days: 1", "days: 7"))
    await page.get_by_role("button", name="Compare and merge").click()
    await page.get_by_text("2 places differ.").wait_for()
    await browser.look("merge")
    await page.get_by_role("button", name="Take these lines of the disk").last.focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("1 place differs.").wait_for()
    await page.get_by_role("button", name="Save the right side").click()
    await page.get_by_role("button", name="Saved").wait_for()
    merged = await asyncio.to_thread(file.read_text)
    assert merged == "# mine\n" + before.replace("days: 1", "days: 7")
