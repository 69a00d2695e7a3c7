"""Finding `httptask.toml` and `.env`, and refusing those that another user may have put there."""

import os
import stat
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from httptask.config.errors import ConfigInvalid
from httptask.http.files import open_file

__all__ = ["CONFIG_NAME", "DOTENV_NAME", "find_config", "read_dotenv"]

CONFIG_NAME = "httptask.toml"
DOTENV_NAME = ".env"


def find_config(path: Path | None = None, folder: Path | None = None) -> Path | None:
    """The configuration file: the named one, that of the folder, or the nearest from the working directory upward.

    Args:
        path: the file, if the user names one.
        folder: of the project, if the user names that.

    Raises:
        ConfigInvalid: it was not named, and may be somebody else's: it could have the user's keys sent to any server.
    """
    if path is not None:
        return path
    if folder is not None and (folder / CONFIG_NAME).is_file():
        return folder / CONFIG_NAME
    here = Path.cwd()
    for place in (here, *here.parents):
        file = place / CONFIG_NAME
        if file.is_file():
            _require_safe(file)
            return file
    return None


def read_dotenv(directory: Path, *, named: bool = False) -> Mapping[str, str]:
    """The variables of a folder's `.env`, if there is one.

    Args:
        directory: the folder.
        named: whether the user named a file of this folder; then it may be another user's.

    Raises:
        ConfigInvalid: it can't be read, or may be another user's.
    """
    file = directory / DOTENV_NAME
    if not file.exists() or file.is_dir():  # Python environments are kept in folders of that name
        return {}
    if not named:
        _require_safe(file)
    from dotenv import dotenv_values

    try:
        with open_file(file) as opened, TextIOWrapper(opened, "utf-8-sig") as text:
            values = dotenv_values(stream=text, interpolate=False)
    except OSError as error:
        raise ConfigInvalid([f"{file}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigInvalid([f"{file}: is not UTF-8 text"]) from None
    return {key: value for key, value in values.items() if value is not None}


def _require_safe(file: Path) -> None:
    """Refuse a file that another user than root may have put where it is, or changed.

    The working directory is the user's own choice, whoever may write to it.

    Raises:
        ConfigInvalid: that is so.
    """
    for found in (file.lstat(), file.stat()):
        if found.st_uid not in (0, os.geteuid()):
            fault = f"belongs to another user (uid {found.st_uid}), who could have your keys sent to servers of theirs"
            _refuse(file, fault)
    here, folder = Path.cwd(), file.parent
    if here == folder:
        return
    for place in (*(passed for passed in here.parents if passed.is_relative_to(folder)), file):
        mode = place.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            fault = f"was found by way of {place}, which every user may write to"
            _refuse(file, fault, f"; or take that right away: chmod o-w {place}")


def _refuse(file: Path, fault: str, other_cure: str = "") -> NoReturn:
    config = file.with_name(CONFIG_NAME)
    cure = (
        f"name the configuration: --config {config}"
        if config.exists()
        else "put its variables into your environment"
    )
    raise ConfigInvalid([f"{file}: {fault}; to use it all the same, {cure}{other_cure}"])
