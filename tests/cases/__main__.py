"""What people ran into elsewhere, as cases of one kind each: are they as expected?

    uv run python -m tests.cases FOLDER [NAME ...]

A case is a folder in FOLDER with a `workflow.yaml`, an `httptask.toml`, a scripted `server.py` and an `expected.md`. Each is
tried in a copy of its folder, with its server on a port that is free, and is told in one line: as expected by `expected.py`,
or what is otherwise, which a deadline that has passed is too. A case that `expected.py` does not know is told with what came of
it. The last line counts; the exit code is 1 when a case is otherwise than expected.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from .expected import EXPECTED
from .right import faults, told
from .trial import CaseUntried, tried

_AS_EXPECTED = "as expected"
_AT_ONCE = 3
_SLOWEST_FIRST = ("slow-first-byte",)


async def main(folder: Path, names: Sequence[str]) -> int:
    """Try cases and tell what came of them."""
    places = asyncio.Semaphore(_AT_ONCE)
    ordered = sorted(names, key=lambda name: name not in _SLOWEST_FIRST)
    verdicts = await asyncio.gather(*(_verdict(folder / name, places) for name in ordered))
    print(f"{sum(verdicts)} of {len(names)} as expected")
    return 0 if all(verdicts) else 1


async def _verdict(case: Path, places: asyncio.Semaphore) -> bool:
    async with places:
        with tempfile.TemporaryDirectory(prefix="httptask-case-") as folder:
            try:
                trial = await tried(case, Path(folder))
            except CaseUntried as error:
                return _tell(case, f"OTHERWISE: {error}")
    ways = [faults(right, trial) for right in EXPECTED.get(case.name, ())]
    if not ways:
        return _tell(case, f"nothing is known of this case; {told(trial)}")
    if all(ways):
        return _tell(case, "OTHERWISE: " + "; or ".join(", ".join(found) for found in ways))
    return _tell(case, _AS_EXPECTED)


def _tell(case: Path, verdict: str) -> bool:
    print(f"{case.name}: {' '.join(verdict.split())}", flush=True)
    return verdict == _AS_EXPECTED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cases", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, help="the folder that holds the cases")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of cases; all when none is named")
    given = parser.parse_args()
    found = sorted(file.parent.name for file in given.folder.glob("*/workflow.yaml"))
    if not found:
        parser.error(f"there is no case in {given.folder}: it has no */workflow.yaml")
    if unknown := sorted(set(given.names) - set(found)):
        parser.error(f"there is no case {', '.join(unknown)} in {given.folder}")
    given.names = given.names or found
    return given


if __name__ == "__main__":
    arguments = _arguments()
    try:
        sys.exit(asyncio.run(main(arguments.folder, arguments.names)))
    except KeyboardInterrupt:
        sys.exit(130)
