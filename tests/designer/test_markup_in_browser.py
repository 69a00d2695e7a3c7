"""Markup in whatever the designer shows stays text: in documents, definitions, answers, errors and outputs."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.api_documents import openapi
from support.browser import Browser
from support.commands import Shell

SHAPES = (
    "<b id=mark-{n}>bold</b>",
    "<img id=mark-{n} src=x onerror=window.hit={n}>",
    "<script id=mark-{n}>window.hit={n}</script>",
    "<svg id=mark-{n} onload=window.hit={n}><g/></svg>",
    "<iframe id=mark-{n} srcdoc='<script>parent.hit={n}</script>'></iframe>",
    "[link {n}](javascript:window.hit={n})",
    "![image {n}](javascript:window.hit={n})",
    "<a id=mark-{n} href='javascript:window.hit={n}'>here</a>",
    '"><p id=mark-{n} onmouseover=window.hit={n}>',
    "</textarea></pre><i id=mark-{n}>",
)
MARKUP = [SHAPES[n % len(SHAPES)].format(n=n) for n in range(100)]
CONFIG = """\
[policy]
allow_private = ["loopback"]
"""
MADE_OF_IT = """\
() => JSON.stringify([
  window.hit ?? null,
  [...document.querySelectorAll('[id^="mark-"], iframe, object, embed, a[href^="javascript:"]')].map(one => one.outerHTML),
  [...document.querySelectorAll('img')].map(one => one.getAttribute('src')).filter(one => one !== '/icon.svg'),
  [...document.scripts].filter(one => !one.src).length,
])"""


def document() -> dict[str, Any]:
    said = " ".join(MARKUP)
    parameter = {
        "name": MARKUP[0],
        "in": "query",
        "description": said,
        "schema": {"type": "string", "description": said},
    }
    marked = {
        "operationId": "marked",
        "summary": f"Marked up {MARKUP[1]}",
        "description": said,
        "parameters": [parameter],
    }
    paths = {"/marked": {"get": {**marked, "responses": {"200": {"description": said}}}}}
    return openapi(paths, servers=[{"url": "https://marked.example"}]) | {
        "info": {"title": MARKUP[2], "version": MARKUP[3]}
    }


def definition(url: str) -> str:
    call = {"call": "httpRequest", "with": {"method": "get", "endpoint": f"{url}/good"}}
    fails = {"call": "httpRequest", "with": {"method": "get", "endpoint": f"{url}/bad"}}
    head = {
        "dsl": "1.0.3",
        "namespace": "demo",
        "name": "marked",
        "version": "1.0.0",
        "title": MARKUP[4],
        "summary": MARKUP[5],
    }
    tasks: list[Any] = [{name: {"set": {name: name}}} for name in MARKUP[6:16]]
    return json.dumps({"document": head, "do": [{"call": call}, *tasks, {MARKUP[16]: fails}]}, indent=1)


def answer(request: ServedRequest) -> Reply:
    headers = {f"X-Mark-{n}": MARKUP[n] for n in range(10)}
    if request.target == "/bad":
        problem = {"type": "about:blank", "title": MARKUP[17], "detail": " ".join(MARKUP)}
        return Reply.json(problem, status=400, headers=headers)
    return Reply.json({"list": MARKUP, **{text: text for text in MARKUP}}, headers=headers)


@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.alone
async def test_a_hundred_texts_of_markup_stay_texts(
    shell: Shell, httptask_server: str, open_designer: Callable[..., Awaitable[Browser]]
) -> None:
    async with ScriptedServer(answer) as server:
        shell.write("marked.yaml", definition(server.url))
        shell.write("openapi.json", json.dumps(document()))
        shell.write("httptask.toml", CONFIG)
        browser = await open_designer(TEMPORAL_ADDRESS=httptask_server)
        page = browser.page

        async def stays_text(*, shown: str) -> None:
            await page.get_by_text(shown).first.wait_for()
            assert json.loads(await page.evaluate(MADE_OF_IT)) == [None, [], [], 0]

        await page.get_by_text("Worker ready").wait_for()
        await stays_text(shown=MARKUP[6])  # the name of a task
        await page.get_by_role("button", name="Add task at the end").click()
        await page.get_by_role("combobox", name="Search an operation").fill("marked up")
        await page.get_by_label("OpenAPI document: file").fill("openapi.json")
        await page.get_by_role("button", name="Add OpenAPI").click()
        await page.get_by_role("option", name="Marked up").click()
        await page.locator(".preview .reference").wait_for()
        await stays_text(shown=MARKUP[99])
        await page.keyboard.press("Escape")

        await page.locator(".block-head", has_text="call").first.click()
        await page.get_by_role("button", name="Test request").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Send", exact=True).click()
        await dialog.locator(".glance b", has_text="200").wait_for()
        for view, shown in (
            ("Tree", MARKUP[1]),
            ("JSON", MARKUP[1]),
            ("Table", "Test request"),
            ("Headers", "Test request"),
        ):
            await dialog.get_by_role("button", name=view, exact=True).click()
            await stays_text(shown=shown)
        for part in ("Prepared", "On the wire", "Outcome"):
            await dialog.get_by_role("tab", name=part).click()
            await stays_text(shown="Test request")
        await page.keyboard.press("Escape")

        await page.get_by_role("button", name="Run", exact=True).click()
        await page.get_by_role("button", name="Start").click()
        await page.locator(".drawer-head .badge", has_text="faulted").wait_for()
        for task in await page.locator(".timeline li button").all():
            await task.click()
            await stays_text(shown="Show block")
        await stays_text(shown=MARKUP[16])
        assert browser.complaints == []
