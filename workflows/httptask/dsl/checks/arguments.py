"""Shapes of the arguments that describe a run, as dsl.md ("Runtime expression arguments") has them."""

from collections.abc import Mapping
from typing import Any, Final

from httptask.dsl.schema_shape import SchemaShape

__all__ = ["DESCRIPTORS"]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer"}
_MOMENT: Final = _object(iso8601=_TEXT, epoch=_object(seconds=_WHOLE, milliseconds=_WHOLE))

DESCRIPTORS: Final[Mapping[str, SchemaShape]] = {
    "workflow": SchemaShape.of(_object(id=_TEXT, definition={}, input={}, startedAt=_MOMENT)),
    "task": SchemaShape.of(
        _object(name=_TEXT, reference=_TEXT, definition={}, input={}, output={}, startedAt=_MOMENT)
    ),
    "runtime": SchemaShape.of(_object(name=_TEXT, version=_TEXT, metadata={})),
    "authorization": SchemaShape.of(_object(scheme=_TEXT, parameter=_TEXT)),
}
"""By variable. `$authorization.parameter` is a credential, and refused by the check of secrets."""
