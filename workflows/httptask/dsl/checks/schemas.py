"""JSON Schemas of inputs, outputs and contexts: whether they are any."""

from collections.abc import Iterator

from httptask.diagnostics.fault import Fault
from httptask.dsl.model import Export, Input, Output
from httptask.dsl.program import Program
from httptask.json.schema import compile_schema

__all__ = ["check_schemas"]


def check_schemas(program: Program) -> Iterator[Fault]:
    """Find schemas that do not compile: a wrong keyword, a regular expression that is none, a `$ref` to elsewhere."""
    for pointer, described in _described(program):
        if described is None or described.schema_ is None:
            continue
        try:
            compile_schema(described.schema_.document)
        except ValueError as invalid:
            hint = "see https://json-schema.org; references may only point into the schema itself"
            yield Fault(f"{pointer}/schema/document", "schema", f"not a JSON Schema: {invalid}", hint)


def _described(program: Program) -> Iterator[tuple[str, Input | Output | Export | None]]:
    yield "/input", program.definition.input
    yield "/output", program.definition.output
    for node in program.nodes.values():
        yield f"{node.pointer}/input", node.task.input
        yield f"{node.pointer}/output", node.task.output
        yield f"{node.pointer}/export", node.task.export
