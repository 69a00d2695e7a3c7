"""What tests in a browser are given: `test_*_in_browser.py`, which run where there is one, by `uv run poe browser`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium

    from support.browser import Browser
    from support.commands import Shell


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave them out where no browser is given."""
    is_in_browser = collection_path.match("test_*_in_browser.py")
    return True if is_in_browser and not config.getoption("browser") else None


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(pytestconfig: pytest.Config) -> "AsyncGenerator[Chromium]":
    """One browser for all tests of a process, with the page built that it is to show."""
    from playwright.async_api import async_playwright

    from httptask.designer.building import ensure_bundle
    from support.browser import path_of

    await asyncio.to_thread(ensure_bundle, print)
    path = path_of(str(pytestconfig.getoption("browser")))
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
def pictures(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where pictures are kept: for each file of tests in the folder that is given, or in one that goes away."""
    name = request.path.stem.removeprefix("test_").removesuffix("_in_browser")
    folder = Path(request.config.getoption("pictures") or tmp_path / "pictures") / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def browser(
    chromium: "Chromium", pictures: Path, request: pytest.FixtureRequest
) -> "AsyncGenerator[Browser]":
    """An empty page, on a small screen, with storage of its own; how it looked in the end is a picture too."""
    from support.browser import SIZES, Browser

    width, height = SIZES["small"]
    context = await chromium.new_context(viewport={"width": width, "height": height})
    browser = Browser(await context.new_page(), pictures)
    yield browser
    await browser.page.screenshot(path=pictures / f"{request.node.originalname}.png")
    print(*browser.complaints, sep="\n")  # pytest shows it of a test that failed
    await context.close()


@pytest.fixture
def open_designer(shell: "Shell", browser: "Browser") -> "Generator[Callable[..., Awaitable[Browser]]]":
    """Opens the designer of the shell's folder; takes arguments and variables of `httptask dev`.

    With `TEMPORAL_ADDRESS=httptask_server` it needs no Temporal server of its own, which starts in seconds.
    """
    from support.browser import start_dev

    async def open_designer(*arguments: str, **environment: str) -> "Browser":
        _, address = await start_dev(shell, *arguments, **environment)
        await browser.page.goto(address)
        return browser

    yield open_designer
    print(*(command.stderr for command in shell.started), sep="\n")
