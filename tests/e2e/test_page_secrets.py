"""Keys in the query of pages: sent with each one, once, and neither in the history nor where a response puts them."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.connections.connection import Connection
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import run_ids
from support.connections import local_connection, secret_store
from support.encodings import forms_of
from support.pages import API_KEY, LINK, NEXT, definition
from support.runs import Outcome, running

KEY = "sentinel/0123+456789"
ENCODED = "sentinel%2F0123%2B456789"
CURSOR = 'cursor: { parameter: after, from: "${ .next }" }, items: "${ .data }"'

Making = Callable[[str], Connection]


def plain(url: str) -> Connection:
    return local_connection("shop", url)


def with_key(url: str) -> Connection:
    return local_connection("shop", url, authentication=API_KEY)


def secret_path(url: str) -> Connection:
    return local_connection("shop", f"{url}/bot$secrets.KEY")


def secret_server(_: str) -> Connection:
    return local_connection("shop", "$secrets.URL")


async def run(
    temporal: WorkflowEnvironment, make: Making, query: str, paginate: str, following: Any
) -> tuple[Outcome, list[str]]:
    """Two pages, the first of which names `following`; what was asked for, in a history without the key."""

    def answer(request: ServedRequest) -> Reply:
        found = following.replace("SERVER", server.url) if len(server.requests) == 1 else None
        link = {"Link": f'<{found}>; rel="next"'} if found else {}
        return Reply.json({"data": [len(server.requests)], "next": found}, headers=link)

    async with ScriptedServer(answer) as server:
        secrets = secret_store({"KEY": KEY, "URL": server.url})
        text = f"use: {{ secrets: [KEY] }}\n{definition(paginate, query)}"
        async with running(temporal, connections={"shop": make(server.url)}, secrets=secrets) as runner:
            outcome = await runner.run(text, continue_as_new_after=8)
            async for run_id in run_ids(runner.client, outcome.handle):
                handle = runner.client.get_workflow_handle(outcome.handle.id, run_id=run_id)
                history = (await handle.fetch_history()).to_json().encode()
                assert not any(form in history for form in forms_of(KEY))
        return outcome, [request.target for request in server.requests]


OWN = '{ api_key: "${ $secrets.KEY }", q: a }'


@pytest.mark.parametrize(
    ("make", "query", "paginate", "following", "second"),
    [
        pytest.param(with_key, "{}", NEXT, "/items?p=2", f"/items?p=2&key={ENCODED}", id="key is added"),
        pytest.param(
            with_key,
            "{}",
            NEXT,
            f"/items?key={ENCODED}&p=2",
            f"/items?p=2&key={ENCODED}",
            id="key comes back",
        ),
        pytest.param(
            with_key,
            "{}",
            LINK,
            f"SERVER/items?p=2&key={KEY}",
            f"/items?p=2&key={ENCODED}",
            id="key in a Link",
        ),
        pytest.param(
            with_key, "{}", NEXT, f"?p=2&k%65y={ENCODED}", f"/items?p=2&key={ENCODED}", id="name is encoded"
        ),
        pytest.param(with_key, "{}", CURSOR, "c2", f"/items?after=c2&key={ENCODED}", id="key and a cursor"),
        pytest.param(
            plain, OWN, NEXT, "/items?p=2", f"/items?p=2&api_key={ENCODED}", id="own secret is added"
        ),
        pytest.param(
            plain,
            OWN,
            NEXT,
            f"SERVER/items?api_key={ENCODED}&q=a&p=2",
            f"/items?q=a&p=2&api_key={ENCODED}",
            id="own secret comes back",
        ),
        pytest.param(
            plain,
            OWN,
            NEXT,
            "?p=2&api_key=other",
            f"/items?p=2&api_key={ENCODED}",
            id="another value is given",
        ),
        pytest.param(
            plain,
            '{ after: "${ $secrets.KEY }" }',
            CURSOR,
            "c2",
            "/items?after=c2",
            id="cursor in the place of a secret",
        ),
        pytest.param(
            secret_path,
            "{}",
            CURSOR,
            "c2",
            "/botsentinel%2F0123+456789/items?after=c2",
            id="secret path and a cursor",
        ),
        pytest.param(secret_server, "{}", CURSOR, "c2", "/items?after=c2", id="secret server and a cursor"),
    ],
)
async def test_second_page(
    temporal: WorkflowEnvironment, make: Making, query: str, paginate: str, following: str, second: str
) -> None:
    outcome, targets = await run(temporal, make, query, paginate, following)
    assert (outcome.problem, outcome.output) == ({}, [1, 2])
    assert targets[1] == second


TAKEN_OUT = "held a secret, which was taken out of the response"
SECRET_ADDRESS = "the address of the request is known to its worker alone"


@pytest.mark.parametrize(
    ("make", "paginate", "following", "detail"),
    [
        pytest.param(with_key, NEXT, f"/items?token={ENCODED}", TAKEN_OUT, id="another parameter"),
        pytest.param(with_key, NEXT, f"/items/{ENCODED}", TAKEN_OUT, id="path"),
        pytest.param(with_key, NEXT, "/items?x=[redacted:KEY]", TAKEN_OUT, id="forged mark"),
        pytest.param(with_key, NEXT, "/items?x=%5Bredacted:KEY%5D", TAKEN_OUT, id="encoded mark"),
        pytest.param(with_key, CURSOR, KEY, TAKEN_OUT, id="cursor"),
        pytest.param(secret_path, NEXT, f"/bot{ENCODED}/items?p=2", TAKEN_OUT, id="secret path"),
        pytest.param(secret_path, NEXT, "?p=2", SECRET_ADDRESS, id="relative to a secret path"),
        pytest.param(secret_server, NEXT, "SERVER/items?p=2", SECRET_ADDRESS, id="secret server"),
    ],
)
async def test_no_secret_goes_where_a_response_puts_it(
    temporal: WorkflowEnvironment, make: Making, paginate: str, following: str, detail: str
) -> None:
    outcome, targets = await run(temporal, make, "{}", paginate, following)
    assert outcome.problem["error"] == "NextPageInvalid"
    assert detail in outcome.problem["detail"]
    assert len(targets) == 1
