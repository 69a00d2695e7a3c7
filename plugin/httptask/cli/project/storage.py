"""The external storage that `httptask.toml` names."""

import tempfile
from typing import TYPE_CHECKING

from httptask.cli.project.installation import installing
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from temporalio.converter import ExternalStorage

    from httptask.config import Config

__all__ = ["checked_storage", "storage_of"]


def storage_of(config: "Config") -> "ExternalStorage | None":
    """The storage, for a command that only reads.

    Raises:
        CliError: it can't be used.
    """
    return _opened(config, check=False)


def checked_storage(config: "Config", *, ask: bool = True) -> "ExternalStorage | None":
    """The storage, seen to be there before a call is made and paid whose result it would not take.

    Args:
        config: names it.
        ask: whether to ask a bucket's server, too.

    Raises:
        CliError: it is not.
    """
    directory = config.storage.directory
    if directory is not None:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=directory):
                pass
        except OSError as error:
            raise CliError(
                f"{config.file}: storage.directory: {directory} can't be written to: {error.strerror}"
            ) from None
    return _opened(config, check=ask)


def _opened(config: "Config", *, check: bool) -> "ExternalStorage | None":
    section = config.storage
    if section.directory is not None:
        from httptask.plugin import folder_storage

        return folder_storage(section.directory)
    name = "s3" if section.s3 is not None else "gcs"
    try:
        if section.s3 is not None:
            from httptask.plugin.storage.buckets import s3_storage

            return s3_storage(**section.s3.model_dump(), check=check)
        if section.gcs is not None:
            from httptask.plugin.storage.buckets import gcs_storage

            return gcs_storage(section.gcs.bucket, check=check)
    except ModuleNotFoundError as missing:
        raise CliError(
            f"{config.file}: storage.{name}: the package {missing.name} is not installed",
            hint=installing(name),
        ) from None
    except Exception as error:  # noqa: BLE001 - each of the libraries has a tree of its own
        raise CliError(f"{config.file}: storage.{name}: the bucket can't be used: {error}") from None
    return None
