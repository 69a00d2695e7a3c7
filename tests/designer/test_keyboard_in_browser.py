"""The designer without a mouse, in a real browser: nothing here points at anything."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from httptask.testing import Reply, ScriptedServer
from support.browser import CONFIG, HELLO, SIZES, Browser
from support.commands import Shell

FIRST = """\
document: { dsl: 1.0.3, namespace: demo, name: another, version: 1.0.0 }
do:
  - one: { set: { a: 1 } }
"""
REFUSED = re.compile(r"\b409\b")
"""In what the browser complains of where the page asks what to do about a file that changed."""

STOPS = 80
"""More than a page of the test has."""

COUNT_POINTING = "window.pointed = 0; addEventListener('pointerdown', () => { window.pointed++ }, true)"
FOCUSED = """\
() => {
  const here = document.activeElement
  return here.getAttribute('aria-label') ?? here.labels?.[0]?.textContent ?? here.textContent
}"""
HAS_VISIBLE_FOCUS = """\
() => {
  if (document.activeElement === document.body) return 'nothing has the focus'
  for (let part = document.activeElement; part && part !== document.body; part = part.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(part)
    if (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) return ''
  }
  return document.activeElement.outerHTML.slice(0, 200)
}"""


class Keys:
    """What a person types, and where the focus is."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.page = browser.page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)

    async def shows(self, selector: str, text: str | re.Pattern[str] = "") -> None:
        await self.page.locator(selector, has_text=text).first.wait_for()

    async def lacks(self, selector: str, text: str = "") -> None:
        await self.page.locator(selector, has_text=text).first.wait_for(state="detached")

    async def is_at(self, selector: str) -> None:
        """Wait until the focus is at what a selector tells."""
        await self.browser.until("selector => document.activeElement?.matches(selector)", selector)

    async def tab_to(self, name: str) -> None:
        """Go on to what is called so; every stop on the way shows that it has the focus."""
        seen: list[str] = []
        for _ in range(STOPS):
            await self.press("Tab")
            assert await self.page.evaluate(HAS_VISIBLE_FOCUS) == ""
            here = (await self.page.evaluate(FOCUSED) or "").strip()
            if here == name:
                return
            seen.append(here)
        pytest.fail(f"no {name} among {seen}")


@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.alone
async def test_the_whole_journey_needs_no_mouse(
    shell: Shell, open_designer: Callable[..., Awaitable[Browser]]
) -> None:
    async with ScriptedServer(lambda _: Reply.chat("Hello, Ada!")) as model:
        shell.write("another.yaml", FIRST)
        file = shell.write("hello.yaml", HELLO)
        shell.write("httptask.toml", CONFIG.format(port=model.port))
        browser = await open_designer(OPENAI_API_KEY="k")
        keys = Keys(browser)
        await keys.shows(".top .path", "another.yaml")
        await browser.page.evaluate(COUNT_POINTING)

        await add_and_fill(keys, browser)
        await try_and_map(keys, browser)
        await save_and_run(keys, browser, file)

        assert await browser.page.evaluate("window.pointed") == 0
        assert browser.complaints == []


async def add_and_fill(keys: Keys, browser: Browser) -> None:
    # Pick another definition in the list.
    await keys.press("F6")
    await keys.is_at(".side-item[aria-current]")
    await keys.press("ArrowDown", "Enter")
    await keys.shows(".top .path", "hello.yaml")
    await keys.press("F6")
    await keys.is_at("[data-pointer='/do/0/ask']")

    # Add a task behind the first one: with nothing to fill in, it can be tried at once. Undone, and done again, with the
    # change in its form.
    await keys.press("/")
    await keys.is_at(".add-search textarea")
    await keys.type("chat")
    await keys.press("Enter")  # before anything is found: it is added once it is prepared
    await keys.shows(".block-head", "createChatCompletion")
    await keys.lacks("dialog")
    await keys.is_at(".task-head .primary")
    await keys.tab_to("model")
    await keys.press("Control+a")
    await keys.type("gpt-4.1")
    await keys.press("Enter")
    await keys.shows(".block-summary", re.compile(r"^gpt-4\.1$"))
    await browser.look("keys-1-form")
    await keys.press("Control+z")
    await keys.lacks(".block-summary:text-is('gpt-4.1')")
    await keys.press("Escape")
    await keys.is_at("[data-pointer='/do/1/createChatCompletion']")
    await keys.press("Control+y")
    await keys.shows(".block-summary", re.compile(r"^gpt-4\.1$"))
    await keys.press("Delete")
    await keys.lacks(".block-head", "createChatCompletion")
    await keys.is_at("[data-pointer='/do/1/note']")


