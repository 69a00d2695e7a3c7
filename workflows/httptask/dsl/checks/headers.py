"""Headers of responses that an expression reads: those that are kept, by the names that they have there."""

from httptask.dsl.checks.outputs import KEPT_HEADERS
from httptask.dsl.checks.schema_shape import SchemaShape
from httptask.dsl.faults import Fault, Severity
from httptask.dsl.functions import HttpRequestArguments, connections_named
from httptask.dsl.program import TaskNode
from httptask.http.headers import is_allowed
from httptask.json.types import is_object

__all__ = ["header_fault"]


def header_fault(pointer: str, shape: SchemaShape, name: str, offset: int) -> Fault | None:
    """What is wrong with reading a name from a shape, if that is one of a response's headers.

    Args:
        pointer: of the expression.
        shape: that is read.
        name: what is read of it.
        offset: where in the expression.
    """
    node = shape.schema.get(KEPT_HEADERS) if is_object(shape.schema) else None
    if not isinstance(node, TaskNode):
        return None
    arguments = node.arguments
    asked_for = arguments.keep_headers if isinstance(arguments, HttpRequestArguments) else ()
    if name.lower() not in (each.lower() for each in asked_for) and not is_allowed(name.lower()):
        connection = next(iter(connections_named(arguments, None)), None)
        message = f"the header `{name}` is not kept of a response"
        if isinstance(arguments, HttpRequestArguments):
            hint = f"ask for it: `keepHeaders: [{name.lower()}]`"
        else:
            hint = "ask for it with `keepHeaders` of `call: httpRequest`"
        if connection is not None:
            hint += f", unless `keep_headers` of the connection {connection} does"
        severity = Severity.ERROR if connection is None else Severity.WARNING
        return Fault(pointer, "unknown-header", message, hint, offset=offset, severity=severity)
    if name != name.lower():
        message = f"there is no header `{name}`: their names are in lower case"
        return Fault(pointer, "unknown-header", message, f'write `.headers["{name.lower()}"]`', offset=offset)
    return None
