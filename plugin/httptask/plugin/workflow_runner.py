"""Runs interpreted workflows around two faults of Temporal's SDK; `PatientRunner` takes the place of its own runner."""

import threading
import time
from typing import Any

from temporalio import workflow
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

__all__ = ["PatientRunner"]

LONGEST_WAIT = 5.0
"""Seconds of local activities, one after the other, for which queries wait; Temporal lets in new ones every 8."""

_DIRECT_QUERY = "legacy_query"
"""The id of one that is a workflow task by itself, and the SDK's name of it; nothing local is under way then."""


class PatientRunner(UnsandboxedWorkflowRunner):
    """Lets nothing of a workflow task get lost, or out of the order in which a replay will see it.

    **A workflow task that Temporal takes for stuck comes to its end before its workflow is thrown away.** Where one
    works for two seconds, as on a busy machine, the SDK fails it, raises an exception in its thread wherever that is,
    and throws the workflow away in another thread, often before the first has noticed. Two threads in one event loop
    lose what wakes its tasks: they never end, and neither do the workflow, which no worker gets any more, and the
    worker. Work of an interpreted workflow ends by itself: its thread is not told, and so not interrupted, and what
    comes next waits.

    **A query waits while a local activity is under way.** An answer ends the workflow task at once. A local activity
    that ended meanwhile is in history as if the workflow had known; but it is told with the next workflow task, behind
    the updates and signals and with the cancellations that came in between. A replay tells it before them, does other
    things first, and so fails for good. A query without an answer is asked again by the server once the task is over.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See base class."""
        return _PatientInstance(super().create_instance(det))


class _PatientInstance(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance
        self._turn = threading.Lock()
        self._local: set[int] = set()
        self._busy_since = 0.0
        self._answered_early = False
        self._versioning = 0

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See base class."""
        with self._turn:
            queries = [job.query_workflow.query_id for job in act.jobs if job.HasField("query_workflow")]
            if queries and self._local and _DIRECT_QUERY not in queries:
                return self._answer(act)
            if self._is_out_of_order(act):
                return _failed(
                    "A local activity has ended while a query was answered: its order is that of a replay"
                )
            return self._advance(act)

    def _answer(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Leave queries for later, or answer them where that would be long."""
        if time.monotonic() - self._busy_since < LONGEST_WAIT:
            completion = WorkflowActivationCompletion()
            completion.successful.versioning_behavior = self._versioning  # type: ignore[assignment]
            return completion
        self._answered_early = True
        return self._instance.activate(act)

    def _is_out_of_order(self, act: WorkflowActivation) -> bool:
        """Whether the end of a local activity may have been before, and not with, what else is told."""
        answered, self._answered_early = self._answered_early, False
        ended = len(_ended_locally(act))
        return answered and 0 < ended < len(act.jobs)

    def _advance(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        was_busy = bool(self._local)
        self._local -= _ended_locally(act)
        completion = self._instance.activate(act)
        self._versioning = completion.successful.versioning_behavior
        self._local |= {
            command.schedule_local_activity.seq
            for command in completion.successful.commands
            if command.HasField("schedule_local_activity")
        }
        if not was_busy:
            self._busy_since = time.monotonic()
        return completion

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        """See base class."""
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        """See base class."""
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> workflow.Info:
        """See base class."""
        return self._instance.get_info()

    def get_thread_id(self) -> None:
        """None: see `PatientRunner`."""


def _ended_locally(act: WorkflowActivation) -> set[int]:
    """Numbers of the local activities whose ends are told."""
    ended = (job.resolve_activity for job in act.jobs if job.HasField("resolve_activity"))
    return {resolved.seq for resolved in ended if resolved.is_local}


def _failed(message: str) -> WorkflowActivationCompletion:
    """An end of a workflow task after which the workflow is made anew from its history."""
    completion = WorkflowActivationCompletion()
    completion.failed.failure.message = message
    completion.failed.failure.application_failure_info.SetInParent()
    return completion
