"""`httptask validate` and `httptask schema`."""

import json

import pytest

from support.commands import Shell
from support.terminals import on_terminal

FAULTY = """document: { dsl: 1.0.3, namespace: tests, name: faulty, version: 1.0.0 }
do:
  - one: { set: { a: "${ $tasks.tow }" } }
  - two: { sett: { a: 1 } }
"""

SOUND = """document: { dsl: 1.0.3, namespace: tests, name: sound, version: 1.0.0 }
do:
  - ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: hello }] } }
"""


async def test_all_faults_of_all_files(shell: Shell) -> None:
    shell.write("definitions/a.yaml", FAULTY)
    shell.write("definitions/b.yml", FAULTY)
    shell.write("definitions/notes.txt", "not a definition")
    shell.write("definitions/fixtures/answer.yaml", "request: {}")
    code, command = await shell.run("validate", "definitions", "absent.yaml")
    assert code == 2
    assert "absent.yaml:1:1: error[unreadable]: the file can't be read: No such file" in command.stdout
    assert command.stderr == "3 files: 5 errors, 0 warnings\n"

    code, command = await shell.run("validate", "definitions")
    assert code == 2
    lines = [line for line in command.stdout.splitlines() if not line.startswith("  hint: ")]
    assert [line.split(": ")[0] for line in lines] == [
        "definitions/a.yaml:3:26",
        "definitions/a.yaml:4:12",
        "definitions/b.yml:3:26",
        "definitions/b.yml:4:12",
    ]
    assert command.stderr == "2 files: 4 errors, 0 warnings\n"


async def test_json_is_all_there_is_on_stdout(shell: Shell) -> None:
    shell.write("faulty.yaml", FAULTY)
    code, command = await shell.run("validate", "faulty.yaml", "--json")
    assert code == 2
    reports = json.loads(command.stdout)
    assert [report["line"] for report in reports] == [3, 4]
    assert set(reports[0]) == {"file", "line", "column", "pointer", "code", "severity", "message", "hint"}
    assert command.stderr == ""


async def test_portable_lists_what_others_lack(shell: Shell) -> None:
    shell.write("sound.yaml", SOUND)
    code, command = await shell.run("validate", "sound.yaml", "--portable")
    assert code == 0
    assert "sound.yaml:3:18: warning[not-portable]" in command.stdout


CONNECTED = """document: {{ dsl: 1.0.3, namespace: tests, name: connected, version: 1.0.0 }}
do:
  - ask: {{ call: httpRequest, with: {{ method: get, connection: {name}, path: / }} }}
  - use: {{ call: http, with: {{ method: get, endpoint: {{ uri: "https://h/", authentication: {{ use: {name} }} }} }} }}
"""


async def test_connections_that_the_project_lacks(shell: Shell) -> None:
    shell.write("misspelt.yaml", CONNECTED.format(name="loacl"))
    shell.write("known.yaml", CONNECTED.format(name="local"))

    code, alone = await shell.run("validate", "known.yaml")
    shell.write("httptask.toml", '[connections.local]\nbase_url = "http://127.0.0.1:9"\n')
    _, closed = await shell.run("validate", "known.yaml")
    shell.write(
        "httptask.toml",
        '[connections.local]\nbase_url = "http://127.0.0.1:9"\nallow_private = ["loopback"]\n',
    )
    known_code, known = await shell.run("validate", "known.yaml")
    misspelt_code, misspelt = await shell.run("validate", "misspelt.yaml")

    assert (code, known_code, misspelt_code) == (0, 0, 0)
    assert "known.yaml:3:64: warning[unknown-connection]: there is no connection `local`" in alone.stdout
    assert "declare it in httptask.toml: [connections.local]; connections: `openai`" in alone.stdout
    assert "httptask.toml:2:13: warning[private-server]: calls over the connection local" in closed.stdout
    assert known.stdout == ""
    assert misspelt.stdout.count("did you mean `local`?") == 2
    assert "misspelt.yaml:4:" in misspelt.stdout


async def test_schema_to_stdout_and_file(shell: Shell) -> None:
    code, command = await shell.run("schema")
    assert code == 0
    schema = json.loads(command.stdout)
    assert {"document", "do"} <= set(schema["properties"])
    code, _ = await shell.run("schema", "-o", "editor/schema.json")
    assert code == 0
    assert json.loads((shell.folder / "editor/schema.json").read_text()) == schema


