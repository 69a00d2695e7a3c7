"""What importing a part loads, read in a fresh interpreter: who uses one part does not wait for, or install, another."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from httptask.plugin.plugin import LATE_IMPORTS

ROOT = Path(__file__).parents[2]
SOURCES = [path for root in ("plugin", "workflows", "activities") for path in (ROOT / root).rglob("*.py")]

HELP = """
import sys
from httptask.cli.commands.app import app

sys.argv = ["httptask", "--help"]
try:
    app()
except SystemExit:
    pass
"""

EVERY_MODULE = """
import importlib, pkgutil
import {package}

for module in pkgutil.walk_packages({package}.__path__, "{package}."):
    importlib.import_module(module.name)
"""


VALIDATE = """
import sys
from httptask.cli.commands.app import app

sys.argv = ["httptask", "validate", "workflow.yaml"]
try:
    app()
except SystemExit as end:
    assert end.code == 0
"""
SET = """
document: { dsl: 1.0.3, namespace: tests, name: one-set, version: 1.0.0 }
do:
  - greet: { set: { hello: world } }
"""
CALL = """
document: { dsl: 1.0.3, namespace: tests, name: one-call, version: 1.0.0 }
do:
  - ask: { call: http, with: { method: get, endpoint: "https://example.com/${ .id }" } }
"""


def modules(code: str, folder: Path | None = None) -> set[str]:
    """Those that are loaded after some code has run, in a folder."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nsys.stderr.write(' '.join(sys.modules))"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stderr.split())


def loaded(code: str) -> set[str]:
    """The top-level packages of these modules."""
    return {name.partition(".")[0] for name in modules(code)}


def test_help_loads_nothing_that_runs_or_draws() -> None:
    assert (
        loaded(HELP) & {"aiohttp", "httpx", "jq", "pydantic", "rich", "ruamel", "structlog", "temporalio"}
        == set()
    )


NETWORK = {"aiohttp", "httpx"}
TERMINAL = {"rich", "typer"}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import httptask.workflows", NETWORK | TERMINAL),
        (EVERY_MODULE.format(package="httptask.dsl"), {"temporalio"} | NETWORK | TERMINAL),
        (EVERY_MODULE.format(package="httptask.chat.rules"), {"temporalio"} | NETWORK | TERMINAL),
        ("import httptask.chat.check", {"temporalio"} | NETWORK | TERMINAL),
        ("import httptask.config", {"temporalio"} | NETWORK | TERMINAL),
        ("from httptask.plugin import HttpTaskPlugin", NETWORK | {"structlog"}),
        ("import pytest_httptask", {"pydantic", "temporalio"} | NETWORK | TERMINAL),
        (EVERY_MODULE.format(package="httptask.request"), {"temporalio"} | NETWORK | TERMINAL),
    ],
    ids=[
        "Python workflows",
        "the language",
        "rules of chat requests",
        "check of chat requests",
        "configuration",
        "the plugin",
        "the fixtures of pytest",
        "requests",
    ],
)
def test_a_room_loads_only_what_it_needs(code: str, absent: set[str]) -> None:
    assert loaded(code) & absent == set()


def test_looking_at_runs_loads_nothing_that_makes_calls_or_draws() -> None:
    code = (
        "from httptask.cli.project.plugins import plugins_for_reading\n"
        "import httptask.cli.commands.runs, httptask.cli.runs.listing, httptask.cli.temporal.cluster\n"
        "from httptask.config import load_config\n"
        "assert plugins_for_reading(load_config(None, {})) == []\n"
    )
    rooms = {"httptask.chat", "httptask.dsl", "httptask.interpreter.state", "httptask.plugin"}
    assert modules(code) & {*rooms, *NETWORK, "rich.console", "structlog"} == set()


def test_a_test_request_of_other_workers_loads_nothing_of_workers_nor_of_what_it_has_not(
    tmp_path: Path,
) -> None:
    """Beside a worker: a catalogue, recorded answers, chat completions, tables and lines of a log."""
    (tmp_path / "workflow.yaml").write_text(CALL)
    code = (
        "import httptask.cli.runs.testrequest, httptask.cli.temporal.cluster\n"
        "from httptask.cli.observability.logging import configure_logging\n"
        "from httptask.cli.project.run_setup import read_run_setup\n"
        "configure_logging('WARNING')\n"
        "setup = read_run_setup(__import__('pathlib').Path('workflow.yaml'), None, None, None)\n"
        "setup.plugin_of('others'), setup.edge()\n"
    )
    rooms = (
        "activities.api_operation",
        "catalog.catalog",
        "chat.models",
        "fixtures",
        "interpreter.state",
        "openapi",
        "runs",
        "workflows",
    )
    outside = {"opentelemetry", "rich", "structlog", "tenacity", "temporalio.worker"}
    unused = {*outside, *(f"httptask.{room}" for room in rooms)}
    assert modules(code, tmp_path) & (unused | NETWORK) == set()


