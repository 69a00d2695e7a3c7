"""Which faults of a room its tests do not find: `uv run poe mutate secrets`.

mutmut puts one fault after the other into the functions of a room, and runs the tests that reach it. It works in
`.mutation/ROOM`, which keeps each verdict: whoever stops it goes on with the same command. The command tries again what
was not found the last time, and what has changed since; with the folder removed, everything.
"""

import argparse
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["main"]

PROJECT = Path(__file__).parents[2]
FOUND = {"killed", "timeout"}
SETTINGS = """
[tool.mutmut]
source_paths = ["httptask/{top}"]
only_mutate = ["httptask/{faulty}"]
pytest_add_cli_args = ["-m", "not long and not alone", "-k", "not every_byte", "-p", "tests.support.mutation"]
pytest_add_cli_args_test_selection = {tests}
on_dependency_change = "ignore"
timeout_constant = 10
"""


def main() -> None:
    """Tries the faults of the room that the command line names, and prints how many were found."""
    parser = argparse.ArgumentParser(
        prog="poe mutate", description="The faults that the tests of a room miss."
    )
    parser.add_argument("room", help="such as secrets, chat.streaming, or a module: chat.streaming.deltas")
    parser.add_argument("tests", nargs="*", help="tests to run, if not those in the folder of the room")
    arguments = parser.parse_args()
    folder = PROJECT / ".mutation" / arguments.room
    _prepare(folder, arguments.room, arguments.tests)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _try_faults(folder)
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on.")
    _print_score(_verdicts(folder), arguments.room)
    print(f"\nTo see one of them:  cd {folder} && {_program()} show NAME")


def _prepare(folder: Path, name: str, tests: Sequence[str]) -> None:
    """Lays out what mutmut reads: the path of a file has to be the name by which it is imported."""
    room = Path(*name.split("."))
    homes = [PROJECT / root / "httptask" for root in ("plugin", "workflows", "activities")]
    home = next((home for home in homes if (home / room).is_dir() or (home / f"{room}.py").exists()), None)
    if home is None:
        sys.exit(f"no room {name}: it is named as it is imported, without `httptask.`")
    top = room.parts[0]
    faulty, own = (f"{room}/*", room) if (home / room).is_dir() else (f"{room}.py", room.parent)
    (folder / "httptask").mkdir(parents=True, exist_ok=True)
    for link, target in ((folder / "tests", PROJECT / "tests"), (folder / "httptask" / top, home / top)):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    settings = SETTINGS.format(top=top, faulty=faulty, tests=[*tests] or [f"tests/{own}"])
    (folder / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text() + settings)
    made = folder / "mutants"
    shutil.rmtree(made / "tests", ignore_errors=True)  # those that are no more
    (made / "mutmut-stats.json").unlink(missing_ok=True)  # which tests reach what is found out anew


def _try_faults(folder: Path) -> None:
    missed = {name for name, verdict in _verdicts(folder).items() if verdict not in {*FOUND, "not checked"}}
    _mutmut(folder)
    again = sorted(
        name for name, verdict in _verdicts(folder).items() if name in missed and verdict not in FOUND
    )
    if again:
        _mutmut(folder, *again)


def _mutmut(folder: Path, *names: str) -> None:
    with subprocess.Popen([_program(), "run", *names], cwd=folder, start_new_session=True) as running:
        try:
            code = running.wait()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # which whoever started this passes on as well
            os.killpg(running.pid, signal.SIGKILL)
            raise
    if code:
        sys.exit(code)


def _verdicts(folder: Path) -> Mapping[str, str]:
    """What became of each fault, by its name."""
    for code in folder.glob("mutants/httptask/**/*.py"):
        if not _is_whole(code):
            code.unlink()
    command = [_program(), "results", "--all", "true"]
    told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return dict(line.strip().rsplit(": ", 1) for line in told.splitlines())


def _is_whole(code: Path) -> bool:
    """Whether no run was stopped while it wrote the faults of a module, or their verdicts."""
    kept = code.with_name(f"{code.name}.meta")
    try:
        json.loads(kept.read_text())
    except (OSError, ValueError):
        kept.unlink(missing_ok=True)
        return False
    return kept.stat().st_mtime >= code.stat().st_mtime


def _program() -> str:
    return str(Path(sys.executable).with_name("mutmut"))


def _print_score(verdicts: Mapping[str, str], room: str) -> None:
    modules = sorted({name.rpartition(".")[0] for name in verdicts})
    for part in dict.fromkeys((*modules, f"httptask.{room}")):
        among = [verdict for name, verdict in verdicts.items() if name.startswith(f"{part}.")]
        found = sum(verdict in FOUND for verdict in among)
        print(f"{part:<50}{found:>6} of{len(among):>6}{found / max(len(among), 1):>8.1%}")
    for name, verdict in sorted(verdicts.items()):
        if verdict not in FOUND:
            print(f"{name}: {verdict}")


def pytest_runtest_setup() -> None:
    """What a function remembers of another test would hide the faults of those that it calls."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("httptask."):
            for value in [*vars(module).values()]:
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()


if __name__ == "__main__":
    main()
