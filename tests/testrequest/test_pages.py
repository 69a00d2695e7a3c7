"""A test request of a list with pages: the first page, and what a run would ask for next."""

import json
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.activities.connection_profile import profile_of
from httptask.dsl.compile import compile_definition
from httptask.testing import ScriptedServer
from httptask.testrequest import Sample, plan_request, send_once
from support.cluster import address_of
from support.commands import Shell
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.pages import API_KEY, Api, definition, numbers
from support.runs import running
from support.shells import opened_shell

DATA = 'items: "${ .data }"'


@pytest.mark.parametrize(
    ("paginate", "seen", "following"),
    [
        (f"link: next, {DATA}", [0, 1], "{server}/items?offset=2 {}"),
        (f"cursor: {{ parameter: after, from: .cursor }}, {DATA}", [0, 1], "/items {'after': 'c2'}"),
        (f"page: {{ parameter: page }}, {DATA}", [0, 1], "/items {'page': 2}"),
        (f"page: {{ parameter: page, size: 3 }}, {DATA}", [0, 1], None),
        (f"link: next, {DATA}, limit: 1", [0], None),
        (f'link: next, {DATA}, until: "${{ .data[0].n == $input.first }}"', [0, 1], None),
    ],
)
async def test_first_page(
    temporal: WorkflowEnvironment, paginate: str, seen: list[int], following: str | None
) -> None:
    text = definition(paginate, output='{ as: "${ [.[].n] }" }')
    program = compile_definition(parse(text)).program
    assert program is not None
    async with ScriptedServer(Api(numbers(5))) as server:
        shop = local_connection("shop", server.url, authentication=API_KEY)
        secrets = secret_store({"KEY": "key-0123456789"})
        async with running(temporal, connections={"shop": shop}, secrets=secrets) as runner:
            planned = plan_request(program, "list", Sample(input={"first": 0}), {"shop": profile_of(shop)})
            tested = await send_once(runner.client, runner.task_queue, planned)

    assert tested.downstream == seen
    assert len(server.requests) == 1
    found = tested.following
    shown = None if found is None else f"{found.url} {found.query}"
    assert shown == (following and following.replace("{server}", server.url))


async def test_page_that_is_not_what_the_task_says(temporal: WorkflowEnvironment) -> None:
    program = compile_definition(parse(definition("link: next"))).program
    assert program is not None
    async with (
        ScriptedServer(Api(numbers(5))) as server,
        running(temporal, connections={"shop": local_connection("shop", server.url)}) as runner,
    ):
        planned = plan_request(program, "list", Sample())
        tested = await send_once(runner.client, runner.task_queue, planned)
    assert tested.result is not None
    assert tested.problem is not None
    assert "not a list: say with `items`" in str(tested.problem.detail)


async def test_command_line(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    head = "document: { dsl: 1.0.3, namespace: tests, name: lists, version: 1.0.0 }\n"
    async with ScriptedServer(Api(numbers(5))) as server, opened_shell(tmp_path) as shell:
        shell.environment["TEMPORAL_ADDRESS"] = address_of(temporal)
        shell.write("lists.yaml", head + definition(f"link: next, {DATA}"))
        shell.write(
            "httptask.toml",
            f'[connections.shop]\nbase_url = "{server.url}"\nallow_private = ["loopback"]\n',
        )
        code, command = await shell.run("test-request", "lists.yaml", "list")
        assert (code, len(server.requests)) == (0, 1)
        assert f"a run goes on with the next page\nGET {server.url}/items?offset=2\n" in command.stdout
        _, command = await shell.run("test-request", "lists.yaml", "list", "--json")
        assert json.loads(command.stdout)["outcome"]["next_page"]["uri"] == f"{server.url}/items?offset=2"

        await run_shows_pages(shell)


async def run_shows_pages(shell: Shell) -> None:
    code, command = await shell.run("run", "lists.yaml")
    assert (code, json.loads(command.stdout)) == (0, numbers(5))
    _, command = await shell.run("runs", "show")
    for number in (1, 2, 3):
        assert f"  list page {number}  completed  1 attempt\n" in command.stdout
    assert "  request: GET http://127.0.0.1" in command.stdout
