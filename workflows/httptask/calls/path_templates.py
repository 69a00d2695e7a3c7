"""Where a call goes, as its definition has it: which calls are alike, and whose server data of the run choose."""

import re
from functools import lru_cache

from httptask.dsl.expressions import Expression, is_expression, parse_address, parse_template
from httptask.dsl.expressions.template import Secret, TemplateText
from httptask.dsl.tasks.http.addresses import is_from_data
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpRequestArguments, address_of

__all__ = ["has_address_from_data", "path_template"]

_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_NAMED = re.compile(r"[$.\w]+")


def path_template(arguments: AnyHttpArguments) -> str | None:
    """The path of a call as its definition has it, such as `/orders/{.id}`; None where a whole URL is put in."""
    uri = _address(arguments)
    path = arguments.path if isinstance(arguments, HttpRequestArguments) else None
    return _path(uri.rstrip("/") + "/" + path.lstrip("/") if path is not None else uri)


def has_address_from_data(arguments: AnyHttpArguments) -> bool:
    """Whether the whole address of a call comes from data of the run."""
    return _is_from_data(_address(arguments))


def _address(arguments: AnyHttpArguments) -> str:
    _, address = address_of(arguments) or ("", "")
    return address


@lru_cache(maxsize=1024)
def _is_from_data(text: str) -> bool:
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
