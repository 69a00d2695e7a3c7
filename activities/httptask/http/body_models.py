"""The kinds of request bodies, as plain data."""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from httptask.http.parameters import ParameterValue

__all__ = ["BinaryBody", "FormBody", "JsonBody", "MultipartBody", "Part", "RequestBody", "TextBody"]


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


def _checked(text: str) -> str:
    """Base64 as one line; YAML may have folded it."""
    line = "".join(text.split())
    try:
        base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64 (RFC 4648, section 4: `+` and `/`, padded with `=`)") from None
    return line


class BinaryBody(_Model):
    """Bytes, carried as base64."""

    kind: Literal["binary"] = "binary"
    base64: Annotated[str, AfterValidator(_checked)]

    def content(self) -> bytes:
        """The bytes themselves."""
        return base64.b64decode(self.base64)


class FormBody(_Model):
    """A form as `application/x-www-form-urlencoded`."""

    kind: Literal["form"] = "form"
    fields: dict[str, ParameterValue]


class Part(_Model):
    """One part of a `multipart/form-data` body: a field, or a file if it has a filename."""

    name: Annotated[str, Field(min_length=1)]
    content: Annotated[JsonBody | TextBody | BinaryBody, Field(discriminator="kind")]
    filename: str | None = None
    content_type: str | None = None
    """By default `application/json` for JSON, `application/octet-stream` for bytes, none for text."""


class MultipartBody(_Model):
    """A form as `multipart/form-data` (RFC 7578)."""

    kind: Literal["multipart"] = "multipart"
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]


RequestBody = Annotated[
    JsonBody | TextBody | FormBody | MultipartBody | BinaryBody, Field(discriminator="kind")
]
