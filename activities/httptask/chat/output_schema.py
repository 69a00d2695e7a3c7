"""The JSON Schema that `response_format` asks an answer to follow."""

from typing import Any

import jsonschema_rs

from httptask.chat.pointer import json_pointer

__all__ = ["compile_schema"]


def compile_schema(schema: Any) -> jsonschema_rs.Validator:
    """Compile a JSON Schema of any draft; `$schema` says which, 2020-12 when absent.

    Offline, because a `$ref` to a URL or file would let a definition make the worker read it.

    Raises:
        ValueError: the schema is not valid; the message is one line.
    """
    try:
        return jsonschema_rs.validator_for(schema, offline=True)
    except jsonschema_rs.ValidationError as invalid:
        place = json_pointer(invalid.instance_path)
        raise ValueError(f"{place}: {invalid.message}" if place else invalid.message) from None