async def test_a_path_that_is_not_there_hides_no_other(shell: Shell) -> None:
    shell.write("bad.yaml", "document: {}\n")
    (shell.folder / "empty").mkdir()
    code, command = await shell.run("validate", "bad.yaml", "absent.yaml", "empty", "--json")
    assert code == 2
    reports = json.loads(command.stdout)
    assert {(report["file"], report["code"]) for report in reports} > {
        ("absent.yaml", "unreadable"),
        ("empty", "unreadable"),
    }
    assert "bad.yaml" in {report["file"] for report in reports}
    _, command = await shell.run("validate", "empty")
    assert command.stdout == (
        "empty:1:1: error[unreadable]: no *.yaml file in this folder\n  hint: name the definition files\n"
    )


REASONING = """document: { dsl: 1.0.3, namespace: tests, name: reasoning, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: o3-mini, temperature: 0, stop: x, messages: [{ role: user, content: hello }] }
"""


async def test_what_a_model_does_not_take_is_told_by_the_configuration(shell: Shell) -> None:
    shell.write("reasoning.yaml", REASONING)
    code, command = await shell.run("validate", "reasoning.yaml")
    assert code == 0
    assert (
        "reasoning.yaml:5:44: warning[chat-model]: `temperature` is 0: o3-mini takes `1` only"
        in command.stdout
    )
    assert "reasoning.yaml:5:53: warning[chat-model]: o3-mini takes no `stop`" in command.stdout

    rules = 'base_url = "https://api.example.com"\nmodel_rules = { "o3*" = { stop = [] } }\n'
    shell.write("httptask.toml", f"[connections.openai]\n{rules}")
    code, command = await shell.run("validate", "reasoning.yaml")
    assert command.stderr == "configuration: httptask.toml\n1 file: 0 errors, 1 warning\n"
    assert "takes no `stop`" in command.stdout

    shell.write(
        "reasoning.yaml", REASONING.replace("with:", 'metadata: { httptask: { rules: "off" } }\n      with:')
    )
    code, command = await shell.run("validate", "reasoning.yaml")
    assert command.stderr.endswith("\n1 file: 0 errors, 0 warnings\n")


FALLBACKS = """document: { dsl: 1.0.3, namespace: tests, name: fallbacks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with:
        model: gpt-4.1
        temperature: 0.5
        seed: 1
        messages: [{ role: user, content: hello }]
        fallback:
          - { connection: claude, model: claude-opus }
          - { connection: openai, model: o3-mini }
          - { connection: claude, model: claude-haiku }
          - { connection: own, model: o3-mini }
          - { connection: absent, model: gpt-4.1 }
"""
ALL_OF_THEM = """
[connections.claude]
provider = "anthropic"
[connections.own]
base_url = "https://api.example.com"
model_rules = { "o3*" = { seed = [] } }
[connections.mistral]
provider = "mistral"
[connections.local]
provider = "ollama"
"""


def faults_in(output: str) -> list[str]:
    return [line for line in output.splitlines() if "chat-model" in line]


async def test_whom_a_request_falls_back_on_is_checked_too(shell: Shell) -> None:
    shell.write("httptask.toml", ALL_OF_THEM)
    shell.write("fallbacks.yaml", FALLBACKS)
    _, command = await shell.run("validate", "fallbacks.yaml")
    first, second, third = faults_in(command.stdout)
    assert first.startswith("fallbacks.yaml:11:13: warning[chat-model]: Anthropic's ")
    assert "ignores `seed`" in first
    assert second.startswith(
        "fallbacks.yaml:12:13: warning[chat-model]: `temperature` is 0.5: o3-mini takes `1`"
    )
    assert third.startswith(
        "fallbacks.yaml:14:13: warning[chat-model]: o3-mini takes no `seed`"
    )  # by its own rules


ANY_TOOL = """document: { dsl: 1.0.3, namespace: tests, name: any, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with:
        connection: mistral
        model: mistral-small
        tool_choice: any
        tools: [{ type: function, function: { name: f } }]
        messages: [{ role: user, content: hello }]
"""


