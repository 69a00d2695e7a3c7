"""CloudEvents 1.0: what an event is, and what two of them need to be the same one."""

import hashlib
import re
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["EXTENSION_NAME", "MEDIA_TYPE", "CloudEvent"]

MEDIA_TYPE: Final = "application/cloudevents+json"
"""Of one event in JSON: structured mode."""

EXTENSION_NAME: Final = re.compile(r"[a-z0-9]+")
"""CloudEvents 1.0, Naming Conventions."""


class CloudEvent(BaseModel):
    """One event in CloudEvents' JSON format; attributes that the specification does not name are extensions."""

    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: str = Field(min_length=1)
    """With `source`, what tells the event from every other one."""
    source: str = Field(min_length=1)
    """A URI reference: where it happened."""
    type: str = Field(min_length=1)
    """What kind of thing happened."""
    subject: str | None = None
    time: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    data: Any = None
    data_base64: str | None = None
    """In place of `data`, where that is bytes."""

    @property
    def digest(self) -> str:
        """The same for every copy of the event: of `source` and `id`."""
        return hashlib.sha256(f"{self.source}\n{self.id}".encode()).hexdigest()[:32]

    def written(self) -> dict[str, Any]:
        """As JSON, with the attributes that it was given."""
        return self.model_dump(mode="json", exclude_unset=True)
