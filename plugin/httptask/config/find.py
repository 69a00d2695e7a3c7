"""Finding `httptask.toml` and `.env`, and refusing those that another user may have put there."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from httptask.config.errors import ConfigInvalid

__all__ = ["CONFIG_NAME", "find_config", "require_own"]

CONFIG_NAME = "httptask.toml"


def find_config(path: Path | None = None) -> Path | None:
    """The configuration file: the one that is named, or the nearest from the working directory upward.

    Raises:
        ConfigInvalid: it was not named, and may be somebody else's: it could have the user's keys sent to any server.
    """
    if path is not None:
        return path
    here = Path.cwd()
    for folder in (here, *here.parents):
        file = folder / CONFIG_NAME
        if file.is_file():
            require_own(file)
            passed = here.parents[: len(here.parts) - len(folder.parts)]
            _require_closed(file, passed)
            return file
    return None


def require_own(file: Path) -> None:
    """Refuse a file that neither the user nor root has put where it is.

    Raises:
        ConfigInvalid: that is so.
    """
    for found in (file.lstat(), file.stat()):
        if found.st_uid not in (0, os.geteuid()):
            fault = f"belongs to another user (uid {found.st_uid}), who could have your keys sent to servers of theirs"
            _refuse(
                file, f"{fault}; to use it all the same, name the configuration: --config {_beside(file)}"
            )


def _require_closed(file: Path, passed: Sequence[Path]) -> None:
    """Refuse what was found above the working directory, where any user could have put or changed it."""
    for place in (*passed, file) if passed else ():
        mode = place.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            fault = f"was found by way of {place}, which every user may write to"
            cure = f"name it: --config {file}; or take that right away: chmod o-w {place}"
            _refuse(file, f"{fault}; to use it all the same, {cure}")


def _beside(file: Path) -> Path:
    return file.parent / CONFIG_NAME


def _refuse(file: Path, fault: str) -> NoReturn:
    raise ConfigInvalid([f"{file}: {fault}"])
