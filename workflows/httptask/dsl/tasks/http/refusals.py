"""What the sender of a request refuses, as faults of a definition."""

from collections.abc import Callable, Iterator

from httptask.diagnostics.fault import Fault
from httptask.http.errors import RequestInvalid

__all__ = ["refusals"]


def refusals(
    pointer: str, code: str, check: Callable[[], object], default_hint: str | None = None
) -> Iterator[Fault]:
    """The fault that a check of the sender finds, if it finds one.

    Args:
        pointer: to what is checked.
        code: of the fault.
        check: raises `RequestInvalid`, whose text says what is wrong, a colon, and the cure.
        default_hint: where its text holds no cure.
    """
    try:
        check()
    except RequestInvalid as error:
        message, _, hint = error.message.partition(": ")
        yield Fault(pointer, code, message, hint or default_hint)
