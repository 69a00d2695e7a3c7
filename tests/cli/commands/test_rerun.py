"""`httptask rerun`: a file is fixed, and the run goes on from where it failed."""

import json

import pytest

from httptask.testing import Reply, ScriptedServer
from support.commands import Shell

CALLS = """
document: { dsl: 1.0.3, namespace: tests, name: mended, version: 1.0.0 }
do:
  - fetch: { call: httpRequest, with: { method: get, connection: local, path: /articles } }
  - post: { call: httpRequest, with: { method: post, connection: local, path: /missing, body: "${ . }" } }
"""
CONFIG = '[connections.local]\nbase_url = "{url}"\nallow_private = ["loopback"]\n'


@pytest.mark.usefixtures("one_server")
async def test_a_file_is_fixed_and_the_run_goes_on(shell: Shell) -> None:
    shell.write("calls.yaml", CALLS)
    answers = [Reply.json({"id": 7}), Reply.json({}, status=404), Reply.json({"ok": True})]
    async with ScriptedServer(answers) as server:
        shell.write("httptask.toml", CONFIG.format(url=server.url))
        code, failed = await shell.run("run", "calls.yaml", "--json")
        assert code == 1, failed.stderr
        run = json.loads(failed.stdout)["run"]

        shell.write("calls.yaml", CALLS.replace("/missing", "/there"))
        code, planned = await shell.run("rerun", run, "--dry-run", "--json")
        assert code == 0, planned.stderr
        report = json.loads(planned.stdout)
        assert (report["task"], report["calls"], len(server.requests)) == ("post", 1, 2)

        code, again = await shell.run("rerun", run)
        assert (code, json.loads(again.stdout)) == (0, {"ok": True}), again.stderr
        assert f"begins with post; from {run}: fetch\nsaved: 1 call\n" in again.stderr
        assert [request.target for request in server.requests[2:]] == ["/there"]
        assert json.loads(server.requests[-1].body) == {"id": 7}

    _, shown = await shell.run("runs", "show", again.stderr.partition("\nrun ")[2].split()[0])
    assert f"begins at /do/1/post; from {run}: fetch\n" in shown.stdout
    _, paused = await shell.run("runs", "pause", run)
    assert "this Temporal server pauses no runs" in paused.stderr
