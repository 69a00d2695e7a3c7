"""From a pydantic model to the form that strict structured output asks for."""

import inspect
import re
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from httptask.workflows.errors import CallInvalid
from httptask.workflows.strict_schema import NotStrict, strict_schema

__all__ = ["response_format_of"]


def response_format_of(output_type: Any) -> dict[str, Any]:
    """The `response_format` of a chat completion whose answer is an instance of a pydantic model.

    Raises:
        CallInvalid: it is no model, or one that strict structured output can't express.
    """
    if not (inspect.isclass(output_type) and issubclass(output_type, BaseModel)):
        raise CallInvalid(
            f"`output_type` is a pydantic model, and {output_type!r} is none: write one with a field that holds it"
        )
    name = output_type.__name__
    try:
        schema = strict_schema(output_type.model_json_schema())
    except NotStrict as reason:
        raise CallInvalid(f"{name} can't be asked for as strict structured output: {reason}") from None
    except PydanticUserError as error:
        raise CallInvalid(f"{name} has no JSON schema: {error.message}") from None
    api_name = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]  # the API takes no others: Box[int]
    return {"type": "json_schema", "json_schema": {"name": api_name, "schema": schema, "strict": True}}
