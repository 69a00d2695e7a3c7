"""`httptask catalog from-curl`: a task to paste, or in its place, and no credential anywhere."""

import json
import subprocess
from pathlib import Path

import pytest

from httptask.cli.commands.catalog_into import read_target
from httptask.cli.terminal.errors import CliError
from httptask.testing import Reply, ScriptedServer
from support.commands import HTTPTASK, Shell

KEY = "geheim-0123456789"
COMMAND = f"curl https://api.example.com/orders -H 'Authorization: Bearer {KEY}' -k"
TASK = """\
- getOrders:
    call: httpRequest
    with:
      method: get
      endpoint:
        uri: https://api.example.com/orders
        authentication:
          bearer:
            token: ${ $secrets.EXAMPLE_TOKEN }
"""
DEFINITION = """\
# why
document: { dsl: 1.0.3, namespace: tests, name: orders, version: 1.0.0 }
use: { secrets: [OTHER] }   # known
do:
  - first: { set: { a: 1 } }   # one line
  - last: { set: { a: 'x' } }
"""
INSERTED = "\n".join(f"  {line}" for line in TASK.splitlines())


async def test_prints_a_task_to_paste(shell: Shell) -> None:
    code, command = await shell.run("catalog", "from-curl", COMMAND)
    assert (code, command.stdout) == (0, TASK)
    assert "declare: use: { secrets: [EXAMPLE_TOKEN] }" in command.stderr
    assert "set the environment variable EXAMPLE_TOKEN" in command.stderr
    assert "note: -k is not kept" in command.stderr
    assert KEY not in command.stderr


async def test_puts_a_task_into_a_definition(shell: Shell) -> None:
    file = shell.write("orders.yaml", DEFINITION)
    file.chmod(0o640)
    code, command = await shell.run(
        "catalog", "from-curl", COMMAND, "--into", "orders.yaml", "--after", "first", "--name", "ask"
    )
    assert code == 0, command.stderr
    changed = DEFINITION.replace("[OTHER]", "[OTHER, EXAMPLE_TOKEN]").replace(
        "# one line\n", f"# one line\n{INSERTED}\n".replace("getOrders", "ask")
    )
    assert file.read_text() == changed
    assert file.stat().st_mode & 0o777 == 0o640
    assert KEY not in command.stdout + command.stderr
    assert "try: httptask test-request orders.yaml ask --dry-run" in command.stderr
    assert [path.name for path in shell.folder.iterdir()] == ["orders.yaml"]
    assert "EXAMPLE_TOKEN is one that the definition had" not in command.stderr

    code, command = await shell.run("catalog", "from-curl", COMMAND, "--into", "orders.yaml", "--json")
    assert "secret EXAMPLE_TOKEN is one that the definition had" in command.stdout

    code, command = await shell.run("test-request", "orders.yaml", "ask", "--dry-run", "--json")
    assert code == 0, command.stderr
    assert '"uri": "https://api.example.com/orders"' in command.stdout


async def test_goes_by_a_connection_that_fits_and_keeps_a_credential_where_none_is(shell: Shell) -> None:
    shell.write(
        "httptask.toml",
        """
        [connections.ours]
        base_url = "https://api.example.com"
        authentication = { bearer = { token = "$secrets.OURS" } }
        [secrets.OURS]
        environment = "KEY_OF_OURS"
        """,
    )
    code, by_it = await shell.run("catalog", "from-curl", COMMAND, "--keep-secrets")
    code_2, other = await shell.run("catalog", "from-curl", COMMAND.replace(KEY, "another"), "--keep-secrets")
    code_3, own = await shell.run("catalog", "from-curl", COMMAND, "--own", "--keep-secrets")
    assert (code, code_2, code_3) == (0, 0, 0), by_it.stderr
    assert by_it.stdout == other.stdout
    assert "connection: ours\n      path: /orders\n" in by_it.stdout
    assert own.stdout == TASK.replace("EXAMPLE_TOKEN", "OURS_TOKEN")
    assert "note: getOrders goes by the connection ours, with its credential" in by_it.stderr
    assert (shell.folder / ".env").read_text() == f"KEY_OF_OURS={KEY}\nOURS_TOKEN={KEY}\n"
    assert KEY not in by_it.stderr + own.stderr + own.stdout


