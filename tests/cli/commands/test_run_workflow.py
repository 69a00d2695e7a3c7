"""Definitions that run others of their folder: `run`, `runs show`, `validate`, and the worker's check."""

import json

import pytest

from support.commands import Shell

ORDER = """
document: { dsl: 1.0.3, namespace: shop, name: order, version: 1.0.0 }
do:
  - price: { run: { workflow: { namespace: shop, name: price, version: latest, input: { n: "${ .n }" } } } }
  - tell: { set: { total: "${ .price }" } }
"""
PRICE = """
document: { dsl: 1.0.3, namespace: shop, name: price, version: %s }
do:
  - compute: { set: { price: "${ .n * 20 }" } }
"""
FAILS_LATE = """
document: { dsl: 1.0.3, namespace: shop, name: price, version: 1.0.0 }
do:
  - late: { wait: { seconds: 1 } }
  - none: { raise: { error: { type: "https://example.com/gone", status: 410, title: Gone } } }
"""
FAULTY = ORDER.replace("name: order", "name: faulty").replace("name: price", "name: prices")


@pytest.mark.usefixtures("one_server")
async def test_a_definition_runs_another_of_its_folder(shell: Shell) -> None:
    shell.write("shop/order.yaml", ORDER)
    shell.write("shop/price.yaml", PRICE % "1.0.0")
    shell.write("shop/broken.yaml", "do: 1")
    code, command = await shell.run("run", "shop/order.yaml", "--input", '{"n": 2}')
    assert code == 0, command.stderr
    assert json.loads(command.stdout) == {"total": 40}

    _, shown = await shell.run("runs", "show", "--json")
    run = json.loads(shown.stdout)
    assert (run["definition"], run["parent"]) == ("shop/order:1.0.0", None)
    inner = run["tasks"][0]["child_run"]
    assert inner == f"{run['id']}/price"
    _, shown = await shell.run("runs", "show", run["id"])
    assert f"  run: {inner}\n" in shown.stdout
    _, shown = await shell.run("runs", "show", inner)
    assert f"run by {run['id']}\n" in shown.stdout
    assert 'output: {"price": 40}' in shown.stdout

    shell.write("rows.jsonl", '{"n": 1}\n{"n": 3}\n')
    code, command = await shell.run("batch", "shop/order.yaml", "--inputs", "rows.jsonl")
    assert code == 0, command.stderr
    assert '{"total": 20}' in command.stdout
    assert '{"total": 60}' in command.stdout


@pytest.mark.usefixtures("one_server")
async def test_runs_that_are_left_to_themselves_end_with_their_command(shell: Shell) -> None:
    """Its worker is the only one that they have; how they end is not how the command does."""
    order = ORDER.replace("- price: { run: { ", "- price: { run: { await: false, ").replace(".price", ".n")
    shell.write("shop/order.yaml", order)
    shell.write("shop/price.yaml", FAILS_LATE)
    code, command = await shell.run("run", "shop/order.yaml", "--input", '{"n": 2}')
    assert code == 0, command.stderr
    assert json.loads(command.stdout) == {"total": 2}
    assert "/price goes on by itself; waiting for its end\n" in command.stderr
    assert "/price: faulted: Gone\n" in command.stderr


async def test_one_that_is_not_there_is_refused(shell: Shell) -> None:
    shell.write("shop/faulty.yaml", FAULTY)
    shell.write("shop/price.yaml", PRICE % "1.0.0")
    told = "shop/faulty.yaml:4:31: error[unknown-definition]: there is no definition `shop/prices:latest`"
    for command in (
        ("run", "shop/faulty.yaml"),
        ("validate", "shop"),
        ("validate", "shop/faulty.yaml"),
        ("worker", "-d", "shop", "--check"),
    ):
        code, finished = await shell.run(*command)
        assert code == 2, command
        assert told in finished.stdout + finished.stderr, command
        assert "shop/price:1.0.0" in finished.stdout + finished.stderr
    shell.write("other/order.yaml", ORDER)
    code, finished = await shell.run("validate", "other/order.yaml", "shop/price.yaml")
    assert (code, finished.stderr) == (0, "2 files: 0 errors, 0 warnings\n")
