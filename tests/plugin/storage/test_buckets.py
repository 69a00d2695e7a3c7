"""External storage in buckets, by the clients that their vendors make."""

from collections.abc import Iterator

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ExternalStorage,
    StorageDriver,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from httptask.plugin import StoredPayloadMissing, gcs_storage, s3_storage
from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.object_server import BUCKET, Buckets, object_server
from support.runs import running

KINDS = ["s3", "gcs"]
PAYLOADS = [Payload(metadata={"encoding": b"json/plain"}, data=data) for data in (b"1", b"2" * 100_000, b"1")]
FETCH = """
do:
  - fetch:
      call: httpRequest
      with: { method: get, connection: files, path: /, responseBytes: 20000000 }
"""


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    with object_server() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield server


def storage(kind: str, buckets: Buckets, bucket: str = BUCKET, *, check: bool = False) -> ExternalStorage:
    if kind == "gcs":
        return gcs_storage(bucket, check=check)
    return s3_storage(bucket, region="eu-west-1", endpoint_url=buckets.url, check=check)


def driver(kind: str, buckets: Buckets) -> StorageDriver:
    return storage(kind, buckets).drivers[0]


@pytest.mark.parametrize("kind", KINDS)
async def test_payloads_come_back(buckets: Buckets, kind: str) -> None:
    store, retrieve = StorageDriverStoreContext(), StorageDriverRetrieveContext()
    claims = await driver(kind, buckets).store(store, PAYLOADS)
    assert await driver(kind, buckets).retrieve(retrieve, claims) == PAYLOADS
    assert len(buckets.objects) == 2  # equal payloads share one
    uploads = buckets.uploads
    await driver(kind, buckets).store(store, PAYLOADS)
    assert buckets.uploads == uploads


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_lost_or_damaged(buckets: Buckets, kind: str) -> None:
    [claim, *_] = await driver(kind, buckets).store(StorageDriverStoreContext(), PAYLOADS)
    buckets.objects |= dict.fromkeys(buckets.objects, b"damaged")
    with pytest.raises(
        StoredPayloadMissing, match=r"a stored payload can't be read: .*integrity check failed"
    ):
        await driver(kind, buckets).retrieve(StorageDriverRetrieveContext(), [claim])
    buckets.objects.clear()
    with pytest.raises(StoredPayloadMissing, match=r"a stored payload can't be read: .*retrieve failed"):
        await driver(kind, buckets).retrieve(StorageDriverRetrieveContext(), [claim])


@pytest.mark.parametrize("kind", KINDS)
def test_a_bucket_is_looked_at_before_anything_is_paid(buckets: Buckets, kind: str) -> None:
    storage(kind, buckets, check=True)
    storage(kind, buckets, "another")
    with pytest.raises(Exception, match=r"NoSuchBucket|404"):
        storage(kind, buckets, "another", check=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_can_not_be_stored_fails_an_activity_for_good(buckets: Buckets, kind: str) -> None:
    [lost] = storage(kind, buckets, "another").drivers
    with pytest.raises(ApplicationError, match=r"the result can't be stored: .*404") as caught:
        await lost.store(StorageDriverStoreContext(), PAYLOADS)
    assert (caught.value.type, caught.value.non_retryable) == ("PayloadNotStored", True)


@pytest.mark.parametrize("kind", KINDS)
async def test_large_responses(temporal: WorkflowEnvironment, buckets: Buckets, kind: str) -> None:
    text = Reply.of(b"x" * 3_000_000, headers={"Content-Type": "text/plain"})
    async with ScriptedServer([text]) as server:
        connections = {"files": local_connection("files", server.url)}
        async with running(temporal, connections=connections, storage=storage(kind, buckets)) as runner:
            outcome = await runner.run(FETCH)
            history = await outcome.handle.fetch_history()
    assert outcome.output == "x" * 3_000_000
    assert sum(event.ByteSize() for event in history.events) < 20_000
    assert sum(map(len, buckets.objects.values())) > 3_000_000
