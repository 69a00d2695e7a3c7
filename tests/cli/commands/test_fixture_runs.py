"""`httptask run --fixtures` and `httptask test-request`: recorded answers, whatever the environment says."""

import json
import re

import pytest

from support.commands import Shell

ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: "${ $workflow.input }" }] }
      output: { as: "${ .text }" }
"""
FIXTURE = """
request: {{ method: POST, url: "{base_url}/chat/completions", match: {{ messages: [{{ role: user, content: hello }}] }} }}
responses:
  - body: {{ choices: [{{ index: 0, finish_reason: stop, message: {{ role: assistant, content: hi }} }}] }}
"""
LOCAL = "http://127.0.0.1:9/v1"


@pytest.mark.usefixtures("one_server")
@pytest.mark.parametrize(
    "base_url", ["https://api.openai.com/v1", LOCAL], ids=["of the API", "of that server"]
)
async def test_a_base_url_in_the_environment_hides_no_recording(shell: Shell, base_url: str) -> None:
    shell.write("asks.yaml", ASKS)
    shell.write("fixtures/ask.yaml", FIXTURE.format(base_url=base_url))
    shell.environment["OPENAI_BASE_URL"] = LOCAL

    code, command = await shell.run("run", "asks.yaml", "--input", '"hello"', "--fixtures", "fixtures")

    assert code == 0, command.stderr
    assert json.loads(command.stdout) == "hi"
    _, shown = await shell.run("runs", "show", "--json")
    assert json.loads(shown.stdout)["simulated"] is True


@pytest.mark.usefixtures("one_server")
async def test_a_request_without_a_recording_is_told_apart_from_the_nearest(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    shell.write("fixtures/ask.yaml", FIXTURE.format(base_url="https://api.openai.com/v1"))

    code, command = await shell.run("run", "asks.yaml", "--input", '"good bye"', "--fixtures", "fixtures")

    assert code == 1
    assert '-        "content": "hello",\n+        "content": "good bye",' in command.stderr
    assert "--record" in command.stderr


FAILS = """
document: { dsl: 1.0.3, namespace: tests, name: fails, version: 1.0.0 }
do:
  - before: { set: { a: 1 } }
  - ask: { call: http, with: { method: get, endpoint: "https://api.example.com/" } }
"""
REFUSALS = """
request: { method: GET, url: "https://api.example.com/" }
responses: [{ status: 429, headers: { retry-after: "1" } }, { status: 404 }]
"""


@pytest.mark.usefixtures("one_server")
async def test_all_that_fixtures_lead_to_is_labelled(shell: Shell) -> None:
    shell.write("fails.yaml", FAILS)
    shell.write("fixtures/refusals.yaml", REFUSALS)
    code, command = await shell.run("run", "fails.yaml", "--fixtures", "fixtures", "--json")
    assert code == 1
    told = [line for line in command.stderr.splitlines() if line.startswith("ask: ")]
    assert {line.split()[1] for line in told} >= {"waiting", "faulted"}
    assert all(line.endswith("; simulated") for line in told)
    assert "before: completed  0.0 s" in command.stderr.splitlines()
    ended = json.loads(command.stdout)
    assert (ended["state"], ended["simulated"]) == ("faulted", True)

    _, shown = await shell.run("runs", "show", "--json")
    record = json.loads(shown.stdout)
    assert (record["simulated"], [task["simulated"] for task in record["tasks"]]) == (True, [False, True])
    _, listed = await shell.run("runs", "list")
    assert " faulted; simulated " in listed.stdout


async def test_test_request_shows_what_is_sent_and_what_the_next_task_sees(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    shell.write("fixtures/ask.yaml", FIXTURE.format(base_url="https://api.openai.com/v1"))
    arguments = ("test-request", "asks.yaml", "ask", "--input", '"hello"', "--json")

    code, command = await shell.run(*arguments, "--fixtures", "fixtures", "--save-output", "outputs.json")
    dry_code, dry = await shell.run(*arguments, "--dry-run")

    assert (code, dry_code) == (0, 0), command.stderr + dry.stderr
    shown, prepared = json.loads(command.stdout), json.loads(dry.stdout)["prepared"]
    assert shown["outcome"]["downstream"] == "hi"
    assert json.loads((shell.folder / "outputs.json").read_text()) == {"ask": "hi"}
    response = shown["response"]
    assert (response["simulated"], response["status"], response["size"]) == (True, 200, 103)
    assert response["headers"]["content-type"] == "application/json"
    assert response["timing"]["total"] >= response["timing"]["first_byte"]
    assert prepared["uri"] == "https://api.openai.com/v1/chat/completions"
    assert prepared["headers"]["Authorization"] == "Bearer $OPENAI_API_KEY"
    assert prepared["body"]["messages"] == [{"role": "user", "content": "hello"}]
    assert shell.left_over() == []


@pytest.mark.usefixtures("one_server")
async def test_test_request_tells_status_size_time_and_headers_of_an_answer(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)
    shell.write("fixtures/ask.yaml", FIXTURE.format(base_url="https://api.openai.com/v1"))

    code, command = await shell.run(
        "test-request", "asks.yaml", "ask", "--input", '"hello"', "--fixtures", "fixtures"
    )

    assert code == 0, command.stderr
    _, _, answer = command.stdout.partition("\non the wire\n")
    wire, _, response = answer.partition("\nresponse\n")
    assert (
        "what happened: Simulated: nothing was sent, and a recorded answer stood in for the server.\n" in wire
    )
    assert re.search(r"chat/completions: 200, [\d.]+ ms", wire)
    head, _, content = response.partition("\n{")
    assert "what happened: 200 OK: 103 bytes of JSON.\n" in head
    assert "\ncontent-type: application/json" in head
    assert '"text": "hi"' in content
    assert "timing" not in content


async def test_test_request_names_what_is_missing(shell: Shell) -> None:
    shell.write("asks.yaml", ASKS)

    for arguments, message in (
        (["aks"], "did you mean ask?"),
        (["ask", "--outputs", "[1]"], "--outputs: a JSON object is needed"),
        (["ask", "--variables", "{"], "--variables:1:2: not valid JSON"),
    ):
        code, command = await shell.run("test-request", "asks.yaml", *arguments)
        assert code == 2
        assert message in command.stderr
        assert "Traceback" not in command.stderr
