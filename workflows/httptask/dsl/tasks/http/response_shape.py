"""What is known of a response before there is one: its shape, and the headers that are kept of it."""

from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpRequestArguments, named_connections
from httptask.dsl.tasks.kind import KEYS_OF_TASK, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.http.headers import is_allowed

__all__ = ["header_fault", "page_shape", "response_shape"]

_TEXT_MAP: Final = {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}
_REQUEST: Final = {
    "type": "object",
    "properties": {"method": {"type": "string"}, "uri": {"type": "string"}, "headers": _TEXT_MAP},
    "additionalProperties": False,
}


def response_shape(node: TaskNode) -> ValueShape:
    """The shape of the output of a task that is its whole response (dsl-reference.md, HTTP Response)."""
    return _object({"request": _REQUEST, **_head(node), "content": {}})


def page_shape(node: TaskNode) -> ValueShape:
    """The shape of `$response` in the expressions of `paginate`."""
    return _object(_head(node))


def _head(node: TaskNode) -> dict[str, Any]:
    return {"statusCode": {"type": "integer"}, "headers": {**_TEXT_MAP, KEYS_OF_TASK: node}}


def _object(properties: dict[str, Any]) -> ValueShape:
    return ValueShape.of({"type": "object", "properties": properties, "additionalProperties": False})


def header_fault(node: TaskNode, pointer: str, name: str, offset: int) -> Fault | None:
    """What is wrong with reading a header of the responses of a task.

    Args:
        node: the task.
        pointer: of the expression.
        name: of the header.
        offset: where in the expression.
    """
    arguments = node.spec
    assert isinstance(arguments, AnyHttpArguments)  # which have responses with headers
    asked_for = arguments.keep_headers if isinstance(arguments, HttpRequestArguments) else ()
    if name.lower() not in (each.lower() for each in asked_for) and not is_allowed(name.lower()):
        _, connection = next(named_connections(arguments, None), (None, None))
        message = f"the header `{name}` is not kept of a response"
        if isinstance(arguments, HttpRequestArguments):
            hint = f"ask for it: `keepHeaders: [{name.lower()}]`"
        else:
            hint = "ask for it with `keepHeaders` of `call: httpRequest`"
        if connection is not None:
            hint += f", unless `keep_headers` of the connection {connection} does"
        severity = Severity.ERROR if connection is None else Severity.WARNING
        return TextFault(pointer, "unknown-header", message, hint, offset=offset, severity=severity)
    if name != name.lower():
        message = f"there is no header `{name}`: their names are in lower case"
        return TextFault(
            pointer, "unknown-header", message, f'write `.headers["{name.lower()}"]`', offset=offset
        )
    return None
