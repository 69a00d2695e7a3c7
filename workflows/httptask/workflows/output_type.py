"""From a pydantic model to the JSON schema that strict structured output asks for."""

import re
from typing import Any

from pydantic import BaseModel

from httptask.dsl.json_values import is_list, is_mapping

__all__ = ["response_format_of"]


def response_format_of(output_type: type[BaseModel]) -> dict[str, Any]:
    """The `response_format` of a chat completion whose answer is an instance of a model."""
    schema = output_type.model_json_schema()
    name = re.sub(r"[^A-Za-z0-9_-]", "_", output_type.__name__)[:64]  # the API takes no others: Box[int]
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": _strict(schema), "strict": True},
    }


def _strict(node: Any) -> Any:
    """Strict mode wants every property required, no others allowed, and no defaults."""
    if is_list(node):
        return [_strict(item) for item in node]
    if not is_mapping(node):
        return node
    strict = {key: _strict(value) for key, value in node.items() if key != "default"}
    properties = node.get("properties")
    if is_mapping(properties):
        strict["properties"] = {name: _strict(schema) for name, schema in properties.items()}
        strict |= {"required": list(properties), "additionalProperties": False}
    return strict
