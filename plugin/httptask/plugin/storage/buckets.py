"""External storage in buckets of Amazon S3 or Google Cloud Storage.

The SDK's drivers take any client. Those here are the vendors' own, in threads: they belong to no event loop, so that
a worker and a command that only reads hold them alike, and nothing has to be closed.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.aws.s3driver import S3StorageDriver, S3StorageDriverClient
from temporalio.contrib.gcp.gcsdriver import GCSStorageDriver, GCSStorageDriverClient
from temporalio.converter import (
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from httptask.plugin.storage.folder import StoredPayloadMissing, not_stored

__all__ = ["gcs_storage", "s3_storage"]

_NO_OBJECT = ("404", "NoSuchKey")


def s3_storage(
    bucket: str, *, region: str | None = None, endpoint_url: str | None = None, check: bool = False
) -> ExternalStorage:
    """Keeps payloads of 256 KiB and more in a bucket of S3, or of a server that speaks its protocol.

    Credentials come from where AWS's own tools have them. Needs the extra `httptask[s3]`.

    Args:
        bucket: its name.
        region: of the bucket, unless AWS's own settings say it.
        endpoint_url: of another server than Amazon's.
        check: whether to see now that the bucket can be read.

    Raises:
        ModuleNotFoundError: the extra is not installed.
        Exception: with `check`, whatever boto3 says of the bucket.
    """
    import boto3
    from botocore.config import Config

    library: Any = boto3  # which ships no types
    # Servers of others don't know Amazon's newer checksums; the driver compares digests of its own.
    needed: Any = {
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }
    client = library.client("s3", region_name=region, endpoint_url=endpoint_url, config=Config(**needed))
    if check:
        client.list_objects_v2(Bucket=bucket, MaxKeys=1)
    return ExternalStorage(drivers=[_S3Driver(_S3Client(client), bucket)])


def gcs_storage(bucket: str, *, check: bool = False) -> ExternalStorage:
    """Keeps payloads of 256 KiB and more in a bucket of Google Cloud Storage.

    Credentials are Google's application default ones. Needs the extra `httptask[gcs]`.

    Args:
        bucket: its name.
        check: whether to see now that the bucket can be read.

    Raises:
        ModuleNotFoundError: the extra is not installed.
        Exception: with `check`, whatever the library says of credentials and bucket.
    """
    from google.cloud import storage

    library: Any = storage  # which ships no types
    client = library.Client(project=None)
    if check:
        list(client.list_blobs(bucket, max_results=1))
    return ExternalStorage(drivers=[_GcsDriver(_GcsClient(client), bucket)])


class _Explained(StorageDriver):
    """Says why a payload could not be stored, or does not come back."""

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> list[StorageDriverClaim]:
        try:
            return await super().store(context, payloads)  # type: ignore[safe-super]
        except (RuntimeError, ValueError) as error:
            raise not_stored(str(error.__cause__ or error)) from error

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        try:
            return await super().retrieve(context, claims)  # type: ignore[safe-super]
        except (RuntimeError, ValueError, KeyError) as error:
            raise StoredPayloadMissing(f"a stored payload can't be read: {error}") from None


class _S3Driver(_Explained, S3StorageDriver):
    pass


class _GcsDriver(_Explained, GCSStorageDriver):
    pass


class _S3Client(S3StorageDriverClient):
    def __init__(self, client: Any) -> None:
        self._client = client

    async def put_object(self, *, bucket: str, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._client.put_object, Bucket=bucket, Key=key, Body=data)

    async def object_exists(self, *, bucket: str, key: str) -> bool:
        try:
            await asyncio.to_thread(self._client.head_object, Bucket=bucket, Key=key)
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _NO_OBJECT:
                return False
            raise
        return True

    async def get_object(self, *, bucket: str, key: str) -> bytes:
        def read() -> bytes:
            data: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
            return data

        return await asyncio.to_thread(read)


class _GcsClient(GCSStorageDriverClient):
    def __init__(self, client: Any) -> None:
        self._client = client

    async def put_object(self, *, bucket: str, object_name: str, data: bytes) -> None:
        from google.api_core.exceptions import PreconditionFailed

        blob = self._client.bucket(bucket).blob(object_name)
        try:
            await asyncio.to_thread(blob.upload_from_string, data, if_generation_match=0)
        except PreconditionFailed:
            return  # another worker has just stored the same

    async def object_exists(self, *, bucket: str, object_name: str) -> bool:
        blob = self._client.bucket(bucket).blob(object_name)
        found: bool = await asyncio.to_thread(blob.exists)
        return found

    async def get_object(self, *, bucket: str, object_name: str) -> bytes:
        blob = self._client.bucket(bucket).blob(object_name)
        data: bytes = await asyncio.to_thread(blob.download_as_bytes)
        return data
