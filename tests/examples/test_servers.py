"""docs/servers.md: what real servers do, each row played back by an answer like theirs."""

import pytest

from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest
from httptask.client.edge import Edge
from httptask.http.errors import HttpTaskError
from httptask.testing import ScriptedServer
from support.connections import local_connection, secret_store
from support.fences import ROOT
from support.server_cases import CASES, ServerCase

PAGE = ROOT / "docs/servers.md"
BEGIN, END = "<!-- table of servers -->\n", "<!-- end -->"
HEAD = ("Server", "Known from", "What it does", "What becomes of it")


async def becomes(case: ServerCase) -> str:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], **(case.asked or {})}
    async with ScriptedServer([case.reply]) as server:
        edge = Edge({"s": local_connection("s", server.url)}, secret_store({}))
        try:
            completion = await complete(edge, ChatRequest(body=body, connection="s"))
        except HttpTaskError as error:
            return f"`{type(error).__name__}`, {'retried' if error.retryable else 'not retried'}"
        finally:
            await edge.aclose()
    rules = [fault.code for fault in completion.warnings]
    assert rules == list(case.rules)
    return "a result" + "".join(f", with the warning `{rule}`" for rule in rules)


async def row(case: ServerCase) -> str:
    outcome = await becomes(case)
    return f"| {case.server} | {case.source} | {case.does} | {outcome}{f'; {case.then}' if case.then else ''} |\n"


async def test_every_row_is_what_becomes_of_it() -> None:
    table = f"| {' | '.join(HEAD)} |\n{'| --- ' * len(HEAD)}|\n" + "".join(
        [await row(case) for case in CASES]
    )
    told = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert told == table, f"write into {PAGE.name} what is so:\n{table}"


@pytest.mark.parametrize("page", ["README.md", "docs/chat-completions.md"])
def test_the_page_is_found(page: str) -> None:
    assert "servers.md" in (ROOT / page).read_text()
