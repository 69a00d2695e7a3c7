"""What a worker without the plugin is told: what is missing, before Temporal's own words for what follows from that.

The package is imported anew in a workflow's sandbox only where no plugin passes it through, and can't be there.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from temporalio import workflow

__all__ = ["plugin_required"]

_CURE: Final = "this worker lacks HttpTaskPlugin: connect its client with plugins=[HttpTaskPlugin()]"

if workflow.unsafe.in_sandbox() and not workflow.unsafe.is_imports_passed_through():
    raise ImportError(_CURE)


@contextmanager
def plugin_required() -> Generator[None]:
    """Name the plugin where the SDK knows no activity of ours.

    Raises:
        RuntimeError: the worker has no such activity. It fails the workflow task, which is tried again, so that the run
            goes on once a worker has the plugin.
    """
    try:
        yield
    except ValueError as error:
        if "is not registered on this worker" not in str(error):
            raise
        raise RuntimeError(_CURE) from None
