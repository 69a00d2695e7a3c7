"""The body of an HTTP task, made from the arguments that describe it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from pydantic import ValidationError

from httptask.calls.problem import TaskFault
from httptask.diagnostics.words import kind_of
from httptask.dsl.expressions.rendering import Rendered
from httptask.http.models import (
    BinaryBody,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RequestBody,
    SecretReference,
    TextBody,
)
from httptask.http.parameters import ParameterValue
from httptask.json.types import is_array, is_object

__all__ = ["header_texts", "parameters", "refuse_request", "request_body"]

_CONTENTS = ("text", "json", "base64")


def request_body(rendered: Rendered) -> tuple[RequestBody | None, list[SecretReference]]:
    """The body, and all secrets of the request with their pointers as they are in an `HttpRequest`.

    Raises:
        TaskFault: the rendered arguments make no body.
    """
    body, moves = _body(rendered.value)
    return body, [_moved(reference, moves) for reference in rendered.secrets]


def parameters(value: Any, argument: str) -> dict[str, ParameterValue]:
    """A query or form whose values can be sent.

    Raises:
        TaskFault: naming the first that can't.
    """
    if not is_object(value):
        refuse_request(f"{argument} is {kind_of(value)}; it needs names with values")
    for name, item in value.items():
        for scalar in item if is_array(item) else [item]:
            if scalar is None:
                refuse_request(
                    f"{argument}/{name} is null: give a default, or yield an empty list to leave it out: "
                    "`${ [.value // empty] }`"
                )
            if is_object(scalar) or is_array(scalar):
                refuse_request(
                    f"{argument}/{name} holds {kind_of(scalar)}: text, numbers, true, false and lists of them can be "
                    "sent; `tojson` makes a text of anything"
                )
    return value


def header_texts(value: Any) -> dict[str, str]:
    """Headers whose values can be sent: numbers, true and false are as in a query.

    Raises:
        TaskFault: naming the first that can't.
    """
    if not is_object(value):
        refuse_request(f"headers is {kind_of(value)}; it needs names with values")
    for name, item in value.items():
        if item is None:
            refuse_request(
                f'headers/{name} is null: give a default, such as `// ""`; to leave it out, make `headers` of one '
                "expression: `${ {} + if .value then { … } else {} end }`"
            )
        if is_object(item) or is_array(item):
            refuse_request(f"headers/{name} holds {kind_of(item)}: `join` and `tojson` make a text of it")
    return {name: item if isinstance(item, str) else json.dumps(item) for name, item in value.items()}


def refuse_request(detail: str) -> NoReturn:
    """End the task, for what was rendered is no request."""
    TaskFault.raise_standard("validation", "Not a request", detail=detail, error="RequestInvalid")


def _body(value: Mapping[str, Any]) -> tuple[RequestBody | None, dict[str, str]]:
    """The body, and where each pointer of an argument leads in it."""
    if "form" in value:
        return FormBody(fields=parameters(value["form"], "form")), {"/form": "/body/fields"}
    if "multipart" in value:
        parts = value["multipart"]
        if not is_array(parts) or not parts:
            refuse_request(f"multipart is {kind_of(parts)}; it needs a list of parts")
        moves = dict(move for index in range(len(parts)) for move in _moves_of_part(index))
        return MultipartBody(parts=tuple(_part(part, index) for index, part in enumerate(parts))), moves
    if "base64" in value:
        return _binary(value["base64"], "base64"), {}
    return _plain(value.get("body"))


def _plain(value: Any) -> tuple[RequestBody | None, dict[str, str]]:
    """Text goes out as it is, everything else as JSON."""
    if value is None:
        return None, {}
    if isinstance(value, str):
        return TextBody(text=value), {"/body": "/body/text"}
    return JsonBody(value=value), {"/body": "/body/value"}


def _part(part: Any, index: int) -> Part:
    at = f"multipart/{index}"
    contents = [key for key in _CONTENTS if key in part] if is_object(part) else []
    if len(contents) != 1:
        refuse_request(f"{at} needs a name and one of text, json and base64")
    described = {
        "name": part.get("name"),
        "filename": part.get("filename"),
        "content_type": part.get("contentType"),
    }
    content = _content(part[contents[0]], contents[0], at)
    try:
        return Part.model_validate({**described, "content": content})
    except ValidationError:
        refuse_request(f"{at}: name, filename and contentType need text")


def _content(value: Any, key: str, at: str) -> JsonBody | TextBody | BinaryBody:
    match key, value:
        case "json", _:
            return JsonBody(value=value)
        case "base64", _:
            return _binary(value, f"{at}/base64")
        case _, str():
            return TextBody(text=value)
        case _, bool() | int() | float():  # as in a form
            return TextBody(text=json.dumps(value))
        case _:
            refuse_request(f"{at}/text is {kind_of(value)}; it needs text, or write `json`")


def _binary(value: Any, at: str) -> BinaryBody:
    try:
        return BinaryBody(base64=value)
    except ValidationError:
        refuse_request(
            f"{at} is {kind_of(value)} that is no base64 (RFC 4648, section 4); `@base64` makes it"
        )


def _moves_of_part(index: int) -> Iterator[tuple[str, str]]:
    content = f"/body/parts/{index}/content"
    yield f"/multipart/{index}/text", f"{content}/text"
    yield f"/multipart/{index}/json", f"{content}/value"


def _moved(reference: SecretReference, moves: Mapping[str, str]) -> SecretReference:
    for old, new in moves.items():
        if reference.pointer == old or reference.pointer.startswith(f"{old}/"):
            return reference.model_copy(update={"pointer": new + reference.pointer.removeprefix(old)})
    return reference
