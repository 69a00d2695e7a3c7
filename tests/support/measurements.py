"""What benchmarks measured, as it is kept: ratios only, a line of JSON for each run of one."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

__all__ = ["HISTORY", "Measured", "history", "kept"]

HISTORY = Path(__file__).parents[1] / "benchmarks/history.jsonl"

_OF_A_MACHINE = re.compile(r"(^|[_.])(ms|milliseconds|seconds|kb|mib|mb)([_.]|$)")
"""In names of what is no ratio."""


class Measured(TypedDict):
    """What one run of a benchmark found."""

    date: str
    commit: str
    benchmark: str
    ratios: dict[str, float]


def history() -> list[Measured]:
    """All lines, the oldest first."""
    return [json.loads(line) for line in HISTORY.read_text().splitlines()]


def kept(benchmark: str, found: Mapping[str, Any]) -> dict[str, float]:
    """The ratios in what a benchmark told; names of what is within something else are joined by dots."""
    told = _RATIOS[benchmark](found) if benchmark in _RATIOS else found
    return {name: value for name, value in _flat(told) if not _OF_A_MACHINE.search(name)}


def _flat(found: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, float]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{outer}{name}.")
        elif isinstance(value, int | float):
            yield outer + name, value


def _of_edge(found: Mapping[str, Any]) -> dict[str, Any]:
    cpu = {count: found[f"activity_cpu_ms_{count}"] for count in (1, 32, 256)}
    return {**found, **{f"cpu_{count}_over_32": round(cpu[count] / cpu[32], 2) for count in (1, 256)}}


def _of_chat(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, "stream_over_plain_cpu": round(found["stream_cpu_ms"] / found["plain_cpu_ms"], 2)}


def _of_processes(found: Mapping[str, Any]) -> dict[str, Any]:
    single, double = found["idle_mib"]
    return {"cpu_per_call": max(found["cpu_per_call"]), "idle_memory": round(double / single, 2)}


def _of_scale(found: Mapping[str, Any]) -> dict[str, Any]:
    cases = found["cases"].items()
    return {"over_100": {name: case["over_100"] for name, case in cases if "over_100" in case}}


_RATIOS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "chat": _of_chat,
    "edge": _of_edge,
    "processes": _of_processes,
    "scale": _of_scale,
}
"""Of benchmarks that tell what only becomes a ratio beside something else."""
