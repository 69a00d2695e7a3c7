"""Variables that a file stands in for."""

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from httptask.config.errors import ConfigInvalid
from httptask.config.find import require_own

__all__ = ["DOTENV_NAME", "read_dotenv"]

DOTENV_NAME = ".env"


def read_dotenv(directory: Path, *, named: bool = False) -> Mapping[str, str]:
    """The variables of a folder's `.env`, if there is one.

    Args:
        directory: the folder.
        named: whether the user named a file of this folder; then it may be another user's.

    Raises:
        ConfigInvalid: it can't be read, or belongs to another user.
    """
    file = directory / DOTENV_NAME
    if not file.exists():
        return {}
    if not named:
        require_own(file)
    try:
        values = dotenv_values(file, interpolate=False, encoding="utf-8-sig")
    except OSError as error:
        raise ConfigInvalid([f"{file}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigInvalid([f"{file}: is not UTF-8 text"]) from None
    return {key: value for key, value in values.items() if value is not None}