async def try_and_map(keys: Keys, browser: Browser) -> None:
    # Try a request: what it lacks is asked for where the focus goes; closed, the focus is where it came from.
    await keys.press("ArrowUp", "t")
    await keys.is_at("dialog .button.primary")
    await keys.press("Enter")
    await keys.is_at("textarea[aria-label='input.name']")
    await keys.type("Ada")
    await keys.press("Control+Enter")
    await keys.shows(".glance b", "200")
    await keys.shows(".tree", "Hello, Ada!")
    await keys.tab_to("Response")
    await keys.press("ArrowRight")
    await keys.shows("[role=tab][aria-selected=true]", "Outcome")
    await browser.look("keys-2-tried")

    # Esc closes it, and writes what is in a field.
    await browser.page.locator("dialog").get_by_label("content of message 1", exact=True).fill("Hello")
    await keys.press("Escape")
    await keys.lacks("dialog")
    await keys.is_at("[data-pointer='/do/0/ask']")
    await keys.press("Enter")
    written = "[...document.querySelectorAll('.task-fields textarea')].some(one => one.value === 'Hello')"
    await browser.until(written)
    await keys.press("Escape", "Control+z")
    await browser.until(f"!{written}")

    # A field of the answer goes into the field where the cursor was.
    await keys.press("ArrowDown", "Enter")
    await keys.is_at(".task-fields textarea")
    await keys.press("Control+a", "Backspace")
    await keys.tab_to("text")
    await keys.press("Enter")
    await browser.until(
        "[...document.querySelectorAll('.task-fields textarea')].some(one => one.value === '${ $tasks.ask.text }')"
    )
    await browser.look("keys-3-mapped")


async def save_and_run(keys: Keys, browser: Browser, file: Path) -> None:
    await keys.press("Control+s")
    await keys.shows("button:disabled", "Saved")
    assert file.read_text() == HELLO.replace("said: nothing", 'said: "${ $tasks.ask.text }"')  # noqa: ASYNC240

    # Run it, and open one of its tasks.
    await keys.press("Control+Enter")
    await keys.is_at("dialog .task-fields textarea, dialog .task-fields input")
    await keys.press("Control+a")
    await keys.type("Ada")
    await keys.press("Enter")
    await keys.lacks("dialog")
    await keys.shows(".drawer-head .badge", "completed")
    await keys.lacks("button", "Cancel run")
    while not await browser.page.evaluate("document.activeElement?.closest('.drawer') !== null"):
        await keys.press("F6")
    await keys.is_at(".timeline.whole button")
    await keys.press("Tab")
    await keys.is_at(".timeline li button")
    await keys.press("Enter")
    await keys.shows(".task-detail", "ask")
    await browser.look("keys-4-run")
    await keys.press("Escape")
    await keys.lacks(".drawer")
    await keys.is_at("#run")

    # The keys are told on `?`, and the focus comes back.
    await keys.press("?")
    await keys.shows("dialog kbd", "F6")
    await browser.look("keys-5-help")
    await keys.press("Escape")
    await keys.lacks("dialog")
    await keys.is_at("#run")


@pytest.mark.timeout(200)
@pytest.mark.long
@pytest.mark.alone
async def test_every_stop_shows_its_focus_and_all_changes_have_one_history(
    shell: Shell, open_designer: Callable[..., Awaitable[Browser]], httptask_server: str
) -> None:
    file = shell.write("hello.yaml", HELLO)
    browser = await open_designer(TEMPORAL_ADDRESS=httptask_server)
    keys = Keys(browser)
    await keys.shows(".block-head", "note")

    await see_every_stop(keys, browser)
    await move_edit_and_undo(keys)
    await meet_a_change_on_disk(keys, browser, file)
    assert [one for one in browser.complaints if not REFUSED.search(one)] == []


