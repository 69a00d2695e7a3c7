"""Values in paths, queries, headers and forms, as OpenAPI's styles write them (OpenAPI 3.1.1, section 4.8.12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from httptask.json.tree import compact
from httptask.json.types import is_array, is_object
from httptask.openapi.operation import Parameter

__all__ = ["Style", "encodings", "header_text", "path_text", "query_fields", "style_of"]

_DELIMITERS: Final = {"pipeDelimited": "|", "spaceDelimited": " "}
_SEGMENT: Final = "!$&'()*+,;=:@"


@dataclass(frozen=True)
class Style:
    """How lists and objects are written.

    Attributes:
        name: as OpenAPI has it.
        explode: whether each item or member stands by itself.
        media_type: in which the value is written, where it is not by `name`.
    """

    name: str = "form"
    explode: bool = True
    media_type: str = ""


def style_of(parameter: Parameter) -> Style:
    """How a parameter is written, as its document says or by default."""
    default = "form" if parameter.location in ("query", "cookie") else "simple"
    name = parameter.style or default
    explode = name in ("form", "deepObject") if parameter.explode is None else parameter.explode
    return Style(name, explode, parameter.media_type)


def query_fields(name: str, value: Any, style: Style) -> dict[str, Any]:
    """A value as parameters of a query, or fields of a form: text, numbers, booleans, and lists of them."""
    if value is None:
        return {}
    if style.media_type:
        return {name: value if isinstance(value, str) else compact(value)}
    if style.name == "deepObject" and (is_object(value) or is_array(value)):
        return dict(_deep(name, value))
    if is_object(value):
        members = {key: _scalar(one) for key, one in value.items() if one is not None}
        if style.explode:
            return members
        return (
            {name: ",".join(str(_text(one)) for pair in members.items() for one in pair)} if members else {}
        )
    if is_array(value):
        items = [_scalar(one) for one in value if one is not None]
        if style.explode or not items:
            return {name: items}
        return {name: _DELIMITERS.get(style.name, ",").join(map(_text, items))}
    return {name: value}


def path_text(name: str, value: Any, style: Style) -> str:
    """A value in the path of a URL, percent-encoded."""
    text = _joined(value, style)
    prefix = {"label": ".", "matrix": f";{name}="}.get(style.name, "")
    return prefix + text


def header_text(value: Any, style: Style) -> str:
    """A value of a header."""
    if style.media_type:
        return compact(value)
    if is_object(value):
        pairs = [(key, _text(one)) for key, one in value.items()]
        return ",".join(f"{key}={one}" if style.explode else f"{key},{one}" for key, one in pairs)
    return ",".join(map(_text, value)) if is_array(value) else _text(value)


def _joined(value: Any, style: Style) -> str:
    def encoded(one: Any) -> str:
        return quote(_text(one), safe=_SEGMENT)

    if style.media_type:
        return quote(compact(value), safe=_SEGMENT)
    if is_object(value):
        pairs = [(encoded(key), encoded(one)) for key, one in value.items()]
        return ",".join(f"{key}={one}" if style.explode else f"{key},{one}" for key, one in pairs)
    return ",".join(map(encoded, value)) if is_array(value) else encoded(value)


def _deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Members and items with their names in brackets, as APIs with `deepObject` read them."""
    members: Iterator[tuple[Any, Any]] = iter(enumerate(value)) if is_array(value) else iter(value.items())
    for key, one in members:
        inner = f"{name}[{key}]"
        if is_object(one) or is_array(one):
            yield from _deep(inner, one)
        elif one is not None:
            yield inner, one


def _scalar(value: Any) -> Any:
    """What stands where there is no room for more."""
    return compact(value) if is_object(value) or is_array(value) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def encodings(written: Mapping[str, Any]) -> Style | None:
    """How a field of a form is written, where its document says so."""
    if "style" not in written and "explode" not in written:
        return None
    name = written.get("style") if isinstance(written.get("style"), str) else "form"
    explode = written.get("explode")
    return Style(str(name), name == "form" if not isinstance(explode, bool) else explode)
