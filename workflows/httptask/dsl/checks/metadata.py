"""`metadata.httptask`: what the standard leaves to runtimes, checked like everything else."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.words import Kind, wrong_kind
from httptask.dsl.locate import Token, tokens_of
from httptask.dsl.metadata import Budget, RuntimeMetadata, TaskMetadata
from httptask.dsl.program import Program
from httptask.dsl.structure.messages import fault_of
from httptask.dsl.structure.validate import errors_of
from httptask.json.pointer import json_pointer
from httptask.json.types import is_object

__all__ = ["check_metadata"]


def check_metadata(program: Program) -> Iterator[Fault]:
    """Find keys and values of `metadata.httptask` that this runtime doesn't know."""
    of_document = program.definition.document.metadata
    yield from _faults(RuntimeMetadata, of_document, ("document",))
    budget = of_document.get("budget")
    if is_object(budget) and budget and budget.keys() <= Budget.model_fields.keys():
        place = json_pointer(("document", "metadata", "budget"))
        message = "`budget` bounds nothing here: other metadata than `httptask` is not read"
        hint = "write `metadata: { httptask: { budget: … } }`"
        yield TextFault(place, "budget-unread", message, hint, Severity.WARNING, at_key=True)
    for node in program.nodes.values():
        yield from _faults(
            TaskMetadata, node.task.metadata, tokens_of(program.document, program.written_at(node.pointer))
        )


def _faults(model: type[BaseModel], metadata: Mapping[str, Any], owner: tuple[Token, ...]) -> Iterator[Fault]:
    settings: Any = metadata.get("httptask", {})
    place = (*owner, "metadata", "httptask")
    if is_object(settings):
        yield from map(fault_of, errors_of(model, settings, place))
    else:
        message = wrong_kind("`httptask`", settings, Kind.OBJECT)
        yield TextFault(json_pointer(place), "wrong-type", message, "write settings under it", at_key=True)
