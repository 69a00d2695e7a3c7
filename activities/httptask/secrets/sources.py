"""Where the values of secrets come from: environment variables, files, and whatever else a program provides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from httptask.http.errors import SecretUnavailable
from httptask.http.files import open_file

__all__ = ["EnvironmentSecrets", "FileSecrets", "SecretProvider", "SecretSource"]

_MAX_FILE_BYTES = 64 * 1024


class SecretSource(BaseModel):
    """Where the value of one secret is found on this worker."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    environment: str | None = None
    """The environment variable that holds the value."""
    file: Path | None = None
    """Or the file, relative to `httptask.toml`; one line break at its end is not part of the value."""
    origins: tuple[str, ...] = ()
    """Where it may be sent, such as `https://hooks.slack.com`; empty for anywhere."""


class SecretProvider(Protocol):
    """Gives the values of secrets that are kept in one kind of place."""

    def read(self, source: SecretSource) -> str | None:
        """The value of a secret as it is now, None when it is kept elsewhere.

        It is asked at each use, on the event loop, so it has to answer at once: keep what comes over a network
        in memory, and renew it in the background.

        Raises:
            SecretUnavailable: it is kept here, and has no usable value.
        """
        ...


class EnvironmentSecrets:
    """Environment variables.

    Args:
        environment: the variables.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def read(self, source: SecretSource) -> str | None:
        """See `SecretProvider.read`."""
        if source.environment is None:
            return None
        value = self._environment.get(source.environment)
        if not value:
            raise SecretUnavailable(
                f"the secret {source.name} has no value",
                cure=f"set the environment variable {source.environment}",
            )
        return value


class FileSecrets:
    """Files, as container platforms mount them. Each is read anew, so that a value that was replaced counts at once."""

    def read(self, source: SecretSource) -> str | None:
        """See `SecretProvider.read`."""
        return None if source.file is None else _read(source.name, source.file)


def _read(name: str, file: Path) -> str:
    try:
        with open_file(file) as stream:
            raw = stream.read(_MAX_FILE_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError:
        raise SecretUnavailable(f"the file of the secret {name} can't be read: {file}") from None
    except UnicodeDecodeError:
        raise SecretUnavailable(f"the file of the secret {name} is not UTF-8: {file}") from None
    if len(raw) > _MAX_FILE_BYTES:
        raise SecretUnavailable(
            f"the file of the secret {name} is larger than {_MAX_FILE_BYTES} bytes: {file}"
        )
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise SecretUnavailable(f"the file of the secret {name} is empty: {file}")
    return text