@pytest.mark.usefixtures("one_server")
async def test_from_a_command_to_an_answer_in_a_definition_of_its_own(shell: Shell) -> None:
    """Two commands, in a folder that has nothing but who may be asked."""
    async with ScriptedServer(lambda _: Reply.json({"id": 7})) as server:
        shell.write("httptask.toml", "[policy]\nallow_private = ['127.0.0.1']\n")
        code, command = await shell.run(
            "catalog", "from-curl", f"curl {server.url}/orders", "--into", "My Orders.yaml"
        )
        assert code == 0, command.stderr
        assert "wrote My Orders.yaml, a new definition: getOrders\n" in command.stderr
        assert (shell.folder / "My Orders.yaml").read_text().splitlines()[:6] == [
            "document:",
            "  dsl: 1.0.3",
            "  namespace: default",
            "  name: my-orders",
            "  version: 1.0.0",
            "do:",
        ]
        code, command = await shell.run("test-request", "My Orders.yaml", "getOrders", "--json")
        assert code == 0, command.stderr
        [request] = server.requests
    assert request.target == "/orders"


async def test_a_definition_without_a_task_takes_the_first(shell: Shell) -> None:
    head = DEFINITION.partition("do:")[0]
    kept = "# to do\n"
    for text in (head, f"{head}do:\n", f"{head}do: []\n", kept, ""):
        file = shell.write("orders.yaml", text)
        code, command = await shell.run("catalog", "from-curl", COMMAND, "--into", "orders.yaml")
        assert code == 0, command.stderr
        assert ("a new definition" in command.stderr) == (text in (kept, ""))
        changed = file.read_text()
        assert changed.startswith(text.partition("use:")[0])
        assert changed.endswith(f"do:\n{INSERTED}\n")


async def test_says_why_a_definition_stays_as_it_is(shell: Shell) -> None:
    shell.write("orders.yaml", DEFINITION)
    flow = DEFINITION.partition("do:")[0] + "do: [{ first: { set: { a: 1 } } }]\n"
    shell.write("flow.yaml", flow)
    shell.write("broken.yaml", "do: [")
    shell.write("half.yaml", "do: []")
    for arguments, message in (
        (
            ["--into", "orders.yaml", "--after", "fist"],
            "there is no task fist\n  hint: did you mean `first`?",
        ),
        (["--into", "orders.yaml", "--name", "last"], "has a task last already"),
        (
            ["--into", "flow.yaml"],
            "not written in block style, each on lines of its own\n  hint: print the task",
        ),
        (["--into", "broken.yaml"], "broken.yaml: not changed, because of the errors above"),
        (["--into", "missing.yaml", "--after", "first"], "missing.yaml has no task yet"),
        (["--into", "missing.txt"], "no such file"),
        (["--into", "nowhere/missing.yaml"], "no such folder nowhere"),
        (["--into", "half.yaml"], "half.yaml: not written: the definition has no `document`"),
        (["--after", "first"], "--after needs a definition"),
    ):
        code, command = await shell.run("catalog", "from-curl", COMMAND, *arguments)
        assert code == 2, command.stderr
        assert message in command.stderr
        assert KEY not in command.stdout + command.stderr
    assert not list(shell.folder.glob("missing*"))
    assert (shell.folder / "orders.yaml").read_text() == DEFINITION
    assert (shell.folder / "flow.yaml").read_text() == flow


@pytest.mark.parametrize("arguments", [[], ["-"]], ids=["nothing", "a dash"])
def test_reads_the_command_from_stdin(arguments: list[str]) -> None:
    words = [HTTPTASK, "catalog", "from-curl", *arguments]
    told = subprocess.run(words, input=f"{COMMAND}\n", capture_output=True, text=True, check=True)
    assert told.stdout == TASK
    assert KEY not in told.stderr


