"""Values of a kind that a task can't use end the run in an error that names it; none leaves the run hanging."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.definitions import document
from support.runs import Runner, running

SECONDS = 10


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with ScriptedServer([Reply.json({})]) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            yield runner
        assert server.requests == []


def call(arguments: str) -> str:
    return f"do: [{{ task: {{ call: httpRequest, with: {{ connection: shop, path: /x, {arguments} }} }} }}]"


def raised(**changes: str) -> dict[str, Any]:
    error = {"type": "https://e.example", "status": 500, "title": "T", **changes}
    return document(do=[{"task": {"raise": {"error": error}}}])


def schema(document: str) -> str:
    return f"do: [{{ task: {{ set: {{ a: 1 }}, output: {{ schema: {{ document: {document} }} }} }} }}]"


DEEP = "${ reduce range(400) as $i (0; [.]) }"
CASES: dict[str, tuple[str | dict[str, Any], str]] = {
    "method": (call('method: "${ 5 }"'), "method: must be text"),
    "headers": (call('method: get, headers: "${ 5 }"'), "headers is a number; it needs names with values"),
    "header": (call('method: get, headers: { a: "${ {} }" }'), "headers/a holds an object"),
    "query": (call('method: get, query: { a: "${ null }" }'), "query/a"),
    "endpoint": (
        'do: [{ task: { call: http, with: { method: get, endpoint: "${ 5 }" } } }]',
        "the endpoint yields a number; it needs text",
    ),
    "URL that is none": (
        'do: [{ task: { call: http, with: { method: get, endpoint: "${ $workflow.input.url }" } } }]',
        "the URL's host or port can't be read",
    ),
    "bearer token": (
        """
        do:
          - task:
              call: http
              with:
                method: get
                endpoint: { uri: "http://127.0.0.1/", authentication: { bearer: { token: "${ 5 }" } } }
        """,
        "token: must be text",
    ),
    "URI variable": (
        'do: [{ task: { call: http, with: { method: get, endpoint: "http://127.0.0.1/{all}" } } }]',
        "{all} needs text, a number, or a list or object of those; it holds an object",
    ),
    "messages": (
        'do: [{ task: { call: chatCompletion, with: { model: m, connection: shop, messages: "${ 5 }" } } }]',
        "`messages` is a number (5), not a list",
    ),
    "body that nests too deeply": (
        call(f'method: post, body: "{DEEP}"'),
        "/with/body: the result is not what JSON can hold: a number too large, or nested too deeply",
    ),
    "output that nests too deeply": (
        f'do: [{{ task: {{ set: {{ a: "{DEEP}" }} }} }}]',
        "/set/a: the result is not what JSON can hold: a number too large, or nested too deeply",
    ),
    "error's type": (raised(type="${ 5 }"), "type: must be text"),
    "error's detail": (raised(detail="${ {a: 1} }"), "detail: must be text"),
    "error's status": (raised(status="${ .url }"), "`status` is text (`${ .url }`), not a whole number"),
    "duration": ('do: [{ task: { wait: "${ 5 }" } }]', "`wait` yields `5`; write PT15M"),
    "no duration": ('do: [{ task: { wait: "${ .none }" } }]', "`wait` yields `null`; write PT15M"),
    "duration beyond a century": ('do: [{ task: { wait: "${ {days: 1e12} }" } }]', "write PT15M"),
    "infinite timeout": (
        'do: [{ task: { set: { a: 1 }, timeout: { after: "${ {days: 1e300} }" } } }]',
        "write PT15M",
    ),
    "for over an object": (
        'do: [{ task: { for: { in: "${ . }" }, do: [{ x: { set: { a: 1 } } }] } }]',
        "`in` yields an object; it needs a list",
    ),
    "map over null": (
        'do: [{ task: { call: map, with: { in: "${ .none }", do: [{ x: { set: { a: 1 } } }] } } }]',
        "`in` yields null; it needs a list",
    ),
    "schema with an invalid pattern": (schema('{ pattern: "(" }'), 'is not a "regex"'),
    "schema on another server": (
        schema('{ $ref: "http://127.0.0.1:9/schema.json" }'),
        "only references within the schema are followed",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_wrong_kind(runner: Runner, name: str) -> None:
    definition, expected = CASES[name]

    async with asyncio.timeout(SECONDS):
        outcome = await runner.run(definition, {"url": "http://[::1", "all": [{}]})

    assert expected in outcome.problem["detail"]
