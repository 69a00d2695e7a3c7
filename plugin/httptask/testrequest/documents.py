"""The operation that a task calls, found before its request can be planned."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING

from temporalio.client import Client

from httptask.activities.names import API_OPERATION
from httptask.calls.problem import TaskFault, problem_of_failure
from httptask.client.edge import Edge
from httptask.dsl.program import Program
from httptask.http.errors import HttpTaskError
from httptask.testrequest.execution import ExecutionFailed, ask
from httptask.testrequest.planning import plan_document
from httptask.testrequest.sample import NotTestable, Sample

if TYPE_CHECKING:
    from httptask.activities.api_operation import ApiOperation, OperationRequest
    from httptask.openapi.described import Described, KeptDocuments

__all__ = ["FoundOperation", "Load", "find_operation", "load_here", "load_on"]

_UNTIL_BEGUN = timedelta(seconds=30)
_LOADING_TIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class FoundOperation:
    """An operation.

    Attributes:
        described: with all that its document says; None where only a worker elsewhere has seen that.
    """

    operation: "ApiOperation"
    described: "Described | None"


Load = Callable[["OperationRequest"], Awaitable[FoundOperation]]


async def find_operation(
    program: Program, task: str, sample: Sample, documents: "KeptDocuments", load: Load | None
) -> FoundOperation | None:
    """The operation that a task calls; None where the task alone tells what it sends.

    Args:
        program: the definition.
        task: name or JSON Pointer of the task.
        sample: the data that it would find.
        documents: that need not be loaded.
        load: loads another one; None where nothing is to be sent.

    Raises:
        NotTestable: there is no such task, or its document would have to be loaded.
        ExpressionFailed: an expression of the task failed on the sample.
        TaskFault: the task's arguments do not make a request, or the document could not be loaded.
        HttpTaskError: the document can't be loaded or read, or has no such operation.
    """
    request = plan_document(program, task, sample)
    if request is None:
        return None
    from httptask.activities.api_documents import operation_of  # of use to few requests

    described = await asyncio.to_thread(documents.find, request.url, request.operation_id, None)
    if described is not None:
        return FoundOperation(operation_of(described, request), described)
    if load is None:
        raise NotTestable(
            f"{task}: its request is made of {request.url}, which is not loaded where nothing is sent: "
            f"`httptask catalog add {quote(request.url)}` keeps it here"
        )
    return await load(request)


def load_here(edge: Edge) -> Load:
    """Loads documents by what would send the request."""

    async def load(request: "OperationRequest") -> FoundOperation:
        from httptask.activities.api_documents import described_in, operation_of, told_of_document

        try:
            response = await edge.send(request)
        except HttpTaskError as error:
            raise told_of_document(error, request) from None
        described = await asyncio.to_thread(described_in, response, request)
        return FoundOperation(operation_of(described, request), described)

    return load


def load_on(client: Client, task_queue: str) -> Load:
    """Loads documents by workers, which give the operation alone."""

    async def load(request: "OperationRequest") -> FoundOperation:
        from httptask.activities.api_operation import ApiOperation  # of use to few tasks

        try:
            operation = await ask(
                client,
                task_queue,
                API_OPERATION,
                [request],
                ApiOperation,
                name="test-document",
                schedule_to_start=_UNTIL_BEGUN,
                start_to_close=_LOADING_TIME,
            )
        except ExecutionFailed as failed:
            raise TaskFault(problem_of_failure(failed.cause)) from None
        return FoundOperation(operation, None)

    return load
