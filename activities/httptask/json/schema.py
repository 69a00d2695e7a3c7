"""JSON Schemas that authors write: compiled without fetching anything."""

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from httptask.json.pointer import json_pointer
from httptask.json.schema_references import reference_fault

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["ONE_KEY", "compile_schema"]

ONE_KEY: Final[dict[str, Any]] = {"minProperties": 1, "maxProperties": 1}
"""Of an object: that it has exactly one of its keys."""

_MOST_KEPT: Final = 256


def compile_schema(schema: Any) -> "jsonschema_rs.Validator":
    """Compile a JSON Schema of any draft; `$schema` says which, 2020-12 when absent.

    Offline, because a `$ref` to a URL or file would let a definition make the worker read it, and a replay would not
    see again what was there.

    Raises:
        ValueError: the schema is not valid; the message is one line.
    """
    return _compiled(json.dumps(schema))


@lru_cache(maxsize=_MOST_KEPT)
def _compiled(schema: str) -> "jsonschema_rs.Validator":
    """A schema is compiled once, though many requests and answers are held against it."""
    import jsonschema_rs  # megabytes, for who writes a schema

    fault = reference_fault(json.loads(schema))
    if fault is not None:
        raise ValueError(": ".join(filter(None, fault)))
    try:
        return jsonschema_rs.validator_for(schema, retriever=_refuse)
    except jsonschema_rs.ValidationError as invalid:
        place = json_pointer(invalid.instance_path)
        raise ValueError(f"{place}: {invalid.message}" if place else invalid.message) from None


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri}: only references within the schema are followed; copy it into $defs")
