"""Runs benchmarks, keeps what they measured, ratios only, and makes docs/performance.md and docs/benchmarks.svg of it.

    uv run python -m tests.benchmarks.history [BENCHMARK …] [--zigflow PATH]

runs these, or all, one after the other, and adds a line for each with its commit to history.jsonl as soon as it has ended.
With `--draw` nothing is run.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.measurements import HISTORY, Measured, history, kept
from support.performance import PERFORMANCE_PAGE
from support.reference import with_tables

__all__ = ["BENCHMARKS", "LABELS", "PICTURE", "drawn"]

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/benchmarks.svg"
_MEASURED = ("plugin", "workflows", "activities", "uv.lock")
BENCHMARKS = ("startup", "shares", "edge", "chat", "engine", "processes", "peers", "scale")
LABELS: Mapping[str, Mapping[str, str]] = {
    "engine": {
        "by_name_over_httpx": "runs by name, over a workflow by hand with httpx",
        "by_name_over_aiohttp": "runs by name, over one with aiohttp",
    },
    "edge": {"activity_over_httpx_32": "HTTP activities, over one by hand with httpx"},
    "chat": {
        "plain_over_openai": "chat completions, over openai-python",
        "stream_over_openai": "streamed ones, over openai-python",
    },
}
"""Of each benchmark, the ratios that are drawn."""

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 320, 40, 330, 16, 36
_COLOURS = ("#4f6bed", "#2a9d9d", "#c8511b", "#2f8f5b", "#9b4fb5")


def run(benchmark: str, *options: str) -> tuple[str, int]:
    """Run a benchmark, and show what it says: its last line, which is its result as JSON, and its exit code."""
    last = ""
    command = [sys.executable, "-m", f"tests.benchmarks.{benchmark}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # asked for above
        for last in process.stdout:
            print(last, end="", flush=True)
    return last, process.returncode


def keep(benchmark: str, found: Mapping[str, Any]) -> None:
    """Add a line, and show it."""
    line: Measured = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "benchmark": benchmark,
        "ratios": kept(benchmark, found),
    }
    with HISTORY.open("a") as file:
        file.write(json.dumps(line) + "\n")
    write()


def _commit() -> str:
    """What is measured; what this itself writes makes no other code of it."""
    head = _git("rev-parse", "--short=10", "HEAD")
    return f"{head}-dirty" if _git("status", "--porcelain", "--", *_MEASURED) else head


def _git(*arguments: str) -> str:
    told = subprocess.run(["git", "-C", ROOT, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return told.stdout.strip()


def measure(benchmarks: Sequence[str], zigflow: Path | None) -> list[str]:
    """Run benchmarks, and keep what each measured as soon as it has; those that failed, or have met a bound."""
    failed: list[str] = []
    for place, benchmark in enumerate(benchmarks, 1):
        print(f"[{place}/{len(benchmarks)}] {benchmark}, from {datetime.now(UTC):%H:%M} UTC on", flush=True)
        began = time.monotonic()
        options = ("--zigflow", str(zigflow)) if benchmark == "peers" and zigflow else ()
        last, code = run(benchmark, *options)
        try:
            keep(benchmark, json.loads(last))
        except (ValueError, LookupError) as error:
            print(f"{benchmark} has no result: {error!r}", flush=True)
            code = 1
        if code:
            failed.append(benchmark)
        print(f"{benchmark} took {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
    return failed


def write() -> None:
    """Draw the picture, and write the page, of what was kept."""
    PICTURE.write_text(drawn(history()))
    PERFORMANCE_PAGE.write_text(with_tables(PERFORMANCE_PAGE.read_text()))


def drawn(lines: Sequence[Measured]) -> str:
    """The ratios over the commits as SVG."""
    lines = [line for line in lines if line["benchmark"] in LABELS]
    commits = list(dict.fromkeys(line["commit"] for line in lines))
    shown = (line["ratios"][name] for line in lines for name in LABELS[line["benchmark"]])
    top = max(shown, default=1) * 1.1
    text = 'font-family="sans-serif" font-size="12" fill="#777"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {text}>'
    return "\n".join([head, *_grid(commits, top), *_curves(lines, commits, top), "</svg>\n"])


def _grid(commits: Sequence[str], top: float) -> Iterator[str]:
    for value in range(int(top) + 1):
        y = _y(value, top)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#777" stroke-opacity="0.25"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value}</text>'
    for place, commit in enumerate(commits):
        if place in (0, len(commits) - 1):
            x = _x(place, len(commits))
            yield f'<text x="{x}" y="{_HEIGHT - 12}" text-anchor="middle">{commit}</text>'


def _curves(lines: Sequence[Measured], commits: Sequence[str], top: float) -> Iterator[str]:
    labels = [(name, key, label) for name, ratios in LABELS.items() for key, label in ratios.items()]
    for row, ((name, key, label), colour) in enumerate(zip(labels, _COLOURS, strict=True)):
        points = [
            (
                _x(commits.index(line["commit"]), len(commits)),
                _y(line["ratios"][key], top),
                line["ratios"][key],
            )
            for line in lines
            if line["benchmark"] == name
        ]
        if not points:
            continue
        path = " ".join(f"{x},{y}" for x, y, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y, _ in points)
        x, y = _WIDTH - _RIGHT + 12, _TOP + 24 * (row + 1)
        yield f'<text x="{x}" y="{y}" fill="{colour}">{points[-1][2]:.2f} {label}</text>'


def _x(place: int, count: int) -> float:
    return round(_LEFT + (_WIDTH - _RIGHT - _LEFT) * (place + 0.5) / count, 1)


def _y(value: float, top: float) -> float:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.history")
    parser.add_argument(
        "benchmarks",
        nargs="*",
        metavar="BENCHMARK",
        help=f"of {', '.join(BENCHMARKS)}; all when none is named",
    )
    parser.add_argument("--zigflow", type=Path, metavar="PATH", help="the binary of Zigflow, for `peers`")
    parser.add_argument("--draw", action="store_true", help="run nothing")
    given = parser.parse_args()
    unknown = set(given.benchmarks).difference(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(BENCHMARKS)}")
    write()
    if not given.draw and (failed := measure(given.benchmarks or BENCHMARKS, given.zigflow)):
        sys.exit(f"failed: {', '.join(failed)}")
