"""External storage in a folder."""

import os
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from httptask.plugin.storage.folder import StoredPayloadMissing, folder_storage

PAYLOADS = [Payload(metadata={"encoding": b"json/plain"}, data=data) for data in (b"1", b"2" * 100_000, b"1")]


async def store(driver: StorageDriver) -> list[StorageDriverClaim]:
    return await driver.store(StorageDriverStoreContext(), PAYLOADS)


async def retrieve(driver: StorageDriver, *claims: StorageDriverClaim) -> list[Payload]:
    return await driver.retrieve(StorageDriverRetrieveContext(), claims)


def files_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.fixture
def driver(tmp_path: Path) -> StorageDriver:
    return folder_storage(tmp_path / "new" / "folder").drivers[0]


async def test_payloads_come_back(driver: StorageDriver, tmp_path: Path) -> None:
    claims = await store(driver)
    assert await retrieve(driver, *claims) == PAYLOADS
    files = files_in(tmp_path)
    assert len(files) == 2  # equal payloads share one
    assert {oct(file.stat().st_mode)[-3:] for file in files} == {"600"}
    assert {oct(file.parent.stat().st_mode)[-3:] for file in files} == {"700"}


async def test_what_is_stored_again_counts_as_new(driver: StorageDriver, tmp_path: Path) -> None:
    await store(driver)
    files = files_in(tmp_path)
    for file in files:
        os.utime(file, (0, 0))
    await store(driver)
    assert all(file.stat().st_mtime > 0 for file in files)


@pytest.mark.parametrize(
    "digest", ["../../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64, "", "a" * 64 + "\n"]
)
async def test_claims_that_were_never_made_open_no_file(driver: StorageDriver, digest: str) -> None:
    with pytest.raises(StoredPayloadMissing, match="not one that httptask made"):
        await retrieve(driver, StorageDriverClaim({"sha256": digest}))
    with pytest.raises(StoredPayloadMissing, match="not one that httptask made"):
        await retrieve(driver, StorageDriverClaim({}))


async def test_a_file_that_is_not_there(driver: StorageDriver) -> None:
    with pytest.raises(StoredPayloadMissing, match="all workers and clients need the same folder"):
        await retrieve(driver, StorageDriverClaim({"sha256": "a" * 64}))


async def test_damage(driver: StorageDriver, tmp_path: Path) -> None:
    [claim, *_] = await store(driver)
    [file] = [found for found in files_in(tmp_path) if found.name == claim.claim_data["sha256"]]
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoredPayloadMissing, match="damaged"):
        await retrieve(driver, claim)
