"""Variables that a file stands in for."""

from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path

from dotenv import dotenv_values

from httptask.config.errors import ConfigInvalid
from httptask.config.find import require_safe
from httptask.http.files import open_file

__all__ = ["DOTENV_NAME", "read_dotenv"]

DOTENV_NAME = ".env"


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
        require_safe(file)
    try:
        with open_file(file) as opened, TextIOWrapper(opened, "utf-8-sig") as text:
            values = dotenv_values(stream=text, interpolate=False)
    except OSError as error:
        raise ConfigInvalid([f"{file}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigInvalid([f"{file}: is not UTF-8 text"]) from None
    return {key: value for key, value in values.items() if value is not None}
