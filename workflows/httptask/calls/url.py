"""The URL of an HTTP task, in which data choose no server and no other path than is written; which calls are alike."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import quote

import uritemplate

from httptask.calls.problem import TaskFault
from httptask.diagnostics.words import kind_of
from httptask.dsl.expressions import Expression, is_expression, parse_address, parse_template
from httptask.dsl.expressions.rendering import Rendered
from httptask.dsl.expressions.template import Secret, TemplateText
from httptask.dsl.tasks.http.addresses import is_from_data
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpRequestArguments, address_of
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH
from httptask.http.secret_reference import SecretReference
from httptask.json.types import is_array, is_object

__all__ = ["RenderPart", "has_address_from_data", "is_address_from_data", "path_template", "render_url"]

RenderPart = Callable[..., Rendered | None]
"""`(part, encode=None)`: renders one compiled part of the task, None when the task has no such part."""

_VARIABLES = re.compile(r"\{([+#./;?&]?)[^{}]*\}")
_MAKES_SEGMENTS = frozenset({"", "+", "/"})
_BEFORE_PATH = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_BEHIND_PATH = re.compile(r"[?#]")
_NOTHING = "\0"
"""Stands where data put nothing into a segment, until it is known whether the segment holds anything else."""


_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_NAMED = re.compile(r"[$.\w]+")


@dataclass(frozen=True, slots=True)
class _Address:
    """A piece of a URL, complete but for its secrets."""

    text: str = ""
    secrets: tuple[SecretReference, ...] = ()

    def joined_to(self, base: str) -> "_Address":
        at = len(base)
        moved = (ref.model_copy(update={"offset": ref.offset + at}) for ref in self.secrets)
        return _Address(base + self.text, tuple(moved))


def render_url(data: Any, render: RenderPart) -> tuple[str, tuple[SecretReference, ...]]:
    """Render endpoint and path.

    Args:
        data: the task's input, whose members are the variables of URI templates.
        render: renders the task's compiled parts.

    Raises:
        TaskFault: they yield no URL, or leave a segment of its path empty.
    """
    endpoint = render(ENDPOINT, encode=_percent_encode)
    path = render(PATH, encode=_percent_encode)
    base = _Address() if endpoint is None else _expanded(endpoint, data)
    if path is None:
        return base.text, base.secrets
    if _BEHIND_PATH.search(base.text):
        _raise(
            "Not a URL", "`endpoint` has a query, behind which no `path` can stand: write it under `query`"
        )
    below = _expanded(path, data)
    if _BEFORE_PATH.match(below.text) or below.text.startswith("//"):
        _raise("Not a path", "`path` is a whole URL: write it as `endpoint`")
    start = base.text.rstrip("/")
    whole = below.joined_to(start if below.text[:1] in ("/", "") else f"{start}/")
    return whole.text, (*base.secrets, *whole.secrets)


def _expanded(rendered: Rendered, data: Any) -> _Address:
    """Expand the URI template (RFC 6570) around the secrets, whose offsets move with the text.

    What one expression yields is a URL already: braces in it came with the data.
    """
    if not isinstance(rendered.value, str):
        _raise("Not a URL", f"the endpoint yields {kind_of(rendered.value)}; it needs text")
    if rendered.computed:
        return _Address(rendered.value)
    variables = data if is_object(data) else {}
    secrets: list[SecretReference] = []
    text, shape, start = "", "", 0
    for reference in sorted(rendered.secrets, key=lambda found: found.offset):
        piece = _expand(rendered.value[start : reference.offset], variables)
        text += piece.replace(_NOTHING, "")
        shape += f"{piece}${reference.name}"
        start = reference.offset
        secrets.append(
            SecretReference(pointer="/url", offset=len(text), name=reference.name, field=reference.field)
        )
    piece = _expand(rendered.value[start:], variables)
    _check_segments(shape + piece)
    return _Address(text + piece.replace(_NOTHING, ""), tuple(secrets))


def _check_segments(shape: str) -> None:
    path = _BEHIND_PATH.split(_BEFORE_PATH.sub("", shape, count=1), maxsplit=1)[0]
    if any(_NOTHING in segment and not segment.strip(_NOTHING) for segment in path.split("/")):
        shown = path.replace(_NOTHING, "")
        _raise(
            "Not a path segment",
            f"a value is empty and leaves a segment of the path {shown!r} empty, which is another address",
        )


def _expand(text: str, variables: Mapping[str, Any]) -> str:
    if "{" not in text:
        return text
    missing = [name for name in uritemplate.variables(text) if variables.get(name) is None]
    if missing:
        known = ", ".join(variables) or "nothing"
        _raise(
            "URI variable missing", f"{{{missing[0]}}} has no value in the task's input, which has: {known}"
        )
    values = {name: _plain(name, variables[name]) for name in uritemplate.variables(text)}
    return _VARIABLES.sub(lambda found: _expansion(found[0], found[1], values), text)


def _expansion(expression: str, operator: str, values: dict[str, Any]) -> str:
    """What a template expression stands for; those that make segments of a path show which ones are empty."""
    expanded: str = uritemplate.expand(expression, values)
    if operator not in _MAKES_SEGMENTS:
        return expanded
    before, after = ("/", expanded[1:]) if operator == "/" and expanded else ("", expanded)
    return before + "/".join(segment or _NOTHING for segment in after.split("/"))


def _plain(name: str, value: Any) -> Any:
    """A variable as RFC 6570 section 2.3 knows them: text, or a list or object of texts."""
    if is_array(value):
        return [_text(name, item) for item in value]
    if is_object(value):
        return {key: _text(name, item) for key, item in value.items()}
    return _text(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str | bool | int | float):
        _raise(
            "Not a URI variable",
            f"{{{name}}} needs text, a number, or a list or object of those; it holds {kind_of(value)}",
        )
    return value if isinstance(value, str) else json.dumps(value)


def _percent_encode(text: str) -> str:
    """What is put into a URL stays within its segment."""
    return quote(text, safe="") or _NOTHING


def _raise(title: str, detail: str) -> NoReturn:
    TaskFault.raise_standard("expression", title, detail=detail)


def path_template(arguments: AnyHttpArguments) -> str | None:
    """The path of a call as its definition has it, such as `/orders/{.id}`; None where a whole URL is put in."""
    uri = _address(arguments)
    path = arguments.path if isinstance(arguments, HttpRequestArguments) else None
    return _path(uri.rstrip("/") + "/" + path.lstrip("/") if path is not None else uri)


def has_address_from_data(arguments: AnyHttpArguments) -> bool:
    """Whether the whole address of a call comes from data of the run."""
    return is_address_from_data(_address(arguments))


def _address(arguments: AnyHttpArguments) -> str:
    _, address = address_of(arguments) or ("", "")
    return address


@lru_cache(maxsize=1024)
def is_address_from_data(text: str) -> bool:
    """Whether a whole address, as it is written in a definition, comes from data of the run."""
    template = parse_address(text, "", [])
    return template is not None and is_expression(template.value) and is_from_data(template.value.parts[0])


@lru_cache(maxsize=1024)
def _path(text: str) -> str | None:
    template = parse_template(text, "", [])
    if template is None:
        return None
    value = template.value
    parts = value.parts if isinstance(value, TemplateText) else (value,)
    if not isinstance(parts[0], str):
        return None
    shown = "".join(map(_shown, parts))
    return _ORIGIN.sub("", shown).partition("?")[0].partition("#")[0] or "/"


def _shown(part: str | Expression | Secret) -> str:
    """A simple expression stands as it is, any other as `{}`: labels have to be short."""
    if isinstance(part, Expression):
        source = part.source.strip()
        return f"{{{source}}}" if _NAMED.fullmatch(source) else "{}"
    return part if isinstance(part, str) else f"${part.name}"
