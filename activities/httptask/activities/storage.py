"""How large a payload may be: what Temporal carries itself, and more where external storage is configured."""

from temporalio import activity
from temporalio.converter import DataConverter

from httptask.activities import names

__all__ = ["MAX_INLINE_BYTES", "MAX_STORED_BYTES", "fits", "stored_from", "threshold_of"]

MAX_INLINE_BYTES = 1_900_000
"""Temporal refuses a payload above 2 MiB only after the call is made and paid, and then makes it again."""

MAX_STORED_BYTES = 48 * 1024 * 1024
"""Just below what the SDK's drivers for S3 and GCS accept. The worker holds all of it in memory."""


@activity.defn(name=names.STORED_FROM)
async def stored_from() -> int | None:
    """Tell from which size on this worker stores payloads outside of Temporal; None when it stores none.

    A workflow can't see its worker's storage, so it asks in a local activity, whose answer its history keeps.
    """
    try:
        return threshold_of(activity.client().data_converter)
    except RuntimeError:  # only tests run activities without a client
        return None


def threshold_of(converter: DataConverter) -> int | None:
    """From which size on payloads are stored outside of Temporal; None where none are."""
    storage = converter.external_storage
    return None if storage is None else storage.payload_size_threshold


def fits(size: int, stored_from: int | None) -> bool:
    """Whether Temporal takes a payload of so many bytes from a worker that stores larger ones outside of it."""
    return size <= MAX_INLINE_BYTES or (stored_from is not None and stored_from <= size <= MAX_STORED_BYTES)
