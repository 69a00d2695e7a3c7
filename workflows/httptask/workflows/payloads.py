"""Values as Temporal carries them, checked before Temporal is given them."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload

from httptask.activities.names import STORED_FROM
from httptask.activities.storage import MAX_INLINE_BYTES, MAX_STORED_BYTES, fits
from httptask.workflows.problem import TaskFault

__all__ = ["payload_of"]

_A_MINUTE = timedelta(minutes=1)


async def payload_of(value: Any, what: str) -> Payload:
    """A value as Temporal carries it.

    Raises:
        TaskFault: with the typed error `PayloadTooLarge`, or `PayloadInvalid` for what nests too deeply.
    """
    try:
        [payload] = workflow.payload_converter().to_payloads([value])
    except ValueError:
        TaskFault.raise_standard(
            "runtime",
            "Can't be stored",
            detail=f"{what} nests too deeply, or a text in it holds half of a surrogate pair",
            error="PayloadInvalid",
        )
    size = payload.ByteSize()
    if size > MAX_INLINE_BYTES:
        await _require_storage(size, what)
    return payload


async def _require_storage(size: int, what: str) -> None:
    threshold: int | None = await workflow.execute_local_activity(
        STORED_FROM, result_type=int, start_to_close_timeout=_A_MINUTE
    )
    if not fits(size, threshold):
        limit = MAX_INLINE_BYTES if threshold is None else MAX_STORED_BYTES
        cure = " or configure external storage" if threshold is None else ""
        TaskFault.raise_standard(
            "runtime",
            "Too large",
            detail=f"{what} has {size:,} bytes, more than the {limit:,} that Temporal carries; "
            f"send a part of it, or a reference to it{',' if cure else ''}{cure}",
            error="PayloadTooLarge",
        )
