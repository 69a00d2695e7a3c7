"""Files and functions are short enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("plugin", "workflows", "activities", "tests")
SOURCES = {str(path.relative_to(ROOT)): path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60
"""Without its signature and docstring, which are long where they tell users much."""
BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
"""Where statements have others in them."""


def test_files() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in SOURCES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}


def test_functions() -> None:
    lengths = {key: lines for name, path in SOURCES.items() for key, lines in functions(name, path)}
    assert len(lengths) > len(SOURCES)
    assert {key: lines for key, lines in lengths.items() if lines > LINES_OF_A_FUNCTION} == {}


def functions(name: str, path: Path) -> Iterator[tuple[str, int]]:
    """Where each function of a file begins, and how many lines its statements take."""
    for node in statements_of(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            statements = node.body if ast.get_docstring(node) is None else node.body[1:]
            lines = node.end_lineno - statements[0].lineno + 1 if statements and node.end_lineno else 0
            yield f"{name}:{node.lineno} {node.name}", lines


def statements_of(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements, at any depth, without the expressions in them: a function is none of these."""
    inside = [node for block in BLOCKS for node in getattr(tree, block, ())]
    yield from inside
    for node in inside:
        yield from statements_of(node)
