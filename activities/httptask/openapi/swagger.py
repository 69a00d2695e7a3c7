"""Bodies of Swagger 2.0, which are among the parameters there."""

from collections.abc import Sequence
from typing import Any, Final

from httptask.http.headers import FORM_TYPE
from httptask.openapi.contents import ContentReader
from httptask.openapi.document import Node
from httptask.openapi.operation import Body, Content

__all__ = ["split_body"]

_MULTIPART: Final = "multipart/form-data"


def split_body(
    parameters: Sequence[Node], operation: Node, contents: ContentReader
) -> tuple[Body | None, list[Node]]:
    """The body that parameters describe, if they do, and the others."""
    others = [one for one in parameters if one.text("in") not in ("body", "formData")]
    whole = next((one for one in parameters if one.text("in") == "body"), None)
    fields = [one for one in parameters if one.text("in") == "formData"]
    consumed = contents.media_types("consumes", operation)
    if whole is not None:
        schema = contents.schemas.read(whole.get("schema"))
        kinds = [one for one in consumed if one not in (FORM_TYPE, _MULTIPART)] or ["application/json"]
        described = tuple(Content(kind, schema) for kind in kinds)
        return Body(
            whole.value.get("required") is True, whole.text("description"), described, whole.text("name")
        ), others
    if not fields:
        return None, others
    schema = _form(fields, contents)
    has_files = any(one.text("type") == "file" for one in fields)
    kinds = [one for one in consumed if one in (FORM_TYPE, _MULTIPART)] or [FORM_TYPE]
    described = tuple(Content(kind, schema) for kind in ([_MULTIPART] if has_files else kinds))
    return Body(bool(schema.get("required")), contents=described), others


def _form(fields: Sequence[Node], contents: ContentReader) -> dict[str, Any]:
    properties = {one.text("name"): contents.schemas.read(one) for one in fields}
    required = [one.text("name") for one in fields if one.value.get("required") is True]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema
