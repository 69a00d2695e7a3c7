"""How much a browser loads before a definition can be read, and in all."""

import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from httptask.designer.building import BUNDLE
from support.browser import Browser
from support.commands import Shell

FIRST, ALL = 260_000, 500_000
"""Most bytes, as gzip has them: of a definition's blocks and text with the editor, and of the page with all its parts."""

HELLO = """\
document: { dsl: 1.0.3, namespace: demo, name: hello, version: 1.0.0 }
do: [{ greet: { set: { text: Hello } } }]
"""


async def test_the_page_is_small(
    shell: Shell, httptask_server: str, open_designer: Callable[..., Awaitable[Browser]]
) -> None:
    shell.write("hello.yaml", HELLO)
    browser = await open_designer(TEMPORAL_ADDRESS=httptask_server)
    await browser.page.locator(".block-head", has_text="greet").wait_for()
    await browser.page.locator(".cm-line", has_text="document").wait_for()
    paths = {urlsplit(url).path.lstrip("/") or "index.html" for url in browser.loaded}
    files = {
        file.relative_to(BUNDLE).as_posix(): size_of(file) for file in BUNDLE.rglob("*") if file.is_file()
    }
    loaded = {path: files[path] for path in paths if not path.startswith("api/")}
    assert len(loaded) > 3, paths
    assert sum(loaded.values()) <= FIRST, loaded
    assert sum(files.values()) <= ALL, files


def size_of(file: Path) -> int:
    return len(gzip.compress(file.read_bytes()))
