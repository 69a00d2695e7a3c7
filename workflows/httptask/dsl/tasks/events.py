"""What `emit` and `listen` have in common: the properties of an event."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.dsl.expressions import has_expression
from httptask.dsl.standard_patterns import expression_fault
from httptask.http.cloud_event import EXTENSION_NAME
from httptask.json.pointer import child_pointer

__all__ = ["EVENT_SCHEMA", "EventProperties", "property_faults"]


class EventProperties(BaseModel):
    """Properties of an event (CloudEvents 1.0); any other one is an extension attribute."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: str | None = None
    """Tells the event from others of its source."""
    source: str | None = None
    """URI of where it happened, or an expression."""
    type: str | None = None
    """What kind of thing happened, such as `com.example.order.approved`."""
    time: str | None = None
    """When it happened (RFC 3339), or an expression."""
    subject: str | None = None
    """What it is about, such as the number of an order."""
    datacontenttype: str | None = None
    """Media type of `data`; JSON where it is left out."""
    dataschema: str | None = None
    """URI of the schema of `data`, or an expression."""
    data: Any = None
    """What the event says."""

    def written(self) -> dict[str, Any]:
        """The properties that are given, as they stand in the definition."""
        return self.model_dump(exclude_unset=True)


_URIS: Final = ("source", "dataschema")
_SPACE: Final = re.compile(r"\s")
_TEXT: Final = {"type": "string"}
EVENT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "specversion": _TEXT,
        **{name: {} if name == "data" else _TEXT for name in EventProperties.model_fields},
    },
}
"""What is known of every event."""


def property_faults(pointer: str, properties: EventProperties) -> Iterator[Fault]:
    """What is wrong with the form of properties, and with the names of extension attributes."""
    for name in _URIS:
        text = getattr(properties, name)
        fault = expression_fault(f"{pointer}/{name}", text) if has_expression(text) else None
        if fault is not None:
            yield fault
        elif isinstance(text, str) and not has_expression(text) and _SPACE.search(text):
            message = f"`{text}` is no URI: it has spaces"
            yield Fault(f"{pointer}/{name}", "wrong-form", message, "write it without them")
    for name in properties.model_extra or ():
        at = child_pointer(pointer, name)
        hint = hint_for_misspelt(name, EventProperties.model_fields)
        if hint is not None:
            message = f"`{name}` is an extension attribute of the event"
            yield TextFault(at, "unknown-property", message, hint, Severity.WARNING, at_key=True)
        elif not EXTENSION_NAME.fullmatch(name):
            message = f"`{name}` can't be the name of an extension attribute of an event"
            yield TextFault(
                at,
                "wrong-form",
                message,
                "use lower-case letters and digits, or write it into `data`",
                at_key=True,
            )
