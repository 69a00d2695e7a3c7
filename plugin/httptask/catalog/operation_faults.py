"""Operations that definitions call, held against the API documents that are at hand."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from httptask.activities.api_operation import ApiOperation
from httptask.calls.operation_names import name_faults
from httptask.diagnostics.fault import Fault
from httptask.dsl.program import Program
from httptask.dsl.tasks.openapi import ApiCall, api_call
from httptask.http.errors import RequestInvalid
from httptask.json.pointer import child_pointer

if TYPE_CHECKING:
    from httptask.openapi.described import KeptDocuments

__all__ = ["operation_faults"]


def operation_faults(program: Program, documents: "KeptDocuments") -> Iterator[Fault]:
    """What tasks want of API documents that these do not have; nothing of documents that are not at hand.

    Args:
        program: the definition.
        documents: that can be read without asking anybody.
    """
    for node in program.nodes.values():
        call = api_call(node)
        if call is not None and call.address is not None:
            yield from _faults(f"{node.pointer}/with", call, call.address, documents)


def _faults(at: str, call: ApiCall, address: str, documents: "KeptDocuments") -> Iterator[Fault]:
    from httptask.activities.api_documents import kept_operation
    from httptask.openapi.described import OperationUnknown

    try:
        operation = kept_operation(documents, address, call.operation_id)
    except OperationUnknown as error:
        message, _, hint = error.message.partition(": ")
        yield Fault(f"{at}/operationId", "unknown-operation", message, hint)
    except RequestInvalid as error:
        message = error.message if error.cure is None else error.message.removesuffix(f": {error.cure}")
        yield Fault(call.at, "api-document", message, error.cure)
    else:
        yield from () if operation is None else _names(at, operation, call.parameters)


def _names(at: str, operation: ApiOperation, parameters: Mapping[str, Any]) -> Iterator[Fault]:
    empty = {name for name, value in parameters.items() if value is None}
    for fault in name_faults(operation, parameters.keys() - empty, empty):
        message, _, hint = f"{operation.operation_id} {fault.what}".partition(": ")
        if fault.name is not None:
            place = child_pointer(f"{at}/parameters", fault.name)
            yield Fault(place, "unknown-parameter", message, fault.hint or hint or None)
        else:
            place = f"{at}/parameters" if parameters else f"{at}/operationId"
            yield Fault(place, "missing-parameter", message, "write it under `parameters`")
