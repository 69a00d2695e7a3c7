"""`raise`: end in an error of the author's own."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import Field

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DefinitionModel, ErrorDefinition, TaskBase, Use
from httptask.dsl.standard_patterns import URI, expression_fault, is_uri
from httptask.dsl.tasks.kind import TaskKind, TaskNode
from httptask.json.pointer import child_pointer

__all__ = ["ERROR", "RAISE", "error_faults"]

ERROR: Final = Part("error")
_POINTER: Final = re.compile(r"(/([^/~]|~[01])*)*")


class Raise(DefinitionModel):
    """What a `raise` raises."""

    error: ErrorDefinition | str
    """The error, or the name of one under `use.errors`."""


class RaiseTask(TaskBase):
    """Ends in an error, and the workflow with it, unless a `try` catches it."""

    raise_: Raise = Field(alias="raise")
    """The error."""


class _Raise(TaskKind[RaiseTask]):
    keyword = "raise"
    spec_model = RaiseTask
    does = "ends in an error of yours: the workflow too, unless a `try` catches it"
    yields = ""
    leads_on = False

    def headline(self, node: TaskNode) -> str:
        error = self.spec(node).raise_.error
        return error if isinstance(error, str) else error.type

    def compile(self, parts: PartsBuilder, pointer: str, spec: RaiseTask) -> None:
        error, at = spec.raise_.error, f"{pointer}/raise/error"
        if isinstance(error, str):
            at, found = child_pointer("/use/errors", error), parts.use.errors.get(error)
        else:
            found = error
        if found is not None:
            parts.template(ERROR, at, found.model_dump(exclude_none=True))

    def raises(self, node: TaskNode) -> Iterator[ErrorDefinition]:
        error = self.spec(node).raise_.error
        if not isinstance(error, str):
            yield error

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        error, pointer = self.spec(node).raise_.error, f"{node.pointer}/raise/error"
        if not isinstance(error, str):
            yield from error_faults(pointer, error)
        elif error not in use.errors:
            hint = hint_for_unknown(error, use.errors, "names under `use.errors`")
            yield Fault(pointer, "unknown-error", f"there is no error `{error}`", hint)


def error_faults(pointer: str, error: ErrorDefinition) -> Iterator[Fault]:
    """What is wrong with the form of an error, here or under `use.errors`."""
    if "${" in error.type and not URI.match(error.type):
        fault = expression_fault(f"{pointer}/type", error.type)
        yield from () if fault is None else (fault,)
    elif not is_uri(error.type):
        hint = "write a URI of your own, such as https://example.com/errors/out-of-stock"
        yield Fault(f"{pointer}/type", "wrong-form", f"`{error.type}` is no absolute URI", hint)
    if error.instance is not None and not _POINTER.fullmatch(error.instance):
        hint = "write a JSON Pointer such as /do/0/check, or leave it out: then it is the task's"
        yield Fault(f"{pointer}/instance", "wrong-form", f"`{error.instance}` is no JSON Pointer", hint)


RAISE: Final = _Raise()
