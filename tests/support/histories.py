"""Histories of runs as files: one for each chain of runs that continue as new."""

import gzip
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

__all__ = ["FOLDER", "Recorded", "is_released", "recorded", "stored_in", "write"]

FOLDER = Path(__file__).parents[1] / "histories"
_SUFFIX = ".json.gz"
_OF_THE_RECORDER = frozenset({"identity", "stackTrace"})
"""What an event tells of the machine and the checkout that it was recorded on; no replay reads it."""


@dataclass(frozen=True)
class Recorded:
    """The file of a chain of runs that a release has made."""

    file: Path

    @property
    def release(self) -> str:
        """The version that made it."""
        return self.file.parent.name

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return self.file.name.removesuffix(_SUFFIX)

    def read(self) -> list[WorkflowHistory]:
        """The histories, oldest first."""
        runs = json.loads(gzip.decompress(self.file.read_bytes()))
        return [WorkflowHistory.from_json(run["id"], {"events": run["events"]}) for run in runs]


def write(release: str, name: str, chain: Iterable[WorkflowHistory]) -> Path:
    """Keep a chain of runs, oldest first."""
    file = FOLDER / release / f"{name}{_SUFFIX}"
    file.parent.mkdir(exist_ok=True)
    runs = [{"id": history.workflow_id, **_scrubbed(history.to_json_dict())} for history in chain]
    text = json.dumps(runs, ensure_ascii=False, separators=(",", ":"))
    file.write_bytes(gzip.compress(text.encode(), mtime=0))
    return file


def is_released(release: str, checkout: Path = FOLDER) -> bool:
    """Whether a version has its tag: users may have runs of it, and its histories stay as they are."""
    listing = ["git", "tag", "--list", f"v{release}"]
    return subprocess.check_output(listing, cwd=checkout) != b""


def recorded() -> list[Recorded]:
    """Every chain of every release."""
    return [Recorded(file) for file in sorted(FOLDER.glob(f"*/*{_SUFFIX}"))]


def stored_in(release: str) -> Path:
    """The folder of the values that a release's histories refer to."""
    return FOLDER / release / "stored"


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _scrubbed(member) for key, member in value.items() if key not in _OF_THE_RECORDER}
    return [_scrubbed(member) for member in value] if isinstance(value, list) else value
