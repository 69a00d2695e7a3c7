"""Keeps what benchmarks measured, ratios only, and draws docs/benchmarks.svg of it.

    uv run python -m tests.benchmarks.history chat edge

runs these and adds a line for each, with its commit, to history.jsonl. Without a name it only draws.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

__all__ = ["HISTORY", "LABELS", "PICTURE", "Measured", "drawn", "history"]

HISTORY = Path(__file__).with_name("history.jsonl")
PICTURE = Path(__file__).parents[2] / "docs/benchmarks.svg"
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
"""Of each benchmark, the ratios that are kept."""

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 320, 40, 330, 16, 36
_COLOURS = ("#4f6bed", "#2a9d9d", "#c8511b", "#2f8f5b", "#9b4fb5")


class Measured(TypedDict):
    """What one run of a benchmark found: how many times as fast as something else ours is."""

    date: str
    commit: str
    benchmark: str
    ratios: dict[str, float]


def history() -> list[Measured]:
    """All lines, the oldest first."""
    return [json.loads(line) for line in HISTORY.read_text().splitlines()]


def measure(benchmark: str) -> Measured:
    """Run a benchmark; what it prints last is its result as JSON."""
    command = [sys.executable, "-m", f"tests.benchmarks.{benchmark}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    describe = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"]
    commit = subprocess.run(describe, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit,
        "benchmark": benchmark,
        "ratios": {key: found[key] for key in LABELS[benchmark]},
    }


def drawn(lines: Sequence[Measured]) -> str:
    """The ratios over the commits as SVG."""
    commits = list(dict.fromkeys(line["commit"] for line in lines))
    top = max((ratio for line in lines for ratio in line["ratios"].values()), default=1) * 1.1
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
    for benchmark in sys.argv[1:]:
        with HISTORY.open("a") as file:
            file.write(json.dumps(measure(benchmark)) + "\n")
    PICTURE.write_text(drawn(history()))
