"""The kinds of request bodies, as plain data."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["JsonBody", "RequestBody", "TextBody"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JsonBody(_Model):
    """A body sent as JSON text."""

    kind: Literal["json"] = "json"
    value: Any


class TextBody(_Model):
    """A body sent as it is, in UTF-8."""

    kind: Literal["text"] = "text"
    text: str


RequestBody = Annotated[JsonBody | TextBody, Field(discriminator="kind")]
