"""External storage in a folder. The SDK has drivers for S3 and GCS, and none for a file system."""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)
from temporalio.exceptions import ApplicationError

from httptask.diagnostics.cutting import shortened

__all__ = ["StoredPayloadMissing", "folder_storage", "not_stored"]

_NAME = "httptask.folder"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class StoredPayloadMissing(RuntimeError):
    """A payload that history refers to is not in the folder, or not as it was stored."""


def not_stored(reason: str) -> ApplicationError:
    """The failure of an activity whose result finds no place: its call was made, and is not made again for that."""
    return ApplicationError(
        shortened(f"the result can't be stored: {reason}", 500), type="PayloadNotStored", non_retryable=True
    )


def folder_storage(directory: Path) -> ExternalStorage:
    """Keeps payloads of 256 KiB and more in a folder, which all workers and clients have to share.

    Nothing is deleted. A file that is stored once more counts as new, so files that are older than the namespace's
    retention period can go.

    Args:
        directory: it is created when something is stored.
    """
    return ExternalStorage(drivers=[_FolderDriver(directory)])


@dataclass(frozen=True)
class _FolderDriver(StorageDriver):
    directory: Path

    def name(self) -> str:
        return _NAME

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> list[StorageDriverClaim]:
        try:
            return [await asyncio.to_thread(self._store, payload.SerializeToString()) for payload in payloads]
        except OSError as error:
            raise not_stored(f"{self.directory}: {error.strerror}") from error

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        digests = [claim.claim_data.get("sha256", "") for claim in claims]
        return [Payload.FromString(await asyncio.to_thread(self._retrieve, digest)) for digest in digests]

    def _store(self, data: bytes) -> StorageDriverClaim:
        """Write a file under the digest of its content, complete or not at all."""
        digest = hashlib.sha256(data).hexdigest()
        file = self._file(digest)
        try:
            os.utime(file)
        except FileNotFoundError:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as new:
                new.write(data)
                new.flush()
                os.fsync(new.fileno())
            Path(new.name).replace(file)
        return StorageDriverClaim({"sha256": digest})

    def _retrieve(self, digest: str) -> bytes:
        # A claim comes from history, and whoever can write there must not read other files.
        if not _DIGEST.fullmatch(digest):
            raise StoredPayloadMissing("a reference to a stored payload is not one that httptask made")
        file = self._file(digest)
        try:
            data = file.read_bytes()
        except OSError as error:
            raise StoredPayloadMissing(
                f"a stored payload can't be read: {file}: {error.strerror}; "
                "all workers and clients need the same folder"
            ) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoredPayloadMissing(f"a stored payload is damaged: {file}")
        return data

    def _file(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest
