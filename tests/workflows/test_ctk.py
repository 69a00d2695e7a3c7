"""The conformance kit of the definition language, run on a real server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from httptask.http.fixtures import Fixtures
from httptask.plugin import fetch_status
from support.ctk import Scenario, scenarios
from support.runs import Runner, running

NOT_YET = {
    "Fork Task With Competing Concurrent Sub Tasks": "fork",
    "Call OpenAPI With Content Output": "openapi",
    "Call OpenAPI With Response Output": "openapi",
    "Emit Task": "emit",
    "Try Handle Caught Error": "try",
    "Try Raise Uncaught Error": "try",
}
SCENARIOS = scenarios()

PETSTORE = """
- request: { method: GET, url: "https://petstore.swagger.io/v2/pet/findByStatus?status=available" }
  repeat: true
  responses: [{ status: 200, body: [{ id: 1, name: Rex, status: available }] }]
- request: { method: GET, url: "https://petstore.swagger.io/v2/pet/1" }
  repeat: true
  responses: [{ status: 200, body: { id: 1, name: Rex, status: available } }]
- request: { method: GET, url: "https://petstore.swagger.io/v2/pet/2" }
  repeat: true
  responses: [{ status: 200, body: { id: 2, name: Tom, status: sold } }]
- request: { method: GET, url: "https://httpbin.org/basic-auth/serverless-workflow/conformance-test" }
  repeat: true
  responses: [{ status: 200, body: { authenticated: true } }]
"""


@pytest_asyncio.fixture(loop_scope="session")
async def runner(temporal: WorkflowEnvironment, tmp_path: Any) -> AsyncIterator[Runner]:
    (tmp_path / "petstore.yaml").write_text(PETSTORE)
    async with running(temporal, fixtures=Fixtures.load(tmp_path)) as found:
        yield found


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.name not in NOT_YET], ids=lambda s: s.name)
async def test_scenario(runner: Runner, scenario: Scenario) -> None:
    outcome = await runner.run(scenario.definition, scenario.input)

    if scenario.problem is None:
        assert outcome.problem == {}
    else:
        assert {**outcome.problem, **scenario.problem} == outcome.problem
    if scenario.output is not None:
        assert outcome.output == scenario.output
    for name in scenario.properties:
        assert has_property(outcome.output, name)
    order = [task.name for task in (await fetch_status(outcome.handle)).tasks]
    for name, relation, other in scenario.order:
        expected = {"first": 0, "last": len(order) - 1}.get(relation)
        assert (
            order.index(name) == expected
            if expected is not None
            else order.index(name) > order.index(other or "")
        )


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.name in NOT_YET], ids=lambda s: s.name)
async def test_what_is_not_supported_is_refused_by_name(runner: Runner, scenario: Scenario) -> None:
    outcome = await runner.run(scenario.definition, scenario.input)

    assert outcome.problem["error"] == "DefinitionInvalid"
    assert NOT_YET[scenario.name] in outcome.problem["detail"]


def test_the_kit_is_complete() -> None:
    assert len(SCENARIOS) == 21
    assert len(SCENARIOS) - len(NOT_YET) == 15


def has_property(value: Any, path: str) -> bool:
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True
