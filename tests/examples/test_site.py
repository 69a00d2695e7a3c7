"""The site of the pages has all of them, and what benchmarks measured is what they show."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from benchmarks.history import BENCHMARKS, LABELS, PICTURE, drawn
from support.fences import PAGES, ROOT
from support.measurements import Measured, history, kept
from support.performance import PERFORMANCE_PAGE, PERFORMANCE_TABLES, figures_of
from support.reference import outdated


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


DRAW = "make it anew: uv run python -m tests.benchmarks.history --draw"
MADE = re.compile(r"<!-- table of performance\.(\w+) -->.*?<!-- end -->", re.DOTALL)


def test_the_picture_shows_what_was_measured() -> None:
    assert PICTURE.read_text() == drawn(history()), DRAW


def test_the_page_tells_what_was_measured_and_no_figure_besides() -> None:
    assert not (told := outdated(PERFORMANCE_PAGE)), told
    page = PERFORMANCE_PAGE.read_text()
    assert MADE.findall(page) == list(PERFORMANCE_TABLES)
    assert re.findall(r"\d[\d.,]*\d|\d+ ?%", MADE.sub("", page)) == []


def test_only_ratios_of_benchmarks_are_kept() -> None:
    lines = history()
    assert {line["benchmark"] for line in lines} <= set(BENCHMARKS)
    assert [line for line in lines if kept("", line["ratios"]) != line["ratios"]] == []
    assert [line for line in lines if not set(LABELS.get(line["benchmark"], ())) <= set(line["ratios"])] == []


def test_what_was_measured_with_zigflow_outlives_a_run_without_it() -> None:
    lines = [measured({"over_zigflow_10": 0.5, "over_by_hand_10": 1.0}), measured({"over_by_hand_10": 2.0})]
    assert figures_of(lines) == {("peers", "over_zigflow_10"): 0.5, ("peers", "over_by_hand_10"): 2.0}


def measured(ratios: dict[str, float]) -> Measured:
    return {"date": "2026-11-29", "commit": "0123456789", "benchmark": "peers", "ratios": ratios}


def test_of_what_a_benchmark_tells_the_ratios_are_kept() -> None:
    told = {"a": {"over_b": 1.5, "cut_off": "too long"}, "cold_run_seconds": 2.0, "activity_cpu_ms_32": 1.0}
    assert kept("peers", told) == {"a.over_b": 1.5}
    cpu = {"activity_cpu_ms_1": 1.5, "activity_cpu_ms_32": 1.0, "activity_cpu_ms_256": 1.25}
    assert kept("edge", {"edge_over_httpx_32": 3.0, **cpu}) == {
        "edge_over_httpx_32": 3.0,
        "cpu_1_over_32": 1.5,
        "cpu_256_over_32": 1.25,
    }
    processes = {"cpu_per_call": [1.0, 1.1], "idle_mib": [100.0, 130.0], "slowest_replacement_seconds": 0.3}
    assert kept("processes", processes) == {"cpu_per_call": 1.1, "idle_memory": 1.3}
    cases = {
        "map-of-20000-integers": {"seconds": 1.0, "bytes_per_item": 88.0, "over_100": 1.1, "wrong": []},
        "while-of-100000": {"wrong": ["TimeoutError()"]},
    }
    told = {"kills": 0, "scale": 1.0, "cases": cases}
    assert kept("scale", told) == {"over_100.map-of-20000-integers": 1.1}