async def see_every_stop(keys: Keys, browser: Browser) -> None:
    page = keys.page

    # Every part of the page, in both arrangements and both themes, shows that it has the focus; the text lets go of it.
    for size, theme in (("small", "light"), ("large", "dark")):
        width, height = SIZES[size]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        await browser.until("theme => document.documentElement.dataset.theme === theme", theme)
        await keys.press("/", "Escape")
        await keys.lacks("dialog")
        await page.evaluate("document.activeElement.blur()")
        await keys.press("Tab")
        await page.evaluate("window.first = document.activeElement")
        for _ in range(STOPS):
            assert await page.evaluate(HAS_VISIBLE_FOCUS) == ""
            if await page.evaluate("document.activeElement.matches('.cm-content')"):
                await keys.press("Escape")
            await keys.press("Tab")
            if await page.evaluate("[window.first, document.body].includes(document.activeElement)"):
                break
        else:
            pytest.fail("the keyboard does not get out of the page again")
        await browser.look(f"keys-6-{size}-{theme}")


async def move_edit_and_undo(keys: Keys) -> None:
    # A task is put into a loop, which is to be given its list, and taken out again: it goes with its last task.
    page = keys.page
    before = await page.locator(".cm-content").inner_text()
    await page.locator("[data-pointer='/do/1/note']").focus()
    await keys.press("Enter")
    await keys.is_at(".task-fields textarea")
    await page.get_by_label("Wrap note in").select_option("for")
    await keys.is_at("[data-pointer='/do/1/each/do/0/note']")
    await keys.shows("[data-pointer='/do/1/each'] .badge", "1 to fill in")
    await keys.press("Control+z")
    await keys.is_at("[data-pointer='/do/1/note']")  # which stays selected
    await keys.press("Control+y")
    await keys.is_at("[data-pointer='/do/1/each/do/0/note']")
    await keys.press("Alt+ArrowLeft")
    await keys.is_at("[data-pointer='/do/1/note']")
    await keys.lacks(".block-head", "each")
    assert await page.locator(".cm-content").inner_text() == before

    # A block that undo brings back has the focus, wherever in the flow that was.
    await keys.press("ArrowUp", "Delete")
    await keys.is_at("[data-pointer='/do/0/note']")
    await keys.press("Control+z")
    await keys.is_at("[data-pointer='/do/0/ask'][aria-current]")

    # A move, a change in the form and one in the text are undone in turn, whatever has the focus.
    await page.locator("[data-pointer='/do/1/note']").focus()
    await keys.press("Alt+ArrowUp")
    await keys.is_at("[data-pointer='/do/0/note']")
    await keys.press("Enter")
    await keys.is_at(".task-fields textarea")
    await keys.press("Control+a")
    await keys.type("much")
    await keys.press("Enter")
    await keys.shows(".cm-line", "said: much")
    await page.locator(".cm-content").focus()
    await keys.press("Control+Home")
    await page.keyboard.insert_text("# Kind.")  # at once: what is typed slowly is undone in pieces
    await keys.shows(".cm-line", "# Kind.")
    await keys.press("Control+z")
    await keys.lacks(".cm-line", "# Kind.")
    await keys.press("Control+z")
    await keys.lacks(".cm-line", "said: much")
    await keys.press("Control+z")
    await keys.shows("[data-pointer='/do/1/note']")
    assert (await page.locator(".cm-content").inner_text()).count("- ask:") == 1


async def meet_a_change_on_disk(keys: Keys, browser: Browser, file: Path) -> None:
    # One is asked where something would be lost by it, and nothing is written meanwhile.
    await keys.press("Control+y", "Control+y")
    await keys.shows(".cm-line", "said: much")
    file.write_text(HELLO.replace("nothing", "theirs"))  # noqa: ASYNC240 - it is a small one
    await keys.shows(".note", "on disk")
    await browser.look("keys-7-disk")
    await keys.press("Control+s")
    await keys.shows(".note", "on disk")
    assert "theirs" in file.read_text()  # noqa: ASYNC240 - as above
    await keys.page.locator(".note button", has_text="Use the file on disk").focus()
    await keys.press("Enter")
    await keys.shows(".cm-line", "said: theirs")
    await keys.shows("button:disabled", "Saved")
