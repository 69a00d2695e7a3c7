"""How long commands take from the shell to their end, and importing the plugin, as multiples of `python -c pass`.

    uv run python -m tests.benchmarks.startup [--rounds N] [--against COMMIT]

All run in turn, in an order that changes from round to round; a ratio is that of the medians. `runs list` and `run`,
of a definition with a single `set`, find a Temporal server that is running, as TEMPORAL_ADDRESS names it. "Elapsed" is
what a person waits for, "processor" what the process itself has used: on a busy machine it is the steadier of the two.

Each is measured with bytecode and without: there only Python's own library is compiled, as on a system whose packages
are installed without it and that may not write any (PYTHONDONTWRITEBYTECODE). With --against, importing the plugin is
measured in that commit's own environment too. The last line is JSON.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.cluster import address_of
from support.runs import temporal_server

ROOT = Path(__file__).parents[2]
PYTHON = str(Path(sys.executable))
HTTPTASK = str(Path(sys.executable).parent / "httptask")
IMPORT_PLUGIN = ["-c", "from httptask.plugin import HttpTaskPlugin"]
ROUNDS = 11
DEFINITION = """
document: { dsl: 1.0.3, namespace: bench, name: one-set, version: 1.0.0 }
do:
  - greet: { set: { hello: world } }
"""
COMMANDS: Mapping[str, Sequence[str]] = {
    "pass": [PYTHON, "-c", "pass"],
    "help": [HTTPTASK, "--help"],
    "validate": [HTTPTASK, "validate", "workflow.yaml"],
    "runs_list": [HTTPTASK, "runs", "list"],
    "run": [HTTPTASK, "run", "workflow.yaml"],
    "import_plugin": [PYTHON, *IMPORT_PLUGIN],
}
BARS = {"help": 10, "validate": 25, "runs_list": 40, "run": 80}
"""Of the elapsed time with bytecode; without, it may be twice that."""


class Took(NamedTuple):
    """Seconds of one process."""

    elapsed: float
    processor: float


def took(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Took:
    """Run a process to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.perf_counter() - began
    assert process.returncode == 0, command
    return Took(elapsed, used.ru_utime + used.ru_stime)


class Bench:
    """A folder of a user's, and two caches of bytecode: one that is full, and one of Python's own library."""

    def __init__(self, folder: Path, address: str) -> None:
        self._project = folder / "project"
        self._project.mkdir()
        (self._project / "workflow.yaml").write_text(DEFINITION)
        full, own = folder / "full", folder / "own"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._with = {**kept, "TEMPORAL_ADDRESS": address, "PYTHONPYCACHEPREFIX": str(full)}
        self._without = {**self._with, "PYTHONPYCACHEPREFIX": str(own), "PYTHONDONTWRITEBYTECODE": "1"}
        for command in COMMANDS.values():
            took(command, self._project, self._with)
        library = Path(sysconfig.get_path("stdlib")).relative_to("/")
        shutil.copytree(full / library, own / library, ignore=shutil.ignore_patterns("site-packages"))

    def medians(
        self, commands: Mapping[str, Sequence[str]], rounds: int, *, bytecode: bool
    ) -> dict[str, Took]:
        """The median of each, all taking turns."""
        environment = self._with if bytecode else self._without
        found: dict[str, list[Took]] = {name: [] for name in commands}
        for command in commands.values():
            took(command, self._project, environment)
        for _ in range(rounds):
            for name in random.sample(list(commands), len(commands)):
                found[name].append(took(commands[name], self._project, environment))
        return {
            name: Took(*map(statistics.median, zip(*times, strict=True))) for name, times in found.items()
        }


def over(time: Took, base: Took) -> tuple[float, float]:
    """How many times as long, elapsed and of the processor."""
    return round(time.elapsed / base.elapsed, 2), round(time.processor / base.processor, 2)


@contextmanager
def environment_of(commit: str) -> Generator[str]:
    """The Python of a commit with what that commit depends on, until the context ends."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(
            ["git", "-C", ROOT, "worktree", "add", "--quiet", "--detach", tree, commit], check=True
        )
        try:
            base = Path(sys.base_prefix) / "bin" / "python3"
            kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
            subprocess.run(
                ["uv", "sync", "--quiet", "--frozen", "--python", base, "--project", tree],
                env=kept,
                check=True,
            )
            yield str(tree / ".venv" / "bin" / "python")
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", tree], check=True)


def measure(bench: Bench, rounds: int, against: str | None) -> dict[str, float]:
    """Print a row for each, and return all ratios."""
    ratios: dict[str, float] = {}
    for bytecode in (True, False):
        suffix = "" if bytecode else "_without_bytecode"
        medians = bench.medians(COMMANDS, rounds, bytecode=bytecode)
        for name in COMMANDS.keys() - {"pass"}:
            elapsed, processor = over(medians[name], medians["pass"])
            ratios |= {f"{name}{suffix}": elapsed, f"{name}{suffix}_processor": processor}
    with ExitStack() as stack:
        if against is not None:
            ways = {
                "now": [PYTHON, *IMPORT_PLUGIN],
                "before": [stack.enter_context(environment_of(against)), *IMPORT_PLUGIN],
            }
            medians = bench.medians(ways, rounds, bytecode=True)
            elapsed, processor = over(medians["now"], medians["before"])
            ratios |= {"import_plugin_of_before": elapsed, "import_plugin_of_before_processor": processor}
    return ratios


def report(ratios: Mapping[str, float]) -> None:
    """Print the table, and the JSON."""
    print(f"{'':32} {'elapsed':>9} {'processor':>9} {'bar':>5}")
    for name in sorted(name for name in ratios if not name.endswith("_processor")):
        command = name.removesuffix("_without_bytecode")
        bar = BARS.get(command, "")
        if isinstance(bar, int) and command != name:
            bar *= 2
        print(f"{name:32} {ratios[name]:9.2f} {ratios[f'{name}_processor']:9.2f} {bar:>5}")
    print(json.dumps(ratios))


async def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.startup")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--against", metavar="COMMIT", help="an older commit, whose plugin is imported too")
    given = parser.parse_args()
    async with temporal_server() as environment:
        with tempfile.TemporaryDirectory() as folder:
            bench = await asyncio.to_thread(Bench, Path(folder), address_of(environment))
            report(await asyncio.to_thread(measure, bench, given.rounds, given.against))


if __name__ == "__main__":
    asyncio.run(main())
