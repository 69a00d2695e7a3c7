"""Bodies as the arguments of a task, in the media type that an operation takes."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.prepare.variants import members, types_of, variants
from httptask.http.headers import FORM_TYPE
from httptask.http.styles import Style, encodings, form_fields
from httptask.json.tree import compact
from httptask.json.types import is_array, is_object
from httptask.openapi.operation import Body, Content

__all__ = ["BodyArguments", "body_arguments", "chosen_content"]

_JSON: Final = re.compile(
    r"application/json|.+\+json|text/json|application/x-amz-json.*|\*/\*|application/\*"
)
_LINES: Final = (
    "application/jsonl",
    "application/x-ndjson",
    "application/json-seq",
    "application/stream+json",
)
_MULTIPART: Final = "multipart/form-data"
_TEXT: Final = re.compile(r"text/.+|.*[/+](?:xml|yaml|x-yaml|sdp|jwt|graphql|x-pem-file)")


@dataclass
class BodyArguments:
    """Arguments of `httpRequest` that send a body.

    Attributes:
        arguments: one of `body`, `form`, `multipart` and `base64`.
        content_type: for a header, where the argument alone does not say it.
        notes: what can't be sent as the document has it.
    """

    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    content_type: str = ""
    notes: list[str] = field(default_factory=list[str])


def chosen_content(body: Body, wanted: str | None) -> Content | None:
    """The media type to send: JSON before forms, and these before all others.

    Raises:
        CatalogError: there is none of the name that is wanted.
    """
    if wanted is not None:
        found = next((one for one in body.contents if one.media_type == wanted), None)
        if found is None:
            names = ", ".join(one.media_type for one in body.contents) or "none"
            raise CatalogError(f"--media-type: the body is not sent as {wanted}", f"it is sent as {names}")
        return found
    return min(body.contents, key=lambda one: _rank(one.media_type), default=None)


def _rank(written: str) -> int:
    kind = _kind(written)
    if _is_json(kind):
        return 0 if kind == "application/json" else 1 if "*" not in kind else 2
    return {FORM_TYPE: 3, _MULTIPART: 4}.get(kind, 5 if _TEXT.fullmatch(kind) else 6)


def _kind(written: str) -> str:
    """A media type, or a range of them, without parameters."""
    return written.partition(";")[0].strip().lower()


def _is_json(kind: str) -> bool:
    """Whether a body in this media type is written as JSON; any type at all is taken for it."""
    return _JSON.fullmatch(kind) is not None


def body_arguments(content: Content, data: Any, schemas: RequestSchemas) -> BodyArguments:
    """What sends data in a media type.

    Args:
        content: of the operation.
        data: as its schema has it.
        schemas: what that refers to.
    """
    kind = _kind(content.media_type)
    if kind == FORM_TYPE:
        return BodyArguments({"form": _form(content, data if is_object(data) else {})})
    if kind == _MULTIPART:
        return _multipart(content, data if is_object(data) else {}, schemas)
    if kind in _LINES:
        line = data if isinstance(data, str) else compact(data) + "\n"
        return BodyArguments({"body": line}, content.media_type)
    if _is_json(kind):
        return _json(data, "application/json" if "*" in kind else content.media_type)
    if _TEXT.fullmatch(kind):
        return _text(content, kind, data)
    return _bytes(content, data)


def _json(data: Any, written: str) -> BodyArguments:
    """Texts and null stand in a task for what is sent as it is, and for nothing."""
    content_type = "" if written == "application/json" else written
    if data is None or isinstance(data, str):
        return BodyArguments({"body": compact(data)}, written)
    return BodyArguments({"body": data}, content_type)


def _text(content: Content, kind: str, data: Any) -> BodyArguments:
    if isinstance(data, str):
        return BodyArguments({"body": data}, content.media_type)
    found = BodyArguments({"body": compact(data)}, content.media_type)
    if "yaml" not in kind:  # of which JSON is a part
        found.notes.append(f"the body is {kind}, which is not made of a schema: write it into `body` as text")
    return found


def _bytes(content: Content, data: Any) -> BodyArguments:
    text = data if isinstance(data, str) else compact(data)
    encoded = base64.b64encode(text.encode()).decode()
    content_type = "application/octet-stream" if "*" in content.media_type else content.media_type
    return BodyArguments(
        {"base64": encoded}, "" if content_type == "application/octet-stream" else content_type
    )


def _form(content: Content, data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in data.items():
        encoding = content.encoding.get(name)
        style = encodings(encoding) if is_object(encoding) else None
        if style is None and is_object(value):
            style = Style(media_type="application/json")
        found |= form_fields(name, value, style or Style())
    return found


def _multipart(content: Content, data: Mapping[str, Any], schemas: RequestSchemas) -> BodyArguments:
    parts: list[dict[str, Any]] = []
    found = BodyArguments({"multipart": parts})
    described_members = members(schemas.of(content.schema), schemas)
    for name, value in data.items():
        encoding = content.encoding.get(name)
        described: Mapping[str, Any] = encoding if is_object(encoding) else {}
        if described.get("headers"):
            found.notes.append(f"headers of the part {name} can't be sent: a part has a type and a file name")
        schema = described_members.get(name, True)
        is_list = is_array(value) and not _is_json_part(described)
        schema = _items(schema, schemas) if is_list else schema
        given = [one for one in (value if is_list else [value]) if one is not None]
        parts += [_part(name, one, schema, described, schemas) for one in given]
    if not parts:
        found.arguments = {}
        found.notes.append("the body is a form in parts, and needs one at least: name a field with --field")
    return found


def _is_json_part(described: Mapping[str, Any]) -> bool:
    return _is_json(_kind(str(described.get("contentType", ""))))


def _part(
    name: str, value: Any, schema: Any, described: Mapping[str, Any], schemas: RequestSchemas
) -> dict[str, Any]:
    part: dict[str, Any] = {"name": name}
    content_type = str(described.get("contentType", "")).partition(",")[0].strip()
    if _is_file(schema, schemas):
        text = value if isinstance(value, str) else compact(value)
        part |= {"base64": base64.b64encode(text.encode()).decode(), "filename": name}
    elif is_object(value) or is_array(value) or _is_json_part(described):
        part["json"] = value
    else:
        part["text"] = value if isinstance(value, str) else compact(value)
    if content_type and "*" not in content_type:
        part["contentType"] = content_type
    return part


def _items(schema: Any, schemas: RequestSchemas) -> Any:
    return next((one["items"] for one in variants(schema, schemas) if "items" in one), True)


def _is_file(schema: Any, schemas: RequestSchemas) -> bool:
    """Whether a part is the content of a file: OpenAPI 3.0 says `binary`, 3.1 names a media type."""
    return any(
        one.get("format") == "binary" or ("contentMediaType" in one and "contentEncoding" not in one)
        for one in variants(schema, schemas)
        if "string" in types_of(one)
    )
