"""What the pages show is what the code does: definitions, their results, messages, commands, configuration."""

import ast
import importlib
import json
import re
import shlex
import textwrap
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from httptask.cli.commands.app import app
from httptask.config import load_config
from httptask.connections.connection import Connection
from httptask.dsl.loader import load_text
from httptask.fixtures.transport import Fixtures
from httptask.plugin import AllowedActivity
from httptask.testing import HttpTaskEnvironment
from support.connections import secret_store
from support.definitions import standard
from support.fences import PAGES, ROOT, Case, Fence, cases, of_language, whole
from support.runs import running

DEFINITIONS = [fence for fence in of_language("yaml") if fence.tag in ("", "wrong")]
EXCERPTS = [fence for fence in of_language("yaml", "python", "toml") if fence.tag.startswith("examples/")]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)]+))?\)")
OPTIONS = {"--version", "--install-completion"}
"""What can be asked of no command in particular, and is done while it is parsed."""
ASSIGNMENT = re.compile(r"^[A-Z_]+=")

SECRETS = {
    "OPENAI_API_KEY": "key",
    "TICKETS_TOKEN": "token",
    "SHOP_LOGIN": json.dumps({"username": "reader", "password": "value-of-password"}),
}


@activity.defn
async def price_of(article: str, pieces: int) -> int:
    """What the pages call as an activity of the reader's own."""
    return 5 * len(article) * pieces


@pytest.mark.parametrize("fence", [fence for fence in DEFINITIONS if not fence.tag], ids=str)
def test_definitions_have_no_faults(fence: Fence) -> None:
    loaded = load_text(whole(fence.text), str(fence))
    assert [str(report) for report in loaded.reports] == []
    assert [error.message for error in standard().iter_errors(loaded.data)] == []


@pytest.mark.parametrize("fence", [fence for fence in DEFINITIONS if fence.tag == "wrong"], ids=str)
def test_faults_are_reported_as_shown(fence: Fence) -> None:
    [shown] = [text for text in of_language("text") if text.page == fence.page and is_next(fence, text)]
    assert "\n".join(map(str, load_text(fence.text, "workflow.yaml").reports)) == shown.text.rstrip()


def test_fault_of_the_readme() -> None:
    text = (ROOT / "examples/call-actions/workflow.yaml").read_text().replace("json.items }", "json.itms }")
    [shown] = [fence.text for fence in of_language("text") if "itms" in fence.text]
    assert "\n".join(map(str, load_text(text, "workflow.yaml").reports)) == shown.rstrip()


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_runs_end_as_shown(temporal: WorkflowEnvironment, tmp_path: Path, case: Case) -> None:
    parts = {name: fence.text for name, fence in case.parts.items()}
    definition = load_text(whole(case.definition.text), str(case)).data
    options: dict[str, Any] = {}
    if "fixtures" in parts:
        (tmp_path / "fixtures.yaml").write_text(parts["fixtures"])
        secrets = {
            name: f"https://{name}.example.com" for name in definition.get("use", {}).get("secrets", [])
        }
        known, named = shown_connections(case.definition.page, tmp_path)
        options = {
            "fixtures": Fixtures.load(tmp_path),
            "connections": {**known, "local": Connection(name="local", provider="ollama")},
            "secrets": secret_store({**secrets, **named, **SECRETS}),
        }
    options["allowed_activities"] = [AllowedActivity(name="price_of")]
    async with running(temporal, worker={"activities": [price_of]}, **options) as runner:
        outcome = await runner.run(definition, json.loads(parts.get("input", "null")))
    if "output" in parts:
        assert (outcome.problem, outcome.output) == ({}, json.loads(parts["output"]))
    else:
        error = json.loads(parts["error"])
        assert {name: outcome.problem.get(name) for name in error} == error