async def test_says_what_can_not_be_kept(shell: Shell) -> None:
    code, command = await shell.run(
        "catalog", "from-curl", f"curl https://a.example/ -H 'X: {KEY}' --fantasy"
    )
    assert (code, command.stdout) == (2, "")
    assert command.stderr == (
        "error: --fantasy: curl has no such option\n  hint: look for it in `curl --help all`\n"
    )


COLLECTION = {
    "info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {
            "name": "Get order",
            "request": {"url": "{{base}}/orders/:id", "header": [{"key": "X-Key", "value": "{{key}}"}]},
        },
        {"name": "Other\x1b[31m", "request": {"url": "{{nowhere}}/a"}},
    ],
}
ENVIRONMENT = {"values": [{"key": "key", "value": KEY, "type": "secret"}, {"key": "base", "value": "x"}]}
ARCHIVE = {
    "log": {
        "version": "1.2",
        "entries": [
            {
                "_resourceType": "fetch",
                "request": {
                    "method": "DELETE",
                    "url": "https://api.example.com/orders/7",
                    "headers": [{"name": "cookie", "value": f"sid={KEY}"}],
                },
            }
        ],
    }
}


async def test_puts_requests_of_a_collection_and_of_a_browser_into_a_definition(shell: Shell) -> None:
    file = shell.write("orders.yaml", DEFINITION)
    shell.write("shop.json", json.dumps(COLLECTION))
    shell.write("env.json", json.dumps(ENVIRONMENT))
    shell.write("shop.har", "\ufeff" + json.dumps(ARCHIVE))
    values = ["--environment", "env.json", "--variable", "base=https://api.example.com"]
    code, command = await shell.run(
        "catalog", "from-postman", "shop.json", *values, "--into", "orders.yaml", "--after", "first"
    )
    assert code == 0, command.stderr
    assert "wrote orders.yaml: getOrder\n" in command.stderr
    assert "try: httptask test-request orders.yaml getOrder --set 'input.id=…' --dry-run\n" in command.stderr
    assert "left out: Other\ufffd[31m: the server's address has the variable nowhere" in command.stderr
    code, har = await shell.run("catalog", "from-har", "shop.har", "--into", "orders.yaml", "--json")
    assert code == 0, har.stderr
    told = json.loads(har.stdout)
    assert (told["file"], [*told["tasks"][0]], told["secrets"][0]["name"]) == (
        "orders.yaml",
        ["deleteOrders"],
        "EXAMPLE_COOKIE",
    )
    written = file.read_text()
    assert "[OTHER, KEY, EXAMPLE_COOKIE]" in written
    assert "https://api.example.com/orders/${ $workflow.input.id }" in written
    assert KEY not in f"{written}{command.stdout}{command.stderr}{har.stdout}{har.stderr}"


async def test_says_why_a_file_is_not_read(shell: Shell) -> None:
    shell.write("broken.json", '{\n"info"')
    for arguments, message in (
        (["from-postman", "broken.json"], "broken.json: this is no JSON in line 2"),
        (["from-har", "missing.har"], "missing.har: No such file"),
        (["from-postman", "broken.json", "--variable", "a"], "--variable a: there is no value"),
    ):
        code, command = await shell.run("catalog", *arguments)
        assert code != 0
        assert message in command.stderr


@pytest.mark.parametrize("text", [DEFINITION, None], ids=["a definition", "none yet"])
def test_what_was_changed_meanwhile_is_not_overwritten(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "orders.yaml"
    if text is not None:
        file.write_text(text)
    one, other = read_target(file, None), read_target(file, None)
    one.put(None, {"new": {"set": {"a": 1}}}, [])
    written = file.read_text()
    with pytest.raises(CliError, match="it was changed meanwhile"):
        other.put(None, {"newer": {"set": {"a": 1}}}, [])
    assert file.read_text() == written
    assert [path.name for path in tmp_path.iterdir()] == ["orders.yaml"]
