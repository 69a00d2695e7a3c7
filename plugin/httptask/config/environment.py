"""The environment that a command sees."""

import os
from pathlib import Path

from dotenv import dotenv_values

__all__ = ["read_environment"]


def read_environment(dotenv_directory: Path | None) -> dict[str, str]:
    """The process's environment, over what a `.env` file holds.

    Args:
        dotenv_directory: where the `.env` may lie; None when it must not be read, as on a worker, whose
            secrets should come from its operator alone.
    """
    if dotenv_directory is None:
        return dict(os.environ)
    values = dotenv_values(dotenv_directory / ".env", interpolate=False)
    return {**{key: value for key, value in values.items() if value is not None}, **os.environ}
