"""Reads the fenced code blocks of Markdown pages, so that tests can hold them against the code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["HEAD", "PAGES", "ROOT", "Case", "Fence", "cases", "fences", "of_language", "whole"]

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    page for where in ("*.md", "docs/*.md", "examples/*/README.md") for page in sorted(ROOT.glob(where))
)
HEAD = "document: { dsl: 1.0.3, namespace: docs, name: example, version: 1.0.0 }\n"

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"\n]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Fence:
    """One block: the first word behind its backticks is the language, its `title` its tag.

    Tags: `wrong` for a definition with faults, `input`, `fixtures`, `output` and `error` for what belongs to a
    run of the definition above, or the path of the file that holds the block word for word.
    """

    page: str
    line: int
    language: str
    tag: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Case:
    """A definition and what a page says comes of it: an output or an error."""

    definition: Fence
    parts: dict[str, Fence] = field(default_factory=dict[str, Fence])

    def __str__(self) -> str:
        return str(self.definition)


def fences(page: Path) -> Iterator[Fence]:
    """All blocks of a page."""
    content = page.read_text()
    for found in _BLOCK.finditer(content):
        line = content.count("\n", 0, found.start()) + 1
        yield Fence(str(page.relative_to(ROOT)), line, found[1], found[2] or "", found[3])


def of_language(*languages: str) -> list[Fence]:
    """All blocks of all pages in one of these languages."""
    return [fence for page in PAGES for fence in fences(page) if fence.language in languages]


def whole(text: str) -> str:
    """A definition's text: what a page leaves out at the beginning is put before it."""
    if re.search(r"^document:", text, re.MULTILINE):
        return text
    return HEAD + (f"do:\n{text}" if text.startswith("- ") else text)


def cases() -> list[Case]:
    """The definitions that a page shows together with what they yield."""
    return [case for page in PAGES for case in _cases(list(fences(page)))]


def _cases(found: Sequence[Fence]) -> Iterator[Case]:
    case: Case | None = None
    for fence in found:
        if fence.language == "yaml" and not fence.tag:
            case = Case(fence)
        elif case is not None and fence.tag in ("input", "fixtures", "output", "error"):
            case.parts[fence.tag] = fence
            if fence.tag in ("output", "error"):
                yield case
                case = None