def shown_connections(page: str, folder: Path) -> tuple[dict[str, Connection], dict[str, str]]:
    """The connections that the configuration of a page declares, besides those of an example, and their secrets."""
    files = [ROOT / "examples/python-worker/httptask.toml"]
    for fence in of_language("toml"):
        if fence.page == page and not fence.tag:
            files.append(folder / f"{fence.line}.toml")
            files[-1].write_text(fence.text)
    loaded = [load_config(file, {}) for file in files]
    connections = {name: found for config in loaded for name, found in config.connections.items()}
    return connections, {name: f"value-of-{name}" for config in loaded for name in config.secrets}


@pytest.mark.parametrize("fence", of_language("sh"), ids=str)
def test_commands_and_options_exist(fence: Fence) -> None:
    for line in fence.text.replace("\\\n", " ").splitlines():
        words = [word for word in shlex.split(line, comments=True) if not ASSIGNMENT.match(word)]
        words = words[: words.index(">")] if ">" in words else words
        words = words[2:] if words[:2] == ["uv", "run"] else words
        if words[:1] == ["httptask"] and words[1] in OPTIONS:
            assert words[2:] == []
        elif words[:1] == ["httptask"]:
            parse_command(words[1:])
        named = (word.removeprefix("@") for word in words)
        assert [path for path in named if path.startswith("examples/") and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("fence", of_language("python"), ids=str)
def test_python_compiles_and_imports_what_exists(fence: Fence) -> None:
    for statement in ast.parse(textwrap.dedent(fence.text)).body:
        if isinstance(statement, ast.ImportFrom) and statement.module != "triage":
            assert statement.module is not None
            module = importlib.import_module(statement.module)
            unknown = [name.name for name in statement.names if not hasattr(module, name.name)]
            assert [name for name in unknown if not find_spec(f"{module.__name__}.{name}")] == []


@pytest.mark.parametrize(
    "fence", [one for one in of_language("python") if one.tag.startswith("test_")], ids=str
)
async def test_tests_of_the_pages_pass(
    fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httptask_env: HttpTaskEnvironment
) -> None:
    for file in [one for one in of_language("yaml", "python") if one.page == fence.page and one.tag]:
        (tmp_path / file.tag).write_text(file.text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    shown = importlib.import_module(Path(fence.tag).stem)
    tests = [test for name, test in vars(shown).items() if name.startswith("test_")]
    assert tests
    for test in tests:
        httptask_env.requests.clear()
        await test(httptask_env)


@pytest.mark.parametrize("fence", EXCERPTS, ids=str)
def test_excerpts_stand_in_their_files(fence: Fence) -> None:
    assert fence.text in (ROOT / fence.tag).read_text()


@pytest.mark.parametrize("fence", [fence for fence in of_language("toml") if not fence.tag], ids=str)
def test_configuration_loads(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "httptask.toml").write_text(fence.text)
    loaded, written = load_config(tmp_path / "httptask.toml", {}), tomllib.loads(fence.text)
    for section in ("connections", "secrets", "activities"):
        assert getattr(loaded, section).keys() >= written.get(section, {}).keys()


@pytest.mark.parametrize(
    "fence", [fence for fence in of_language("yaml") if fence.tag == "fixtures"], ids=str
)
def test_fixtures_load(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "fixtures.yaml").write_text(fence.text)
    loaded = Fixtures.load(tmp_path)
    servers = re.findall(r"url: \"?(https?://[^/\s,}]+)", fence.text)
    assert servers
    assert [server for server in servers if not loaded.mentions(server)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        if target.startswith("https://"):
            continue
        file = page.parent / target
        assert file.exists(), f"{page}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            assert anchor in [
                re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
            ]


def is_next(fence: Fence, text: Fence) -> bool:
    """Whether a block begins behind the end of another, with nothing but a sentence between them."""
    end = fence.line + fence.text.count("\n") + 2
    return end <= text.line <= end + 4


def parse_command(words: list[str]) -> None:
    """Let the command line parse its arguments, and do nothing with them."""
    command: Any = typer.main.get_command(app)
    while True:
        is_group = hasattr(command, "commands")
        context = command.make_context("httptask", words[:1] if is_group else words)
        if not is_group:
            return
        name, *words = words
        command = command.get_command(context, name)
        assert command is not None, f"no such command: {name}"
