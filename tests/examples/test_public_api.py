"""What users import is what docs/public-api.md lists: a change of it shows in a diff of that page."""

import ast
import importlib
import textwrap
from collections.abc import Iterator

import pytest

from support.fences import ROOT, of_language
from support.public_api import API_MODULES, API_PAGE
from support.reference import outdated

EXAMPLES = sorted(ROOT.glob("examples/*/*.py"))


def test_the_page_lists_names_and_signatures() -> None:
    assert not (told := outdated(API_PAGE)), told


@pytest.mark.parametrize("module", API_MODULES)
def test_the_page_has_each_module(module: str) -> None:
    assert f"\n### {module}\n\n<!-- stubs of {module} -->\n" in API_PAGE.read_text()


def test_pages_and_examples_import_nothing_else() -> None:
    sources = [textwrap.dedent(fence.text) for fence in of_language("python")]
    sources += [path.read_text() for path in EXAMPLES]
    imported = {name for source in sources for name in imports(source)}
    assert len(imported) > 20
    public = {(module, name) for module in API_MODULES for name in importlib.import_module(module).__all__}
    assert sorted(imported - public) == []


def imports(source: str) -> Iterator[tuple[str, str]]:
    """What a program takes from this package: modules and names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((name.name, "") for name in node.names if name.name.startswith("httptask"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("httptask"):
            yield from ((node.module or "", name.name) for name in node.names)