@pytest.mark.parametrize(("rules", "severity"), [("strict", "error"), ("warn", "warning"), ("off", None)])
async def test_a_value_of_one_provider_is_an_error_for_another(
    shell: Shell, rules: str, severity: str | None
) -> None:
    shell.write("httptask.toml", ALL_OF_THEM)
    own = ANY_TOOL.replace("with:", f"metadata: {{ httptask: {{ rules: '{rules}' }} }}\n      with:")
    shell.write("mistral.yaml", own)
    shell.write("other.yaml", own.replace("connection: mistral", "connection: local"))
    code, command = await shell.run("validate", "mistral.yaml")
    assert (code, command.stdout) == (0, "")
    code, command = await shell.run("validate", "other.yaml")
    assert code == (2 if severity == "error" else 0)
    found = [line for line in faults_in(command.stdout) if "unknown value" in line]
    assert [line.partition("[")[0] for line in found] == (
        [f"other.yaml:9:22: {severity}"] if severity else []
    )


STREAM = """document: { dsl: 1.0.3, namespace: tests, name: s, version: 1.0.0, metadata: { httptask: { budget: BUDGET } } }
do:
  - ask: { call: chatCompletion, with: { stream: true, MORE model: m, messages: [{ role: user, content: hello }] } }
"""
TOKENS, DOLLARS = "{ tokens: 100 }", "{ cost_usd: 1 }"


BUDGETS = {
    "tokens": (TOKENS, "", "3:50"),
    "dollars": (DOLLARS, "", "3:50"),
    "turned off": (TOKENS, "stream_options: { include_usage: false },", "3:50"),
    "turned on": (TOKENS, "stream_options: { include_usage: true },", None),
    "expression": (TOKENS, 'stream_options: "${ .options }",', None),
    "calls": ("{ calls: 1 }", "", None),
    "local, tokens": (TOKENS, "connection: local,", "3:50"),
    "local, dollars": (DOLLARS, "connection: local,", None),  # nothing costs nothing
    "refused field": (TOKENS, "connection: mistral,", None),  # refuses `stream_options`
    "fallback of a refused field": (
        TOKENS,
        "connection: mistral, fallback: [{ connection: openai }],",
        "3:88",
    ),
    "fallback": (TOKENS, "fallback: [{ connection: claude }],", "3:50"),
}


@pytest.mark.parametrize(("budget", "more", "place"), BUDGETS.values(), ids=BUDGETS)
async def test_a_budget_needs_the_usage_of_streams(
    shell: Shell, budget: str, more: str, place: str | None
) -> None:
    shell.write("httptask.toml", ALL_OF_THEM)
    shell.write("s.yaml", STREAM.replace("BUDGET", budget).replace("MORE", more))
    _, command = await shell.run("validate", "s.yaml")
    faults = faults_in(command.stdout)
    assert [fault.partition(": ")[0] for fault in faults] == ([f"s.yaml:{place}"] if place else [])
    if place:
        unit = "tokens" if budget == TOKENS else "US dollars"
        assert f"the stream may not tell its usage, and the budget of {unit} can't be kept" in faults[0]


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ('base_url = "https://api.openai.com"', "https://api.openai.com/v1"),
        ('base_url = "https://api.openai.com/v1/chat/completions"', "https://api.openai.com/v1"),
        ('base_url = "https://gateway.example.com/"\nprovider = "litellm"', "https://gateway.example.com/v1"),
        (
            'base_url = "https://shop.openai.azure.com"\nprovider = "azure"',
            "https://shop.openai.azure.com/openai/v1",
        ),
        ('base_url = "https://api.example.com"', None),  # some have none
    ],
)
async def test_a_base_url_that_leads_past_the_api(shell: Shell, settings: str, cure: str | None) -> None:
    shell.write("httptask.toml", f"[connections.openai]\n{settings}\n")
    shell.write("sound.yaml", SOUND)
    code, command = await shell.run("validate", "sound.yaml")
    assert code == 0
    assert ("base_url of the connection openai" in command.stdout) == (cure is not None)
    assert cure is None or f'hint: write base_url = "{cure}"' in command.stdout


def test_severities_have_colours_in_a_terminal(shell: Shell) -> None:
    shell.write("bad.yaml", "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }\ndid: []\n")
    screen = on_terminal(shell.folder, shell.environment, "validate", "bad.yaml")
    assert screen.code == 2
    assert "\x1b[1;31merror[" in screen.written
    assert screen.lines[0].startswith("bad.yaml:")
    assert any(line.startswith("  hint: ") for line in screen.lines)
