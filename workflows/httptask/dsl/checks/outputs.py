"""What is known before a run about the shape of a task's input and output."""

import re
from typing import Any, Final

from httptask.chat.models import CALL_FIELDS, Completion
from httptask.dsl.checks.flow import jumps_of
from httptask.dsl.checks.schema_shape import MissingKey, SchemaShape
from httptask.dsl.functions import ChatCompletionArguments, HttpArguments, HttpRequestArguments, MapArguments
from httptask.dsl.model import CallTask, Input, Output, RaiseTask, SetTask, SwitchTask
from httptask.dsl.program import Program, TaskNode, TaskSequence
from httptask.dsl.reading_arguments import PaginateArguments
from httptask.json.types import is_array, is_object

__all__ = ["KEPT_HEADERS", "declared", "page_response", "raw_inputs", "raw_output", "transformed_output"]

_COMPLETION: Final = Completion.model_json_schema(mode="serialization")
_TEXT_MAP: Final = {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}
_REQUEST: Final = {
    "type": "object",
    "properties": {"method": {"type": "string"}, "uri": {"type": "string"}, "headers": _TEXT_MAP},
    "additionalProperties": False,
}
KEPT_HEADERS: Final = "x-kept-headers"
"""In a schema of the headers of a response: the task that it answers."""
_PLAIN_PATH: Final = re.compile(r"(?:\.[A-Za-z_]\w*)+")


def declared(part: Input | Output | None) -> SchemaShape | None:
    """The shape that an inline schema declares."""
    return None if part is None or part.schema_ is None else SchemaShape.of(part.schema_.document)


def page_response(node: TaskNode) -> SchemaShape:
    """The shape of `$response` in the expressions of `paginate`."""
    return _object({"statusCode": {"type": "integer"}, "headers": _headers_for(node)})


def transformed_output(node: TaskNode) -> SchemaShape | None:
    """The shape of a task's output after `output.as`: what `$tasks` and the next task see."""
    output = node.task.output
    shape = declared(output)
    if shape is not None or output is None or output.as_ is None:
        return shape or raw_output(node)
    source = (
        output.as_.strip().removeprefix("${").removesuffix("}").strip() if isinstance(output.as_, str) else ""
    )
    shape = raw_output(node) if _PLAIN_PATH.fullmatch(source) else None
    for key in source.split(".")[1:]:
        step = None if shape is None else shape.read(key)
        shape = None if isinstance(step, MissingKey) else step
    return shape


def raw_output(node: TaskNode) -> SchemaShape | None:
    """The shape of a task's output before `output.as`, as far as the kind of task says."""
    match node.arguments:
        case ChatCompletionArguments(output="completion"):
            return _completion(node)
        case HttpRequestArguments(paginate=PaginateArguments()):
            return SchemaShape.of({"type": "array"})
        case HttpArguments(output="response") | HttpRequestArguments(output="response"):
            return _response(node)
        case MapArguments():
            return SchemaShape.of({"type": "array"})
        case _:
            pass
    if isinstance(node.task, SetTask) and is_object(node.task.set):
        return SchemaShape.of(_shape_of_literal(node.task.set))
    return None


def _response(node: TaskNode) -> SchemaShape:
    """dsl-reference.md, HTTP Response."""
    answer = {"statusCode": {"type": "integer"}, "headers": _headers_for(node), "content": {}}
    return _object({"request": _REQUEST, **answer})


def _headers_for(node: TaskNode) -> dict[str, Any]:
    return {**_TEXT_MAP, KEPT_HEADERS: node}


def _object(properties: dict[str, Any]) -> SchemaShape:
    return SchemaShape.of({"type": "object", "properties": properties, "additionalProperties": False})


def raw_inputs(program: Program) -> dict[str, SchemaShape]:
    """Shapes of tasks' inputs by pointer: the output of the task before, where no other way leads there."""
    shapes: dict[str, SchemaShape] = {}
    for sequence in program.sequences.values():
        targets = {jump.target for node in sequence.tasks for jump in jumps_of(node)}
        for index, node in enumerate(sequence.tasks):
            shape = (
                _first_input(program, sequence) if index == 0 else _output_before(sequence.tasks[index - 1])
            )
            if shape is not None and node.name not in targets:
                shapes[node.pointer] = shape
    return shapes


def _first_input(program: Program, sequence: TaskSequence) -> SchemaShape | None:
    transforms = program.definition.input is not None and program.definition.input.from_ is not None
    return declared(program.definition.input) if sequence is program.root and not transforms else None


def _output_before(node: TaskNode) -> SchemaShape | None:
    """A task that may be skipped, or that goes elsewhere, says nothing about the next one's input."""
    leaves = node.task.then not in (None, "continue") or isinstance(node.task, RaiseTask | SwitchTask)
    return None if leaves or node.task.if_ is not None else transformed_output(node)


def _completion(node: TaskNode) -> SchemaShape:
    arguments: dict[str, Any] = node.task.with_ if isinstance(node.task, CallTask) else {}
    properties = {key: value for key, value in _COMPLETION["properties"].items() if key not in CALL_FIELDS}
    answer: Any = arguments
    for key in ("response_format", "json_schema", "schema"):
        answer = answer.get(key) if is_object(answer) else None
    if is_object(answer):
        properties["json"] = _inlined(answer)
    schema = {**_COMPLETION, "properties": properties, "additionalProperties": False}
    return SchemaShape.of(schema)


def _inlined(answer: dict[str, Any]) -> dict[str, Any]:
    """A schema with references of its own would point into the wrong document: nothing is known then."""
    return {} if "$ref" in str(answer) else answer


def _shape_of_literal(value: Any) -> dict[str, Any]:
    """The shape of a template: its keys are fixed, what expressions yield is not known."""
    if is_object(value):
        properties = {key: _shape_of_literal(child) for key, child in value.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    if is_array(value) and value:
        return {"type": "array", "items": {"anyOf": [_shape_of_literal(item) for item in value]}}
    return {}
