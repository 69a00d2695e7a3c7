"""The site of the pages has all of them, and the picture of the benchmarks is drawn of what was measured."""

import tomllib
from collections.abc import Iterator
from typing import Any

from benchmarks.history import LABELS, PICTURE, drawn, history
from support.fences import PAGES, ROOT


def test_the_site_leads_to_every_page() -> None:
    site = tomllib.loads((ROOT / "docs/zensical.toml").read_text())
    assert sorted(listed(site["project"]["nav"])) == sorted(str(page.relative_to(ROOT)) for page in PAGES)


def listed(entry: Any) -> Iterator[str]:
    """The pages of a part of the navigation."""
    if isinstance(entry, str):
        yield entry
    else:
        for inner in entry.values() if isinstance(entry, dict) else entry:
            yield from listed(inner)


def test_the_picture_shows_what_was_measured() -> None:
    lines = history()
    assert PICTURE.read_text() == drawn(lines), "draw it anew: uv run python -m tests.benchmarks.history"
    assert all(set(line["ratios"]) == set(LABELS[line["benchmark"]]) for line in lines)
