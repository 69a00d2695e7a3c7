"""One operation as the document of its API describes it, and which document that is."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from httptask.diagnostics.suggest import hint_for_unknown
from httptask.http.errors import RequestInvalid
from httptask.openapi.document import Document, Problems, load_document
from httptask.openapi.operation import Operation
from httptask.openapi.reader import Listed, OperationReader, list_operations

__all__ = ["Described", "KeptDocuments", "OperationUnknown", "describe", "find_operation", "operation_id_of"]


class OperationUnknown(RequestInvalid):
    """The document has no operation of that id."""


@dataclass(frozen=True, slots=True)
class Described:
    """An operation of a document.

    Attributes:
        sha256: of the bytes of the file that the document begins in, in hexadecimal.
        source: the address that relative servers follow; None where nobody knows one.
        place: where a project keeps the document, as people name it; empty for one that was loaded from its address.
    """

    operation: Operation
    sha256: str
    source: str | None
    place: str = ""


class KeptDocuments(Protocol):
    """API documents that are at hand, so that nothing has to be sent for them."""

    def find(self, address: str, operation_id: str, definition: str | None) -> Described | None:
        """An operation of the document at an address; blocks while files are read.

        Args:
            address: a URL; behind `file://` the path of a file, relative to the definition.
            operation_id: of the operation.
            definition: the workflow type of the run that asks; None for what is no run.

        Returns:
            None for a URL whose document is not kept.

        Raises:
            OperationUnknown: the document has no such operation.
            RequestInvalid: there is no such file, or what is kept can't be read.
        """
        ...


def operation_id_of(listed: Listed) -> str:
    """By which definitions name an operation: its operationId, or the name of one that has none."""
    return listed.operation_id or listed.name


def find_operation(listed: Sequence[Listed], id_: str) -> Listed:
    """The operation that definitions name so.

    Raises:
        OperationUnknown: there is none.
    """
    found = next((one for one in listed if operation_id_of(one) == id_), None)
    if found is None:
        hint = hint_for_unknown(id_, map(operation_id_of, listed), "operations in it")
        raise OperationUnknown(f"the document has no operation `{id_}`: {hint}")
    return found


def describe(
    file: str, read: Callable[[str], bytes | None], id_: str, *, source: str | None, place: str = ""
) -> Described:
    """An operation of the document that begins in a file.

    Args:
        file: its name.
        read: gives a file by its path below the folder of that one, None where there is none.
        id_: of the operation.
        source: as in `Described`.
        place: as in `Described`.

    Raises:
        DocumentInvalid: it is no API document, or can't be read.
        OperationUnknown: it has no such operation.
    """
    document: Document = load_document(file, read)
    problems = Problems()
    found = find_operation(list_operations(document, problems), id_)
    operation = OperationReader(document, problems).read(found)
    return Described(operation, hashlib.sha256(read(file) or b"").hexdigest(), source, place)
