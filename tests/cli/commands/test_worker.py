"""`httptask worker` and `httptask dev`: definitions that any client starts by name."""

import json
import re
import signal
from pathlib import Path

from temporalio.client import Client

from httptask.cli.server import SharedServer
from support.commands import Shell

GREETS = """
document: { dsl: 1.0.3, namespace: tests, name: greets, version: 1.0.0 }
do:
  - greet: { set: { greeting: "Hello ${ $workflow.input.name }" } }
"""

POSTS = """
document: { dsl: 1.0.3, namespace: tests, name: posts, version: 1.0.0 }
use: { secrets: [HOOK] }
do:
  - post:
      call: httpRequest
      with: { method: post, endpoint: "${ $secrets.HOOK }", connection: hooks, body: {} }
"""

DECLARED = """
[connections.hooks]
base_url = "https://hooks.example.com"
[secrets.HOOK]
environment = "HOOK"
origins = ["https://hooks.example.com"]
"""
SPARE = """
[secrets.SPARE]
environment = "SPARE"
origins = ["https://hooks.example.com"]
"""


async def test_serves_by_name_until_sigterm(shell: Shell, tmp_path: Path) -> None:
    shell.write("definitions/greets.yaml", GREETS)
    server = SharedServer(tmp_path / ".elsewhere")
    address = await server.join()
    try:
        command = await shell.start("worker", "--definitions", "definitions", TEMPORAL_ADDRESS=address)
        await command.says("worker.started")
        client = await Client.connect(address)
        output = await client.execute_workflow(
            "greets", {"name": "Ann"}, id="greets-1", task_queue="httptask", result_type=dict
        )
        assert output == {"greeting": "Hello Ann"}
        command.press(signal.SIGTERM)
        assert await command.ends() == 0
    finally:
        await server.leave()


async def test_check_passes_and_sends_nothing(shell: Shell) -> None:
    shell.write("definitions/posts.yaml", POSTS)
    shell.write("httptask.toml", DECLARED + SPARE)
    code, command = await shell.run(
        "worker",
        "-d",
        "definitions",
        "--check",
        HOOK="https://hooks.example.com/T1/s3cret",
        TEMPORAL_ADDRESS="127.0.0.1:1",
    )
    assert code == 0, command.stderr
    assert re.search(r"definition +tests/posts:1\.0\.0 +definitions/posts\.yaml +ok", command.stdout)
    assert re.search(r"secret +HOOK +\$HOOK -> https://hooks\.example\.com +ok", command.stdout)
    assert re.search(r"secret +SPARE +\$SPARE -> https://hooks\.example\.com +not used", command.stdout)
    assert "s3cret" not in command.stdout + command.stderr
    _, command = await shell.run(
        *("worker", "-d", "definitions", "--check", "--json"), HOOK="https://hooks.example.com/T1/s3cret"
    )
    assert {finding["kind"] for finding in json.loads(command.stdout)} == {
        "definition",
        "connection",
        "secret",
        "policy",
    }


async def test_unset_secret_is_found_before_anything_starts(shell: Shell) -> None:
    shell.write("definitions/posts.yaml", POSTS)
    shell.write("httptask.toml", DECLARED)
    shell.write(".env", "HOOK=https://hooks.example.com/from-dotenv")
    for arguments in (["--check"], []):
        code, command = await shell.run("worker", "-d", "definitions", *arguments)
        assert code == 2
        assert "secret HOOK: has no value: set the environment variable HOOK" in command.stderr


async def test_undeclared_secret_and_connection_are_refused(shell: Shell) -> None:
    shell.write("definitions/posts.yaml", POSTS)
    code, command = await shell.run(
        "worker", "-d", "definitions", "--check", HOOK="https://hooks.example.com/x"
    )
    assert code == 2
    assert "secrets.HOOK: is used by definitions/posts.yaml, not declared" in command.stderr
    shell.write("httptask.toml", DECLARED.replace("connections.hooks", "connections.other"))
    code, command = await shell.run(
        "worker", "-d", "definitions", "--check", HOOK="https://hooks.example.com/x"
    )
    assert code == 2
    assert "connection hooks: not declared: add it to httptask.toml with its base_url" in command.stderr


async def test_an_activity_that_is_not_allowed_is_found_before_anything_starts(shell: Shell) -> None:
    own = "\n  - price: { call: activity, with: { type: price_of } }\n"
    shell.write("definitions/greets.yaml", GREETS.rstrip() + own)
    code, command = await shell.run("worker", "-d", "definitions", "--check")
    assert code == 2
    assert "activity price_of: not allowed: add [activities.price_of] to httptask.toml" in command.stderr
    shell.write("httptask.toml", '[activities.price_of]\ntask_queue = "shop"\n')
    code, command = await shell.run("worker", "-d", "definitions", "--check")
    assert code == 0, command.stderr
    assert re.search(r"activity +price_of +shop +ok", command.stdout)


async def test_a_connection_named_as_authentication_is_used_too(shell: Shell) -> None:
    address = "{ uri: https://shop.example.com, authentication: { use: shop } }"
    text = POSTS.replace('"${ $secrets.HOOK }", connection: hooks', address).replace(
        "use: { secrets: [HOOK] }", ""
    )
    shell.write("definitions/posts.yaml", text)
    code, command = await shell.run("worker", "-d", "definitions", "--check")
    assert code == 2
    assert "connection shop: not declared" in command.stderr
    declared = '[connections.shop]\nbase_url = "https://shop.example.com"\nauthentication.bearer.token = "$secrets.T"\n'
    shell.write("httptask.toml", declared + '[secrets.T]\nenvironment = "T"')
    code, command = await shell.run("worker", "-d", "definitions", "--check")
    assert code == 2
    assert "secret T: has no value" in command.stderr
    code, command = await shell.run("worker", "-d", "definitions", "--check", T="t")
    assert code == 0, command.stderr


async def test_two_files_that_claim_one_version_are_refused(shell: Shell) -> None:
    shell.write("definitions/a.yaml", GREETS)
    shell.write("definitions/b.yaml", GREETS.replace("Hello", "Bye"))
    code, command = await shell.run("worker", "-d", "definitions", "--check")
    assert code == 2
    assert "definitions/a.yaml and definitions/b.yaml define tests/greets:1.0.0 differently" in command.stderr


async def test_nothing_to_serve(shell: Shell) -> None:
    code, command = await shell.run("worker")
    assert code == 2
    assert "--definitions DIR" in command.stderr


async def test_unreachable_cluster(shell: Shell) -> None:
    shell.write("greets.yaml", GREETS)
    code, command = await shell.run("worker", "-d", ".", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert code == 3, command.stderr


async def test_dev_serves_on_its_own_server_until_interrupted(shell: Shell) -> None:
    shell.write("greets.yaml", GREETS)
    command = await shell.start("dev", "--no-designer", "--port", "0")
    await command.says("start one:")
    address = re.search(r"Temporal at (\S+), ", command.stderr)
    assert address is not None
    client = await Client.connect(address[1])
    output = await client.execute_workflow(
        "tests/greets:1.0.0", {"name": "Ann"}, id="greets-1", task_queue="httptask", result_type=dict
    )
    assert output == {"greeting": "Hello Ann"}
    command.press(signal.SIGINT)
    assert await command.ends() == 0
    assert shell.left_over() == []
