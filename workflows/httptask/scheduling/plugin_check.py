"""What a worker without the plugin is told: what is missing, before Temporal's own words for what follows from that.

The package is imported anew in a workflow's sandbox only where no plugin passes it through, and can't be there.
"""

from typing import Final

from temporalio import workflow

__all__ = ["PLUGIN", "require_plugin"]

PLUGIN: Final = "httptask.HttpTaskPlugin"
"""The extern function by which the plugin tells workflows that their worker has it."""
_CURE: Final = "this worker lacks HttpTaskPlugin: connect its client with plugins=[HttpTaskPlugin()]"

if workflow.unsafe.in_sandbox() and not workflow.unsafe.is_imports_passed_through():
    raise ImportError(_CURE)


def require_plugin() -> None:
    """Name the plugin where the worker lacks it.

    Raises:
        RuntimeError: the worker lacks it. It fails the workflow task, which is tried again, so that the run goes on
            once a worker has the plugin.
    """
    if PLUGIN not in workflow.extern_functions():  # pyright: ignore[reportUnknownMemberType] - the SDK's
        raise RuntimeError(_CURE)
