"""The tests of definitions on the pages, with the definition before them: they pass, or differ as shown."""

from contextlib import aclosing
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.config import load_config
from httptask.definitiontests import describe, load_tests, run_tests
from support.definitions import parse
from support.fences import ROOT, Fence, fences, whole

PAGES = [list(fences(ROOT / "docs" / name)) for name in ("test-a-definition.md", "recipes.md")]
SCAFFOLD = ROOT / "plugin/httptask/cli/scaffold"


async def told_of(temporal: WorkflowEnvironment, file: Path) -> list[str]:
    loaded = load_tests(file)
    assert not loaded.reports
    async with aclosing(run_tests(temporal.client, loaded.tests, load_config(None, {}))) as results:
        return [line.replace(f"{file.parent}/", "") async for result in results for line in describe(result)]


async def test_tests_of_a_first_project_pass(temporal: WorkflowEnvironment) -> None:
    assert await told_of(temporal, SCAFFOLD / "workflow.test.yaml") == []


@pytest.mark.parametrize(
    "fence", [fence for page in PAGES for fence in page if fence.tag == "tests"], ids=str
)
async def test_tests_end_as_shown(temporal: WorkflowEnvironment, tmp_path: Path, fence: Fence) -> None:
    [page] = [page for page in PAGES if fence in page]
    at = page.index(fence)
    name = parse(fence.text)["definition"]
    for each in page[:at]:
        if each.tag.endswith(".yaml"):
            (tmp_path / each.tag).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / each.tag).write_text(each.text)
    before = [whole(each.text) for each in page[:at] if each.language == "yaml" and not each.tag]
    named = [text for text in before if f"{parse(text)['document']['name']}.yaml" == name]
    if not (tmp_path / name).exists():
        (tmp_path / name).write_text([*before[-1:], *named][-1])
    file = (tmp_path / name).with_suffix(".test.yaml")
    file.write_text(fence.text)
    told = await told_of(temporal, file)
    assert told == (page[at + 1].text.splitlines() if page[at + 1].language == "text" else [])
