"""Payloads without what goes without saying: two thirds of a request are defaults, and each stands in a history."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DefaultPayloadConverter, JSONPlainPayloadConverter

__all__ = ["LeanPayloadConverter"]

_OURS = "httptask."


class LeanPayloadConverter(PydanticPayloadConverter):
    """Carries pydantic models, those of this package without the fields that have their defaults.

    Whoever reads a payload puts the defaults in again, so one of a field must not become another. Users' own models
    are carried whole.
    """

    def __init__(self) -> None:
        """See base class."""
        converters = DefaultPayloadConverter.default_encoding_payload_converters
        CompositePayloadConverter.__init__(
            self, *(_LeanJson() if isinstance(one, JSONPlainPayloadConverter) else one for one in converters)
        )


class _LeanJson(PydanticJSONPlainPayloadConverter):
    def to_payload(self, value: Any) -> Payload | None:
        """See base class."""
        if not (isinstance(value, BaseModel) and type(value).__module__.startswith(_OURS)):
            return super().to_payload(value)
        fields, defaults = value.__dict__, _defaults(type(value))
        unsaid = {name for name, default in defaults.items() if fields[name] == default}
        return Payload(metadata={"encoding": self.encoding.encode()}, data=to_json(value, exclude=unsaid))


@cache
def _defaults(model: type[BaseModel]) -> Mapping[str, Any]:
    fields = model.model_fields.items()
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in fields
        if not field.is_required()
    }
