"""JSON Schema checks of inputs, outputs and contexts (dsl.md, Data Flow)."""

from typing import Any

from httptask.calls.problem import TaskFault
from httptask.diagnostics.cutting import shortened
from httptask.dsl.model import Input, Schema
from httptask.json.schema import compile_schema

__all__ = ["NOT_VALID", "check_input", "check_schema"]

NOT_VALID = "Not valid"
"""Title of the problem of a value that does not fit its schema."""

_SHOWN = 5
_LACKS = "Required"
"""The kind of error of a validator that says what is not there."""


def check_input(asked: Input | None, value: Any, what: str, *, is_part: bool = False) -> None:
    """Validate an input against what asks for it: a definition, whose runs it is given to, or nothing.

    Raises:
        TaskFault: as of `check_schema`.
    """
    check_schema(None if asked is None else asked.schema_, value, what, is_part=is_part)


def check_schema(schema: Schema | None, value: Any, what: str, *, is_part: bool = False) -> None:
    """Validate a value; of a part of one, what is there.

    Raises:
        TaskFault: of type validation, naming up to five places that don't fit; of type configuration when the
            schema is not one.
    """
    if schema is None:
        return
    try:
        validator = compile_schema(schema.document)
    except ValueError as invalid:
        TaskFault.raise_standard("configuration", "Not a schema", detail=f"the schema of {what}: {invalid}")
    errors = [
        f"/{'/'.join(str(key) for key in error.instance_path)}: {error.message}"
        for error in validator.iter_errors(value)
        if not (is_part and type(error.kind).__name__ == _LACKS)
    ]
    if errors:
        shown = "; ".join(errors[:_SHOWN]) + (
            f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        )
        TaskFault.raise_standard(
            "validation", NOT_VALID, detail=shortened(f"{what} does not fit its schema: {shown}", 2000)
        )
