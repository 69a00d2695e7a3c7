"""Values as Temporal carries them, checked before Temporal is given them."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload

from httptask.activities.names import STORED_FROM
from httptask.activities.storage import MAX_INLINE_BYTES, MAX_STORED_BYTES, fits
from httptask.calls.problem import TaskFault

__all__ = ["payload_of", "refuse_too_large", "require_room", "stored_from"]

_A_MINUTE = timedelta(minutes=1)
_SEND_LESS = "send a part of it, or a reference to it"


async def payload_of(value: Any, what: str, cure: str = _SEND_LESS) -> Payload:
    """A value as Temporal carries it.

    Args:
        value: to be carried.
        what: names it in an error.
        cure: what to do when it is too large.

    Raises:
        TaskFault: with the typed error `PayloadTooLarge`, or `PayloadInvalid` for what can't be stored.
    """
    payload = _converted(value, what)
    await require_room(payload.ByteSize(), what, cure)
    return payload


async def require_room(size: int, what: str, cure: str = _SEND_LESS) -> None:
    """Refuse what is larger than Temporal carries.

    Raises:
        TaskFault: with the typed error `PayloadTooLarge`.
    """
    if size > MAX_INLINE_BYTES:
        refuse_too_large(size, await stored_from(), what, cure)


def refuse_too_large(size: int, stored_from: int | None, what: str, cure: str = _SEND_LESS) -> None:
    """Refuse what is larger than Temporal carries, where it is known what is stored outside of it.

    Args:
        size: in bytes.
        stored_from: from which size on payloads are stored; None where none are.
        what: as for `payload_of`.
        cure: as for `payload_of`.

    Raises:
        TaskFault: with the typed error `PayloadTooLarge`.
    """
    if fits(size, stored_from):
        return
    limit = MAX_INLINE_BYTES if stored_from is None else MAX_STORED_BYTES
    storage = ", or configure external storage" if stored_from is None else ""
    TaskFault.raise_standard(
        "runtime",
        "Too large",
        detail=f"{what} has {size:,} bytes, more than the {limit:,} that Temporal carries; {cure}{storage}",
        error="PayloadTooLarge",
    )


async def stored_from() -> int | None:
    """From which size on payloads are stored outside of Temporal; None where none are."""
    threshold: int | None = await workflow.execute_local_activity(
        STORED_FROM, result_type=int, start_to_close_timeout=_A_MINUTE
    )
    return threshold


def _converted(value: Any, what: str) -> Payload:
    """A value as Temporal would carry it, of any size.

    Raises:
        TaskFault: with the typed error `PayloadInvalid`.
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
    return payload
