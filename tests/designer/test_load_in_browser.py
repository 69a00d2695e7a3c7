"""What the page loads until a definition is there to be edited, and all that it may load."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Route

from httptask.designer.building import BUNDLE
from support.browser import Browser
from support.designer import ADDRESS, TOKEN, asked, workspace_of

FIRST_SCREEN = 260_000
ALL = 500_000
"""Bytes, as gzip packs them."""
TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: one, version: 1.0.0 }
do:
  - note: { set: { said: nothing } }
"""


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 9))


async def test_the_page_is_small(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(TEXT)
    loaded: dict[str, int] = {}
    async with asked(workspace_of(tmp_path, {}), bundle=BUNDLE) as client:

        async def serve(route: Route) -> None:
            path = urlsplit(route.request.url).path
            answer = await client.request(
                route.request.method, path, headers=route.request.headers, content=route.request.post_data
            )
            if not path.startswith("/api/"):
                loaded[path] = packed(answer.content)
            await route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

        await browser.page.route("**/*", serve)
        await browser.page.goto(f"http://{ADDRESS}/#token={TOKEN}")
        await browser.page.locator(".block-head", has_text="note").wait_for()
        await browser.page.locator(".cm-line", has_text="said").wait_for()
        await browser.page.unroute_all(behavior="ignoreErrors")
    assert sum("/assets/" in path for path in loaded) >= 3
    assert sum(loaded.values()) <= FIRST_SCREEN, loaded
    every = {file.name: packed(file.read_bytes()) for file in BUNDLE.rglob("*.*") if file.is_file()}
    assert sum(every.values()) <= ALL, every
