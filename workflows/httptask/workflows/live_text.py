"""The stream on which the texts of a run are published while they come."""

from typing import Final

from temporalio import workflow
from temporalio.contrib.workflow_streams import WorkflowStream, WorkflowStreamState

from httptask.activities.names import PARTS_TOPIC

__all__ = ["LiveStream", "require_stream"]

_KEPT: Final = 256 * 1024
"""How many bytes are kept for subscribers that come late, between calls and into a continued run."""
_PUBLISH_SIGNAL: Final = "__temporal_workflow_stream_publish"


class LiveStream:
    """The stream of one run of a definition, bounded."""

    def __init__(self, state: WorkflowStreamState | None, *, hosted: bool) -> None:
        """Host the stream; has to be called by the workflow's own `__init__`.

        Args:
            state: what the run before this one has handed on.
            hosted: whether the run has a stream at all; that takes a tenth of a short run's time.
        """
        self._stream = WorkflowStream(state) if hosted else None

    def follow_part(self, workflow_id: str) -> None:
        """Lead those who follow the run to a workflow that runs a part of it, with a stream of its own."""
        if self._stream is not None:
            self._stream.topic(PARTS_TOPIC, type=str).publish(workflow_id)

    def trim(self) -> None:
        """Forget the oldest pieces beyond what is kept."""
        if self._stream is None:
            return
        state = self._stream.get_state()
        room, first = _KEPT, len(state.log)
        while first and len(state.log[first - 1].data) <= room:
            first -= 1
            room -= len(state.log[first].data)
        self._stream.truncate(state.base_offset + first)

    async def end(self) -> WorkflowStreamState | None:
        """Let go of those who wait for more, with what there is; what a continued run needs."""
        if self._stream is None:
            return None
        self._stream.detach_pollers()
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.trim()
        return self._stream.get_state()


def require_stream() -> None:
    """See that the workflow has a stream: signals for one that it hasn't would only fill its history.

    Raises:
        ValueError: it has none.
    """
    if workflow.get_signal_handler(_PUBLISH_SIGNAL) is None:  # pyright: ignore[reportUnknownMemberType]
        raise ValueError(
            "`live` needs a stream to publish on: make a temporalio.contrib.workflow_streams.WorkflowStream() in the "
            "`__init__` of the workflow, which is marked with @workflow.init"
        )
