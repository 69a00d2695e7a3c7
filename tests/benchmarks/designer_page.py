"""What a page of the designer takes: the time from a key to the picture of it, the longest that it can't be asked, processor time."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

__all__ = ["Measured", "Probe", "chromium"]

RECORDER = """
globalThis.taken = { painted: [], delayed: [], long: [] };
addEventListener('keydown', event => {
  const began = event.timeStamp;
  taken.delayed.push(performance.now() - began);
  requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => taken.painted.push(performance.now() - began);
    after.port2.postMessage(0);
  });
}, true);
new PerformanceObserver(list => {
  for (const task of list.getEntries()) taken.long.push(task.duration);
}).observe({ type: 'longtask', buffered: true });
"""
"""A frame is painted before the message that its callback sends arrives."""

_TASK = "RunTask"
_MAIN_THREAD = "CrRendererMain"
_CATEGORIES = ["disabled-by-default-devtools.timeline", "toplevel"]


@dataclass(frozen=True)
class Measured:
    """Of one page, in milliseconds.

    Attributes:
        painted: from each key to the frame behind it.
        delayed: from each key until the page hears of it.
        longest: task that the page could hear nothing in, by the clock; 0 where none had 50.
        longest_cpu: the same by the processor time of its thread, whoever else wants the processor.
        cpu: processor time of all its tasks.
    """

    painted: list[float]
    delayed: list[float]
    longest: float
    longest_cpu: float
    cpu: float

    def painted_at(self, share: float) -> float:
        """The time within which such a share of the keys was painted."""
        return sorted(self.painted)[min(int(len(self.painted) * share), len(self.painted) - 1)]


class Probe:
    """Measures what goes on in a page between `begin` and `end`."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self.page = page
        self._browser = browser

    async def begin(self) -> None:
        """Forget what was."""
        await self._browser.start_tracing(page=self.page, categories=_CATEGORIES)
        await self.page.evaluate("taken = { painted: [], delayed: [], long: [] }")

    async def end(self) -> Measured:
        """What was taken since."""
        await self.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        taken = await self.page.evaluate("taken")
        tasks = _main_tasks(json.loads(await self._browser.stop_tracing()))
        return Measured(
            taken["painted"],
            taken["delayed"],
            max(taken["long"], default=0.0),
            max(tasks, default=0.0),
            sum(tasks),
        )

    async def type(self, text: str, pause: float = 0.05, rest: float = 0.6) -> None:
        """Type as a person does: word by word, so that what the page does in the pauses meets keys too."""
        for word in text.split():
            for sign in f"{word} ":
                await self.page.keyboard.type(sign)
                await asyncio.sleep(pause)
            await asyncio.sleep(rest)

    async def from_click(self, button: str, shown: str) -> float:
        """Milliseconds from a click on a button until something is shown."""
        script = """([button, shown]) => new Promise(done => {
          let began = 0;
          const look = () => began && document.querySelector(shown) && done(performance.now() - began);
          new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
          const found = [...document.querySelectorAll('button')].filter(one => one.textContent.trim() === button);
          began = performance.now();
          found.at(-1).click();
        })"""
        return float(await self.page.evaluate(script, [button, shown]))


def _main_tasks(trace: dict[str, Any]) -> list[float]:
    """Processor time of each task of the page's main thread; tasks inside tasks count with those around them."""
    events = trace["traceEvents"]
    names = ((one["pid"], one["tid"], one["args"]["name"]) for one in events if one["name"] == "thread_name")
    mains = {(pid, tid) for pid, tid, name in names if name == _MAIN_THREAD}
    return [
        one.get("tdur", one.get("dur", 0)) / 1000
        for one in events
        if one["name"].endswith(_TASK) and one.get("ph") == "X" and (one["pid"], one["tid"]) in mains
    ]


@asynccontextmanager
async def chromium(path: str) -> AsyncGenerator[Browser]:
    """A browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def opened(browser: Browser, address: str, path: str, width: int, height: int) -> Page:
    """A page that shows a definition, in a context that nobody has used."""
    context: BrowserContext = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.add_init_script(RECORDER)
    place, _, token = address.partition("#")
    await page.goto(f"{place}#{token}")
    await page.locator(".block-head").first.wait_for()
    await page.locator(".side-item", has_text=path).click()
    await page.locator(".path", has_text=path).wait_for()
    await page.locator(".cm-content").wait_for()
    return page
