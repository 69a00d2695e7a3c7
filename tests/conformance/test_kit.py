"""Conformance kits of the definition language, run on a real server.

    uv run pytest tests/conformance --ctk FOLDER

runs the kit that a folder holds; without it, the one in `tests/ctk`. `uv run poe conformance` writes docs/conformance.md.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import fetch_status
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.api_documents import pet_store
from support.conformance_page import Row, written
from support.ctk import FOLDER, Scenario, kit_name, read_scenario, scenarios
from support.runs import Runner, running

PAGE = Path(__file__).parents[2] / "docs/conformance.md"
PETS = [{"id": 1, "name": "Rex", "status": "available"}, {"id": 2, "name": "Tom", "status": "sold"}]
HOSTS = ("https://petstore.swagger.io", "https://httpbin.org")
"""What the kit asks for; `stand_in` answers for both."""
LOGIN = ("serverless-workflow", "conformance-test")


def stand_in(request: ServedRequest) -> Reply:
    """Answers as the kit's servers do, and lets in who logs in as the path says."""
    path = request.target.partition("?")[0]
    if path == "/v2/swagger.json":
        return Reply.json(pet_store(request.headers["host"]))
    if path == "/v2/pet/findByStatus":
        return Reply.json(PETS[:1])
    if path.startswith("/v2/pet/getPetByName/"):
        return Reply.of(status=404)
    if path.startswith("/v2/pet/"):
        return Reply.json(PETS[int(path.rpartition("/")[2]) - 1])
    authorization = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()
    if path == "/basic-auth/" + "/".join(LOGIN) and request.headers.get("authorization") == authorization:
        return Reply.json({"authenticated": True, "user": LOGIN[0]})
    return Reply.of(status=401, headers={"WWW-Authenticate": 'Basic realm="Fake Realm"'})


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(stand_in) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal, allow_private=["loopback"]) as found:
        yield found


async def test_scenario(
    runner: Runner,
    server: ScriptedServer,
    kit: str,
    scenario: Scenario,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("conformance", (kit, scenario.name, scenario.feature, "", True))
    outcome = await runner.run(standing_in(server, scenario.definition), scenario.input)

    assert (
        outcome.problem.get("error") != "DefinitionInvalid"
    )  # which a scenario that is to fault does not mean
    assert bool(outcome.problem) == scenario.faults
    if scenario.problem is not None:
        assert {**outcome.problem, **scenario.problem} == outcome.problem
    if scenario.output is not None:
        assert outcome.output == scenario.output
    for name in scenario.properties:
        property_of(outcome.output, name)
    for name, value in scenario.values:
        assert property_of(outcome.output, name) == value
    for name, count in scenario.item_counts.items():
        assert len(property_of(outcome.output, name)) == count
    order = [task.name for task in (await fetch_status(outcome.handle)).tasks]
    for name, relation, other in scenario.order:
        expected = {"first": 0, "last": len(order) - 1}.get(relation)
        assert (
            order.index(name) == expected
            if expected is not None
            else order.index(name) > order.index(other or "")
        )


def test_the_kit_is_complete() -> None:
    assert len(scenarios()) == 21


def test_the_page_has_the_score() -> None:
    """Written anew by `uv run poe conformance`."""
    kit = PAGE.read_text().partition(f"\n### {kit_name(FOLDER)}\n")[2].partition("\n### ")[0]
    assert kit.startswith("\n21 of 21 scenarios pass.\n")


def test_what_a_run_does_not_have_stays_on_the_page() -> None:
    rows = [
        Row("kit", "one", "do", "", True, passed=True),
        Row("others", "two", "runs", "", False, passed=True),
    ]
    page = written(rows)

    again = written([Row("kit", "one", "do", "why", True, passed=False)], page)

    assert again == page.replace(
        "1 of 1 scenarios pass.", "0 of 1 scenarios pass. Not yet: *one* (why)."
    ).replace("| do | 1 of 1 |", "| do | 0 of 1 |")


def test_a_sentence_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no step is known for: the workflow output should have no faults"):
        read_scenario(
            'Odd\n  Given a workflow with definition:\n  """yaml\n  do: []\n  """\n  '
            "Then the workflow output should have no faults\n",
            "odd",
        )


def test_a_kit_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no feature files"):
        scenarios(tmp_path)
    text = (FOLDER / "set.feature").read_text()
    (tmp_path / "set.feature").write_text(
        text.replace("  Scenario:", "  Background:\n    Given a clock\n  Scenario:")
    )
    with pytest.raises(ValueError, match="no step is known for: Background:"):
        scenarios(tmp_path)


def test_the_stand_in_lets_nobody_else_in() -> None:
    target = "/basic-auth/serverless-workflow/conformance-test"
    asked = ServedRequest("GET", target, {"authorization": "Basic YTpi"}, b"", 1)
    assert b" 401 " in stand_in(asked).data


def standing_in(server: ScriptedServer, definition: dict[str, Any]) -> dict[str, Any]:
    """The definition, asking the stand-in."""
    text = json.dumps(definition)
    for host in HOSTS:
        text = text.replace(host, server.url)
    found: dict[str, Any] = json.loads(text)
    return found


def property_of(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value[key]
    return value
