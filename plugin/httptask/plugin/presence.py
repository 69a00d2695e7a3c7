"""Tells workflows that their worker has the plugin."""

from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

from httptask.scheduling.registered import PLUGIN

__all__ = ["Presence"]


class Presence(Interceptor):
    """Is seen by every workflow, and changes nothing else."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002
    ) -> type[WorkflowInboundInterceptor] | None:
        """See base class."""
        input.unsafe_extern_functions[PLUGIN] = Presence  # pyright: ignore[reportUnknownMemberType] - the SDK's
        return None
