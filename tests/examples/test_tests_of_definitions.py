"""The tests of definitions on the pages, with the definition before them: they pass, or differ as shown."""

from contextlib import aclosing
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.config import load_config
from httptask.definitiontests import describe, load_tests, run_tests
from support.definitions import parse
from support.fences import ROOT, Fence, fences

PAGE = list(fences(ROOT / "docs/test-a-definition.md"))
SCAFFOLD = ROOT / "plugin/httptask/cli/scaffold"
DEFINITIONS = [fence.text for fence in PAGE if fence.language == "yaml" and not fence.tag]


async def told_of(temporal: WorkflowEnvironment, file: Path) -> list[str]:
    loaded = load_tests(file)
    assert not loaded.reports
    async with aclosing(run_tests(temporal.client, loaded.tests, load_config(None, {}))) as results:
        return [line.replace(f"{file.parent}/", "") async for result in results for line in describe(result)]


async def test_tests_of_a_first_project_pass(temporal: WorkflowEnvironment) -> None:
    assert await told_of(temporal, SCAFFOLD / "workflow.test.yaml") == []


@pytest.mark.parametrize("fence", [fence for fence in PAGE if fence.tag == "tests"], ids=str)
async def test_tests_end_as_shown(temporal: WorkflowEnvironment, tmp_path: Path, fence: Fence) -> None:
    behind = PAGE[PAGE.index(fence) + 1]
    for definition in DEFINITIONS:
        (tmp_path / f"{parse(definition)['document']['name']}.yaml").write_text(definition)
    (tmp_path / "order.test.yaml").write_text(fence.text)
    told = await told_of(temporal, tmp_path / "order.test.yaml")
    assert told == (behind.text.splitlines() if behind.language == "text" else [])
