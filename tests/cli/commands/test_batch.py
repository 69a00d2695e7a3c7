"""`httptask batch`: the table, the exit codes, and that a batch that is stopped goes on."""

import json

import pytest

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.commands import Shell

FLOW = """
document: {{ dsl: 1.0.3, namespace: tests, name: rows, version: 1.0.0 }}
input: {{ schema: {{ document: {{ type: object, required: [n] }} }} }}
do:
  - ask: {{ call: http, with: {{ method: post, endpoint: {url}, body: {{ n: "${{ .n }}" }} }} }}
"""
CONFIG = '[policy]\nallow_private = ["loopback"]\n'


def answer(served: ServedRequest) -> Reply:
    return Reply.json(served.json(), status=422 if served.json()["n"] == 2 else 200)


@pytest.mark.usefixtures("one_server")
async def test_a_table_of_rows_one_of_which_fails(shell: Shell) -> None:
    async with ScriptedServer(answer) as server:
        shell.write("flow.yaml", FLOW.format(url=server.url))
        shell.write("httptask.toml", CONFIG)
        shell.write("rows.jsonl", '{"n": 1}\n{"n": 2}\n')
        code, command = await shell.run("batch", "flow.yaml", "--inputs", "rows.jsonl", "--json")
        assert code == 1, command.stderr
        told = json.loads(command.stdout)
        assert [row["state"] for row in told["rows"]] == ["completed", "faulted"]
        resumed, command = await shell.run(
            "batch", "flow.yaml", "--inputs", "rows.jsonl", "--resume", told["batch"], "-o", "table.md"
        )
        assert resumed == 1
        assert "1 of 2 rows completed, 1 failed" in command.stderr
        assert '| 1 | {"n": 1} | {"n": 1} |' in (shell.folder / "table.md").read_text()
        assert len(server.requests) == 2