def test_a_command_loads_no_plugin_of_pydantic_unless_it_is_told_to(tmp_path: Path) -> None:
    """To look for them, pydantic reads what each installed package says of itself."""
    (tmp_path / "workflow.yaml").write_text(SET)
    (tmp_path / "told.py").write_text("import sys\nsys.stderr.write('loaded')\nraise ImportError\n")
    metadata = tmp_path / "told-1.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text("[pydantic]\ntold = told:plugin\n")

    def says(**environment: str) -> str:
        command = [str(Path(sys.executable).with_name("httptask")), "validate", "workflow.yaml"]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=False,
        ).stderr

    assert "loaded" not in says()
    assert "loaded" in says(PYDANTIC_DISABLE_PLUGINS="")


def test_reading_what_a_user_wrote_neither_tries_again_nor_reads_the_source_of_models() -> None:
    code = (
        "import httptask.config, httptask.dsl.loader, linecache\n"
        "assert [file for file in linecache.cache if 'httptask' in file] == []\n"
    )
    assert loaded(code) & {"rapidfuzz", "tenacity"} == set()


HEAVY = {"asyncio", "idna", "jq", "logging", "rich", "ssl", "structlog", "temporalio", "tomllib", *NETWORK}
UNUSED_BY_CALL = {
    "httptask.chat.models",
    "httptask.chat.rules",
    "httptask.dsl.tasks.chat",
    "httptask.response",
}
UNUSED_BY_SET = {
    "httptask.cli.commands.run",
    "httptask.config.file",
    "httptask.dsl.checks.portability",
    "httptask.dsl.expressions.pool",
    "httptask.dsl.tasks.http",
    "httptask.http.models",
    "httptask.request",
    "jsonschema_rs",
    "rapidfuzz",
}


@pytest.mark.parametrize(
    ("definition", "absent"),
    [(SET, HEAVY | UNUSED_BY_CALL | UNUSED_BY_SET), (CALL, HEAVY | UNUSED_BY_CALL)],
    ids=["set", "call of HTTP"],
)
def test_checking_a_file_loads_what_its_tasks_need(tmp_path: Path, definition: str, absent: set[str]) -> None:
    (tmp_path / "workflow.yaml").write_text(definition)
    assert modules(VALIDATE, tmp_path) & absent == set()


def test_a_plugin_loads_what_workers_run_when_a_worker_is_made() -> None:
    code = (
        "from httptask.plugin import HttpTaskPlugin\n"
        "HttpTaskPlugin(allow_inline=True).configure_client({'interceptors': []})\n"
    )
    rooms = ("calls", "chat", "client", "connections", "dsl", "interpreter", "transport", "workflows")
    unused = {
        "jsonschema_rs",
        "rapidfuzz",
        "structlog",
        "uritemplate",
        *(f"httptask.{room}" for room in rooms),
    }
    assert modules(code) & unused == set()


def test_a_worker_loads_nothing_that_only_a_mistake_or_schema_needs() -> None:
    code = (
        "import httptask.plugin.worker_parts, httptask.cli.worker.serving, httptask.cli.temporal.cluster\n"
        "from httptask.dsl import load_text\n"
        f"assert load_text({CALL.replace('http,', 'httpRequest,')!r}, 'a.yaml').program is not None\n"
    )
    assert loaded(code) & {"aiohttp", "jsonschema_rs", "rapidfuzz", "sqlite3"} == set()


MAY_BE_PRIVATE = re.compile(r"^\s*(?:(?:from|import)\b.*\b_|_\w+(?: as \w+)?,$)", re.MULTILINE)
"""Lines, as ruff formats them, that import such a name, or a name of several: to parse every module takes seconds."""


def imports(tree: ast.AST) -> Iterator[str]:
    """The full name of everything that is imported there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def private_imports(path: Path) -> Iterator[str]:
    """What a module imports by a name with a leading underscore."""
    if MAY_BE_PRIVATE.search(text := path.read_text()):
        yield from (name for name in imports(ast.parse(text)) if any(map(_is_private, name.split("."))))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_no_module_imports_a_private_name() -> None:
    found = {str(path.relative_to(ROOT)): names for path in SOURCES if (names := list(private_imports(path)))}
    assert found == {}


OUTSIDE_WORKFLOWS = {"genai_prices", "jq", "tenacity"}
"""Imported late by what activities, helper processes and callers without Temporal call."""


def test_what_workflows_import_late_passes_through_their_sandbox() -> None:
    in_workflows = modules("import httptask.interpreter.workflow_types, httptask.workflows")
    late = {
        name.partition(".")[0]
        for path in SOURCES
        if module_of(path) in in_workflows
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for name in imports(function)
    }
    assert late - sys.stdlib_module_names - {"httptask"} - OUTSIDE_WORKFLOWS == set(LATE_IMPORTS)


def module_of(path: Path) -> str:
    """The name by which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
